import type { IncomingMessage, ServerResponse } from 'node:http'

const LATE = 'The request body did not arrive in time.'

/**
 * Ends a request whose body has not arrived in time: 408 where nothing was answered yet, and the connection is closed.
 * Node's own limit is off, since it would cut what people upload into their sandboxes as well.
 */
export function endWhenLate(request: IncomingMessage, response: ServerResponse, afterMs: number): void {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
  if (encoding === undefined && Number(length ?? 0) === 0) return
  const timer = setTimeout(() => {
    if (request.complete) return
    if (response.headersSent) return void request.destroy()
    response
      .writeHead(408, { 'Content-Type': 'text/plain', 'Content-Length': LATE.length, Connection: 'close' })
      .end(LATE, () => request.destroy())
  }, afterMs).unref()
  // An answer may come before the whole body has: the rest of it is not waited for any longer either.
  response.once('close', () => (request.complete || request.socket.destroyed) && clearTimeout(timer))
}
