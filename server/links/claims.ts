import type { Db } from '../db/client.ts'
import { Conflict, NotFound } from '../core/errors.ts'
import type { Tx } from '../db/unit-of-work.ts'
import type { AccessLink, Prisma, User } from '../../prisma/generated/client/client.ts'

/** Counts a use, unless the link was replaced, expired or was used up in the meantime. @throws NotFound */
export async function countUse(tx: Tx, { id, hash, maxUses }: AccessLink): Promise<void> {
  const now = new Date()
  const { count } = await tx.accessLink.updateMany({
    where: {
      ...{ id, hash },
      ...(maxUses !== null && { uses: { lt: maxUses } }),
      OR: [{ expiresAt: null }, { expiresAt: { gt: now } }],
    },
    data: { uses: { increment: 1 }, lastUsedAt: now },
  })
  if (count === 0) throw noSuchLink()
}

/**
 * Users whom nobody has joined as, by name: neither by a link, nor by signing in with an account of their e-mail address.
 */
export async function unclaimed(db: Db, where: Prisma.UserWhereInput): Promise<User[]> {
  const users = await db.user.findMany({ where: { ...where, claimedAt: null }, orderBy: { username: 'asc' } })
  const emails = users.flatMap(({ email }) => (email ? [email.toLowerCase()] : []))
  const accounts = await db.identity.findMany({ where: { email: { in: emails } }, select: { email: true } })
  const taken = new Set(accounts.map(({ email }) => email))
  return users.filter(({ email }) => !email || !taken.has(email.toLowerCase()))
}

/** From now on no join link offers the name. @returns false when it was claimed before */
export async function claim(tx: Tx, id: string): Promise<boolean> {
  const { count } = await tx.user.updateMany({ where: { id, claimedAt: null }, data: { claimedAt: new Date() } })
  return count > 0
}

/** For unknown, revoked, expired and used-up links alike: the answer does not say which secrets once existed. */
export function noSuchLink(): NotFound {
  return new NotFound('This link no longer works. Ask an organizer for a new one.')
}

/** A name cannot be had by this link. */
export function nameTaken({ allowNewUsers }: AccessLink, username: string): Conflict {
  const otherwise = allowNewUsers ? 'choose another name' : 'pick another name from the list'
  const message = `Someone already joined as ${username}. Is that you? Ask an organizer for your personal link. Otherwise ${otherwise}.`
  return new Conflict(message, [{ field: 'username', message }])
}
