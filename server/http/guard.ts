import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { AppError, DiskFull, isDisconnect, isDiskFull, TooLarge, TooMany, Unavailable } from '../core/errors.ts'
import { refuseUpgrade } from './respond.ts'

/** Answers a request. What it throws, at once or later, becomes an answer too: it returns the promise of its work. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => unknown

/** Where something failed: decides the shape of the answer, and stands in the log. */
export type Surface = 'rest' | 'graphql' | 'page' | 'sandbox'

const TEXT = 'text/plain; charset=utf-8'
const JSON_TYPE = 'application/json'
const BROKEN = { status: 500, code: 'INTERNAL_ERROR', message: 'Something went wrong. Please try again.' }

/** What a failure is answered with. */
interface Refusal {
  status: number
  code: string
  message: string
  /** Seconds until it is worth trying again. */
  retryAfter?: number
}

/** What each surface answers. */
const BODIES: Record<Surface, (refusal: Refusal) => [type: string, body: string]> = {
  rest: ({ status, message }) => [
    JSON_TYPE,
    JSON.stringify({ detail: status === 500 ? 'Internal Server Error' : message }),
  ],
  graphql: ({ message, code }) => [JSON_TYPE, JSON.stringify({ errors: [{ message, extensions: { code } }] })],
  page: ({ message }) => [TEXT, message],
  sandbox: () => [TEXT, `${BROKEN.message}\n`],
}

/** Stands around every handler of requests: none of their failures goes further than the request. */
export class RequestGuard {
  readonly #report: (error: unknown, where: string) => void

  /** @param report writes one line into the log */
  constructor(report: (error: unknown, where: string) => void) {
    this.#report = report
  }

  /** Handles a request. A failure is answered with 500 or 503; if the answer has begun, the connection is closed. */
  serve(surface: Surface, request: IncomingMessage, response: ServerResponse, handle: Handler): void {
    // Such as a write after the end: it would have no listener.
    if (response.listenerCount('error') === 0)
      response.on('error', (error) => {
        if (!isDisconnect(error)) this.#report(error, surface)
      })
    const failed = (error: unknown) => {
      const refusal = refusalOf(error)
      const isClientGone = isDisconnect(error) && (request.destroyed || response.destroyed)
      if (refusal.status >= 500 && !isClientGone) this.#report(error, surface)
      answer(BODIES[surface](refusal), refusal, response)
    }
    try {
      Promise.resolve(handle(request, response)).catch(failed)
    } catch (error) {
      failed(error)
    }
  }

  /** Handles a request for a WebSocket. @param handle takes the connection over, or refuses it */
  upgrade(surface: Surface, socket: Duplex, handle: () => unknown): void {
    const failed = (error: unknown) => {
      this.#report(error, `WebSocket of ${surface}`)
      refuseUpgrade(socket, refusalOf(error).status === 503 ? '503 Service Unavailable' : '500 Internal Server Error')
    }
    try {
      Promise.resolve(handle()).catch(failed)
    } catch (error) {
      failed(error)
    }
  }
}

function answer([type, body]: [string, string], { status, retryAfter }: Refusal, response: ServerResponse): void {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  // What the handler had prepared, such as a length or a cookie, is not part of this answer.
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  response
    .writeHead(status, {
      'Content-Type': type,
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
      ...(retryAfter !== undefined && { 'Retry-After': retryAfter }),
      // The rest of the request may not have been read.
      Connection: 'close',
    })
    .end(body)
}

/** Only errors that say what to do are shown: limits, and what passes by itself. */
function refusalOf(error: unknown): Refusal {
  if (error instanceof TooLarge) return { ...readable(error), status: 413 }
  if (error instanceof TooMany) return { ...readable(error), status: 429, retryAfter: error.retryAfter }
  if (error instanceof Unavailable) return { ...readable(error), status: 503 }
  return isDiskFull(error) ? { ...readable(new DiskFull()), status: 503 } : BROKEN
}

function readable({ code, message }: AppError) {
  return { code, message }
}
