import type { Db } from '../db/client.ts'
import type { Events } from '../core/events.ts'

/**
 * Before users are removed: whoever came by a link as one of them goes as well, with their sessions.
 * @returns tells it, after the users are removed, so that open pages end at once
 */
export async function removeLinkIdentities(
  { db, events }: { db: Db; events: Events },
  userIds: string[],
): Promise<() => void> {
  const rows = await db.identity.findMany({ where: { userId: { in: userIds } }, include: { sessions: true } })
  return () => {
    for (const { sessions, ...row } of rows) {
      for (const { id } of sessions) events.publish('session', { id })
      events.publish('session', { identityId: row.id })
      events.publish('identity', { kind: 'REMOVED', id: row.id, row })
    }
  }
}
