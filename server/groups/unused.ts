import type { Db } from '../db/client.ts'
import { Conflict } from '../core/errors.ts'

/**
 * Asked before any of the volumes is deleted, so that either all of them go or none.
 * @param except users whose instances are ended first anyway
 * @throws Conflict while an active instance uses one
 */
export async function assertVolumesFree(db: Db, volumes: string[], except: string[] = []): Promise<void> {
  const active = await db.instance.findFirst({
    where: {
      volume: { in: volumes },
      activeKey: { not: null },
      OR: [{ userId: null }, { userId: { notIn: except } }],
    },
  })
  if (active) throw new Conflict(`Instance ${active.id} uses workspace ${active.volume}. End it first.`)
}
