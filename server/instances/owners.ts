import type { Instance, Prisma } from '../../prisma/generated/client/client.ts'
import type { Events } from '../core/events.ts'
import { fold } from '../core/input.ts'
import type { Db } from '../db/client.ts'
import { activeKey, type InstanceRow } from './model.ts'

/** Keeps instances with their users: new names, new users, and volumes. */
export class InstanceOwners {
  readonly #db: Db
  readonly #events: Events

  constructor(db: Db, events: Events) {
    this.#db = db
    this.#events = events
  }

  /**
   * A user has other names now: their instances follow, stopped ones too. What an instance holds (volume, sandbox) stays.
   * @param tx the transaction that renames the user
   * @returns publishes the changed rows; call it after the commit
   */
  async syncOwner(
    tx: Prisma.TransactionClient,
    userId: string,
    names: { group: string; username: string },
  ): Promise<() => void> {
    const stopped = await tx.instance.updateManyAndReturn({
      where: { userId, activeKey: null },
      data: namesOf(names),
    })
    const active = await tx.instance.findMany({ where: { userId, activeKey: { not: null } } })
    const renamed: Instance[] = []
    for (const row of active) {
      const key = await keyFor(tx, row, names)
      renamed.push(await tx.instance.update({ where: { id: row.id }, data: { ...namesOf(names), activeKey: key } }))
    }
    return () => [...stopped, ...renamed].forEach((row) => this.#publish(row))
  }

  /**
   * New users get the active instances that were created under their names before.
   * @param tx the transaction that adds the users
   * @returns publishes the changed rows; call it after the commit
   */
  async assignOwner(
    tx: Prisma.TransactionClient,
    group: string,
    users: { id: string; username: string }[],
  ): Promise<() => void> {
    const unowned = await tx.instance.findMany({ where: { group, userId: null, activeKey: { not: null } } })
    const ids = new Map(users.map((user) => [user.username, user.id]))
    const assigned: Instance[] = []
    for (const { id, username } of unowned) {
      const userId = ids.get(username)
      if (userId) assigned.push(await tx.instance.update({ where: { id }, data: { userId } }))
    }
    return () => assigned.forEach((row) => this.#publish(row))
  }

  /** Another server has the volume of this row, so the sandbox and its user get one of their own. */
  async setVolume(row: InstanceRow, volume: string): Promise<InstanceRow> {
    if (volume === row.volume) return row
    const { id, userId, volume: foreign } = row
    const changed = await this.#db.$transaction(async (tx) => {
      if (userId !== null) {
        await tx.user.updateMany({
          where: { id: userId, workspacePath: foreign, volume: foreign },
          data: { workspacePath: volume },
        })
        await tx.user.updateMany({ where: { id: userId, volume: foreign }, data: { volume } })
      }
      return tx.instance.update({ where: { id }, data: { volume } })
    })
    const owner = userId && (await this.#db.user.findUnique({ where: { id: userId }, include: { group: true } }))
    if (owner) this.#events.publish('group', { kind: 'UPDATED', id: owner.groupId, row: owner.group })
    this.#publish(changed)
    return changed
  }

  #publish(row: InstanceRow): void {
    this.#events.publish('instance', { kind: 'UPDATED', id: row.id, row })
  }
}

/** The user of a sandbox: by its names, else by its volume when the user was renamed since. */
export async function ownerOf(
  db: Db,
  { group, username, volume }: { group: string; username: string; volume: string },
) {
  const include = { group: true } as const
  const named = await db.user.findFirst({ where: { username, group: { name: group } }, include })
  return named ?? (await db.user.findUnique({ where: { volume }, include }))
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
