import { createHash } from 'node:crypto'
import { Sessions } from '../../server/auth/sessions.ts'
import type { Role } from '../../prisma/generated/client/client.ts'
import { startApp, type AppOptions, type TestApp } from './app.ts'

/** Signs cookies in tests, so that a test can create its own sessions. */
export const SECRET = 'a secret for tests, as long as it has to be'

/** The three kinds of login that a server can have. */
export const SETUPS = {
  'no login': { AUTH_SESSION_SECRET: SECRET },
  'a local password': { AUTH_LOCAL_PASSWORD: 'open sesame', AUTH_SESSION_SECRET: SECRET },
  OAuth: {
    AUTH_ENABLED: 'true',
    AUTH_SESSION_SECRET: SECRET,
    AUTH_GITHUB_CLIENT_ID: 'id',
    AUTH_GITHUB_CLIENT_SECRET: 'secret',
  },
} as const satisfies Record<string, Record<string, string>>

/** @param setup which of `SETUPS` */
export function startWith(setup: keyof typeof SETUPS, options: AppOptions = {}): Promise<TestApp> {
  return startApp({ ...SETUPS[setup] }, options)
}

/** Creates a person with a role. @returns the cookie of their session */
export async function signedIn(app: TestApp, role: Role, email: string | null = null): Promise<string> {
  const id = `github:${crypto.randomUUID()}`
  await app.db.identity.create({ data: { id, provider: 'github', displayName: `the ${role}`, email, role } })
  const sessions = new Sessions(app.db, { secret: SECRET, secure: false })
  return (await sessions.create(id)).split(';', 1)[0] as string
}

/** What the database has of the session of a cookie. */
export function storedId(cookie: string): string {
  const [, id = ''] = cookie.split(':')
  return createHash('sha256').update(id).digest('hex')
}

/** The visitors that tests try, with the headers they send. Created for each server. */
export async function visitors(app: TestApp, email: string) {
  const organizer = await signedIn(app, 'organizer')
  const expired = await signedIn(app, 'organizer')
  await app.db.session.update({ where: { id: storedId(expired) }, data: { expiresAt: new Date(Date.now() - 1) } })
  const { services } = app
  const creator = { name: 'x', role: 'organizer', audienceKey: 'organizer', userIds: new Set<string>() } as const
  const { token } = await services.tokens.create({ ...creator, identityId: null, email: null }, { name: 'script' })
  return {
    none: {},
    expired: { cookie: expired },
    forged: { cookie: `${organizer.slice(0, -16)}0123456789abcdef` },
    'a wrong token': { authorization: 'Bearer thon_wrong' },
    waiting: { cookie: await signedIn(app, 'waiting') },
    participant: { cookie: await signedIn(app, 'participant', email) },
    organizer: { cookie: organizer },
    token: { authorization: `Bearer ${token}` },
  } satisfies Record<string, Record<string, string>>
}

/** The headers of another person of the same role, since each may send 20 commands a minute. */
export async function another(
  app: TestApp,
  visitor: string,
  headers: Record<string, string>,
  email: string,
): Promise<Record<string, string>> {
  if (visitor === 'participant') return { cookie: await signedIn(app, 'participant', email) }
  return visitor === 'waiting' ? { cookie: await signedIn(app, 'waiting') } : headers
}
