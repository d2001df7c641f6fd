import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { AccessLink, User } from '../../prisma/generated/client/client.ts'
import { name } from '../core/input.ts'

/** Users that one call makes links for: a hall, for a sheet of cards. */
export const MOST_LINKS = 2_000

export const personalInput = z.object({
  userIds: z.array(z.string()).max(MOST_LINKS, `must be at most ${MOST_LINKS} ids`),
  replace: z.boolean().default(false),
})

export const joinInput = z
  .object({
    expiresInHours: z.number().int().min(1, 'must be 1 to 8760 hours').max(8760, 'must be 1 to 8760 hours').default(24),
    maxUses: z.number().int().min(1, 'must be 1 to 10000').max(10_000, 'must be 1 to 10000').nullish(),
    allowExistingUsers: z.boolean(),
    allowNewUsers: z.boolean(),
  })
  .refine((link) => link.allowExistingUsers || link.allowNewUsers, {
    path: ['allowExistingUsers'],
    message: 'or allowNewUsers must be true: else nobody could come by it',
  })

export const secretInput = z.object({ secret: z.string().max(200, 'must be at most 200 characters') })
export const nameInput = z.object({ username: z.string('is needed for this link').pipe(name) })

/** What became of one user's personal link. */
export interface PersonalLink {
  user: User
  /** Shown now and never again; null: the user had a link already, which stays. */
  secret: string | null
  link: AccessLink
}

/** A link that leads into a group, just made. */
export interface NewJoinLink {
  /** Shown now and never again. */
  secret: string
  link: AccessLink
}

/** What a link is, for whoever holds it. */
export type LinkView =
  | { kind: 'person'; group: string; title: string | null; username: string }
  | {
      kind: 'group'
      group: string
      title: string | null
      /** Names that are there to be taken, by name. */
      names: string[]
      /** Whether a name of one's own may be given. */
      allowNewUsers: boolean
      expiresAt: Date | null
    }

/** What a link's address ends in: 192 random bits. */
export function newSecret(): string {
  return randomBytes(24).toString('base64url')
}

/** What is stored of a secret. There is nothing to guess, so it needs no slow hash. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** Whether it lets somebody in now, by its time and its uses. */
export function isOpen(link: Pick<AccessLink, 'expiresAt' | 'maxUses' | 'uses'>): boolean {
  const inTime = link.expiresAt === null || link.expiresAt > new Date()
  return inTime && (link.maxUses === null || link.uses < link.maxUses)
}
