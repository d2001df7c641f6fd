import { STATUS_CODES, validateHeaderName, validateHeaderValue, type IncomingMessage } from 'node:http'
import { allowedSetCookies } from './cookies.ts'

/**
 * What of a sandbox's answer goes on to the browser. The owner of a sandbox decides every byte of it, so nothing is passed
 * on that could do anything outside of the sandbox's own host name.
 */

/** How many interim answers (1xx) a sandbox may send before its answer. */
export const MAX_INTERIM = 8

/**
 * Headers that reach beyond the sandbox's own host name, or beyond the answer they come with. Everything in IANA's registry
 * of HTTP fields (https://www.iana.org/assignments/http-fields) and in browsers' own was gone through; what is not here
 * concerns the one answer, or the one origin, which is the sandbox's.
 */
const REACH_BEYOND: readonly { names: RegExp; reason: string }[] = [
  {
    names: /^clear-site-data$/,
    reason: 'clears cookies of the whole registrable domain: the reader would be signed out of THON',
  },
  {
    names: /^strict-transport-security$/,
    reason: 'is remembered for every port of the host and for the names below it',
  },
  { names: /^alt-svc$/, reason: 'sends the next requests to a server of the sandbox’s choice, past THON' },
  {
    names: /^(public-key-pins(-report-only)?|expect-ct|expect-staple)$/,
    reason: 'binds the host to keys or certificates, and locks people out after the next renewal',
  },
  {
    names: /^(nel|report-to|reporting-endpoints)$/,
    reason: 'has the browser report failed and later requests elsewhere, those of THON’s own pages included',
  },
  {
    names: /^service-worker-allowed$/,
    reason: 'widens the scope of a service worker over THON’s own paths of the host',
  },
  {
    names: /^(sec|secure)-session-/,
    reason: 'registers a session bound to the device, which may be for the whole site',
  },
  {
    names: /^(attribution-reporting-|observe-browsing-topics$|ad-auction-)/,
    reason: 'is kept by the browser for the site, across origins',
  },
  { names: /^set-login$/, reason: 'tells the browser that people are signed in or out' },
  { names: /^set-cookie2$/, reason: 'sets cookies in a form whose domain THON does not check' },
  {
    names: /^(proxy-|x-accel-(?!buffering$)|x-sendfile|x-lighttpd-send-|x-reproxy-|surrogate-|cdn-|cloudflare-cdn-)/,
    reason: 'speaks to reverse proxies and caches in front of THON, some of which deliver any file of theirs',
  },
  {
    names: /^(connection|keep-alive|proxy-connection|te|trailer|upgrade|http2-settings)$/,
    reason: 'concerns the connection between THON and the sandbox (RFC 9110, 7.6.1)',
  },
]

/** Why an answer cannot be passed on, in a few words for the log; null if it can. */
export function answerFault({ statusCode = 0, headers }: IncomingMessage, isUpgrade: boolean): string | null {
  const isKnown = isUpgrade ? statusCode === 101 : statusCode >= 200 && statusCode <= 599
  if (!isKnown) return `its status is ${statusCode}`
  for (const [name, value] of Object.entries(headers))
    for (const one of [value].flat())
      try {
        validateHeaderName(name)
        validateHeaderValue(name, one ?? '')
      } catch {
        return 'a header has characters that are not allowed'
      }
  return null
}

/** Takes out of an answer what must not go on. @param path of the sandbox; '' where it has its own host name */
export function cleanAnswer(answer: IncomingMessage, path: string): void {
  const { headers } = answer
  // Only HTTP/1 has one, nobody shows it, and it may be any text.
  answer.httpVersion = '1.1'
  answer.statusMessage = STATUS_CODES[answer.statusCode ?? 0] ?? ''
  const ofConnection = (headers.connection ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
  const upgrade = answer.statusCode === 101 ? { connection: 'Upgrade', upgrade: headers.upgrade } : {}
  for (const name of Object.keys(headers))
    if (
      REACH_BEYOND.some(({ names }) => names.test(name)) ||
      (ofConnection.includes(name) && !NEVER_OF_CONNECTION.has(name))
    )
      Reflect.deleteProperty(headers, name)
  Object.assign(headers, upgrade)
  if (headers['set-cookie']) headers['set-cookie'] = allowedSetCookies(headers['set-cookie'], path)
  // Pages of other sandboxes must not show it in a frame or load parts of it.
  const policy = headers['content-security-policy']
  headers['content-security-policy'] = [...(policy ? [policy] : []), "frame-ancestors 'self'"].join(', ')
  headers['cross-origin-resource-policy'] ??= 'same-origin'
  if (path && headers.location && /^\/(?!\/)/.test(headers.location)) headers.location = path + headers.location
}

/** A Connection header that names these would change where an answer ends. */
const NEVER_OF_CONNECTION = new Set(['transfer-encoding', 'content-length'])
