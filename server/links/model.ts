import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { AccessLink, User } from '../../prisma/generated/client/client.ts'
import { name } from '../core/input.ts'

/** Users that one call creates links for: all participants of a large event, for their cards. */
export const MOST_LINKS = 2_000

/** Who gets a personal link. */
export const personalInput = z.object({
  userIds: z.array(z.string()).max(MOST_LINKS, `must be at most ${MOST_LINKS} ids`),
  replace: z.boolean().default(false),
})

/** A new join link. */
export const joinInput = z
  .object({
    expiresInHours: z.number().int().min(1, 'must be 1 to 8760 hours').max(8760, 'must be 1 to 8760 hours').default(24),
    maxUses: z.number().int().min(1, 'must be 1 to 10000').max(10_000, 'must be 1 to 10000').nullish(),
    allowExistingUsers: z.boolean(),
    allowNewUsers: z.boolean(),
  })
  .refine((link) => link.allowExistingUsers || link.allowNewUsers, {
    path: ['allowExistingUsers'],
    message: 'or allowNewUsers must be true, or nobody could join',
  })

/** A link's secret. */
export const secretInput = z.object({ secret: z.string().max(200, 'must be at most 200 characters') })
/** The name of a person who joins. */
export const nameInput = z.object({ username: z.string('is needed for this link').pipe(name) })

/** One user's personal link, new or not. */
export interface PersonalLinkResult {
  user: User
  /** Shown only now; null when the user had a link, which stays. */
  secret: string | null
  link: AccessLink
}

/** A new join link, or a new secret of one. */
export interface NewJoinLink {
  /** Shown only now. */
  secret: string
  link: AccessLink
}

/** What a link is for, as shown to the person who has it. */
export type LinkView =
  | { kind: 'person'; group: string; title: string | null; username: string }
  | {
      kind: 'group'
      group: string
      title: string | null
      /** Names no one has joined as, sorted. */
      names: string[]
      /** Whether people may enter a name that is not on the list. */
      allowNewUsers: boolean
      expiresAt: Date | null
    }

/** A secret of 192 random bits: the end of a link's address. */
export function newSecret(): string {
  return randomBytes(24).toString('base64url')
}

/** What the database has of a secret. A random secret cannot be guessed, so a fast hash is enough. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** Whether a link works now, by its expiry and its uses. */
export function isOpen(link: Pick<AccessLink, 'expiresAt' | 'maxUses' | 'uses'>): boolean {
  const inTime = link.expiresAt === null || link.expiresAt > new Date()
  return inTime && (link.maxUses === null || link.uses < link.maxUses)
}
