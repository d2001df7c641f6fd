import { z } from 'zod'
import { authorize } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import { AppError, describeError } from '../core/errors.ts'
import type { Change, Channel, Events, Ready } from '../core/events.ts'
import { pageInput, parse, rowsOf } from '../core/input.ts'
import { ActivityKind, type Activity, type Outcome, type Prisma } from '../../prisma/generated/client/client.ts'

/** What an action was done to. */
export interface Target {
  kind: ActivityKind
  /** Null when it has no id, or none yet. */
  id: string | null
  /** The name people know, as it is now. */
  label: string
}

/** One action to write to the log. */
export interface ActivityEntry {
  actor: Viewer
  /** A verb phrase for people, such as `pause` or `start all`. */
  action: string
  target: Target
  outcome: Outcome
  /** Null or left out when there is nothing to add. */
  detail?: string | null
}

/** One page of the log. */
export interface ActivityPage {
  items: Activity[]
  /** Entries that match the filter, on all pages. */
  total: number
  number: number
  size: number
}

/** Entries that are kept. */
const KEPT = 20_000

const listInput = z.object({
  filter: z
    .object({
      kind: z.enum(ActivityKind).nullish(),
      target: z.string().nullish(),
      before: z
        .string()
        .regex(/^\d{1,15}$/, 'must be the id of an entry')
        .nullish(),
    })
    .nullish(),
  page: pageInput,
})

/** The activity log: who did what to which thing, and how it went. */
export class ActivityService {
  readonly #db: Db
  readonly #events: Events

  constructor(db: Db, events: Events) {
    this.#db = db
    this.#events = events
  }

  /** Writes all entries at once, and publishes them. */
  async add(...entries: ActivityEntry[]): Promise<void> {
    if (entries.length === 0) return
    const rows = await this.#db.activity.createManyAndReturn({
      data: entries.map(({ actor, action, target, outcome, detail }) => ({
        actor: actor.name,
        action,
        kind: target.kind,
        target: target.id,
        label: target.label,
        outcome,
        detail: detail ?? null,
      })),
    })
    for (const row of rows) this.#events.publish('activity', { kind: 'ADDED', id: String(row.id), row })
  }

  /**
   * Runs an action and logs whether it was done, refused or failed. Invalid input is not logged, since it changes nothing.
   * @returns what `run` returns. @throws what `run` throws
   */
  async recording<T>(actor: Viewer, action: string, target: Target, run: () => Promise<T>): Promise<T> {
    try {
      const result = await run()
      // What was just created has its id only now.
      await this.add({ actor, action, target: { ...target, id: target.id ?? idOf(result) }, outcome: 'done' })
      return result
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'INVALID_INPUT'))
        await this.add({
          actor,
          action,
          target,
          outcome: error instanceof AppError ? 'refused' : 'failed',
          detail: describeError(error),
        })
      throw error
    }
  }

  /** Every entry from now on, after one READY. @throws Forbidden */
  changes(viewer: Viewer): Channel<Change<Activity> | Ready> {
    authorize(viewer, 'activity.see')
    return this.#events.changes('activity')
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
    const { activity } = this.#db
    const [items, total] = await Promise.all([
      activity.findMany({ where, orderBy: { id: 'desc' }, ...rowsOf(page) }),
      activity.count({ where }),
    ])
    return { items, total, ...page }
  }

  /** Deletes all but the newest entries, so that the log of a long event does not fill the disk. */
  async prune(): Promise<void> {
    const newest = await this.#db.activity.findFirst({ orderBy: { id: 'desc' }, select: { id: true } })
    if (newest) await this.#db.activity.deleteMany({ where: { id: { lte: newest.id - KEPT } } })
  }
}

function idOf(created: unknown): string | null {
  return typeof created === 'object' && created !== null && 'id' in created && typeof created.id === 'string'
    ? created.id
    : null
}
