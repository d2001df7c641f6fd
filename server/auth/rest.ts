import type { IncomingMessage } from 'node:http'
import { AppError, BadRequest } from '../core/errors.ts'
import type { Clients } from '../http/client.ts'
import type { Operations } from '../rest/operation.ts'
import { missingError, Unprocessable } from '../rest/validation-errors.ts'
import type { Authenticator } from './authenticator.ts'
import type { Callback } from './oauth/service.ts'
import * as routes from './rest-routes.ts'
import type { SignIn } from './sign-in.ts'

/** `/api/auth`: signing in and out. */
export function authRest(
  operations: Operations,
  { door, signIn, clients }: { door: Pick<Authenticator, 'authenticated'>; signIn: SignIn; clients: Clients },
): void {
  operations.add(routes.listProviders, async () => ({
    enabled: signIn.enabled,
    providers: signIn.choices.map(({ name }) => name),
  }))
  operations.add(routes.beginSignIn, async ({ params, query, incoming, setCookie }) => {
    // The host is one that the gate let in.
    const { address, scheme, host } = clients.of(incoming)
    const { authorizationUrl, state } = await signIn.begin(params.provider, query.to, `${scheme}://${host}`, address)
    if (isPage(incoming)) setCookie(`${begun(state)}; HttpOnly; Max-Age=600; Path=/api/auth; SameSite=lax`)
    return { authorization_url: authorizationUrl, state }
  })
  operations.add(routes.finishSignIn, async ({ params, query, incoming, setCookie }) => {
    try {
      if (isNavigation(incoming) && !hasBegun(incoming, query.state))
        throw new BadRequest('This sign-in was begun in another browser. Begin anew.')
      const { cookie, goTo } = await signIn.finish(params.provider, callbackOf(query))
      setCookie(cookie)
      return goTo
    } catch (error) {
      if (!(isNavigation(incoming) && error instanceof AppError)) throw error
      // People get a page that says it, and offers to try again.
      return `/login?problem=${error.code === 'UPSTREAM_FAILED' ? 'broken' : 'refused'}`
    }
  })
  operations.add(routes.signInLocally, async ({ body, incoming, setCookie }) => {
    setCookie(await signIn.byPassword(body, clients.of(incoming).address))
    return { status: 'ok' }
  })
  operations.add(routes.signOut, async ({ incoming, setCookie }) => {
    setCookie(await signIn.signOut(door.authenticated(incoming).session?.id ?? null))
    return { status: 'ok' }
  })
  operations.add(routes.whoAmI, async ({ viewer }) => {
    if (viewer.identityId === null) return { authenticated: false }
    return {
      authenticated: true,
      user_id: viewer.identityId,
      display_name: viewer.name,
      email: viewer.email,
      provider: viewer.identityId.split(':', 1)[0] as string,
    }
  })
}

/** Cookie of a sign-in that this browser began, so that nobody can end theirs in another's browser. One for each: people have tabs. */
function begun(state: string): string {
  return `sign-in-${state.slice(0, 8)}=${state}`
}

/**
 * Browsers say whose page fetches (https://www.w3.org/TR/fetch-metadata/), over plain http only that they are browsers;
 * scripts do neither, and hold no cookies.
 */
function isPage({ headers }: IncomingMessage): boolean {
  return headers['sec-fetch-site'] !== undefined || /^Mozilla\//.test(headers['user-agent'] ?? '')
}

/** Whether somebody sees the answer as a page: over plain http browsers tell only by what they accept. */
function isNavigation({ headers }: IncomingMessage): boolean {
  return headers['sec-fetch-mode'] === 'navigate' || (headers.accept ?? '').includes('text/html')
}

function hasBegun({ headers }: IncomingMessage, state: string | undefined): boolean {
  return state !== undefined && (headers.cookie ?? '').split(/;\s*/).includes(begun(state))
}

interface CallbackQuery {
  code?: string | undefined
  state?: string | undefined
  error?: string | undefined
  error_description?: string | undefined
}

/** A code or a refusal, and always the state. @throws Unprocessable */
function callbackOf({ code, state, error, error_description }: CallbackQuery): Callback {
  if (state !== undefined && error !== undefined) return { state, error, errorDescription: error_description }
  if (state !== undefined && code !== undefined) return { state, code }
  const absent = [
    ...(code === undefined && error === undefined ? ['code'] : []),
    ...(state === undefined ? ['state'] : []),
  ]
  throw new Unprocessable(absent.map((name) => missingError(['query', name], null)))
}
