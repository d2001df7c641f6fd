import type { Events, PrincipalChange } from '../core/events.ts'
import { sessionPrincipal, tokenPrincipal, type Principal, type Standing } from '../core/viewer.ts'
import type { Tx } from '../db/unit-of-work.ts'

/** How often credentials are looked for that expired while something of theirs is open, in milliseconds. */
const EXPIRY_MS = 400

/** What the registry needs. */
export interface PrincipalsDeps {
  events: Events
  /** Reads a principal again by its id; null when its credential is gone. */
  find: (principalId: string) => Promise<Principal | null>
}

/**
 * Every credential that was used since this server started and still counts. Revoked, expired and changed ones are published
 * as one topic, `principal`; sockets, streams, downloads, sandbox cookies and cached answers listen to it.
 */
export class Principals {
  readonly #deps: PrincipalsDeps
  readonly #standings = new Map<string, Standing>()
  readonly #timer = setInterval(() => void this.#expire(), EXPIRY_MS).unref()
  #expiring = false
  #changes = 0

  constructor(deps: PrincipalsDeps) {
    this.#deps = deps
    deps.events.on('principal', (change) => this.#apply(change))
  }

  /** Counts changes: what was read from the database before the last one may be outdated. */
  get changes(): number {
    return this.#changes
  }

  /** The standing of a credential that was just found good. */
  standing(principalId: string, expiresAt: Date): Standing {
    const standing = this.#standings.get(principalId) ?? { expiresAt, isOver: false }
    standing.expiresAt = expiresAt
    this.#standings.set(principalId, standing)
    return standing
  }

  /**
   * Ends sessions and API tokens with the transaction, and everything that is open in their name. Links have none of their own: what they opened
   * are sessions.
   */
  async revoke(tx: Tx, principalIds: readonly string[]): Promise<void> {
    const rowsOf = (principal: (rowId: string) => string) => {
      const prefix = principal('')
      return principalIds.filter((id) => id.startsWith(prefix)).map((id) => id.slice(prefix.length))
    }
    const [sessions, tokens] = [rowsOf(sessionPrincipal), rowsOf(tokenPrincipal)]
    if (sessions.length > 0) await tx.session.deleteMany({ where: { id: { in: sessions } } })
    if (tokens.length > 0) await tx.apiToken.deleteMany({ where: { id: { in: tokens } } })
    publish(tx, 'ended', principalIds)
  }

  /** Ends every session of these identities. */
  async revokeAllOf(tx: Tx, identityIds: readonly string[]): Promise<void> {
    await this.revoke(tx, await sessionsOf(tx, identityIds))
  }

  /** To be called after the rights of an identity changed: whatever is open in its name is authenticated again. */
  async changed(tx: Tx, identityId: string): Promise<void> {
    publish(tx, 'changed', await sessionsOf(tx, [identityId]))
  }

  /** Calls a listener when a principal ends or its rights change. @returns stops listening */
  whenOver({ id }: Principal, listener: (kind: PrincipalChange['kind']) => void): () => void {
    return this.#deps.events.on('principal', ({ kind, ids }) => ids.has(id) && listener(kind))
  }

  /** Stops looking for expired ones. */
  close(): void {
    clearInterval(this.#timer)
  }

  #apply({ ids }: PrincipalChange): void {
    this.#changes += 1
    for (const id of ids) {
      const standing = this.#standings.get(id)
      if (standing) standing.isOver = true
      this.#standings.delete(id)
    }
  }

  /** One that was used meanwhile expires later than was known. */
  async #expire(): Promise<void> {
    if (this.#expiring) return
    this.#expiring = true
    const now = Date.now()
    const due = [...this.#standings].flatMap(([id, { expiresAt }]) => (expiresAt.getTime() <= now ? [id] : []))
    const found = await Promise.all(due.map((id) => this.#deps.find(id).catch(() => null)))
    const expired = due.filter((_id, index) => found[index] === null)
    // No row changes: it is only noticed that one is too old.
    if (expired.length > 0) this.#deps.events.publish('principal', { kind: 'ended', ids: new Set(expired) })
    this.#expiring = false
  }
}

async function sessionsOf(tx: Tx, identityIds: readonly string[]): Promise<string[]> {
  const rows = await tx.session.findMany({ where: { identityId: { in: [...identityIds] } } })
  return rows.map(({ id }) => sessionPrincipal(id))
}

function publish(tx: Tx, kind: PrincipalChange['kind'], ids: readonly string[]): void {
  if (ids.length > 0) tx.publish('principal', { kind, ids: new Set(ids) })
}
