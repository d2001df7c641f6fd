import { z } from 'zod'
import { authorize } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import { AppError, messageOf } from '../core/errors.ts'
import type { Change, Channel, Events, Ready } from '../core/events.ts'
import { parse } from '../core/input.ts'
import type { Activity, Outcome } from '../../prisma/generated/client/client.ts'

/** What an act was done to. */
export interface Target {
  kind:
    | 'instance'
    | 'group'
    | 'user'
    | 'event'
    | 'workspace'
    | 'engine'
    | 'setting'
    | 'config file'
    | 'identity'
    | 'token'
    | 'model'
    | 'consumer'
    | 'gateway'
  /** Null when it has no id (yet). */
  id: string | null
  /** Its name for people, as it is now. */
  label: string
}

/** One thing that was done. */
export interface Act {
  actor: Viewer
  /** A verb phrase for people, such as `pause` or `start all`. */
  action: string
  target: Target
  outcome: Outcome
  detail?: string | null
}

const KEPT = 20_000

const listInput = z.object({
  first: z.number(),
  before: z
    .string()
    .regex(/^\d{1,15}$/, 'must be the id of an act')
    .nullish(),
  kind: z.string().nullish(),
  target: z.string().nullish(),
})

/** The activity log: who did what to which, and how it ended. */
export class ActivityService {
  readonly #db: Db
  readonly #events: Events

  constructor(db: Db, events: Events) {
    this.#db = db
    this.#events = events
  }

  /** Writes the acts down, in one go, and tells the subscribers. */
  async add(...acts: Act[]): Promise<void> {
    if (acts.length === 0) return
    const rows = await this.#db.activity.createManyAndReturn({
      data: acts.map(({ actor, action, target, outcome, detail }) => ({
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

  /** Runs the act and writes down whether it was done or refused. Bad input changed nothing and is not written. */
  async recording<T>(actor: Viewer, action: string, target: Target, act: () => Promise<T>): Promise<T> {
    try {
      const result = await act()
      // What an act makes has an id only now.
      await this.add({ actor, action, target: { ...target, id: target.id ?? idOf(result) }, outcome: 'done' })
      return result
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'INVALID_INPUT'))
        await this.add({
          actor,
          action,
          target,
          outcome: error instanceof AppError ? 'refused' : 'failed',
          detail: messageOf(error),
        })
      throw error
    }
  }

  /** What is done from now on, after one READY. @throws Forbidden */
  changes(viewer: Viewer): Channel<Change<Activity> | Ready> {
    authorize(viewer, 'activity.see')
    return this.#events.changes('activity')
  }

  /**
   * The newest acts first. @throws InvalidInput
   * @param page `before` is the id of the oldest one already seen; `kind` and `target` narrow to one thing
   */
  async list(
    viewer: Viewer,
    raw: { first: number; before?: string | null; kind?: string | null; target?: string | null },
  ): Promise<Activity[]> {
    authorize(viewer, 'activity.see')
    const page = parse(listInput, raw)
    return this.#db.activity.findMany({
      where: {
        id: page.before ? { lt: Number(page.before) } : undefined,
        kind: page.kind ?? undefined,
        target: page.target ?? undefined,
      },
      orderBy: { id: 'desc' },
      take: Math.min(Math.max(page.first, 1), 200),
    })
  }

  /** Forgets all but the newest acts, so that the log of a long event does not fill the disk. */
  async prune(): Promise<void> {
    const newest = await this.#db.activity.findFirst({ orderBy: { id: 'desc' }, select: { id: true } })
    if (newest) await this.#db.activity.deleteMany({ where: { id: { lte: newest.id - KEPT } } })
  }
}

function idOf(made: unknown): string | null {
  return typeof made === 'object' && made !== null && 'id' in made && typeof made.id === 'string' ? made.id : null
}
