import type { z } from 'zod'
import { isUniqueViolation, type Db } from '../db/client.ts'
import { monotonicNow } from '../db/monotonic-now.ts'
import type { Tx } from '../db/unit-of-work.ts'
import { AppError } from '../core/errors.ts'
import type { Events } from '../core/events.ts'
import { fold } from '../core/input.ts'
import type { EngineKind, Prisma } from '../../prisma/generated/client/client.ts'
import { isActive, type State, type Verdict } from './sync/lifecycle.ts'
import { alreadyHasSandbox } from './errors.ts'
import { activeKey, labelOf, type InstanceRow, type listInput, type SORT_FIELDS } from './model.ts'
import { furtherKey, namesOf, ownerOf } from './owners.ts'
import { STOPPED_WITH_THON } from './reason.ts'

/** What a row knows of its sandbox. */
export type SandboxFacts = Partial<Pick<InstanceRow, 'ref' | 'hostPort' | 'startedAt'>>

/** The values of a new row. */
export type NewInstance = Pick<
  InstanceRow,
  'group' | 'username' | 'userId' | 'port' | 'secure' | 'password' | 'image' | 'volume' | 'engine' | 'expiresAt'
> & {
  /** Configuration files that replace the stored ones. */
  files?: { key: string; content: string }[]
}

/** A sandbox that the engine has and the database does not. */
export type Adopted = Omit<Prisma.InstanceUncheckedCreateInput, 'activeKey' | 'search' | 'userId' | 'id'> & {
  id: string
}

/** A page of instances, with figures of the whole list. */
export interface InstancePage {
  items: InstanceRow[]
  /** Rows that match the filter, on all pages. */
  total: number
  number: number
  size: number
  /** Rows in each state that match the rest of the filter. */
  counts: { state: State; count: number }[]
}

/** Prisma's largest offset. */
const LAST_ROW = 2 ** 31 - 1

/**
 * The instances table. Every write is guarded by the state it was decided on. A write in the transaction that read the row
 * always finds it; the others return null when another one was first.
 */
export class InstanceRepository {
  readonly #db: Db
  readonly #events: Events

  constructor(db: Db, events: Events) {
    this.#db = db
    this.#events = events
  }

  /** @param db the transaction that goes on with the row, if there is one */
  async find(id: string, db: Pick<Db, 'instance'> = this.#db): Promise<InstanceRow | null> {
    return await db.instance.findUnique({ where: { id } })
  }

  /** One page of the instances that match, sorted. @param userIds only theirs; null is everyone's */
  async list(input: z.infer<typeof listInput>, userIds: ReadonlySet<string> | null): Promise<InstancePage> {
    const { filter, sort, page } = input
    const base: Prisma.InstanceWhereInput = {
      ...(filter?.search && { search: { contains: fold(filter.search) } }),
      group: filter?.group ?? undefined,
      ...(userIds && { userId: { in: [...userIds] } }),
    }
    const where = filter?.states?.length ? { ...base, state: { in: filter.states } } : base
    const { number, size } = page ?? { number: 1, size: 50 }
    const order = orderOf(sort?.field ?? 'createdAt', (sort?.descending ?? !sort) ? 'desc' : 'asc')
    const { instance } = this.#db
    const skip = (number - 1) * size
    const [items, groups] = await Promise.all([
      skip > LAST_ROW ? [] : instance.findMany({ where, orderBy: [order, { id: 'asc' }], skip, take: size }),
      instance.groupBy({ by: ['state'], where: base, _count: true, orderBy: { state: 'asc' } }),
    ])
    const counts = groups.map(({ state, _count }) => ({ state, count: _count }))
    const shown = filter?.states?.length ? counts.filter(({ state }) => filter.states?.includes(state)) : counts
    return { items, total: shown.reduce((sum, { count }) => sum + count, 0), number, size, counts }
  }

  /** Rows that can still change, and those of the ids, for which the engine still has a sandbox. */
  async live(ids: string[]): Promise<InstanceRow[]> {
    const rows = await this.#db.instance.findMany({ where: { activeKey: { not: null } } })
    const known = new Set(rows.map((row) => row.id))
    const rest = ids.filter((id) => !known.has(id))
    for (let at = 0; at < rest.length; at += 500)
      rows.push(...(await this.#db.instance.findMany({ where: { id: { in: rest.slice(at, at + 500) } } })))
    return rows
  }

  /** The Pending ones among the ids. */
  async pendingOf(ids: string[]): Promise<InstanceRow[]> {
    const wanted = new Set(ids)
    const rows = await this.#db.instance.findMany({ where: { state: 'Pending' } })
    return rows.filter((row) => wanted.has(row.id))
  }

  /** The active instance of a (group, username), if there is one. */
  async active(group: string, username: string): Promise<InstanceRow | null> {
    return await this.#db.instance.findUnique({ where: { activeKey: activeKey(group, username) } })
  }

  /** The active instances of users. */
  async activeOf(userIds: string[]): Promise<InstanceRow[]> {
    return await this.#db.instance.findMany({ where: { userId: { in: userIds }, activeKey: { not: null } } })
  }

  /**
   * Adds Pending rows, in a few statements however many they are.
   * @returns a row for each, in their order; a Conflict for a (group, username) that has an active instance
   */
  async addMany(tx: Tx, wanted: NewInstance[]): Promise<(InstanceRow | AppError)[]> {
    const holders = await this.#holders(tx, wanted)
    const taken = new Map<string, InstanceRow | null>(holders.map((row) => [activeKey(row.group, row.username), row]))
    const fresh = wanted.filter(({ group, username }) => {
      const key = activeKey(group, username)
      return !taken.has(key) && taken.set(key, null)
    })
    const rows = await tx.instance.createManyAndReturn({ data: fresh.map(pending) })
    const added = new Map(rows.map((row) => [activeKey(row.group, row.username), row]))
    const files = fresh.flatMap((one) => {
      const instanceId = added.get(activeKey(one.group, one.username))?.id as string
      return (one.files ?? []).map((file) => ({ ...file, instanceId }))
    })
    if (files.length > 0) await tx.instanceConfigOverride.createMany({ data: files })
    for (const row of rows) published(tx, 'ADDED', row)
    return wanted.map((one) => {
      const key = activeKey(one.group, one.username)
      const row = fresh.includes(one) ? added.get(key) : undefined
      return row ?? alreadyHasSandbox(one, (taken.get(key) ?? added.get(key))?.id ?? null)
    })
  }

  /** As `addMany`, for one. @throws Conflict */
  async add(tx: Tx, row: NewInstance): Promise<InstanceRow> {
    const [added] = await this.addMany(tx, [row])
    if (added instanceof AppError) throw added
    return added as InstanceRow
  }

  /** Adds a row for a sandbox that the engine has and the database does not. It belongs to its user again, if there is one. */
  async adopt(tx: Tx, data: Adopted): Promise<InstanceRow> {
    const owner = await ownerOf(tx, data)
    const names = owner ? { group: owner.group.name, username: owner.username } : data
    const active = isActive(data.state) ? activeKey(names.group, names.username) : null
    const row = { ...data, ...namesOf(names), userId: owner?.id ?? null, activeKey: active }
    try {
      return published(tx, 'ADDED', await tx.instance.create({ data: row }))
    } catch (error) {
      if (active === null || !isUniqueViolation(error)) throw error
      // Its user has another one. Show both rather than stop a sandbox that someone may be working in.
      return published(
        tx,
        'ADDED',
        await tx.instance.create({ data: { ...row, activeKey: furtherKey(active, data.id) } }),
      )
    }
  }

  /**
   * Moves a row to another state, if it is still in the state that the verdict was given for.
   * @returns the row as it is now; null when another write came first
   */
  async move(tx: Tx, row: InstanceRow, verdict: Verdict, facts: SandboxFacts = {}): Promise<InstanceRow | null> {
    const now = new Date()
    const active = isActive(verdict.state)
    const data: Prisma.InstanceUncheckedUpdateManyInput = { ...facts, ...verdict }
    if (verdict.state !== row.state) data.stateAt = now
    if (!active) Object.assign(data, { activeKey: null, hostPort: null, endedAt: now })
    else if (!isActive(row.state)) Object.assign(data, { activeKey: activeKey(row.group, row.username), endedAt: null })
    try {
      return await update(tx, row.id, row.state, data)
    } catch (error) {
      if (!isUniqueViolation(error)) throw error
      // Started by hand while its user has another one. It may run, but it is not the one that counts.
      const reason = `Started outside THON, but ${labelOf(row)} already has another sandbox. Stop one of them.`
      return update(tx, row.id, row.state, { reason })
    }
  }

  /** Writes facts, or anything else that leaves the state alone. Publishes only when a value differs. */
  async amend(tx: Tx, row: InstanceRow, data: Partial<InstanceRow>): Promise<InstanceRow | null> {
    return differs(row, data) ? update(tx, row.id, row.state, data) : row
  }

  /** The server stops, and with it an engine whose sandboxes stop too. Not published: the sockets are closed. */
  async stopAll(engine: EngineKind): Promise<void> {
    const stopped: Verdict = { state: 'Terminated', reason: STOPPED_WITH_THON }
    const now = new Date()
    await this.#db.instance.updateMany({
      where: { engine, activeKey: { not: null } },
      data: { ...stopped, activeKey: null, hostPort: null, endedAt: now, stateAt: now },
    })
  }

  /** Gives an active row to another user. @throws Conflict when that user has an active instance */
  async rename(
    tx: Tx,
    row: InstanceRow,
    names: { group: string; username: string; userId: string | null },
  ): Promise<InstanceRow | null> {
    const [holder] = await this.#holders(tx, [names])
    if (holder && holder.id !== row.id) throw alreadyHasSandbox(names, holder.id)
    return update(tx, row.id, row.state, { ...namesOf(names), userId: names.userId, ...activeNames(names) })
  }

  /** Publishes a row, for instance when something shown with it has changed that is not stored in it. */
  touch(row: InstanceRow): void {
    this.#events.publish('instance', { kind: 'UPDATED', id: row.id, row })
  }

  /** The active instances under any of these names. */
  #holders(tx: Tx, names: { group: string; username: string }[]): Promise<InstanceRow[]> {
    const keys = names.map(({ group, username }) => activeKey(group, username))
    return tx.instance.findMany({ where: { activeKey: { in: keys } } })
  }
}

/** Whether `amend` would change a row. */
export function differs(row: InstanceRow, data: Partial<InstanceRow>): boolean {
  return Object.entries(data).some(([key, value]) => row[key as keyof InstanceRow] !== value)
}

async function update(
  tx: Tx,
  id: string,
  state: State,
  data: Prisma.InstanceUncheckedUpdateManyInput,
): Promise<InstanceRow | null> {
  const [row] = await tx.instance.updateManyAndReturn({ where: { id, state }, data })
  return row ? published(tx, 'UPDATED', row) : null
}

function published(tx: Tx, kind: 'ADDED' | 'UPDATED', row: InstanceRow): InstanceRow {
  tx.publish('instance', { kind, id: row.id, row })
  return row
}

function orderOf(field: (typeof SORT_FIELDS)[number], sort: 'asc' | 'desc'): Prisma.InstanceOrderByWithRelationInput {
  // Instances without a limit come last, in both directions.
  return field === 'expiresAt' ? { expiresAt: { sort, nulls: 'last' } } : { [field]: sort }
}

function activeNames({ group, username }: { group: string; username: string }) {
  return { activeKey: activeKey(group, username) }
}

function pending({ files: _files, ...row }: NewInstance): Prisma.InstanceCreateManyInput {
  return { ...row, ...namesOf(row), ...activeNames(row), state: 'Pending', createdAt: monotonicNow() }
}
