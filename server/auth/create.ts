import type { ActivityService } from '../activity/service.ts'
import type { Db } from '../db/client.ts'
import type { Keys } from '../db/keys.ts'
import type { Env } from '../config/env.ts'
import type { Events } from '../core/events.ts'
import { UserDirectory } from './user-directory.ts'
import { Authenticator } from './authenticator.ts'
import { IdentitiesService } from './identities.ts'
import { createProviders, OAuthService } from './oauth/service.ts'
import { isEqual, LocalPassword } from './password.ts'
import { hashStoredSessions, Sessions } from './sessions.ts'
import { SignIn } from './sign-in.ts'
import { StoredPassword } from './stored-password.ts'
import { TokensService } from './tokens.ts'

/** Wires everything that decides who somebody is and what they may do. */
export async function createAccess(deps: {
  env: Env
  db: Db
  events: Events
  activity: ActivityService
  keys: Keys
  /** An organizer's token for commands that run next to this server, as long as it runs. */
  token: string
}) {
  const { env, db, events, activity } = deps
  const { localPassword, enabled, admins } = env.auth
  const directory = new UserDirectory(db, events)
  await directory.load()
  const secret = env.auth.sessionSecret ?? deps.keys.session
  await hashStoredSessions(db)
  const configured = enabled || localPassword !== null
  const storedPassword = new StoredPassword({ db, events, activity, configured })
  await storedPassword.load()
  const sessions = new Sessions(db, {
    secret,
    secure: env.reach.tls !== null || (env.reach.publicUrl?.startsWith('https:') ?? false),
  })
  const identities = new IdentitiesService({
    ...{ db, events, activity, directory, admins },
    rightsChanged: (id) => authenticator.principals.changed(id),
  })
  const tokens = new TokensService(db, activity, deps.token, (ids) => authenticator.principals.revoke(ids))
  const authenticator: Authenticator = new Authenticator({
    db,
    events,
    sessions,
    tokens,
    usersOf: (email) => directory.usersOf(email),
    locked: () => configured || storedPassword.isSet,
    localPrograms: !enabled,
  })
  const providers = enabled ? createProviders(env.auth.providers) : []
  const { principals } = authenticator
  const signIn = new SignIn({
    principals,
    sessions,
    identities,
    password: new LocalPassword({
      matches: (given) => (localPassword === null ? storedPassword.matches(given) : isEqual(given, localPassword)),
      identities,
      sessions,
    }),
    hasConfiguredPassword: localPassword !== null,
    storedPassword,
    oauth: new OAuthService({ db, providers }),
    providers: providers.map(({ name, label }) => ({ name, label })),
    enabled,
    publicUrl: env.reach.publicUrl,
  })
  return { authenticator, principals, sessions, identities, tokens, signIn }
}
