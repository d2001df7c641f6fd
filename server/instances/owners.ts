import type { Prisma } from '../../prisma/generated/client/client.ts'
import { fold } from '../core/input.ts'
import type { Tx } from '../db/unit-of-work.ts'
import { activeKey, type InstanceRow } from './model.ts'

/**
 * A user has other names now: their instances follow, stopped ones too. What an instance holds (volume, sandbox) stays.
 * @param tx the transaction that renames the user
 */
export async function syncOwner(tx: Tx, userId: string, names: { group: string; username: string }): Promise<void> {
  const stopped = await tx.instance.updateManyAndReturn({ where: { userId, activeKey: null }, data: namesOf(names) })
  for (const row of stopped) publish(tx, row)
  for (const row of await tx.instance.findMany({ where: { userId, activeKey: { not: null } } })) {
    const key = await keyFor(tx, row, names)
    publish(tx, await tx.instance.update({ where: { id: row.id }, data: { ...namesOf(names), activeKey: key } }))
  }
}

/**
 * New users get the active instances that were created under their names before.
 * @param tx the transaction that adds the users
 */
export async function assignOwner(tx: Tx, group: string, users: { id: string; username: string }[]): Promise<void> {
  const unowned = await tx.instance.findMany({ where: { group, userId: null, activeKey: { not: null } } })
  const ids = new Map(users.map((user) => [user.username, user.id]))
  for (const { id, username } of unowned) {
    const userId = ids.get(username)
    if (userId) publish(tx, await tx.instance.update({ where: { id }, data: { userId } }))
  }
}

/** Another server has the volume of this row, so the sandbox and its user get one of their own. @returns the row as it is now */
export async function setVolume(tx: Tx, row: InstanceRow, volume: string): Promise<InstanceRow> {
  const { id, userId, volume: foreign } = row
  if (userId !== null) {
    const where = { id: userId, volume: foreign }
    await tx.user.updateMany({ where: { ...where, workspacePath: foreign }, data: { workspacePath: volume } })
    await tx.user.updateMany({ where, data: { volume } })
    const owner = await tx.user.findUnique({ where: { id: userId }, include: { group: true } })
    if (owner) tx.publish('group', { kind: 'UPDATED', id: owner.groupId, row: owner.group })
  }
  const changed = await tx.instance.update({ where: { id }, data: { volume } })
  publish(tx, changed)
  return changed
}

/** The user of a sandbox: by its names, else by its volume when the user was renamed since. */
export async function ownerOf(
  tx: Tx,
  { group, username, volume }: { group: string; username: string; volume: string },
) {
  const include = { group: true } as const
  const named = await tx.user.findFirst({ where: { username, group: { name: group } }, include })
  return named ?? (await tx.user.findUnique({ where: { volume }, include }))
}

/** One sandbox of a person counts as theirs; further ones, and one that comes to names in use, have keys of their own. */
async function keyFor(
  tx: Prisma.TransactionClient,
  row: InstanceRow,
  names: { group: string; username: string },
): Promise<string> {
  const key = activeKey(names.group, names.username)
  const counts = row.activeKey === activeKey(row.group, row.username)
  const holder = counts ? await tx.instance.findUnique({ where: { activeKey: key } }) : null
  return counts && (holder === null || holder.id === row.id) ? key : furtherKey(key, row.id)
}

/** The names of a row, and the text that searches look in. */
export function namesOf({ group, username }: { group: string; username: string }) {
  return { group, username, search: fold(`${group} ${username}`) }
}

/** The key of a sandbox whose person has another one. No name contains a slash, so it equals no other key. */
export function furtherKey(key: string, id: string): string {
  return `${key} ${id}`
}

function publish(tx: Tx, row: InstanceRow): void {
  tx.publish('instance', { kind: 'UPDATED', id: row.id, row })
}
