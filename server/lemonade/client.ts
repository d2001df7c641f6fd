import { setTimeout as sleep } from 'node:timers/promises'
import { NoAnswer, OversizedAnswer, requestUpstream, type UpstreamResponse } from '../upstream/request.ts'
import { UpstreamFailure } from '../upstream/polled-resource.ts'
import type { LemonadeEnv } from '../config/ai.ts'

/** Bytes of a response. The system's description, the largest, has 25 kB. */
const MAX_BYTES = 8 * 1024 * 1024
/** How long a request for the slots stays open, and how long each caller waits for its response, in milliseconds. */
const SLOTS = { timeoutMs: 120_000, callerTimeoutMs: 5_000 }
/** Characters of a response that an error quotes. */
const MAX_EXCERPT = 1_000
/** Characters of Lemonade's own message that people see. */
const MAX_MESSAGE = 300

/** A JSON value as Lemonade sent it; whole numbers too long for a double are bigint. */
export type Json = string | number | bigint | boolean | null | Json[] | { [name: string]: Json }

/** Lemonade answered with an error. */
export class LemonadeRefusal extends UpstreamFailure {
  readonly status: number
  /** Lemonade's own message, as a sentence. */
  readonly sentence: string

  constructor(status: number, body: string) {
    super(status === 401 ? 'UNAUTHORIZED' : 'FAULTY', `Lemonade returned ${status}: ${excerpt(body)}`)
    this.status = status
    this.sentence = messageIn(body)
  }

  override get summary(): string {
    return `Lemonade answered ${this.status}: ${this.sentence}`
  }
}

/** How to send a request. */
export interface RequestOptions {
  /** Sent as JSON; undefined sends no body. */
  body?: Json | undefined
  /** Milliseconds to the last byte of the response. */
  timeoutMs: number
  signal?: AbortSignal
}

/** For a response that is not what was asked for. @param why what is wrong with it */
export function unreadable(why: string): UpstreamFailure {
  return new UpstreamFailure('FAULTY', `Lemonade returned an unreadable answer: ${why}`)
}

/** Talks to one Lemonade server, as release 2026.39 really answers: https://lemonade-server.ai/docs/server/server_spec/ */
export class LemonadeClient {
  readonly url: string
  readonly #headers: Record<string, string>
  readonly #closed = new AbortController()
  #slots: Promise<Json> | null = null

  /** @param env the regular key opens everything under /v1, so the admin key is sent only when there is no regular one */
  constructor({ url, apiKey, adminApiKey }: Pick<LemonadeEnv, 'url' | 'apiKey' | 'adminApiKey'>) {
    this.url = url
    const key = apiKey ?? adminApiKey
    this.#headers = { Accept: 'application/json', ...(key && { Authorization: `Bearer ${key}` }) }
  }

  /** @returns the response, an object or a list. @throws UpstreamFailure, LemonadeRefusal */
  get(path: string, options: RequestOptions): Promise<Json> {
    return this.#ask('GET', path, options)
  }

  /** As `get`. */
  post(path: string, options: RequestOptions): Promise<Json> {
    return this.#ask('POST', path, options)
  }

  /**
   * The slots, which Lemonade gets from llama.cpp. While llama.cpp hangs, Lemonade waits up to ten minutes and keeps one of
   * its few threads busy, even after the client has left: about forty abandoned requests stop it altogether. So only one
   * request is open at a time, and it goes on when its callers have stopped waiting.
   * @throws UpstreamFailure, LemonadeRefusal
   */
  async slots(): Promise<Json> {
    const { timeoutMs, callerTimeoutMs } = SLOTS
    this.#slots ??= this.get('/v1/slots', { timeoutMs, signal: this.#closed.signal }).finally(
      () => (this.#slots = null),
    )
    const answered = new AbortController()
    const timeout = sleep(callerTimeoutMs, null, { signal: answered.signal }).catch(() => null)
    try {
      const slots = await Promise.race([this.#slots, timeout])
      if (slots !== null) return slots
    } finally {
      answered.abort()
    }
    throw this.#unreachable(`no answer within ${callerTimeoutMs / 1_000} seconds`, true)
  }

  /** Aborts the open request for the slots. */
  close(): void {
    this.#closed.abort()
  }

  /** Whether it answers with a success, whatever the body. Never throws. */
  async isUp(): Promise<boolean> {
    try {
      const { status } = await this.#send('GET', '/v1/models', { timeoutMs: 3_000 })
      return status >= 200 && status <= 299
    } catch {
      return false
    }
  }

  async #ask(method: 'GET' | 'POST', path: string, options: RequestOptions): Promise<Json> {
    const { status, headers, body } = await this.#send(method, path, options)
    const text = body.toString()
    if (status < 200 || status > 299) throw new LemonadeRefusal(status, text)
    const type = headers['content-type'] ?? ''
    // A stream starts with status 200; how it went is in its last event.
    if (type.startsWith('text/event-stream')) return outcomeOf(text)
    const value = parsed(text)
    // For a path it does not know, Lemonade sends its web page with status 200.
    if (typeof value !== 'object' || value === null) throw unreadable(`${type || 'no type'}, no JSON`)
    return value
  }

  async #send(method: 'GET' | 'POST', path: string, options: RequestOptions): Promise<UpstreamResponse> {
    const { body, timeoutMs, signal } = options
    const content: Record<string, string> = body === undefined ? {} : { 'Content-Type': 'application/json' }
    try {
      return await requestUpstream({
        ...{ method, timeoutMs, signal, maxBytes: MAX_BYTES },
        url: new URL(this.url + path),
        headers: { ...this.#headers, ...content },
        body: body === undefined ? null : stringify(body),
      })
    } catch (error) {
      if (error instanceof OversizedAnswer) throw unreadable(error.message)
      if (!(error instanceof NoAnswer)) throw error
      throw this.#unreachable(error.message, error.slow)
    }
  }

  #unreachable(why: string, slow: boolean): UpstreamFailure {
    return new UpstreamFailure(slow ? 'SLOW' : 'OFFLINE', `Cannot reach Lemonade at ${this.url}: ${why}`)
  }
}

/** How a stream of progress ended: with its event `complete`. @throws LemonadeRefusal when it failed or was canceled */
function outcomeOf(stream: string): Json {
  const events = stream.split(/\r?\n\r?\n/).map((block) => ({
    name: /^event: ?(.*)$/m.exec(block)?.[1] ?? '',
    data: /^data: ?(.*)$/m.exec(block)?.[1] ?? '',
  }))
  const failed = events.find(({ name }) => name === 'error')
  if (failed) throw new LemonadeRefusal(500, failed.data)
  if (!events.some(({ name }) => name === 'complete')) throw new LemonadeRefusal(500, 'It was canceled')
  return { status: 'success' }
}

/**
 * The message of one of Lemonade's errors, in one line. Its bodies have four shapes: `{error: text}`, the same with a code,
 * and `{error: {message, …}}`, its own or llama-server's; a proxy in between may send any text.
 */
function messageIn(body: string): string {
  const text = errorIn(body) ?? body.replace(/<[^>]*>/g, ' ')
  const line = text.replace(/\s+/g, ' ').trim()
  if (line === '') return 'It gave no reason'
  return line.length > MAX_MESSAGE ? `${line.slice(0, MAX_MESSAGE).toWellFormed()}…` : line
}

function errorIn(body: string): string | null {
  try {
    const { error } = JSON.parse(body) as { error?: unknown }
    if (typeof error === 'string') return error
    if (typeof error !== 'object' || error === null || !('message' in error)) return null
    return typeof error.message === 'string' ? error.message : null
  } catch {
    return null
  }
}

/** JSON, with whole numbers of any size. */
function stringify(value: Json): string {
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
  const source = context?.source ?? ''
  const isUnsafe = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
  return isUnsafe && /^-?\d+$/.test(source) ? BigInt(source) : value
}

function excerpt(body: string): string {
  return body.length > MAX_EXCERPT ? `${body.slice(0, MAX_EXCERPT).toWellFormed()}…` : body
}
