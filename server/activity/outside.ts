import { AppError, describeError, DiskFull, Unavailable } from '../core/errors.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Tx, UnitOfWork } from '../db/unit-of-work.ts'
import type { Outcome } from '../../prisma/generated/client/client.ts'
import { rowOf, type ActivityEntry, type Target } from './model.ts'

/** How often the end of an act that could not be written is tried again, in milliseconds. */
const RETRY_MS = 5_000

/** What became of an act on another system. */
export interface Ending {
  outcome: Exclude<Outcome, 'running'>
  detail: string | null
}

/** An act on another system: an engine, a gateway, a server of language models. */
export interface OutsideAct<T, R> {
  /** What is done there. */
  work: () => Promise<T>
  /** What it means when `work` throws; an `AppError` is a refusal by default, anything else a failure. */
  explain?: (error: unknown) => Ending
  /** What is written here once it is done there, in one transaction with the end of the entry. */
  finish?: (tx: Tx, result: T) => Promise<R>
  /** What people read when it was done there and `finish` could not be written: what is done, and what is not. */
  unwritten?: string
}

/** Entries of the activity log for what THON does on other systems: written before it begins, and ended after it. */
export class OutsideActs {
  readonly #unit: UnitOfWork
  /** Ends that could not be written, by the id of their entry. */
  readonly #unwritten = new Map<number, Ending>()
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(unit: UnitOfWork) {
    this.#unit = unit
  }

  /** What the last run left in the middle may be done or not; only people can find out. */
  async start(): Promise<void> {
    await this.#unit.write((tx) =>
      tx.activity.updateMany({
        where: { outcome: 'running' },
        data: { outcome: 'unfinished', detail: 'THON stopped before it learned how this ended. Check, and repeat it.' },
      }),
    )
  }

  /** Writes what it still can; the rest is shown as unfinished by the next start. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#retry()
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  /** Writes the entry of an act, as running. @returns ends it, and never throws. @throws when it cannot be written */
  async begin(entry: Pick<ActivityEntry, 'actor' | 'action' | 'target'>): Promise<(ending: Ending) => Promise<void>> {
    const id = await this.#begin(entry)
    return (ending) => this.#end(id, ending)
  }

  /** See `ActivityService.outside`. */
  async run<T, R = T>(actor: Viewer, action: string, target: Target, act: OutsideAct<T, R>): Promise<R> {
    const { work, finish, explain = endingOf, unwritten } = act
    const id = await this.#begin({ actor, action, target })
    let result: T
    try {
      result = await work()
    } catch (error) {
      const told = error instanceof DiskFull ? new Unavailable(HALFWAY) : error
      await this.#end(id, explain(told))
      throw told
    }
    if (!finish) {
      await this.#end(id, DONE)
      return result as unknown as R
    }
    try {
      return await this.#unit.write(async (tx) => {
        const finished = await finish(tx, result)
        await update(tx, id, DONE)
        return finished
      })
    } catch (error) {
      const isRefusal = error instanceof AppError && !(error instanceof DiskFull)
      const told = isRefusal || unwritten === undefined ? error : new Unavailable(unwritten)
      await this.#end(id, { outcome: isRefusal ? 'refused' : 'failed', detail: describeError(told) })
      throw told
    }
  }

  #begin(entry: Pick<ActivityEntry, 'actor' | 'action' | 'target'>): Promise<number> {
    return this.#unit.write(async (tx) => {
      const row = await tx.activity.create({ data: rowOf({ ...entry, outcome: 'running' }) })
      tx.publish('activity', { kind: 'ADDED', id: String(row.id), row })
      return row.id
    })
  }

  async #end(id: number, ending: Ending): Promise<void> {
    if (this.#isClosed) return
    try {
      await this.#unit.write((tx) => update(tx, id, ending))
    } catch {
      this.#unwritten.set(id, ending)
      this.#timer ??= setTimeout(() => void this.#retry(), RETRY_MS)
    }
  }

  async #retry(): Promise<void> {
    this.#timer = undefined
    const due = [...this.#unwritten]
    this.#unwritten.clear()
    for (const [id, ending] of due) await this.#end(id, ending)
  }
}

/** What was done before stays done, so "nothing was changed" would be untrue. */
const HALFWAY = "The disk with THON's database is full, and this stopped in the middle. Free some space and try again."

const DONE: Ending = { outcome: 'done', detail: null }

function endingOf(error: unknown): Ending {
  return { outcome: error instanceof AppError ? 'refused' : 'failed', detail: describeError(error) }
}

/** An entry that was pruned meanwhile stays away. */
async function update(tx: Tx, id: number, ending: Ending): Promise<void> {
  const [row] = await tx.activity.updateManyAndReturn({ where: { id }, data: ending })
  if (row) tx.publish('activity', { kind: 'UPDATED', id: String(id), row })
}
