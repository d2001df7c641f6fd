import { AppError, describeError, DiskFull } from '../core/errors.ts'
import type { Change, Channel, Events, Ready } from '../core/events.ts'
import { parse, rowsOf } from '../core/input.ts'
import type { Log } from '../core/log.ts'
import { authorize } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import type { Tx, UnitOfWork } from '../db/unit-of-work.ts'
import type { Activity, ActorKind, Prisma } from '../../prisma/generated/client/client.ts'
import { listInput, rowOf, type ActivityEntry, type ActivityPage, type Target } from './model.ts'
import { OutsideActs, type OutsideAct } from './outside.ts'
import { Refusals } from './refusals.ts'

/** Entries that are kept of each kind of actor: however many one kind writes, the entries of the others stay. */
const KEPT: Record<ActorKind, number> = { organizer: 20_000, thon: 20_000, participant: 10_000 }
/** Entries that are kept of one participant. */
const KEPT_OF_ONE = 500

/** What the log depends on. */
export interface ActivityDeps {
  db: Db
  events: Events
  unit: UnitOfWork
  log: Log
}

/**
 * The activity log: who did what to which thing, and how it went. Every act of a service goes through `act` or `outside`,
 * so that there is no change without an entry, and no entry of a change that did not happen.
 */
export class ActivityService {
  readonly #deps: ActivityDeps
  readonly #refusals: Refusals
  readonly #outside: OutsideActs

  constructor(deps: ActivityDeps) {
    this.#deps = deps
    this.#refusals = new Refusals(deps.unit)
    this.#outside = new OutsideActs(deps.unit)
  }

  /** Marks acts on other servers that the last run left in the middle. */
  async start(): Promise<void> {
    await this.#outside.start().catch((error: unknown) => {
      this.#unwritten(error)
    })
  }

  /** Writes what is still counted or unwritten, if it can. */
  async close(): Promise<void> {
    await this.#refusals.close()
    await this.#outside.close()
  }

  /**
   * One act: what `work` writes, its entry in the log and the events go into one transaction. When anything of it fails,
   * nothing was changed. A refusal is logged afterwards; invalid input is not logged, since it changes nothing.
   * @param work writes with `tx` and nothing else, see `UnitOfWork`
   * @param detail what to add to the entry of an act that was done
   * @returns what `work` returns. @throws what `work` throws
   */
  async act<T>(
    actor: Viewer,
    action: string,
    target: Target,
    work: (tx: Tx) => Promise<T>,
    detail: string | null = null,
  ): Promise<T> {
    try {
      return await this.#deps.unit.write(async (tx) => {
        const result = await work(tx)
        // What was just created has its id only now.
        const found = { ...target, id: target.id ?? idOf(result) }
        await this.record(tx, { actor, action, target: found, outcome: 'done', detail })
        return result
      })
    } catch (error) {
      await this.#failed({ actor, action, target }, error)
      throw error
    }
  }

  /**
   * One act on several things, in one transaction. What `work` records goes into it; refusals are counted afterwards.
   * @param work records an entry for each thing, with the error when it was refused
   * @returns what `work` returns. @throws what `work` throws; then nothing was changed
   */
  async batch<T>(
    work: (tx: Tx, record: (entry: Omit<ActivityEntry, 'outcome'>, refusal?: AppError | null) => void) => Promise<T>,
  ): Promise<T> {
    const done: ActivityEntry[] = []
    const refused: Omit<ActivityEntry, 'outcome'>[] = []
    const result = await this.#deps.unit.write(async (tx) => {
      const value = await work(tx, (entry, refusal) => {
        if (refusal) refused.push({ ...entry, detail: refusal.message })
        else done.push({ ...entry, outcome: 'done' })
      })
      await this.record(tx, ...done)
      return value
    })
    await this.refused(...refused)
    return result
  }

  /**
   * An act on another system, such as the gateway: its entry is written first, as running, and ended with what came of it.
   * When the entry cannot be written, nothing is done. What was done is never reported as failed because its end could not
   * be written: that is tried again, and after a restart the entry is shown as unfinished.
   * @returns what `finish` returns, else what `work` returns. @throws what they throw
   */
  outside<T, R = T>(actor: Viewer, action: string, target: Target, act: OutsideAct<T, R>): Promise<R> {
    return this.#outside.run(actor, action, target, act)
  }

  /** As `outside`, for work that goes on: writes its entry. @returns ends it, and never throws */
  begin(actor: Viewer, action: string, target: Target) {
    return this.#outside.begin({ actor, action, target })
  }

  /** Writes entries in a transaction, for an act that has several. */
  async record(tx: Tx, ...entries: ActivityEntry[]): Promise<void> {
    if (entries.length === 0) return
    const rows = await tx.activity.createManyAndReturn({ data: entries.map(rowOf) })
    for (const row of rows) tx.publish('activity', { kind: 'ADDED', id: String(row.id), row })
  }

  /** Writes entries of what was done already, or only looked at. */
  async add(...entries: ActivityEntry[]): Promise<void> {
    if (entries.length > 0) await this.#deps.unit.write((tx) => this.record(tx, ...entries))
  }

  /** Counts refusals, for an act on several things of which some were done. Never throws: the refusal itself is what counts. */
  async refused(...entries: Omit<ActivityEntry, 'outcome'>[]): Promise<void> {
    for (const entry of entries)
      await this.#refusals.add({ ...entry, outcome: 'refused' }).catch((error: unknown) => {
        this.#unwritten(error)
      })
  }

  /** Every entry from now on, and every change of one, after one READY. @throws Forbidden */
  changes(viewer: Viewer): Channel<Change<Activity> | Ready> {
    authorize(viewer, 'activity.see')
    return this.#deps.events.changes('activity')
  }

  /**
   * A page of the log, the newest entries first.
   * @param raw `{filter?: {kind?, target?, before?}, page?: {number?, size?}}`, where `before` is the id of an entry: only
   *   older ones are listed and counted
   * @throws InvalidInput, Forbidden
   */
  async list(viewer: Viewer, raw: unknown = {}): Promise<ActivityPage> {
    authorize(viewer, 'activity.see')
    const { filter, page } = parse(listInput, raw)
    const where: Prisma.ActivityWhereInput = {
      id: filter?.before ? { lt: Number(filter.before) } : undefined,
      kind: filter?.kind ?? undefined,
      target: filter?.target ?? undefined,
    }
    const { activity } = this.#deps.db
    const [items, total] = await Promise.all([
      activity.findMany({ where, orderBy: { id: 'desc' }, ...rowsOf(page) }),
      activity.count({ where }),
    ])
    return { items, total, ...page }
  }

  /** Deletes the oldest entries beyond what is kept, so that the log of a long event does not fill the disk. */
  async prune(): Promise<void> {
    const { activity } = this.#deps.db
    const many = await activity.groupBy({
      by: ['identityId'],
      where: { actorKind: 'participant' },
      having: { id: { _count: { gt: KEPT_OF_ONE } } },
    })
    for (const { identityId } of many) await this.#pruneTo(KEPT_OF_ONE, { actorKind: 'participant', identityId })
    for (const [actorKind, kept] of Object.entries(KEPT))
      await this.#pruneTo(kept, { actorKind: actorKind as ActorKind })
  }

  async #pruneTo(kept: number, where: Prisma.ActivityWhereInput): Promise<void> {
    const { activity } = this.#deps.db
    const beyond = await activity.findFirst({ where, orderBy: { id: 'desc' }, skip: kept, select: { id: true } })
    if (beyond) await activity.deleteMany({ where: { ...where, id: { lte: beyond.id } } })
  }

  async #failed(entry: Pick<ActivityEntry, 'actor' | 'action' | 'target'>, error: unknown): Promise<void> {
    const detail = describeError(error)
    if (!(error instanceof AppError) || error instanceof DiskFull)
      await this.add({ ...entry, outcome: 'failed', detail }).catch((unwritten: unknown) => {
        this.#unwritten(unwritten)
      })
    else if (error.code !== 'INVALID_INPUT') await this.refused({ ...entry, detail })
  }

  /** The person who acts reads of a full disk, and a notice shows it to all organizers. */
  #unwritten(error: unknown): void {
    if (!(error instanceof DiskFull)) this.#deps.log.error({ err: error }, 'the activity log could not be written')
  }
}

function idOf(created: unknown): string | null {
  return typeof created === 'object' && created !== null && 'id' in created && typeof created.id === 'string'
    ? created.id
    : null
}
