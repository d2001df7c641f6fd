import { z } from '@hono/zod-openapi'
import type { IncomingMessage } from 'node:http'
import { AppError, BadRequest } from '../core/errors.ts'
import type { Clients } from '../http/client.ts'
import { cookiesNamed, setCookieHeader } from '../http/cookies.ts'
import { hostText } from '../http/host.ts'
import { text } from '../rest/fields.ts'
import { operation, type Operations } from '../rest/operation.ts'
import { missingError, Unprocessable } from '../rest/validation-errors.ts'
import type { Authenticator } from './authenticator.ts'
import type { Callback } from './oauth/service.ts'
import type { SignIn } from './sign-in.ts'

const tag = 'auth'
const ofProvider = { provider: '`github`, `gitlab` or `linkedin`.' }
const Ok = z.object({ status: z.literal('ok') })

const listProviders = operation({
  method: 'get',
  path: '/api/auth/providers',
  tag,
  summary: 'List the sign-in providers',
  open: true,
  answer: z
    .object({
      enabled: z.boolean().openapi({ description: 'Whether `AUTH_ENABLED` is set.' }),
      providers: z.array(z.string()).openapi({ description: 'Names of the configured providers.' }),
    })
    .openapi('AuthProviders'),
  answers: 'The providers.',
})

const beginSignIn = operation({
  method: 'get',
  path: '/api/auth/login/{provider}',
  tag,
  summary: 'Start a sign-in',
  description: 'Send the browser to `authorization_url`; the provider sends it back to the callback.',
  open: true,
  params: ofProvider,
  query: z.object({ to: text('Path of the dashboard to open afterwards.').default('/') }),
  answer: z
    .object({
      authorization_url: z.string().openapi({ description: "The provider's page." }),
      state: z.string().openapi({ description: 'The callback must bring it back, once, within ten minutes.' }),
    })
    .openapi('BegunSignIn'),
  answers: 'The page to send the browser to.',
  refuses: ['BAD_REQUEST', 'TOO_MANY'],
})

const finishSignIn = operation({
  method: 'get',
  path: '/api/auth/callback/{provider}',
  tag,
  summary: 'Finish a sign-in',
  description: 'Where the provider sends the browser. Sets the session cookie and redirects to the dashboard.',
  open: true,
  params: ofProvider,
  query: z.object({
    code: text('The code of the provider; required unless there is an `error`.').optional(),
    state: text('The state that the sign-in started with; required.').optional(),
    error: text('Why the provider refused the sign-in.').optional(),
    error_description: text('The same in words.').optional(),
  }),
  redirects: true,
  answer: z.string(),
  answers: 'A redirect to the dashboard.',
  refuses: ['BAD_REQUEST', 'UPSTREAM_FAILED'],
})

const signInLocally = operation({
  method: 'post',
  path: '/api/auth/login/local',
  tag,
  summary: 'Sign in with the local password',
  description: 'Sets the cookie `session`, which is called `__Host-session` on https.',
  open: true,
  body: z.object({ password: text('The password.') }).openapi('LocalSignIn'),
  answer: Ok,
  answers: 'Signed in.',
  refuses: ['BAD_REQUEST', 'UNAUTHENTICATED', 'TOO_MANY'],
})

const signOut = operation({
  method: 'post',
  path: '/api/auth/logout',
  tag,
  summary: 'Sign out',
  description: 'Ends the session and deletes its cookie.',
  open: true,
  answer: Ok,
  answers: 'Signed out.',
})

const whoAmI = operation({
  method: 'get',
  path: '/api/auth/me',
  tag,
  summary: 'Who is signed in',
  open: true,
  answer: z
    .object({
      authenticated: z.boolean().openapi({ description: 'Whether somebody is signed in.' }),
      user_id: z.string().optional().openapi({ description: 'Such as `github:1`.' }),
      display_name: z.string().optional().openapi({ description: 'Their name.' }),
      email: z.string().nullable().optional().openapi({ description: 'Their verified e-mail address, when known.' }),
      provider: z.string().optional().openapi({ description: 'Where they signed in.' }),
    })
    .openapi('Me'),
  answers: 'The person, if somebody is signed in.',
})

/** What `/api/auth` needs. */
export interface AuthRestDeps {
  authenticator: Pick<Authenticator, 'authenticated'>
  signIn: SignIn
  clients: Clients
}

/** `/api/auth`: signing in and out. */
export function authRest(operations: Operations, { authenticator, signIn, clients }: AuthRestDeps): void {
  operations.add(listProviders, () =>
    Promise.resolve({ enabled: signIn.enabled, providers: signIn.providers.map(({ name }) => name) }),
  )
  operations.add(beginSignIn, async ({ params, query, incoming, setCookie }) => {
    // The gate has checked the host.
    const { address, scheme, host } = clients.of(incoming)
    const { authorizationUrl, state } = await signIn.begin(
      params.provider,
      query.to,
      `${scheme}://${hostText(host)}`,
      address,
    )
    if (isBrowser(incoming))
      setCookie(setCookieHeader({ ...stateCookie(state), maxAge: 600, path: '/api/auth', secure: false }))
    return { authorization_url: authorizationUrl, state }
  })
  operations.add(finishSignIn, async ({ params, query, incoming, setCookie }) => {
    try {
      if (isNavigation(incoming) && !hasStarted(incoming, query.state))
        throw new BadRequest('This sign-in was started in another browser. Start again in this one.')
      const { cookie, goTo } = await signIn.finish(params.provider, callbackOf(query))
      setCookie(cookie)
      return goTo
    } catch (error) {
      if (!(isNavigation(incoming) && error instanceof AppError)) throw error
      // People get a page that says so and lets them try again.
      return `/login?problem=${error.code === 'UPSTREAM_FAILED' ? 'broken' : 'refused'}`
    }
  })
  operations.add(signInLocally, async ({ body, viewer, incoming, setCookie }) => {
    setCookie(await signIn.byPassword(body, clients.of(incoming).address, viewer))
    return { status: 'ok' }
  })
  operations.add(signOut, async ({ incoming, setCookie }) => {
    setCookie(await signIn.signOut(authenticator.authenticated(incoming).viewer))
    return { status: 'ok' }
  })
  operations.add(whoAmI, ({ viewer }) => {
    const { identityId, name, email } = viewer
    if (identityId === null) return Promise.resolve({ authenticated: false })
    const provider = identityId.split(':', 1)[0] as string
    return Promise.resolve({ authenticated: true, user_id: identityId, display_name: name, email, provider })
  })
}

/**
 * Marks the browser that started a sign-in, so that no other browser can be made to finish it. One for each sign-in, since
 * people have several tabs.
 */
function stateCookie(state: string): { name: string; value: string } {
  return { name: `sign-in-${state.slice(0, 8)}`, value: state }
}

/**
 * Browsers say which page fetches (https://www.w3.org/TR/fetch-metadata/), and over plain http only that they are browsers.
 * Scripts do neither, and keep no cookies.
 */
function isBrowser({ headers }: IncomingMessage): boolean {
  return headers['sec-fetch-site'] !== undefined || /^Mozilla\//.test(headers['user-agent'] ?? '')
}

/** Whether a person sees the answer as a page: over plain http only the Accept header tells. */
function isNavigation({ headers }: IncomingMessage): boolean {
  return headers['sec-fetch-mode'] === 'navigate' || (headers.accept ?? '').includes('text/html')
}

function hasStarted({ headers }: IncomingMessage, state: string | undefined): boolean {
  if (state === undefined) return false
  const { name, value } = stateCookie(state)
  return cookiesNamed(headers.cookie, name).includes(value)
}

interface CallbackQuery {
  code?: string | undefined
  state?: string | undefined
  error?: string | undefined
  error_description?: string | undefined
}

/** A code or a refusal, and the state in both cases. @throws Unprocessable */
function callbackOf({ code, state, error, error_description }: CallbackQuery): Callback {
  if (state !== undefined && error !== undefined) return { state, error, errorDescription: error_description }
  if (state !== undefined && code !== undefined) return { state, code }
  const absent = [
    ...(code === undefined && error === undefined ? ['code'] : []),
    ...(state === undefined ? ['state'] : []),
  ]
  throw new Unprocessable(absent.map((name) => missingError(['query', name], null)))
}
