import type { IncomingMessage } from 'node:http'

/** Whether somebody asks for a page to look at, as opposed to a program, or to a page for its parts. */
export function isNavigation({ method, headers }: IncomingMessage): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  const mode = headers['sec-fetch-mode']
  // Over plain http browsers tell only by what they accept.
  return mode === undefined ? (headers.accept ?? '').includes('text/html') : mode === 'navigate'
}

/**
 * Why a request is not let near a sandbox, whoever sends it: a page of another origin, another sandbox's say, may lead here,
 * but neither act here, nor read, nor show this in a frame (https://www.w3.org/TR/fetch-metadata/). Null lets it pass.
 */
export function crossSiteError(request: IncomingMessage): string | null {
  const { headers, method } = request
  const { origin, host } = headers
  const acts = headers.upgrade !== undefined || (method !== 'GET' && method !== 'HEAD')
  if (acts && origin !== undefined && !(URL.canParse(origin) && new URL(origin).host === host?.toLowerCase()))
    return 'Requests from pages of another origin are refused.'
  const site = headers['sec-fetch-site']
  if (site === undefined || site === 'same-origin' || site === 'none') return null
  const leadsHere = !acts && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
  return leadsHere ? null : 'Requests from pages of another site are refused.'
}

/** Whether a place to go on to is a path of this very host name; browsers read backslashes as slashes, and leave tabs out. */
export function isPath(text: string): boolean {
  if (!/^\/[\x21-\x7e]*$/.test(text) || text.includes('\\')) return false
  return !text.startsWith('//')
}
