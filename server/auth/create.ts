import { randomBytes } from 'node:crypto'
import type { ActivityService } from '../activity/service.ts'
import type { Db } from '../db/client.ts'
import type { Env } from '../config/env.ts'
import type { Events } from '../core/events.ts'
import { UserDirectory } from './user-directory.ts'
import { Authenticator } from './authenticator.ts'
import { IdentitiesService } from './identities.ts'
import { createProviders } from './oauth/providers.ts'
import { OAuthService } from './oauth/service.ts'
import { LocalPassword } from './password.ts'
import { Sessions } from './sessions.ts'
import { SignIn } from './sign-in.ts'
import { TokensService } from './tokens.ts'

/** Name under which the key of session cookies is kept when the environment has none. */
const SESSION_SECRET = 'session'

/** Wires the parts that say who may enter. */
export async function createAccess(means: {
  env: Env
  db: Db
  events: Events
  activity: ActivityService
  /** Lets commands of whoever runs this server in. */
  token: string
}) {
  const { env, db, events, activity } = means
  const { localPassword, enabled, admins } = env.auth
  const directory = new UserDirectory(db, events)
  await directory.load()
  const secret = env.auth.sessionSecret ?? (await keptSecret(db))
  const sessions = new Sessions(db, events, {
    secret,
    secure: env.reach.tls !== null || (env.reach.publicUrl?.startsWith('https:') ?? false),
  })
  const identities = new IdentitiesService({ db, events, activity, directory, admins })
  const tokens = new TokensService(db, activity, means.token)
  const door = new Authenticator({
    sessions,
    tokens,
    usersOf: (email) => directory.usersOf(email),
    locked: enabled || localPassword !== null,
    localPrograms: !enabled,
  })
  const providers = enabled ? createProviders(env.auth.providers) : []
  const signIn = new SignIn({
    sessions,
    identities,
    password: localPassword === null ? null : new LocalPassword(localPassword, identities, sessions),
    oauth: new OAuthService({ db, providers }),
    choices: providers.map(({ name, label }) => ({ name, label })),
    enabled,
    publicUrl: env.reach.publicUrl,
  })
  return { door, sessions, identities, tokens, signIn }
}

/** Made once, and kept: sessions outlive the server. */
async function keptSecret(db: Db): Promise<string> {
  const made = { name: SESSION_SECRET, value: randomBytes(32).toString('hex') }
  const { value } = await db.secret.upsert({ where: { name: SESSION_SECRET }, create: made, update: {} })
  return value
}
