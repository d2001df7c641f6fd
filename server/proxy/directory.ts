import type { Db } from '../db/client.ts'
import { Refresher } from '../core/background.ts'
import type { Events } from '../core/events.ts'
import type { Log } from '../core/log.ts'
import { hostLabel } from '../core/names.ts'
import type { Instance } from '../../prisma/generated/client/client.ts'

/** The sandbox that a host label names. */
export interface HostedSandbox {
  label: string
  group: string
  username: string
  /** Its user; null for a sandbox whose user is not in the database. */
  userId: string | null
  /** The active instance, else the last one; null if there never was one. */
  instance: Instance | null
}

type Names = Pick<Instance, 'group' | 'username'>

/** Finds the sandbox of a label or a published port, from memory: every proxied request needs it. */
export class SandboxDirectory {
  readonly #db: Db
  readonly #instances = new Map<string, Instance>()
  readonly #labels = new Map<string, string>()
  #users = new Map<string, Names & { userId: string }>()
  readonly #refresher: Refresher

  constructor(db: Db, events: Events, log: Log) {
    this.#db = db
    this.#refresher = new Refresher(() => this.#readUsers(), log, 'reading whose sandboxes have which address')
    events.on('instance', ({ row }) => this.#apply(row))
    // A change of a user is published as a change of the group.
    events.on('group', () => this.#refresher.soon())
  }

  /** Reads everything once, at the start. */
  async load(): Promise<void> {
    await this.#refresher.now()
    const ended = await this.#db.instance.findMany({ where: { activeKey: null }, orderBy: { createdAt: 'asc' } })
    const active = await this.#db.instance.findMany({ where: { activeKey: { not: null } } })
    for (const row of [...ended, ...active]) this.#apply(row)
  }

  /** The sandbox of a label; null if no user or instance has it. */
  find(label: string): HostedSandbox | null {
    const instance = this.#instances.get(label) ?? null
    const user = this.#users.get(label)
    if (!instance && !user) return null
    const { group, username } = user ?? (instance as Instance)
    return { label, group, username, userId: user?.userId ?? instance?.userId ?? null, instance }
  }

  /** The sandbox that is published on a port of this machine; null if nothing is published there. */
  byPort(hostPort: number): HostedSandbox | null {
    for (const [label, row] of this.#instances)
      if (row.hostPort === hostPort && row.activeKey !== null) return this.find(label)
    return null
  }

  /** The label that leads to an instance; null if it leads to another instance of the same user. */
  labelOf(instanceId: string): string | null {
    return this.#labels.get(instanceId) ?? null
  }

  /** Stops reading. */
  close(): void {
    this.#refresher.close()
  }

  #apply(row: Instance): void {
    const label = hostLabel(row.group, row.username)
    const before = this.#labels.get(row.id)
    // Its user or group was renamed.
    if (before !== undefined && before !== label) this.#forget(row.id, before)
    const other = this.#instances.get(label)
    const replaces = !other || other.id === row.id || other.activeKey === null
    if (!replaces || (row.activeKey === null && other && other.createdAt > row.createdAt)) return
    if (other) this.#labels.delete(other.id)
    this.#instances.set(label, row)
    this.#labels.set(row.id, label)
  }

  #forget(id: string, label: string): void {
    this.#labels.delete(id)
    if (this.#instances.get(label)?.id === id) this.#instances.delete(label)
  }

  async #readUsers(): Promise<void> {
    const rows = await this.#db.user.findMany({
      select: { id: true, username: true, group: { select: { name: true } } },
    })
    this.#users = new Map(
      rows.map(({ id, username, group }) => [
        hostLabel(group.name, username),
        { userId: id, group: group.name, username },
      ]),
    )
  }
}
