import { messageOf } from '../errors.ts'
import { askUpstream } from '../upstream.ts'
import type { Reachable } from './model.ts'

const WITHIN = 3_000
const LARGEST = 16 * 1024 * 1024
/** APISIX makes its text anew so often; asking more often tells nothing new. */
const EVERY = 15_000

/** What was used, by consumer. */
export interface Usage extends Reachable {
  total: ReadonlyMap<string, number>
  /** Since the window of each began, as far as was watched. */
  inWindow: ReadonlyMap<string, number>
}

interface Window {
  /** The total when it began. */
  base: number
  /** When it ends, in milliseconds. */
  until: number
}

/**
 * Reads token counters from APISIX's Prometheus text. A window begins, as at the gateway, with the first tokens after the
 * last one ended; what was used before THON looked is not in it.
 */
export class UsageMeter {
  readonly #url: string
  #total = new Map<string, number>()
  #windows = new Map<string, Window>()
  #state: Reachable = { reachable: false, message: null }
  #askedAt = -Infinity

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
    const inWindow = new Map<string, number>()
    if (this.#state.reachable)
      for (const [name, total] of this.#total) {
        const window = this.#windows.get(name)
        inWindow.set(name, window && now < window.until ? total - window.base : 0)
      }
    return { ...this.#state, total: this.#total, inWindow }
  }

  async #ask(windowOf: (consumer: string) => number): Promise<void> {
    try {
      const { status, text } = await askUpstream({
        ...{ method: 'GET', url: new URL(this.#url), headers: {}, body: null, within: WITHIN, largest: LARGEST },
      })
      if (status !== 200) throw new Error(`it answered ${status}`)
      this.#take(tokensIn(text), windowOf)
      this.#state = { reachable: true, message: null }
    } catch (error) {
      this.#total = new Map()
      this.#state = { reachable: false, message: `Token counters cannot be read at ${this.#url}: ${messageOf(error)}.` }
    }
  }

  #take(total: Map<string, number>, windowOf: (consumer: string) => number): void {
    const now = Date.now()
    for (const [name, tokens] of total) {
      const before = this.#total.get(name)
      const window = this.#windows.get(name)
      // The gateway was started anew, and counts from zero.
      if (before !== undefined && tokens < before) this.#windows.delete(name)
      else if (before !== undefined && tokens > before && (!window || now >= window.until))
        this.#windows.set(name, { base: before, until: now + windowOf(name) * 1000 })
    }
    this.#total = total
  }
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
