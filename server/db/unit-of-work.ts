import { AsyncLocalStorage } from 'node:async_hooks'
import { Mutex } from 'async-mutex'
import { DiskFull, isDiskFull } from '../core/errors.ts'
import type { Events, Topics } from '../core/events.ts'
import type { Prisma } from '../../prisma/generated/client/client.ts'
import type { Db } from './client.ts'

/** A transaction, and the events that are published once it is committed. */
export type Tx = Prisma.TransactionClient & {
  /** Publishes after the commit, in the order of the calls; never after a rollback. */
  publish<T extends keyof Topics>(topic: T, event: Topics[T]): void
}

/**
 * Milliseconds. Nothing else reads or writes the database while a transaction is open, so it should take a few; these are for
 * a machine that hangs, and for the import of a large event.
 */
const LIMITS = { maxWait: 60_000, timeout: 60_000 }

/**
 * Writes rows and the events about them together: all of it, or nothing. Units run one at a time, so what a unit has read
 * still holds when it writes, and events are published in the order of their commits.
 *
 * Inside a unit use only its `tx`: the database itself answers when the unit is over, which would wait for that answer. No
 * engine, no other server, nothing slow: everyone waits meanwhile.
 */
export class UnitOfWork {
  readonly #db: Db
  readonly #events: Events
  readonly #mutex = new Mutex()
  readonly #inside = new AsyncLocalStorage<{ isOver: boolean }>()

  constructor(db: Db, events: Events) {
    this.#db = db
    this.#events = events
  }

  /** Runs `work` in a transaction, commits, and then publishes. @throws what `work` throws, and DiskFull, after everything is rolled back */
  async write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const outer = this.#inside.getStore()
    // It would wait for itself forever.
    if (outer && !outer.isOver) throw new Error('A unit of work inside another one: hand its tx on instead')
    return this.#mutex.runExclusive(async () => {
      const unit = { isOver: false }
      const outgoing: (() => void)[] = []
      const publish: Tx['publish'] = (topic, event) => {
        outgoing.push(() => {
          this.#events.publish(topic, event)
        })
      }
      try {
        const result = await this.#inside.run(unit, () =>
          this.#db.$transaction((tx) => work(Object.assign(tx, { publish })), LIMITS),
        )
        unit.isOver = true
        for (const send of outgoing) send()
        return result
      } catch (error) {
        // Here, and nowhere else, it is certain that nothing was changed.
        throw isDiskFull(error) ? new DiskFull() : error
      } finally {
        unit.isOver = true
      }
    })
  }
}
