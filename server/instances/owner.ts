import type { Events } from '../core/events.ts'
import { fold } from '../core/input.ts'
import type { Instance, Prisma } from '../../prisma/generated/client/client.ts'
import { activeKey } from './model.ts'

/**
 * A user goes by other names now: their instances, ended ones too, follow; what an instance holds (volume, sandbox) stays.
 * @param tx the transaction in which the user is renamed
 * @returns publishes the changed rows; call it after the commit
 */
export async function syncOwner(
  tx: Prisma.TransactionClient,
  events: Events,
  userId: string,
  names: { group: string; username: string },
): Promise<() => void> {
  const search = fold(`${names.group} ${names.username}`)
  const ended = await tx.instance.updateManyAndReturn({
    where: { userId, activeKey: null },
    data: { ...names, search },
  })
  const active = await tx.instance.updateManyAndReturn({
    where: { userId, activeKey: { not: null } },
    data: { ...names, search, activeKey: activeKey(names.group, names.username) },
  })
  return () => {
    for (const row of [...ended, ...active]) events.publish('instance', { kind: 'UPDATED', id: row.id, row })
  }
}

/**
 * Users who were added now: active instances that somebody made under their names before are theirs from here on.
 * @param tx the transaction in which they are added
 * @returns as `follow`
 */
export async function assignOwner(
  tx: Prisma.TransactionClient,
  events: Events,
  group: string,
  users: { id: string; username: string }[],
): Promise<() => void> {
  const nobodys = await tx.instance.findMany({ where: { group, userId: null, activeKey: { not: null } } })
  const ids = new Map(users.map((user) => [user.username, user.id]))
  const claimed: Instance[] = []
  for (const { id, username } of nobodys) {
    const userId = ids.get(username)
    if (userId) claimed.push(await tx.instance.update({ where: { id }, data: { userId } }))
  }
  return () => {
    for (const row of claimed) events.publish('instance', { kind: 'UPDATED', id: row.id, row })
  }
}
