import type { ActivityService } from '../activity/service.ts'
import type { Db } from '../db/client.ts'
import type { Keys } from '../db/keys.ts'
import type { Env } from '../config/env.ts'
import type { Clients } from '../http/client.ts'
import type { Events } from '../core/events.ts'
import type { Log } from '../core/log.ts'
import type { UnitOfWork } from '../db/unit-of-work.ts'
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
  unit: UnitOfWork
  activity: ActivityService
  log: Log
  keys: Keys
  /** An organizer's token for commands that run next to this server, as long as it runs. */
  token: string
  clients: Clients
}) {
  const { env, db, events, unit, activity } = deps
  const { localPassword, enabled, admins } = env.auth
  const directory = new UserDirectory(db, events, deps.log)
  await directory.load()
  const secret = env.auth.sessionSecret ?? deps.keys.session
  await hashStoredSessions(db)
  const configured = enabled || localPassword !== null
  const storedPassword = new StoredPassword({ db, activity, configured })
  await storedPassword.load()
  const sessions = new Sessions(db, {
    secret,
    secure: env.reach.tls !== null || (env.reach.publicUrl?.startsWith('https:') ?? false),
  })
  const identities = new IdentitiesService({
    ...{ db, events, unit, activity, directory, admins },
    rightsChanged: (tx, id) => authenticator.principals.changed(tx, id),
  })
  const tokens = new TokensService(db, activity, deps.token, (tx, ids) => authenticator.principals.revoke(tx, ids))
  const authenticator: Authenticator = new Authenticator({
    events,
    sessions,
    tokens,
    usersOf: (email) => directory.usersOf(email),
    locked: () => configured || storedPassword.isSet,
    localPrograms: !enabled,
    addressOf: (request) => deps.clients.of(request).address,
  })
  const providers = enabled ? createProviders(env.auth.providers) : []
  const { principals } = authenticator
  const signIn = new SignIn({
    unit,
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
