import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { ActivityService } from '../activity/service.ts'
import type { Db } from '../db/client.ts'
import { NotFound } from '../core/errors.ts'
import { parse } from '../core/input.ts'
import type { ApiToken } from '../../prisma/generated/client/client.ts'
import { authorize } from '../core/permissions.ts'
import { tokenViewer, type Viewer } from '../core/viewer.ts'

/** What a token begins with, so that people and secret scanners know one. */
const PREFIX = 'thon_'
const MINUTE = 60_000

const tokenInput = z.object({
  name: z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(100, 'must be at most 100 characters')
    .regex(/^\P{Cc}*$/u, 'must not hold control characters'),
  expiresInDays: z.number().int().min(1, 'must be 1 to 365 days').max(365, 'must be 1 to 365 days').default(30),
})

/** Keys for scripts. Each is shown once, when it is made; the database has its hash. */
export class TokensService {
  readonly #db: Db
  readonly #activity: ActivityService
  readonly #ofThisRun: Buffer

  /** @param ofThisRun lets in as the organizer while this server runs: for commands of whoever runs it */
  constructor(db: Db, activity: ActivityService, ofThisRun: string) {
    this.#db = db
    this.#activity = activity
    this.#ofThisRun = Buffer.from(hashOf(ofThisRun))
  }

  /** The newest first, those that ran out too. @throws Forbidden */
  list(viewer: Viewer): Promise<ApiToken[]> {
    authorize(viewer, 'access.manage')
    return this.#db.apiToken.findMany({ orderBy: [{ createdAt: 'desc' }, { id: 'asc' }] })
  }

  /** @param raw `{name, expiresInDays?}`. @throws InvalidInput, Forbidden */
  async create(viewer: Viewer, raw: unknown): Promise<{ token: string; row: ApiToken }> {
    authorize(viewer, 'access.manage')
    const { name, expiresInDays } = parse(tokenInput, raw)
    const token = newToken()
    const expiresAt = new Date(Date.now() + expiresInDays * 24 * 60 * MINUTE)
    const row = await this.#activity.recording(viewer, 'create token', { kind: 'token', id: null, label: name }, () =>
      this.#db.apiToken.create({ data: { name, hash: hashOf(token), createdBy: viewer.name, expiresAt } }),
    )
    return { token, row }
  }

  /** It lets nobody in any more. @throws NotFound, Forbidden */
  async revoke(viewer: Viewer, id: string): Promise<ApiToken> {
    authorize(viewer, 'access.manage')
    const row = await this.#db.apiToken.findUnique({ where: { id } })
    if (!row) throw new NotFound(`Token ${id} not found`)
    return this.#activity.recording(viewer, 'revoke token', { kind: 'token', id, label: row.name }, async () => {
      await this.#db.apiToken.deleteMany({ where: { id } })
      return row
    })
  }

  /** @returns who sends it, or null for one that is unknown or ran out */
  async check(token: string): Promise<Viewer | null> {
    if (!token.startsWith(PREFIX)) return null
    const hash = hashOf(token)
    if (timingSafeEqual(Buffer.from(hash), this.#ofThisRun)) return tokenViewer('thon')
    const row = await this.#db.apiToken.findUnique({ where: { hash } })
    const now = new Date()
    if (!row || row.expiresAt <= now) return null
    // Once a minute is often enough for people, and spares a write for each request.
    if (!row.lastUsedAt || now.getTime() - row.lastUsedAt.getTime() > MINUTE)
      await this.#db.apiToken
        .updateMany({ where: { id: row.id }, data: { lastUsedAt: now } })
        // Nobody is shut out because the disk is full.
        .catch(() => undefined)
    return tokenViewer(row.name)
  }
}

/** A token that nobody guesses. */
export function newToken(): string {
  return PREFIX + randomBytes(32).toString('base64url')
}

/** Random tokens need no slow hash: there is nothing to guess. */
function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
