import type { IncomingMessage } from 'node:http'
import { hasBody } from './bodies.ts'

/**
 * Whether a request asks for a WebSocket, the only upgrade that THON knows. It may ignore every other one (RFC 9110, 7.8):
 * `h2c` of curl and Java, `TLS/1.2` of Apache's client. These requests are then answered as if the header were not there.
 * An option of Node's HTTP servers, which call it for each request with an Upgrade header.
 */
export function shouldUpgradeCallback(request: IncomingMessage): boolean {
  const { headers, method } = request
  if (method === 'GET' && !hasBody(request) && headers.upgrade?.toLowerCase() === 'websocket') return true
  delete headers.upgrade
  return false
}
