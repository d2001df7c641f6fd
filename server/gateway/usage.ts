import { messageOf } from '../core/errors.ts'
import { requestUpstream } from '../upstream/request.ts'
import type { Reachable } from './model.ts'

const WITHIN = 5_000
/** A thousand consumers of two models have 17 MB, histograms included. */
const LARGEST = 64 * 1024 * 1024
/** APISIX makes its text anew so often; asking more often tells nothing new. */
const EVERY = 15_000

/** What was used, by consumer. Who is not named used nothing. */
export interface Usage extends Reachable {
  /** Since the gateway started. */
  total: ReadonlyMap<string, number>
  /** Since the window of each began; null where it is not known. */
  inWindow: ReadonlyMap<string, number | null>
}

/** What is known of a consumer. */
interface Reading {
  total: number
  /** The total when the last window began; null when it began before anybody looked. */
  base: number | null
  /** When that window is over at the latest, in milliseconds. */
  until: number
}

/**
 * Reads token counters from APISIX's Prometheus text. A window begins, as at the gateway, with the first tokens after the
 * last one ended. Counters say nothing of windows that began before they were read, so until those must be over it is not
 * known what is in them.
 */
export class UsageMeter {
  readonly #url: string
  #readings = new Map<string, Reading>()
  #state: Reachable = { reachable: false, message: null }
  #askedAt = -Infinity
  /** When counters were read last; null before the first time, and after a failure. */
  #readAt: number | null = null

  /** @param url of the text */
  constructor(url: string) {
    this.#url = url
  }

  /** @param windowOf length of a consumer's window, in seconds */
  async read(windowOf: (consumer: string) => number): Promise<Usage> {
    if (performance.now() - this.#askedAt >= EVERY) {
      this.#askedAt = performance.now()
      await this.#ask(windowOf)
    }
    const now = Date.now()
    const [total, inWindow] = [new Map<string, number>(), new Map<string, number | null>()]
    if (this.#state.reachable)
      for (const [name, reading] of this.#readings) {
        total.set(name, reading.total)
        inWindow.set(name, usedIn(reading, now))
      }
    return { ...this.#state, total, inWindow }
  }

  async #ask(windowOf: (consumer: string) => number): Promise<void> {
    try {
      const { status, body } = await requestUpstream({
        ...{ method: 'GET', url: new URL(this.#url), timeoutMs: WITHIN, maxBytes: LARGEST },
      })
      if (status !== 200) throw new Error(`it answered ${status}`)
      this.#readings = readingsOf(tokensIn(body.toString()), this.#readings, {
        ...{ now: Date.now(), before: this.#readAt, windowOf: (name) => windowOf(name) * 1000 },
      })
      this.#readAt = Date.now()
      this.#state = { reachable: true, message: null }
    } catch (error) {
      this.#readings = new Map()
      this.#readAt = null
      this.#state = { reachable: false, message: `Token counters cannot be read at ${this.#url}: ${messageOf(error)}.` }
    }
  }
}

/**
 * What is known after counters were read once more.
 * @param before when they were read last, in milliseconds; null when never
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
    // Counters that went back are those of a gateway that was started anew.
    const from = total < last.total ? { total: 0, base: 0, until: -Infinity } : last
    if (total === from.total || now < from.until) return [name, { ...from, total }]
    return [name, { total, base: wasRead ? from.total : null, until: now + window }]
  }
  return new Map([...totals].map(next))
}

/** Tokens in the present window; null when it is not known. @param now in milliseconds */
export function usedIn({ total, base, until }: Reading, now: number): number | null {
  if (now >= until) return 0
  return base === null ? null : total - base
}

/** Tokens by consumer, of prompts and answers, over all models. @param text in Prometheus' format: https://prometheus.io/docs/instrumenting/exposition_formats/ */
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
