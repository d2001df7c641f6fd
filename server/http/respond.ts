import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** Leads a browser on with GET. The answer is not stored, and the next page does not learn this address. */
export function redirect(response: ServerResponse, to: string): void {
  response.writeHead(303, { Location: to, 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' }).end()
}

/**
 * Refuses a WebSocket and closes the connection.
 * @param status with its reason, such as `404 Not Found`
 * @param text why, for programs that read it; browsers do not show it
 */
export function refuseUpgrade(socket: Duplex, status: string, text = ''): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const head = [
    'Connection: close',
    `Content-Length: ${Buffer.byteLength(text)}`,
    ...(text ? ['Content-Type: text/plain'] : []),
  ]
  socket.end(`HTTP/1.1 ${status}\r\n${head.join('\r\n')}\r\n\r\n${text}`)
}
