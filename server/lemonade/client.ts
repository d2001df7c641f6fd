import { setTimeout as sleep } from 'node:timers/promises'
import { NoAnswer, OversizedAnswer, askUpstream, type UpstreamAnswer } from '../upstream/request.ts'
import { UpstreamTrouble } from '../upstream/polled-resource.ts'
import type { LemonadeEnv } from '../config/ai.ts'
import { said } from './said.ts'

/** Of an answer. The system's description, the largest, has 25 kB. */
const LARGEST = 8 * 1024 * 1024
/** How long the question for slots is open, and how long each waits for its answer, in milliseconds. */
const SLOTS = { within: 120_000, patience: 5_000 }
/** How much of an answer is told in an error. */
const LONGEST_EXCERPT = 1_000

/** A JSON value as Lemonade sent it; whole numbers too long for a double are bigint. */
export type Json = string | number | bigint | boolean | null | Json[] | { [name: string]: Json }

/** Lemonade answered, and said no. */
export class LemonadeRefusal extends UpstreamTrouble {
  readonly status: number
  /** What it said, as a sentence. */
  readonly sentence: string

  constructor(status: number, body: string) {
    super(status === 401 ? 'UNAUTHORIZED' : 'FAULTY', `Lemonade returned ${status}: ${excerpt(body)}`)
    this.status = status
    this.sentence = said(body)
  }

  override get summary(): string {
    return `Lemonade answered ${this.status}: ${this.sentence}`
  }
}

/** How to ask. */
export interface Question {
  /** Sent as JSON; left out sends none. */
  body?: Json | undefined
  /** Milliseconds the whole answer may take. */
  within: number
  signal?: AbortSignal
}

/** It answered, and not as it should. @param why what is odd about it */
export function unreadable(why: string): UpstreamTrouble {
  return new UpstreamTrouble('FAULTY', `Lemonade returned an unreadable answer: ${why}`)
}

/** Talks to one Lemonade server, as it really answers (release 2026.39): https://lemonade-server.ai/docs/server/server_spec/ */
export class LemonadeClient {
  readonly url: string
  readonly #headers: Record<string, string>
  readonly #ended = new AbortController()
  #slots: Promise<Json> | null = null

  /** @param env where it is; its regular key opens everything under /v1, so the other one is sent only where there is no other */
  constructor({ url, apiKey, adminApiKey }: Pick<LemonadeEnv, 'url' | 'apiKey' | 'adminApiKey'>) {
    this.url = url
    const key = apiKey ?? adminApiKey
    this.#headers = { Accept: 'application/json', ...(key && { Authorization: `Bearer ${key}` }) }
  }

  /** @returns what it answered, an object or a list. @throws UpstreamTrouble, LemonadeRefusal */
  get(path: string, question: Question): Promise<Json> {
    return this.#ask('GET', path, question)
  }

  /** As `get`. */
  post(path: string, question: Question): Promise<Json> {
    return this.#ask('POST', path, question)
  }

  /**
   * The slots, which Lemonade asks llama.cpp for. While that hangs it waits for up to ten minutes, with one of the few threads
   * that serve everybody, also when nobody waits for the answer any more: some forty questions given up, and it is dead. So
   * there is one at a time, which goes on when whoever asked has waited long enough.
   * @throws UpstreamTrouble, LemonadeRefusal
   */
  async slots(): Promise<Json> {
    this.#slots ??= this.get('/v1/slots', { ...SLOTS, signal: this.#ended.signal }).finally(() => (this.#slots = null))
    const late = new AbortController()
    const patience = sleep(SLOTS.patience, null, { signal: late.signal }).catch(() => null)
    try {
      const answer = await Promise.race([this.#slots, patience])
      if (answer !== null) return answer
    } finally {
      late.abort()
    }
    throw this.#unreached(`no answer within ${SLOTS.patience / 1_000} seconds`, true)
  }

  /** Ends the question that may be open. */
  close(): void {
    this.#ended.abort()
  }

  /** Whether it answers a question with success, whatever it says. Never throws. */
  async isUp(): Promise<boolean> {
    try {
      const { status } = await this.#send('GET', '/v1/models', { within: 3_000 })
      return status >= 200 && status <= 299
    } catch {
      return false
    }
  }

  async #ask(method: 'GET' | 'POST', path: string, question: Question): Promise<Json> {
    const answer = await this.#send(method, path, question)
    if (answer.status < 200 || answer.status > 299) throw new LemonadeRefusal(answer.status, answer.text)
    const type = answer.headers['content-type'] ?? ''
    // The outcome of a stream is in its last event; its status says nothing.
    if (type.startsWith('text/event-stream')) return outcomeOf(answer.text)
    const value = parsed(answer.text)
    // Paths that it does not know are answered by its web page, as a success.
    if (typeof value !== 'object' || value === null) throw unreadable(`${type || 'no type'}, no JSON`)
    return value
  }

  async #send(method: 'GET' | 'POST', path: string, { body, within, signal }: Question): Promise<UpstreamAnswer> {
    const content: Record<string, string> = body === undefined ? {} : { 'Content-Type': 'application/json' }
    try {
      return await askUpstream({
        ...{ method, within, signal, largest: LARGEST },
        url: new URL(this.url + path),
        headers: { ...this.#headers, ...content },
        body: body === undefined ? null : written(body),
      })
    } catch (error) {
      if (error instanceof OversizedAnswer) throw unreadable(error.message)
      if (!(error instanceof NoAnswer)) throw error
      throw this.#unreached(error.message, error.slow)
    }
  }

  #unreached(why: string, slow: boolean): UpstreamTrouble {
    return new UpstreamTrouble(slow ? 'SLOW' : 'OFFLINE', `Cannot reach Lemonade at ${this.url}: ${why}`)
  }
}

/** The last event of a stream of progress: what it completed with. @throws LemonadeRefusal when it failed */
function outcomeOf(stream: string): Json {
  const events = stream.split(/\r?\n\r?\n/).map((block) => ({
    name: /^event: ?(.*)$/m.exec(block)?.[1] ?? '',
    data: /^data: ?(.*)$/m.exec(block)?.[1] ?? '',
  }))
  const failed = events.find(({ name }) => name === 'error')
  if (failed) throw new LemonadeRefusal(500, failed.data)
  if (!events.some(({ name }) => name === 'complete')) throw new LemonadeRefusal(500, 'It was cancelled')
  return { status: 'success' }
}

/** JSON, with whole numbers of any size. */
export function written(value: Json): string {
  return JSON.stringify(value, (_key, one: unknown) =>
    typeof one === 'bigint' ? (JSON as RawJson).rawJSON(String(one)) : one,
  )
}

/** In Node 24, and not yet in TypeScript's library. */
interface RawJson extends JSON {
  rawJSON(text: string): unknown
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text, withDigits) as Json
  } catch {
    return undefined
  }
}

function withDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  const isWhole = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
  return isWhole && /^-?\d+$/.test(context?.source ?? '') ? BigInt(context?.source as string) : value
}

function excerpt(body: string): string {
  return body.length > LONGEST_EXCERPT ? `${body.slice(0, LONGEST_EXCERPT).toWellFormed()}…` : body
}
