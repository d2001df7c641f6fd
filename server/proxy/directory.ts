import type { Db } from '../db/client.ts'
import type { Events } from '../core/events.ts'
import { hostLabel } from '../core/names.ts'
import type { Instance } from '../../prisma/generated/client/client.ts'

/** Whom a host label is for, and the instance behind it. */
export interface Hosted {
  label: string
  group: string
  username: string
  /** The user of the database; null for a sandbox of somebody it does not know. */
  userId: string | null
  /** The active instance, else the last one; null when there never was one. */
  instance: Instance | null
}

type Names = Pick<Instance, 'group' | 'username'>

/** Which sandbox a label or a published port leads to, known at once: every proxied request asks. */
export class SandboxDirectory {
  readonly #db: Db
  readonly #instances = new Map<string, Instance>()
  readonly #labels = new Map<string, string>()
  #users = new Map<string, Names & { userId: string }>()
  #reading: Promise<void> | null = null
  #stale = false

  constructor(db: Db, events: Events) {
    this.#db = db
    events.on('instance', ({ row }) => this.#take(row))
    // Whatever happens to a user happens to the group.
    events.on('group', () => void this.#readUsers())
  }

  /** Reads what is there at a start. */
  async load(): Promise<void> {
    await this.#readUsers()
    const ended = await this.#db.instance.findMany({ where: { activeKey: null }, orderBy: { createdAt: 'asc' } })
    const active = await this.#db.instance.findMany({ where: { activeKey: { not: null } } })
    for (const row of [...ended, ...active]) this.#take(row)
  }

  /** What is behind a label; null when it is nobody's. */
  find(label: string): Hosted | null {
    const instance = this.#instances.get(label) ?? null
    const user = this.#users.get(label)
    if (!instance && !user) return null
    const { group, username } = user ?? (instance as Instance)
    return { label, group, username, userId: user?.userId ?? instance?.userId ?? null, instance }
  }

  /** What is published on a port of this machine; null when nothing is. */
  byPort(hostPort: number): Hosted | null {
    for (const [label, row] of this.#instances)
      if (row.hostPort === hostPort && row.activeKey !== null) return this.find(label)
    return null
  }

  /** The label that an instance is found by; null when another one of the same names is. */
  labelOf(instanceId: string): string | null {
    return this.#labels.get(instanceId) ?? null
  }

  #take(row: Instance): void {
    const label = hostLabel(row.group, row.username)
    const before = this.#labels.get(row.id)
    // Its user was renamed.
    if (before !== undefined && before !== label) this.#forget(row.id, before)
    const other = this.#instances.get(label)
    const gives = !other || other.id === row.id || other.activeKey === null
    if (!gives || (row.activeKey === null && other && other.createdAt > row.createdAt)) return
    if (other) this.#labels.delete(other.id)
    this.#instances.set(label, row)
    this.#labels.set(row.id, label)
  }

  #forget(id: string, label: string): void {
    this.#labels.delete(id)
    if (this.#instances.get(label)?.id === id) this.#instances.delete(label)
  }

  /** While it is at it, once more for all who ask meanwhile. */
  #readUsers(): Promise<void> {
    if (this.#reading) this.#stale = true
    this.#reading ??= this.#read().finally(() => (this.#reading = null))
    return this.#reading
  }

  async #read(): Promise<void> {
    do {
      this.#stale = false
      const rows = await this.#db.user.findMany({
        select: { id: true, username: true, group: { select: { name: true } } },
      })
      this.#users = new Map(
        rows.map(({ id, username, group }) => [
          hostLabel(group.name, username),
          { userId: id, group: group.name, username },
        ]),
      )
    } while (this.#stale)
  }
}
