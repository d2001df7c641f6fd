import { isUniqueViolation } from '../db/client.ts'
import type { Tx } from '../db/unit-of-work.ts'
import { Conflict } from '../core/errors.ts'
import { sessionPrincipal } from '../core/viewer.ts'
import type { Prisma } from '../../prisma/generated/client/client.ts'

/** Rows in the order they were added, which is what people see when they sort by nothing. */
export const oldestFirst = [{ createdAt: 'asc' as const }, { id: 'asc' as const }]

/** Runs a write; a violated unique index becomes a Conflict with this message, about this field. */
export async function onUniqueViolation<T>(field: string, message: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    if (isUniqueViolation(error)) throw new Conflict(message, [{ field, message }])
    throw error
  }
}

/**
 * Call it before deleting any of several volumes, so that either all are deleted or none.
 * @param except users whose sandboxes are stopped first anyway
 * @throws Conflict while an active sandbox uses one
 */
export async function assertVolumesFree(
  db: Prisma.TransactionClient,
  volumes: string[],
  except: string[] = [],
): Promise<void> {
  const active = await db.instance.findFirst({
    where: {
      volume: { in: volumes },
      activeKey: { not: null },
      OR: [{ userId: null }, { userId: { notIn: except } }],
    },
  })
  if (active)
    throw new Conflict(
      `The sandbox of ${active.group}/${active.username} uses the workspace ${active.volume}. Stop the sandbox first.`,
    )
}

/**
 * Call it before deleting users: the identities of those who signed in by a link are deleted with them by the database. Tells
 * that, and closes their open pages.
 */
export async function removeLinkIdentities(tx: Tx, userIds: string[]): Promise<void> {
  const rows = await tx.identity.findMany({ where: { userId: { in: userIds } }, include: { sessions: true } })
  for (const { sessions, ...row } of rows) {
    tx.publish('principal', { kind: 'ended', ids: new Set(sessions.map(({ id }) => sessionPrincipal(id))) })
    tx.publish('identity', { kind: 'REMOVED', id: row.id, row })
  }
}

/** What people read when the sandboxes are stopped and the rows could not be deleted. @param what such as `group alpha` */
export function stillListed(what: string, deletedFiles: boolean): string {
  const done = deletedFiles ? 'Sandboxes were stopped and files deleted' : 'Sandboxes were stopped'
  return `${done}, but the ${what} is still listed: the database could not be written. Delete it again.`
}
