import { z } from '@hono/zod-openapi'
import { text } from '../rest/fields.ts'
import { operation } from '../rest/operation.ts'

const tag = 'auth'
const ofProvider = { provider: '`github`, `gitlab` or `linkedin`.' }
const Ok = z.object({ status: z.literal('ok') })

export const listProviders = operation({
  method: 'get',
  path: '/api/auth/providers',
  tag,
  summary: 'List the sign-in providers',
  open: true,
  answer: z
    .object({
      enabled: z.boolean().openapi({ description: 'Whether `AUTH_ENABLED` is set.' }),
      providers: z.array(z.string()).openapi({ description: 'Names of those that are configured.' }),
    })
    .openapi('AuthProviders'),
  answers: 'The providers.',
})

export const beginSignIn = operation({
  method: 'get',
  path: '/api/auth/login/{provider}',
  tag,
  summary: 'Begin a sign-in',
  description: 'Send the browser to `authorization_url`; the provider sends it back to the callback.',
  open: true,
  params: ofProvider,
  query: z.object({ to: text('Path of the dashboard to go on to.').default('/') }),
  answer: z
    .object({
      authorization_url: z.string().openapi({ description: "The provider's page." }),
      state: z.string().openapi({ description: 'What the callback has to bring back, once, within ten minutes.' }),
    })
    .openapi('BegunSignIn'),
  answers: 'Where to go.',
  refuses: ['BAD_REQUEST', 'TOO_MANY'],
})

export const finishSignIn = operation({
  method: 'get',
  path: '/api/auth/callback/{provider}',
  tag,
  summary: 'Finish a sign-in',
  description: 'Where the provider sends the browser. Sets the cookie of the session and goes on to the dashboard.',
  open: true,
  params: ofProvider,
  query: z.object({
    code: text('What the provider gave; needed unless it says `error`.').optional(),
    state: text('What the sign-in began with; needed.').optional(),
    error: text('Why the provider did not sign anybody in.').optional(),
    error_description: text('The same for people.').optional(),
  }),
  redirects: true,
  answer: z.string(),
  answers: 'On to the dashboard.',
  refuses: ['BAD_REQUEST', 'UPSTREAM_FAILED'],
})

export const signInLocally = operation({
  method: 'post',
  path: '/api/auth/login/local',
  tag,
  summary: 'Sign in with the local password',
  description: 'Sets the cookie `session`, which on https is called `__Host-session`.',
  open: true,
  body: z.object({ password: text('The password.') }).openapi('LocalSignIn'),
  answer: Ok,
  answers: 'Signed in.',
  refuses: ['BAD_REQUEST', 'UNAUTHENTICATED', 'TOO_MANY'],
})

export const signOut = operation({
  method: 'post',
  path: '/api/auth/logout',
  tag,
  summary: 'Sign out',
  description: 'Ends the session and deletes its cookie.',
  open: true,
  answer: Ok,
  answers: 'Signed out.',
})

export const whoAmI = operation({
  method: 'get',
  path: '/api/auth/me',
  tag,
  summary: 'Who is signed in',
  open: true,
  answer: z
    .object({
      authenticated: z.boolean().openapi({ description: 'Whether anybody is.' }),
      user_id: z.string().optional().openapi({ description: 'Such as `github:1`.' }),
      display_name: z.string().optional().openapi({ description: 'Their name.' }),
      email: z.string().nullable().optional().openapi({ description: 'Their verified e-mail address, when known.' }),
      provider: z.string().optional().openapi({ description: 'Where they signed in.' }),
    })
    .openapi('Me'),
  answers: 'Who it is.',
})
