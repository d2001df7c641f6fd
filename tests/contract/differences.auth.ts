import type { Difference, Differences, OwnAnswer } from '../kit/conformance/difference.ts'
import { changed, refused } from './listed.ts'

/** Scopes, encoded as in URLs. */
const SCOPES = { github: 'read%3Auser\\+user%3Aemail', gitlab: 'read_user', linkedin: 'openid\\+profile\\+email' }

const CLOSED = 'AUTH_ENABLED guards everything but signing in'
const STAND_IN = 'https://127\\.0\\.0\\.1:\\d+'

/**
 * The exact authorization URL of THON, except for state, challenge and port.
 * @param endpoint pattern of its endpoint
 */
function login(provider: keyof typeof SCOPES, endpoint: string, clientId: string, why = 'PKCE is sent'): Difference {
  const query = [
    'response_type=code',
    `client_id=${clientId}`,
    // From the requested address: forwarding headers are not trusted.
    `redirect_uri=http%3A%2F%2F127\\.0\\.0\\.1%3A\\d+%2Fapi%2Fauth%2Fcallback%2F${provider}`,
    'state=[\\w-]{43}',
    'code_challenge_method=S256',
    'code_challenge=[\\w-]{43}',
    `scope=${SCOPES[provider]}`,
  ]
  return changed(3, why, { '/authorization_url': new RegExp(`^${endpoint}\\?${query.join('&')}$`) })
}

function closed(): Difference {
  return refused(1, CLOSED, 401, 'Not authenticated')
}

function own(row: number, why: string, answer: OwnAnswer): Difference {
  return { row, why, answer }
}

const github = (why?: string) => login('github', `${STAND_IN}/login/oauth/authorize`, 'gh-id', why)

/** The kit plays GitHub. It is asked once, because the state is not used up. */
export const enabled: Differences = {
  'login github': github(),
  'login gitlab': login('gitlab', 'https://gitlab\\.com/oauth/authorize', 'gl-id'),
  'login linkedin without secret is accepted': refused(
    3,
    'a provider needs id and secret',
    400,
    "Provider 'linkedin' is not configured",
  ),
  'login with forged Host header': own(3, 'the gate knows its hosts', {
    status: 403,
    contentType: 'text/plain',
    body: /^This server does not answer to the host name evil\.example\./,
  }),
  'login behind proxy headers': github('X-Forwarded-* headers of strangers are not trusted'),
  'login, state captured': github(),
  'callback after burn': refused(3, 'the other provider did not use it up', 400, /^GitHub refused the sign-in: /),
  'groups without any session: auth is not enforced': closed(),
  'create group without session': closed(),
  'settings without session': closed(),
  'consumers without session': closed(),
  logout: own(4, 'the cookie is deleted', signedOut()),
}

function signedOut(): OwnAnswer {
  const cookie = 'session=; HttpOnly; Max-Age=0; Path=/; SameSite=lax'
  return { status: 200, headers: { 'set-cookie': cookie }, body: { status: 'ok' } }
}

function signedIn(): Difference {
  return {
    ...own(3, 'the session is in the cookie alone, and the browser goes on to the dashboard', {
      status: 303,
      contentType: null,
      headers: {
        location: '/',
        'set-cookie': 'session=v1; HttpOnly; Max-Age=86400; Path=/; SameSite=lax',
        'cache-control': 'no-store',
      },
      body: '',
    }),
    takes: { tok: { header: 'set-cookie', pattern: /^session=(v1:[a-z0-9]+:[0-9a-f]{16});/ } },
  }
}

function me(id: string): Difference {
  return own(2, 'a session is recognized', {
    status: 200,
    body: {
      authenticated: true,
      user_id: id,
      display_name: 'Ada Lovelace',
      email: 'ada@example.org',
      provider: id.split(':', 1)[0],
    },
  })
}

const logins = {
  github: login('github', `${STAND_IN}/login/oauth/authorize`, 'github-id'),
  gitlab: login('gitlab', `${STAND_IN}/gitlab/oauth/authorize`, 'gitlab-id'),
  linkedin: login('linkedin', `${STAND_IN}/oauth/v2/authorization`, 'linkedin-id'),
}

/** The kit plays all three providers. */
export const callback: Differences = {
  'login github': logins.github,
  'callback github': signedIn(),
  'me after github login, cookie': me('github:4711'),
  'login gitlab': logins.gitlab,
  'callback gitlab': signedIn(),
  'me after gitlab login, cookie': me('gitlab:4711'),
  'login linkedin': logins.linkedin,
  'callback linkedin': signedIn(),
  'me after linkedin login, cookie': me('linkedin:Li-4711'),
  'logout with token': own(4, 'the cookie is deleted', signedOut()),
  'login github (2)': logins.github,
  'callback, provider says bad code': refused(3, 'the provider refused', 400, /^GitHub refused the sign-in: /),
  'login gitlab (2)': logins.gitlab,
  'callback, provider 401': refused(3, 'the provider refused', 400, /^GitLab refused the sign-in: /),
}
