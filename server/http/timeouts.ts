import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * Uploads into sandboxes may take any time, so only headers have a limit here. A connection is kept for longer than reverse
 * proxies keep theirs (nginx: 60 s): otherwise they would send requests into connections that are just being closed.
 */
export const TIMEOUTS = { requestTimeout: 0, headersTimeout: 60_000, keepAliveTimeout: 65_000 }

const TOO_LATE = 'The request body did not arrive in time.'

/**
 * Ends a request whose body does not arrive in time: with 408 if nothing was answered yet, and the connection is closed.
 * Node's own limit is off, since it would also cut uploads into sandboxes.
 */
export function limitBodyTime(request: IncomingMessage, response: ServerResponse, timeoutMs: number): void {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
  if (encoding === undefined && Number(length ?? 0) === 0) return
  const timer = setTimeout(() => {
    if (request.complete) return
    if (response.headersSent) {
      request.destroy()
      return
    }
    response
      .writeHead(408, { 'Content-Type': 'text/plain', 'Content-Length': TOO_LATE.length, Connection: 'close' })
      .end(TOO_LATE, () => request.destroy())
  }, timeoutMs).unref()
  // The answer may be complete before the body is: the rest of the body has the same limit.
  response.once('close', () => (request.complete || request.socket.destroyed) && clearTimeout(timer))
}
