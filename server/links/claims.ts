import type { Db } from '../db/client.ts'
import { Conflict, NotFound } from '../core/errors.ts'
import type { AccessLink, Prisma, User } from '../../prisma/generated/client/client.ts'

type Tx = Prisma.TransactionClient

/** Counts a use, unless the link was replaced, ran out or was used up meanwhile. @throws NotFound */
export async function use(tx: Tx, { id, hash, maxUses }: AccessLink): Promise<void> {
  const now = new Date()
  const { count } = await tx.accessLink.updateMany({
    where: {
      ...{ id, hash },
      ...(maxUses !== null && { uses: { lt: maxUses } }),
      OR: [{ expiresAt: null }, { expiresAt: { gt: now } }],
    },
    data: { uses: { increment: 1 }, lastUsedAt: now },
  })
  if (count === 0) throw over()
}

/**
 * Users whose name is there to be taken, by name: those whom nobody came as by a link, and nobody signed in as with an
 * account of their e-mail address.
 */
export async function unclaimed(db: Db, where: Prisma.UserWhereInput): Promise<User[]> {
  const users = await db.user.findMany({ where: { ...where, claimedAt: null }, orderBy: { username: 'asc' } })
  const emails = users.flatMap(({ email }) => (email ? [email.toLowerCase()] : []))
  const accounts = await db.identity.findMany({ where: { email: { in: emails } }, select: { email: true } })
  const taken = new Set(accounts.map(({ email }) => email))
  return users.filter(({ email }) => !email || !taken.has(email.toLowerCase()))
}

/** From now on no join link offers the name. @returns false when somebody has it already */
export async function claim(tx: Tx, id: string): Promise<boolean> {
  const { count } = await tx.user.updateMany({ where: { id, claimedAt: null }, data: { claimedAt: new Date() } })
  return count > 0
}

/** What is said of a link that lets nobody in, whatever the reason. */
export function over(): NotFound {
  return new NotFound('This link is not valid any more. Ask your organizer for a new one.')
}

/** What is said when a name cannot be had by this link, with what to do. */
export function nameTaken({ allowExistingUsers, allowNewUsers }: AccessLink, username: string): Conflict {
  const ways = [
    ...(allowExistingUsers ? ['pick another name from the list'] : []),
    ...(allowNewUsers ? ['choose another'] : []),
  ]
  const message = `The name ${username} is taken: ${ways.join(', or ')}. If it is yours, ask your organizer for a link of your own.`
  return new Conflict(message, [{ field: 'username', message }])
}
