import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { generateIdFromEntropySize, Lucia, TimeSpan, type Adapter, type DatabaseSession } from 'lucia'
import type { Db } from '../db/client.ts'
import { setCookieHeader } from '../http/cookies.ts'
import type { SignedInPerson } from '../core/viewer.ts'

declare module 'lucia' {
  interface Register {
    Lucia: Lucia<object, Omit<SignedInPerson, 'id'>>
    DatabaseUserAttributes: Omit<SignedInPerson, 'id'>
  }
}

/** Name of the cookie on plain http. On https it is `__Host-session`, which no other host of the domain can set. */
export const COOKIE = 'session'
/** How long a session lasts. Use in its second half starts the time again, which is Lucia's rule. */
const HOURS = 24
/** What the database has of a session's id: SHA-256 in hex. */
const STORED_ID = /^[\da-f]{64}$/

/** A valid session. */
export interface CheckedSession {
  /** What the database has of its id. */
  id: string
  person: SignedInPerson
  expiresAt: Date
  /** The cookie to send again when the session was just extended; else null. */
  cookie: string | null
}

/**
 * The sessions of browsers. Browsers hold `v1:<id>:<signature>`, where the signature is the first 16 hex digits of
 * HMAC-SHA256 of the id. The database has only a hash of the id, so that a person who reads it cannot sign in.
 */
export class Sessions {
  readonly #lucia: Lucia<object, Omit<SignedInPerson, 'id'>>
  readonly #secret: string
  readonly #secure: boolean
  /** Name of the session cookie on this server. */
  readonly cookieName: string

  /** @param options `secret` signs cookies; `secure` keeps them off plain http */
  constructor(db: Db, options: { secret: string; secure: boolean }) {
    this.#secret = options.secret
    this.#secure = options.secure
    this.cookieName = options.secure ? `__Host-${COOKIE}` : COOKIE
    this.#lucia = new Lucia(adapterOf(db), {
      sessionExpiresIn: new TimeSpan(HOURS, 'h'),
      getUserAttributes: (attributes) => attributes,
    })
  }

  /** @returns the cookie that signs the browser in */
  async create(identityId: string): Promise<string> {
    await this.#lucia.deleteExpiredSessions()
    const id = generateIdFromEntropySize(25)
    await this.#lucia.createSession(identityId, {}, { sessionId: hashOf(id) })
    return this.#cookie(this.#sign(id), HOURS * 3600)
  }

  /** Whether this server signed a cookie: programs of other hosts of the domain may set one of this name. */
  isOurs(value: string): boolean {
    return this.#unsign(value) !== null
  }

  /** @param value of the cookie. @returns null when it is not signed, unknown or expired */
  async check(value: string): Promise<CheckedSession | null> {
    const id = this.#unsign(value)
    const checked = id === null ? null : await this.#validate(hashOf(id))
    if (id === null || !checked) return null
    const { fresh, ...session } = checked
    return { ...session, cookie: fresh ? this.#cookie(this.#sign(id), HOURS * 3600) : null }
  }

  /** Whether a session is still valid. @param id as the database has it */
  async recheck(id: string): Promise<CheckedSession | null> {
    const checked = await this.#validate(id)
    if (!checked) return null
    const { fresh: _fresh, ...session } = checked
    return { ...session, cookie: null }
  }

  /** The cookie that deletes the session's cookie. */
  get clearedCookie(): string {
    return this.#cookie('', 0)
  }

  async #validate(id: string): Promise<(Omit<CheckedSession, 'cookie'> & { fresh: boolean }) | null> {
    const { session, user } = await this.#lucia.validateSession(id)
    return session && { id, person: user, expiresAt: session.expiresAt, fresh: session.fresh }
  }

  #sign(id: string): string {
    return `v1:${id}:${this.#signature(id)}`
  }

  #unsign(value: string): string | null {
    const [version, id, signature, ...rest] = value.split(':')
    if (version !== 'v1' || !id || !signature || rest.length > 0) return null
    const [given, right] = [Buffer.from(signature), Buffer.from(this.#signature(id))]
    return given.length === right.length && timingSafeEqual(given, right) ? id : null
  }

  #signature(id: string): string {
    return createHmac('sha256', this.#secret).update(id).digest('hex').slice(0, 16)
  }

  #cookie(value: string, seconds: number): string {
    return setCookieHeader({ name: this.cookieName, value, maxAge: seconds, path: '/', secure: this.#secure })
  }
}

/** Hashes the ids that earlier versions stored unhashed. Their cookies stay good. */
export async function hashStoredSessions(db: Db): Promise<void> {
  const rows = await db.session.findMany({ select: { id: true } })
  const plain = rows.filter(({ id }) => !STORED_ID.test(id))
  if (plain.length === 0) return
  // Otherwise the old ids would stay readable in the file, until something else needs their place.
  await db.$queryRaw`PRAGMA secure_delete = ON`
  for (const { id } of plain) await db.session.update({ where: { id }, data: { id: hashOf(id) } })
  await db.$queryRaw`PRAGMA wal_checkpoint(TRUNCATE)`
  await db.$queryRaw`PRAGMA secure_delete = OFF`
}

/** A random id of 200 bits cannot be guessed, so a fast hash is enough. */
function hashOf(id: string): string {
  return createHash('sha256').update(id).digest('hex')
}

/** Lucia's port (https://lucia-auth.com/database/) over Prisma 7, which the published adapter does not know. */
function adapterOf(db: Db): Adapter {
  return {
    getSessionAndUser: async (id) => {
      const row = await db.session.findUnique({ where: { id }, include: { identity: true } })
      if (!row) return [null, null]
      const { displayName, email, role, userId } = row.identity
      return [sessionOf(row), { id: row.identityId, attributes: { displayName, email, role, userId } }]
    },
    getUserSessions: async (identityId) => (await db.session.findMany({ where: { identityId } })).map(sessionOf),
    setSession: async ({ id, userId, expiresAt }) => {
      await db.session.create({ data: { id, identityId: userId, expiresAt } })
    },
    updateSessionExpiration: async (id, expiresAt) => {
      // On a full disk the session ends when it did before; that must not sign anyone out now.
      await db.session.updateMany({ where: { id }, data: { expiresAt } }).catch(() => undefined)
    },
    deleteSession: async (id) => {
      await db.session.deleteMany({ where: { id } })
    },
    deleteUserSessions: async (identityId) => {
      await db.session.deleteMany({ where: { identityId } })
    },
    deleteExpiredSessions: async () => {
      await db.session.deleteMany({ where: { expiresAt: { lte: new Date() } } })
    },
  }
}

function sessionOf(row: { id: string; identityId: string; expiresAt: Date }): DatabaseSession {
  return { id: row.id, userId: row.identityId, expiresAt: row.expiresAt, attributes: {} }
}
