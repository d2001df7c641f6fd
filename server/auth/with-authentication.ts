import type { IncomingMessage } from 'node:http'
import { Unavailable } from '../core/errors.ts'
import type { RequestBodies } from '../http/bodies.ts'
import type { Handler } from '../http/guard.ts'
import type { Authenticator, AuthResult } from './authenticator.ts'

/** What authenticating requests needs. */
export interface AuthenticationDeps {
  authenticator: Authenticator
  bodies: RequestBodies
}

/** How long a request under way may go on when its sender is signed out, in milliseconds: it may be the one that does it. */
const GRACE_MS = 500

/**
 * Authenticates requests before they are handled, and sends the cookie of a session that lasts longer now. Then the limits on
 * bodies for people who are in apply. A response that is still under way when its principal ends is cut off.
 */
export function withAuthentication(
  { authenticator, bodies }: AuthenticationDeps,
  kind: 'rest' | 'page',
  handle: Handler,
): Handler {
  return (request, response) => {
    const serve = ({ viewer, cookie }: AuthResult) => {
      if (viewer.role === 'anonymous') bodies.ofStranger(request, response)
      else bodies.ofMember(request)
      if (cookie) response.appendHeader('Set-Cookie', cookie)
      const stop = authenticator.principals.whenOver(viewer, () => {
        setTimeout(() => response.writableFinished || response.destroy(), GRACE_MS).unref()
      })
      response.once('close', stop)
      return handle(request, response)
    }
    const result = authenticator.authenticate(request, kind)
    return result instanceof Promise ? result.then(serve, unavailable) : serve(result)
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
export function withPageRedirects(deps: AuthenticationDeps, handle: Handler, fromSources: boolean): Handler {
  const open = fromSources ? OPEN_SOURCES : OPEN
  const { authenticator } = deps
  return withAuthentication(deps, 'page', (request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
    const { role } = authenticator.authenticated(request).viewer
    const location = open.test(path) ? null : redirectOf(role, path, request)
    if (location) response.writeHead(303, { Location: location, 'Cache-Control': 'no-store' }).end()
    else return handle(request, response)
  })
}

function redirectOf(role: AuthResult['viewer']['role'], path: string, request: IncomingMessage): string | null {
  if (role === 'organizer') return null
  if (role === 'participant') return path === '/my' ? null : '/my'
  const goTo = request.url === '/' ? '' : `?to=${encodeURIComponent(request.url ?? '/')}`
  return `/login${goTo}`
}

/** The database could not say who it is, so the request is refused. */
export function unavailable(cause: unknown): never {
  throw Object.assign(new Unavailable('The database does not answer. Please try again.'), { cause })
}
