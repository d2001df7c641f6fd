import { createHmac, timingSafeEqual } from 'node:crypto'
import { Lucia, TimeSpan, type Adapter, type DatabaseSession } from 'lucia'
import type { Db } from '../db/client.ts'
import type { Events } from '../core/events.ts'
import type { SignedInPerson } from '../core/viewer.ts'

declare module 'lucia' {
  interface Register {
    Lucia: Lucia<Record<never, never>, Omit<SignedInPerson, 'id'>>
    DatabaseUserAttributes: Omit<SignedInPerson, 'id'>
  }
}

/** Name of the cookie on plain http. On https it is `__Host-session`, which no other host of the domain can set. */
export const COOKIE = 'session'
/** How long a session lasts; one that is used in its second half lasts as long again, which is Lucia's rule. */
const HOURS = 24

/** A session that is good now. */
export interface CheckedSession {
  id: string
  person: SignedInPerson
  expiresAt: Date
  /** The cookie to send again, since the session lasts longer now; else null. */
  cookie: string | null
}

/**
 * Who is signed in where. A session lives in the database; browsers hold `v1:<id>:<signature>`, the signature being the
 * first 16 hex digits of HMAC-SHA256 of the id, so that nobody gets in with what they read in the database.
 */
export class Sessions {
  readonly #lucia: Lucia<Record<never, never>, Omit<SignedInPerson, 'id'>>
  readonly #db: Db
  readonly #events: Events
  readonly #secret: string
  readonly #secure: boolean
  /** Name of the cookie that browsers hold here. */
  readonly cookieName: string

  /** @param options `secret` signs cookies; `secure` keeps them off plain http */
  constructor(db: Db, events: Events, options: { secret: string; secure: boolean }) {
    this.#db = db
    this.#events = events
    this.#secret = options.secret
    this.#secure = options.secure
    this.cookieName = options.secure ? `__Host-${COOKIE}` : COOKIE
    this.#lucia = new Lucia(adapterOf(db), {
      sessionExpiresIn: new TimeSpan(HOURS, 'h'),
      getUserAttributes: (attributes) => attributes,
    })
  }

  /** @returns the cookie that signs the browser in */
  async begin(identityId: string): Promise<string> {
    await this.#lucia.deleteExpiredSessions()
    const session = await this.#lucia.createSession(identityId, {})
    return this.#cookie(this.#sign(session.id), HOURS * 3600)
  }

  /** @param value as the cookie has it. @returns null for whatever is not signed, not known or over */
  async check(value: string): Promise<CheckedSession | null> {
    const id = this.#unsign(value)
    return id === null ? null : this.#validate(id)
  }

  /** Whether a session that was good is so still. */
  async recheck(id: string): Promise<CheckedSession | null> {
    return this.#validate(id)
  }

  /** @returns the cookie that takes the session out of the browser */
  async end(id: string | null): Promise<string> {
    if (id !== null) {
      await this.#lucia.invalidateSession(id)
      this.#events.publish('session', { id })
    }
    return this.#cookie('', 0)
  }

  /** Ends every session of these identities, at once, with the sockets they opened. */
  async endOf(identityIds: string[]): Promise<void> {
    const ended = await this.#db.session.findMany({ where: { identityId: { in: identityIds } } })
    await this.#db.session.deleteMany({ where: { identityId: { in: identityIds } } })
    // Each by itself first: that tells its sockets that they are signed out, and need not come back.
    for (const { id } of ended) this.#events.publish('session', { id })
    for (const identityId of new Set(ended.map((one) => one.identityId)))
      this.#events.publish('session', { identityId })
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
    const secure = this.#secure ? '; Secure' : ''
    return `${this.cookieName}=${value}; HttpOnly; Max-Age=${seconds}; Path=/; SameSite=lax${secure}`
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
      // On a full disk it lasts as long as it did: nobody is shut out for that.
      await db.session.updateMany({ where: { id }, data: { expiresAt } }).catch(() => undefined)
    },
    deleteSession: async (id) => void (await db.session.deleteMany({ where: { id } })),
    deleteUserSessions: async (identityId) => void (await db.session.deleteMany({ where: { identityId } })),
    deleteExpiredSessions: async () =>
      void (await db.session.deleteMany({ where: { expiresAt: { lte: new Date() } } })),
  }
}

function sessionOf(row: { id: string; identityId: string; expiresAt: Date }): DatabaseSession {
  return { id: row.id, userId: row.identityId, expiresAt: row.expiresAt, attributes: {} }
}
