import { createHmac, timingSafeEqual } from 'node:crypto'
import { Lucia, TimeSpan, type Adapter, type DatabaseSession } from 'lucia'
import type { Db } from '../db/client.ts'
import type { Tx, UnitOfWork } from '../db/unit-of-work.ts'
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

/** A valid session. */
export interface CheckedSession {
  id: string
  person: SignedInPerson
  expiresAt: Date
  /** The cookie to send again when the session was just extended; else null. */
  cookie: string | null
}

/**
 * The sessions of browsers. A session lives in the database; browsers hold `v1:<id>:<signature>`, where the signature is
 * the first 16 hex digits of HMAC-SHA256 of the id, so that reading the database is not enough to sign in.
 */
export class Sessions {
  readonly #lucia: Lucia<object, Omit<SignedInPerson, 'id'>>
  readonly #unit: UnitOfWork
  readonly #secret: string
  readonly #secure: boolean
  /** Name of the session cookie on this server. */
  readonly cookieName: string

  /** @param options `secret` signs cookies; `secure` keeps them off plain http */
  constructor(db: Db, unit: UnitOfWork, options: { secret: string; secure: boolean }) {
    this.#unit = unit
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
    const session = await this.#lucia.createSession(identityId, {})
    return this.#cookie(this.#sign(session.id), HOURS * 3600)
  }

  /** @param value of the cookie. @returns null when it is not signed, unknown or expired */
  async check(value: string): Promise<CheckedSession | null> {
    const id = this.#unsign(value)
    return id === null ? null : this.#validate(id)
  }

  /** Whether a session is still valid. */
  async recheck(id: string): Promise<CheckedSession | null> {
    return this.#validate(id)
  }

  /** Ends a session, at once. @returns the cookie that deletes the session's cookie */
  async revoke(id: string | null): Promise<string> {
    if (id !== null)
      await this.#unit.write(async (tx) => {
        await tx.session.deleteMany({ where: { id } })
        tx.publish('session', { id })
      })
    return this.#cookie('', 0)
  }

  /** Ends every session of these identities with the transaction, and closes the sockets they opened. */
  async revokeAllOf(tx: Tx, identityIds: string[]): Promise<void> {
    const revoked = await tx.session.findMany({ where: { identityId: { in: identityIds } } })
    await tx.session.deleteMany({ where: { identityId: { in: identityIds } } })
    // One by one first: that tells their sockets that they are signed out and should not reconnect.
    for (const { id } of revoked) tx.publish('session', { id })
    for (const identityId of new Set(revoked.map((one) => one.identityId))) tx.publish('session', { identityId })
  }

  async #validate(id: string): Promise<CheckedSession | null> {
    const { session, user } = await this.#lucia.validateSession(id)
    if (!session) return null
    const cookie = session.fresh ? this.#cookie(this.#sign(id), HOURS * 3600) : null
    return { id, person: user, expiresAt: session.expiresAt, cookie }
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
