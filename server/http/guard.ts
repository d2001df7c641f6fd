import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { DiskFull, isDiskFull, Unavailable } from '../core/errors.ts'
import { refuseUpgrade } from './respond.ts'

/** Answers a request. What it throws, at once or later, becomes an answer too: it returns the promise of its work. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => unknown

/** Where something failed: decides the shape of the answer, and stands in the log. */
export type Surface = 'rest' | 'graphql' | 'page' | 'sandbox'

const MESSAGE = 'Something went wrong. Please try again.'
const TEXT = 'text/plain; charset=utf-8'
const JSON_TYPE = 'application/json'

/** What each surface answers. @param reason for people; null where the error says nothing that they may read */
const BODIES: Record<Surface, (reason: string | null) => [type: string, body: string]> = {
  rest: (reason) => [JSON_TYPE, JSON.stringify({ detail: reason ?? 'Internal Server Error' })],
  graphql: (reason) => {
    const extensions = { code: reason === null ? 'INTERNAL_ERROR' : 'UNAVAILABLE' }
    return [JSON_TYPE, JSON.stringify({ errors: [{ message: reason ?? MESSAGE, extensions }] })]
  },
  page: (reason) => [TEXT, reason ?? MESSAGE],
  sandbox: () => [TEXT, `${MESSAGE}\n`],
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
    if (response.listenerCount('error') === 0) response.on('error', (error) => this.#report(error, surface))
    const failed = (error: unknown) => {
      this.#report(error, surface)
      answer(surface, error, response)
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
      refuseUpgrade(socket, reasonOf(error) ? '503 Service Unavailable' : '500 Internal Server Error')
    }
    try {
      Promise.resolve(handle()).catch(failed)
    } catch (error) {
      failed(error)
    }
  }
}

function answer(surface: Surface, error: unknown, response: ServerResponse): void {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const reason = reasonOf(error)
  const [type, body] = BODIES[surface](reason)
  // What the handler had prepared, such as a length or a cookie, is not part of this answer.
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  response
    .writeHead(reason === null ? 500 : 503, {
      'Content-Type': type,
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
      Connection: 'close',
    })
    .end(body)
}

/** Why it is worth trying again without a change; null if it is not. */
function reasonOf(error: unknown): string | null {
  if (error instanceof Unavailable) return error.message
  return isDiskFull(error) ? new DiskFull().message : null
}
