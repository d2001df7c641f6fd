import type { UnitOfWork } from '../db/unit-of-work.ts'
import { rowOf, type ActivityEntry } from './model.ts'

const MINUTE_MS = 60_000
/** How long further refusals are only counted, in milliseconds. */
const FLUSH_MS = 1_000

/** One entry that stands for the refusals of a minute. */
interface Counter {
  /** Null while its row is being written. */
  id: number | null
  label: string
  /** Whether something other than the first thing was refused, too. */
  isMixed: boolean
  /** Refusals that the row does not have yet. */
  more: number
}

/**
 * Counts refusals instead of logging each: one entry for a person's same act on the same kind of thing in a minute. A
 * program that asks for the same refused thing over and over costs one write a second, and displaces nobody's entries.
 */
export class Refusals {
  readonly #unit: UnitOfWork
  #counters = new Map<string, Counter>()
  #minute = 0
  #timer: NodeJS.Timeout | undefined

  constructor(unit: UnitOfWork) {
    this.#unit = unit
  }

  /** @throws when the first of a minute cannot be written */
  async add(entry: ActivityEntry): Promise<void> {
    await this.#turn()
    const { actor, action, target } = entry
    const key = JSON.stringify([actor.identityId ?? actor.name, action, target.kind])
    const known = this.#counters.get(key)
    if (known) {
      known.more += 1
      known.isMixed ||= known.label !== target.label
      this.#timer ??= setTimeout(() => void this.#flush(this.#counters), FLUSH_MS)
      return
    }
    const counter: Counter = { id: null, label: target.label, isMixed: false, more: 0 }
    this.#counters.set(key, counter)
    try {
      counter.id = await this.#unit.write(async (tx) => {
        const row = await tx.activity.create({ data: rowOf(entry) })
        tx.publish('activity', { kind: 'ADDED', id: String(row.id), row })
        return row.id
      })
    } catch (error) {
      this.#counters.delete(key)
      throw error
    }
  }

  /** Writes what was counted, if it can. */
  async close(): Promise<void> {
    await this.#flush(this.#counters)
    clearTimeout(this.#timer)
  }

  /** Writes what was counted. When that fails it stays counted, and goes into the next attempt. */
  async #flush(counters: Map<string, Counter>): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const due = [...counters.values()].flatMap((counter) =>
      counter.id !== null && counter.more > 0 ? [{ counter, id: counter.id, more: counter.more }] : [],
    )
    if (due.length === 0) return
    for (const { counter } of due) counter.more = 0
    try {
      await this.#unit.write(async (tx) => {
        for (const { counter, id, more } of due) {
          const label = counter.isMixed ? `${counter.label} and others` : counter.label
          const data = { count: { increment: more }, label }
          const [row] = await tx.activity.updateManyAndReturn({ where: { id }, data })
          if (row) tx.publish('activity', { kind: 'UPDATED', id: String(id), row })
        }
      })
    } catch {
      for (const { counter, more } of due) counter.more += more
    }
  }

  /** With each minute new entries begin. */
  async #turn(): Promise<void> {
    const minute = Math.floor(Date.now() / MINUTE_MS)
    if (minute === this.#minute) return
    this.#minute = minute
    const over = this.#counters
    this.#counters = new Map()
    await this.#flush(over)
  }
}
