import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Authenticator, AuthResult } from './authenticator.ts'

/** How long a request under way may go on when its sender is signed out, in milliseconds: it may be the one that does it. */
const GRACE_MS = 500

/**
 * Authenticates requests before they are handled, and sends the cookie of a session that lasts longer now. A response that is
 * still under way when its principal ends is cut off.
 */
export function withAuthentication(
  authenticator: Authenticator,
  kind: 'rest' | 'page',
  handle: RequestListener,
): RequestListener {
  return (request, response) => {
    const serve = ({ viewer, cookie }: AuthResult) => {
      if (cookie) response.appendHeader('Set-Cookie', cookie)
      const stop = authenticator.principals.whenOver(viewer, () => {
        setTimeout(() => response.writableFinished || response.destroy(), GRACE_MS).unref()
      })
      response.once('close', stop)
      handle(request, response)
    }
    const result = authenticator.authenticate(request, kind)
    if (result instanceof Promise) result.then(serve, () => unavailable(response))
    else serve(result)
  }
}

/** The pages that need no login (login, and the target of links), and what they load. */
const OPEN = /^\/(login$|enter$|_app\/|favicon)/
/** The same under Vite's dev server, which serves sources one by one. */
const OPEN_SOURCES = /^\/(login$|enter$|@|src\/|node_modules\/|\.svelte-kit\/|favicon)/

/**
 * Serves pages to people who may see them. Participants are redirected to the page of their sandbox, everyone else to the
 * login page.
 * @param handle serves the page
 * @param fromSources whether pages are served from their sources
 */
export function withPageRedirects(
  authenticator: Authenticator,
  handle: RequestListener,
  fromSources: boolean,
): RequestListener {
  const open = fromSources ? OPEN_SOURCES : OPEN
  return withAuthentication(authenticator, 'page', (request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
    const { role } = authenticator.authenticated(request).viewer
    const location = open.test(path) ? null : redirectOf(role, path, request)
    if (location) response.writeHead(303, { Location: location, 'Cache-Control': 'no-store' }).end()
    else handle(request, response)
  })
}

function redirectOf(role: AuthResult['viewer']['role'], path: string, request: IncomingMessage): string | null {
  if (role === 'organizer') return null
  if (role === 'participant') return path === '/my' ? null : '/my'
  const goTo = request.url === '/' ? '' : `?to=${encodeURIComponent(request.url ?? '/')}`
  return `/login${goTo}`
}

/** The database could not say who it is, so the request is refused. */
function unavailable(response: ServerResponse): void {
  response
    .writeHead(503, { 'Content-Type': 'application/json' })
    .end(JSON.stringify({ detail: 'The database does not answer.' }))
}
