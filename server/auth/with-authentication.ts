import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Authenticator, AuthResult } from './authenticator.ts'

/** Lets requests in by the door before they are handled, and sends the cookie along that may have to be. */
export function withAuthentication(
  door: Authenticator,
  kind: 'rest' | 'page',
  handle: RequestListener,
): RequestListener {
  return (request, response) => {
    const serve = ({ cookie }: AuthResult) => {
      if (cookie) response.appendHeader('Set-Cookie', cookie)
      handle(request, response)
    }
    const entered = door.authenticate(request, kind)
    if (entered instanceof Promise) entered.then(serve, () => unavailable(response))
    else serve(entered)
  }
}

/** What the login page and the page that links lead to are made of. */
const OPEN = /^\/(login$|enter$|_app\/|favicon)/
/** The same under Vite's dev server, which serves sources one by one. */
const OPEN_SOURCES = /^\/(login$|enter$|@|src\/|node_modules\/|\.svelte-kit\/|favicon)/

/**
 * Pages for those who may see them: others get the login page, or if they are participants the page of their sandbox.
 * @param handle serves the page
 * @param fromSources whether pages are served from their sources
 */
export function withPageRedirects(door: Authenticator, handle: RequestListener, fromSources: boolean): RequestListener {
  const open = fromSources ? OPEN_SOURCES : OPEN
  return withAuthentication(door, 'page', (request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
    const { role } = door.authenticated(request).viewer
    const away = open.test(path) ? null : elsewhere(role, path, request)
    if (away) response.writeHead(303, { Location: away, 'Cache-Control': 'no-store' }).end()
    else handle(request, response)
  })
}

function elsewhere(role: AuthResult['viewer']['role'], path: string, request: IncomingMessage): string | null {
  if (role === 'organizer') return null
  if (role === 'participant') return path === '/my' ? null : '/my'
  const goTo = request.url === '/' ? '' : `?to=${encodeURIComponent(request.url ?? '/')}`
  return `/login${goTo}`
}

/** The database could not say who it is: nobody is let in by mistake. */
function unavailable(response: ServerResponse): void {
  response
    .writeHead(503, { 'Content-Type': 'application/json' })
    .end(JSON.stringify({ detail: 'The database does not answer.' }))
}
