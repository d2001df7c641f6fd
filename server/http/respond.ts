import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** Leads a browser on with GET. The answer is not stored, and the next page does not learn this address. */
export function redirect(response: ServerResponse, to: string): void {
  response.writeHead(303, { Location: to, 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' }).end()
}

/** Refuses a WebSocket and closes the connection. @param status with its reason, such as `404 Not Found` */
export function refuseUpgrade(socket: Duplex, status: string): void {
  if (!socket.writable) socket.destroy()
  else socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
