import type { IncomingMessage } from 'node:http'
import { hostText } from '../http/host.ts'
import { crossSiteError, serviceWorkerError } from './cross-site.ts'
import { THON_PATHS } from './entry.ts'
import type { AccessRequest, PassedOn } from './protocol.ts'

/** A sandbox cookie, of whatever sandbox. */
const PASS = /^(__Host-)?thon-pass(-\d+)?=/

/** What decides about a request for a sandbox. @returns null for a request that THON has to answer in any case, or refuse */
export function accessRequestOf(request: IncomingMessage, { client, byPath }: PassedOn): AccessRequest | null {
  const { url = '/', headers } = request
  const path = byPath ? /^\/\d{1,5}(?=[/?]|$)/.exec(url)?.[0] : ''
  if (path === undefined || headers.cookie === undefined) return null
  const rest = url.slice(path.length)
  if (rest.startsWith(THON_PATHS)) return null
  const passes = headers.cookie.split(';').flatMap((pair) => (PASS.test(pair.trim()) ? [pair.trim()] : []))
  if (passes.length === 0 || crossSiteError(request) !== null) return null
  if (serviceWorkerError(request, rest, THON_PATHS) !== null) return null
  return { host: hostText(client.host), cookie: passes.join('; '), scheme: client.scheme, path }
}
