import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { ActivityService } from '../activity/service.ts'
import type { Db } from '../db/client.ts'
import type { Tx } from '../db/unit-of-work.ts'
import { NotFound } from '../core/errors.ts'
import { pageInput, parse, rowsOf } from '../core/input.ts'
import type { ApiToken } from '../../prisma/generated/client/client.ts'
import { authorize } from '../core/permissions.ts'
import { tokenPrincipal, type Viewer } from '../core/viewer.ts'

/** The start of every token, so that people and secret scanners recognize one. */
const PREFIX = 'thon_'
const MINUTE = 60_000

const listInput = z.object({ page: pageInput })

const createInput = z.object({
  name: z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(100, 'must be at most 100 characters')
    .regex(/^\P{Cc}*$/u, 'must not contain control characters'),
  expiresInDays: z.number().int().min(1, 'must be 1 to 365 days').max(365, 'must be 1 to 365 days').default(30),
})

/** One page of API tokens. */
export interface ApiTokenPage {
  items: ApiToken[]
  /** Tokens on all pages. */
  total: number
  number: number
  size: number
}

/** A token that is valid now. */
export type CheckedToken = Pick<ApiToken, 'id' | 'name' | 'expiresAt'>

/** The token of commands that run next to this server. It ends with the server. */
const OWN_TOKEN: CheckedToken = { id: 'thon', name: 'thon', expiresAt: new Date(8.64e15) }

/** Keys for scripts. Each is shown once, when it is created; the database holds its hash. */
export class TokensService {
  readonly #db: Db
  readonly #activity: ActivityService
  readonly #processToken: Buffer
  readonly #revoke: (tx: Tx, principalIds: string[]) => Promise<void>

  /**
   * @param processToken an organizer's token for as long as this server runs: for commands on the same machine
   * @param revoke ends principals, and all that is open in their name
   */
  constructor(
    db: Db,
    activity: ActivityService,
    processToken: string,
    revoke: (tx: Tx, principalIds: string[]) => Promise<void>,
  ) {
    this.#db = db
    this.#activity = activity
    this.#processToken = Buffer.from(hashOf(processToken))
    this.#revoke = revoke
  }

  /** A page of all tokens, the newest first, expired ones included. @param raw `{page?}`. @throws InvalidInput, Forbidden */
  async list(viewer: Viewer, raw: unknown = {}): Promise<ApiTokenPage> {
    authorize(viewer, 'access.manage')
    const { page } = parse(listInput, raw)
    const { apiToken } = this.#db
    const [items, total] = await Promise.all([
      apiToken.findMany({ orderBy: [{ createdAt: 'desc' }, { id: 'asc' }], ...rowsOf(page) }),
      apiToken.count(),
    ])
    return { items, total, ...page }
  }

  /** @param raw `{name, expiresInDays?}`. @throws InvalidInput, Forbidden */
  async create(viewer: Viewer, raw: unknown): Promise<{ token: string; row: ApiToken }> {
    authorize(viewer, 'access.manage')
    const { name, expiresInDays } = parse(createInput, raw)
    const token = newToken()
    const expiresAt = new Date(Date.now() + expiresInDays * 24 * 60 * MINUTE)
    const row = await this.#activity.act(viewer, 'create token', { kind: 'token', id: null, label: name }, (tx) =>
      tx.apiToken.create({ data: { name, hash: hashOf(token), createdBy: viewer.name, expiresAt } }),
    )
    return { token, row }
  }

  /** The token is refused from now on. @throws NotFound, Forbidden */
  async revoke(viewer: Viewer, id: string): Promise<ApiToken> {
    authorize(viewer, 'access.manage')
    const row = await this.#db.apiToken.findUnique({ where: { id } })
    if (!row) throw noSuchToken()
    return this.#activity.act(viewer, 'revoke token', { kind: 'token', id, label: row.name }, async (tx) => {
      if ((await tx.apiToken.count({ where: { id } })) === 0) throw noSuchToken()
      await this.#revoke(tx, [tokenPrincipal(id)])
      return row
    })
  }

  /** @returns null for a token that is unknown or expired */
  async check(token: string): Promise<CheckedToken | null> {
    if (!token.startsWith(PREFIX)) return null
    const hash = hashOf(token)
    if (timingSafeEqual(Buffer.from(hash), this.#processToken)) return OWN_TOKEN
    const row = await this.#db.apiToken.findUnique({ where: { hash } })
    const now = new Date()
    if (!row || row.expiresAt <= now) return null
    // Once a minute is often enough for people, and saves a write for each request.
    if (!row.lastUsedAt || now.getTime() - row.lastUsedAt.getTime() > MINUTE)
      await this.#db.apiToken
        .updateMany({ where: { id: row.id }, data: { lastUsedAt: now } })
        // A full disk must not lock scripts out.
        .catch(() => undefined)
    return row
  }

  /** Whether a token is still valid, by the id of its row. */
  async recheck(id: string): Promise<CheckedToken | null> {
    if (id === OWN_TOKEN.id) return OWN_TOKEN
    const row = await this.#db.apiToken.findUnique({ where: { id } })
    return row && row.expiresAt > new Date() ? row : null
  }
}

function noSuchToken(): NotFound {
  return new NotFound('This token does not exist. It may have been revoked already.')
}

/** A new random token of 256 bits. */
export function newToken(): string {
  return PREFIX + randomBytes(32).toString('base64url')
}

/** Random tokens need no slow hash: they cannot be guessed. */
function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
