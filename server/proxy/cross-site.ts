import type { IncomingMessage } from 'node:http'

/** Whether a person opens a page, as opposed to a program, or a page that loads its parts. */
export function isNavigation({ method, headers }: IncomingMessage): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  const mode = headers['sec-fetch-mode']
  // Over plain http browsers only say what they accept.
  return mode === undefined ? (headers.accept ?? '').includes('text/html') : mode === 'navigate'
}

/**
 * Why a request must not reach a sandbox, even from a person who may open it; null if it may. A page of another origin, such
 * as another sandbox's, may link here. It may not act here, read, or show this in a frame (https://www.w3.org/TR/fetch-metadata/).
 */
export function crossSiteError(request: IncomingMessage): string | null {
  const { headers, method } = request
  const { origin, host } = headers
  const acts = headers.upgrade !== undefined || (method !== 'GET' && method !== 'HEAD')
  if (acts && origin !== undefined && URL.parse(origin)?.host !== host)
    return 'Requests from pages of another origin are refused.'
  const site = headers['sec-fetch-site']
  if (site === undefined || site === 'same-origin' || site === 'none') return null
  const isLink = !acts && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
  return isLink ? null : 'Requests from pages of another site are refused.'
}

/**
 * Why the script of a service worker must not be loaded; null if it may. One that lies at the top of the host could answer
 * in place of THON's own paths there, and see what opens the sandbox for somebody else (Service Workers, "Handle Fetch").
 * Its scope is at most the folder of its script, since `Service-Worker-Allowed` does not leave a sandbox.
 * @param rest the target below the sandbox's own path
 * @param thonPaths where THON's own paths begin
 */
export function serviceWorkerError({ headers }: IncomingMessage, rest: string, thonPaths: string): string | null {
  if (headers['service-worker'] === undefined) return null
  const [path = ''] = rest.split('?', 1)
  const scope = path.slice(0, path.lastIndexOf('/') + 1)
  return thonPaths.startsWith(scope) ? 'Service workers need a folder of their own, such as /app/worker.js.' : null
}

/** Whether the target of a redirect is a path of this host name. Browsers read backslashes as slashes, and drop tabs. */
export function isPath(text: string): boolean {
  if (!/^\/[\x21-\x7e]*$/.test(text) || text.includes('\\')) return false
  return !text.startsWith('//')
}
