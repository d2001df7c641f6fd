import type { Db } from '../db/client.ts'
import { isUniqueViolation } from '../db/client.ts'
import { Conflict } from '../core/errors.ts'
import type { Events } from '../core/events.ts'
import { fold } from '../core/input.ts'
import type { EngineKind, Prisma } from '../../prisma/generated/client/client.ts'
import { isActive, type State, type Verdict } from './sync/lifecycle.ts'
import { activeKey, labelOf, type InstanceRow } from './model.ts'

/** Facts about a sandbox that a row keeps. */
export type Facts = Partial<Pick<InstanceRow, 'ref' | 'hostPort'>>

/** What a new row is made of. */
export type NewInstance = Pick<
  InstanceRow,
  'group' | 'username' | 'userId' | 'port' | 'secure' | 'password' | 'image' | 'volume' | 'engine' | 'expiresAt'
> & {
  /** Configuration files in place of the stored ones. */
  files?: { create: { key: string; content: string }[] }
}

/** The instances table: every write is guarded by the state it was decided on, and published after its commit. */
export class InstanceRepository {
  readonly #db: Db
  readonly #events: Events

  constructor(db: Db, events: Events) {
    this.#db = db
    this.#events = events
  }

  async find(id: string): Promise<InstanceRow | null> {
    return await this.#db.instance.findUnique({ where: { id } })
  }

  /** Rows that something may still happen to, and those that the engine still has a sandbox for. */
  async live(ids: string[]): Promise<InstanceRow[]> {
    const rows = await this.#db.instance.findMany({ where: { activeKey: { not: null } } })
    const known = new Set(rows.map((row) => row.id))
    const rest = ids.filter((id) => !known.has(id))
    for (let at = 0; at < rest.length; at += 500)
      rows.push(...(await this.#db.instance.findMany({ where: { id: { in: rest.slice(at, at + 500) } } })))
    return rows
  }

  /** Those of the ids that are Pending. */
  async pendingOf(ids: string[]): Promise<InstanceRow[]> {
    const wanted = new Set(ids)
    const rows = await this.#db.instance.findMany({ where: { state: 'Pending' } })
    return rows.filter((row) => wanted.has(row.id))
  }

  /** The active instance of a (group, username), if there is one. */
  async active(group: string, username: string): Promise<InstanceRow | null> {
    return await this.#db.instance.findUnique({
      where: { activeKey: activeKey(group, username) },
    })
  }

  /**
   * Adds a Pending row.
   * @throws Conflict when that (group, username) has an active instance; the unique index decides, so also for two at once
   */
  async add(row: NewInstance): Promise<InstanceRow> {
    try {
      return this.#published('ADDED', await this.#db.instance.create({ data: pending(row) }))
    } catch (error) {
      if (isUniqueViolation(error)) throw await this.#held(row)
      throw error
    }
  }

  /** Adds a row for a sandbox that the engine has and the database does not. */
  async adopt(data: Prisma.InstanceUncheckedCreateInput): Promise<InstanceRow> {
    const row = { ...data, search: fold(`${data.group} ${data.username}`) }
    try {
      return this.#published('ADDED', await this.#db.instance.create({ data: row }))
    } catch (error) {
      if (!isUniqueViolation(error)) throw error
      // Its user has another: show this one too rather than end what somebody may be working in.
      return this.#published(
        'ADDED',
        await this.#db.instance.create({ data: { ...row, activeKey: `${row.activeKey} ${row.id}` } }),
      )
    }
  }

  /**
   * Moves a row on, if it is still in the state that the verdict was given for.
   * @returns the row as it is now; null when another got there first
   */
  async move(row: InstanceRow, verdict: Verdict, facts: Facts = {}): Promise<InstanceRow | null> {
    const now = new Date()
    const active = isActive(verdict.state)
    const data: Prisma.InstanceUncheckedUpdateManyInput = { ...facts, ...verdict }
    if (verdict.state !== row.state) data.stateAt = now
    if (!active) Object.assign(data, { activeKey: null, hostPort: null, endedAt: now })
    else if (!isActive(row.state)) Object.assign(data, { activeKey: activeKey(row.group, row.username), endedAt: null })
    if (verdict.state === 'Running' && row.state === 'Pending') data.startedAt = now
    try {
      return await this.#update(row.id, row.state, data)
    } catch (error) {
      if (!isUniqueViolation(error)) throw error
      // Started by hand while its user has another: it may run, but the row says whose place it is not.
      return this.#update(row.id, row.state, {
        reason: 'It was started from outside THON, but its user has another active instance. End one of them.',
      })
    }
  }

  /** Writes facts, or anything else that leaves the state alone. Publishes only when something differs. */
  async amend(row: InstanceRow, data: Partial<InstanceRow>): Promise<InstanceRow | null> {
    const differs = Object.entries(data).some(([key, value]) => row[key as keyof InstanceRow] !== value)
    return differs ? this.#update(row.id, row.state, data) : row
  }

  /** The server ends, and an engine whose sandboxes end with it. Nobody is left to be told. */
  async endTogether(engine: EngineKind): Promise<void> {
    const ended: Verdict = { state: 'Terminated', reason: 'It ended together with THON.' }
    const now = new Date()
    await this.#db.instance.updateMany({
      where: { engine, activeKey: { not: null } },
      data: { ...ended, activeKey: null, hostPort: null, endedAt: now, stateAt: now },
    })
  }

  /** Gives an active row to another user. @throws Conflict when that user has an active instance */
  async rename(
    row: InstanceRow,
    names: { group: string; username: string; userId: string | null },
  ): Promise<InstanceRow | null> {
    const search = fold(`${names.group} ${names.username}`)
    try {
      return await this.#update(row.id, row.state, {
        ...names,
        search,
        activeKey: activeKey(names.group, names.username),
      })
    } catch (error) {
      if (isUniqueViolation(error)) throw await this.#held(names)
      throw error
    }
  }

  /** Tells subscribers that something shown with the row, but not stored in it, has changed. */
  touch(row: InstanceRow): void {
    this.#published('UPDATED', row)
  }

  async #held(names: { group: string; username: string }): Promise<Conflict> {
    const holder = await this.active(names.group, names.username)
    return new Conflict(
      `User ${labelOf(names)} already has instance ${holder?.id ?? 'being ended just now; try again'}`,
    )
  }

  async #update(id: string, state: State, data: Prisma.InstanceUncheckedUpdateManyInput): Promise<InstanceRow | null> {
    const [row] = await this.#db.instance.updateManyAndReturn({ where: { id, state }, data })
    return row ? this.#published('UPDATED', row) : null
  }

  #published(kind: 'ADDED' | 'UPDATED', row: InstanceRow): InstanceRow {
    this.#events.publish('instance', { kind, id: row.id, row })
    return row
  }
}

function pending(row: NewInstance): Prisma.InstanceUncheckedCreateInput {
  return {
    ...row,
    search: fold(`${row.group} ${row.username}`),
    state: 'Pending',
    activeKey: activeKey(row.group, row.username),
  }
}
