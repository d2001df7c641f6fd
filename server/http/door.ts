import type { IncomingMessage } from 'node:http'
import type { Clients } from './client.ts'
import { hostText, parseHost } from './host.ts'

const NO_HOST =
  'The Host header does not name a host. Open THON by its address, such as http://localhost:8100 or https://thon.example.'
const TWO_HOSTS = 'The request names two hosts. Send one Host header, and only a path after the method.'
const NO_PATH = 'The request names no path. Send a path such as /healthz after the method.'

/**
 * The first thing that happens to a request, before anything else reads it. After it, `clients.of` has a host, the Host
 * header is that host, and the target is a path: no handler meets another form.
 * @returns why the request has to be answered with 400; null if it may go on
 */
export function enterDoor(request: IncomingMessage, clients: Clients): string | null {
  if (hostHeaders(request) > 1) return TWO_HOSTS
  const target = request.url ?? ''
  if (!target.startsWith('/')) {
    // The form that proxies are sent (RFC 9112, 3.2.2). It names a host of its own.
    const [, host, rest = ''] = /^https?:\/\/([^/?#\\]*)(.*)$/is.exec(target) ?? []
    if (host === undefined) return NO_PATH
    if (!isSame(host, request.headers.host)) return TWO_HOSTS
    request.url = rest.startsWith('/') ? rest : `/${rest}`
  }
  const client = clients.enter(request)
  if (client === null) return NO_HOST
  request.headers.host = hostText(client.host)
  return null
}

function hostHeaders({ rawHeaders }: IncomingMessage): number {
  return rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length
}

function isSame(one: string, other: string | undefined): boolean {
  const [a, b] = [parseHost(one), parseHost(other)]
  return a !== null && b !== null && hostText(a) === hostText(b)
}
