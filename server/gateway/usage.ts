import { describeError } from '../core/errors.ts'
import { requestUpstream } from '../upstream/request.ts'
import type { Reachability } from './model.ts'

const TIMEOUT_MS = 5_000
/** Bytes; metrics of a thousand consumers and two models take 17 MB, histograms included. */
const MAX_BYTES = 64 * 1024 * 1024
/** APISIX updates its metrics every 15 seconds, so reading them more often shows nothing new. */
const INTERVAL_MS = 15_000

/** Tokens used, by consumer. A consumer that is missing used none. */
export interface Usage extends Reachability {
  /** Since the gateway started. */
  total: ReadonlyMap<string, number>
  /** Since each consumer's window began; null when that is not known. */
  inWindow: ReadonlyMap<string, number | null>
}

/** Counters of one consumer, in tokens. */
interface Reading {
  total: number
  /** The total when the last window began; null when it began before the counters were read. */
  base: number | null
  /** The latest end of that window, in milliseconds. */
  until: number
}

/**
 * Reads token counters from APISIX's Prometheus metrics. As in APISIX, a window begins with the first tokens after the last
 * window is over. The counters do not say what was used in a window that began before they were first read, so the use in it
 * is unknown until it must be over.
 */
export class UsageMeter {
  readonly #url: string
  #readings = new Map<string, Reading>()
  #reachability: Reachability = { reachable: false, message: null }
  #triedAt = -Infinity
  /** When the counters were last read; null before the first time and after a failure. */
  #readAt: number | null = null

  /** @param url of the metrics */
  constructor(url: string) {
    this.#url = url
  }

  /** The counters, at most 15 seconds old. Never throws. @param windowOf length of a consumer's window, in seconds */
  async read(windowOf: (consumer: string) => number): Promise<Usage> {
    if (performance.now() - this.#triedAt >= INTERVAL_MS) {
      this.#triedAt = performance.now()
      await this.#refresh(windowOf)
    }
    const now = Date.now()
    const [total, inWindow] = [new Map<string, number>(), new Map<string, number | null>()]
    if (this.#reachability.reachable)
      for (const [name, reading] of this.#readings) {
        total.set(name, reading.total)
        inWindow.set(name, usedIn(reading, now))
      }
    return { ...this.#reachability, total, inWindow }
  }

  async #refresh(windowOf: (consumer: string) => number): Promise<void> {
    try {
      const { status, body } = await requestUpstream({
        ...{ method: 'GET', url: new URL(this.#url), timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES },
      })
      if (status !== 200) throw new Error(`status ${status}`)
      this.#readings = readingsOf(tokensIn(body.toString()), this.#readings, {
        ...{ now: Date.now(), before: this.#readAt, windowOf: (name) => windowOf(name) * 1000 },
      })
      this.#readAt = Date.now()
      this.#reachability = { reachable: true, message: null }
    } catch (error) {
      this.#readings = new Map()
      this.#readAt = null
      this.#reachability = {
        reachable: false,
        message: `APISIX’s metrics at ${this.#url} cannot be read: ${describeError(error)}.`,
      }
    }
  }
}

/**
 * Windows of all consumers after the counters were read again.
 * @param before when they were last read, in milliseconds; null when never
 * @param windowOf length of a consumer's window, in milliseconds
 */
export function readingsOf(
  totals: ReadonlyMap<string, number>,
  known: ReadonlyMap<string, Reading>,
  { now, before, windowOf }: { now: number; before: number | null; windowOf: (consumer: string) => number },
): Map<string, Reading> {
  const next = ([name, total]: [string, number]): [string, Reading] => {
    const window = windowOf(name)
    const wasRead = before !== null && now - before <= window
    const last = known.get(name) ?? { total: 0, base: 0, until: -Infinity }
    // A total that went down means that the gateway was restarted.
    const from = total < last.total ? { total: 0, base: 0, until: -Infinity } : last
    if (total === from.total || now < from.until) return [name, { ...from, total }]
    return [name, { total, base: wasRead ? from.total : null, until: now + window }]
  }
  return new Map([...totals].map(next))
}

/** Tokens used in the current window; null when that is not known. @param now in milliseconds */
export function usedIn({ total, base, until }: Reading, now: number): number | null {
  if (now >= until) return 0
  return base === null ? null : total - base
}

/** Tokens of prompts and answers, by consumer, over all models. @param text in the format of Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function tokensIn(text: string): Map<string, number> {
  const found = new Map<string, number>()
  for (const line of text.split('\n')) {
    if (!line.startsWith('apisix_llm_prompt_tokens{') && !line.startsWith('apisix_llm_completion_tokens{')) continue
    const consumer = /[{,]consumer="((?:[^"\\]|\\.)*)"/.exec(line)?.[1]
    const value = Number(/\}\s+(\S+)/.exec(line)?.[1])
    if (consumer && Number.isFinite(value) && value >= 0) found.set(consumer, (found.get(consumer) ?? 0) + value)
  }
  return found
}
