import type { IncomingMessage } from 'node:http'
import { BODY_RULES } from '../http/bodies.ts'
import { isTooDeep } from '../core/json-depth.ts'
import { findJsonError } from './json-errors.ts'
import { Unprocessable } from './validation-errors.ts'

/** A request that is refused before it is understood. */
export class BadBody extends Error {
  readonly status: 400 | 408 | 413

  constructor(status: 400 | 408 | 413, message: string) {
    super(message)
    this.status = status
  }
}

/** How large a body may be, and how long it may take. */
export interface BodyLimits {
  /** In bytes. */
  largest: number
  /** Milliseconds without a byte. */
  idle: number
  /** Milliseconds from the first byte to the last. */
  whole: number
}

/** The limits for people who have not signed in. A second less than the server allows, so that REST answers in its own shape. */
export const STRANGER_LIMITS: BodyLimits = {
  largest: BODY_RULES.largestOfStranger,
  idle: BODY_RULES.strangerMs - 1_000,
  whole: BODY_RULES.strangerMs - 1_000,
}

/** Reads a body within the limits. @throws BadBody 413, 408, or 400 when the client disconnects */
export async function readBody(incoming: IncomingMessage, limits: BodyLimits): Promise<Buffer> {
  assertDeclared(incoming, limits.largest)
  const chunks: Buffer[] = []
  let size = 0
  const late = new AbortController()
  const idle = setTimeout(() => late.abort(), limits.idle)
  const whole = setTimeout(() => late.abort(), limits.whole)
  const aborted = new Promise<never>((_resolve, reject) => {
    late.signal.addEventListener('abort', () => reject(new BadBody(408, 'The request body did not arrive in time.')))
  })
  const body = incoming.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>
  try {
    for (;;) {
      const next = await Promise.race([body.next().catch(brokenOff), aborted])
      if (next.done) return Buffer.concat(chunks)
      size += next.value.length
      if (size > limits.largest) throw tooLarge(limits.largest)
      chunks.push(next.value)
      idle.refresh()
    }
  } finally {
    clearTimeout(idle)
    clearTimeout(whole)
  }
}

/** Refuses a body by its declared length, before reading it. @throws BadBody */
export function assertDeclared(incoming: IncomingMessage, largest: number): void {
  if (Number(incoming.headers['content-length'] ?? 0) > largest) throw tooLarge(largest)
}

/**
 * The value of a body as FastAPI reads it for a model: JSON by its content type, else plain text; undefined when empty.
 * @throws Unprocessable for malformed JSON, BadBody when it is not UTF-8
 */
export function bodyValue(bytes: Buffer, contentType: string | undefined): unknown {
  if (bytes.length === 0) return undefined
  if (!isJson(contentType)) return bytes.toString('utf8')
  const text = decode(bytes)
  // As Python's own parser, whose limit is its stack.
  if (isTooDeep(text)) throw unreadable()
  try {
    const value: unknown = JSON.parse(text)
    // FastAPI treats a body of null as a missing one.
    return value ?? undefined
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw unreadable()
    const { at, message } = findJsonError(text)
    const fault = { type: 'json_invalid', loc: ['body', at], msg: 'JSON decode error', input: {} }
    throw new Unprocessable([{ ...fault, ctx: { error: message } }])
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw unreadable()
  }
}

/** `application/json` and types such as `application/vnd.api+json`. */
function isJson(contentType = ''): boolean {
  return /^\s*application\/(?:[^;]+\+)?json\s*(?:;|$)/i.test(contentType)
}

function brokenOff(): never {
  throw new BadBody(400, 'The request body broke off.')
}

function unreadable(): BadBody {
  return new BadBody(400, 'There was an error parsing the body')
}

function tooLarge(largest: number): BadBody {
  return new BadBody(413, `The request body is larger than ${largest} bytes.`)
}
