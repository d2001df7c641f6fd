import type { IncomingMessage } from 'node:http'
import type { Client } from '../http/client.ts'
import { hostText } from '../http/host.ts'
import { withoutThonCookies } from './cookies.ts'
import { CLIENT_HEADER } from './protocol.ts'

/** Headers of the connection, not of the message (RFC 9110, 7.6.1). */
const OF_CONNECTION = [
  ...['keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'http2-settings'],
  'expect',
]
/** What a Connection header cannot take away: the message would have another meaning. */
const OF_MESSAGE = ['host', 'cookie', 'authorization', 'content-length', 'transfer-encoding', 'upgrade', 'connection']
/** Headers that tell who sent a request. */
const OF_SENDER = [
  ...['forwarded', 'via', 'x-real-ip', 'x-forwarded-for', 'x-forwarded-proto'],
  ...['x-forwarded-host', 'x-forwarded-port', 'x-forwarded-prefix', 'x-forwarded-server', CLIENT_HEADER],
]
/** An API token or a session of THON. Every other Authorization is for the participant's own program. */
const THON_AUTHORIZATION = /^\s*bearer\s+(thon_|v1:)/i

/** Takes out what was meant for the connection that a request came on, those that it names itself included. */
export function withoutConnectionHeaders({ headers }: IncomingMessage): void {
  const named = (headers.connection ?? '').toLowerCase().split(',')
  for (const name of [...OF_CONNECTION, ...named.map((one) => one.trim())])
    if (!OF_MESSAGE.includes(name)) Reflect.deleteProperty(headers, name)
}

/**
 * Takes out everything that is THON's or about the connection, and says who sent the request.
 * @param path of the sandbox, which its program does not know; '' where it has its own host name
 */
export function cleanRequest(request: IncomingMessage, { path, client }: { path: string; client: Client }): void {
  const { headers } = request
  withoutConnectionHeaders(request)
  for (const name of OF_SENDER) Reflect.deleteProperty(headers, name)
  if (THON_AUTHORIZATION.test(headers.authorization ?? '')) delete headers.authorization
  headers.cookie = withoutThonCookies(headers.cookie)
  if (headers.cookie === undefined) delete headers.cookie
  headers['x-forwarded-for'] = client.address
  headers['x-forwarded-proto'] = client.scheme
  headers['x-forwarded-host'] = hostText(client.host)
  if (path) {
    headers['x-forwarded-prefix'] = path
    request.url = request.url?.slice(path.length) || '/'
  }
}
