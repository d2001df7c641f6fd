import type { Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import { messageOf } from '../core/errors.ts'
import { LemonadeRefusal } from './client.ts'
import type { Load, LoadedModel } from './model.ts'

/** Loads that THON asked for. Lemonade names a model only once it is ready, so nobody else knows of them. */
export class Loads {
  #loads: Load[] = []
  #isClosed = false
  readonly #db: Db
  readonly #onChange: () => void

  /** @param onChange called after each change */
  constructor(db: Db, onChange: () => void) {
    this.#db = db
    this.#onChange = onChange
  }

  /** Those under way, and those that failed or got lost and were not dismissed, the oldest first. */
  get all(): Load[] {
    return this.#loads
  }

  /** Finds those that were under way when THON ended. Lemonade goes on with them, and tells nobody how they end. */
  async recall(): Promise<void> {
    const rows = await this.#db.modelLoad.findMany({ orderBy: { id: 'asc' } })
    this.#loads = rows.map(({ model, by, since }) => ({ model, by, since, state: 'LOST', message: null }))
  }

  /** Follows a load to its end, and gives what it gives. A load of the same model takes the place of one that is over. */
  async follow<T>(viewer: Viewer, model: string, work: () => Promise<T>): Promise<T> {
    const load: Load = { model, state: 'LOADING', since: new Date(), by: viewer.name, message: null }
    this.dismiss(model)
    this.#set([...this.#loads, load])
    // One that cannot be written down is not found after a restart; it goes on all the same.
    await this.#db.modelLoad.create({ data: { model, by: load.by, since: load.since } }).catch(() => null)
    try {
      const result = await work()
      this.#set(this.#loads.filter((one) => one !== load))
      return result
    } catch (error) {
      const message = error instanceof LemonadeRefusal ? error.sentence : messageOf(error)
      this.#set(this.#loads.map((one) => (one === load ? { ...load, state: 'FAILED', message } : one)))
      throw error
    } finally {
      await this.#forget([load])
    }
  }

  /** What is in memory now was not lost. */
  found(loaded: readonly LoadedModel[]): void {
    const names = new Set(loaded.map(({ name }) => name))
    this.#drop(({ state, model }) => state === 'LOST' && names.has(model.replace(/^user\./, '')))
  }

  /** Forgets those that failed or got lost. @returns whether there was one */
  dismiss(model: string): boolean {
    return this.#drop((one) => one.model === model && one.state !== 'LOADING')
  }

  /** Writes nothing any more: what is under way is found at the next start. */
  close(): void {
    this.#isClosed = true
  }

  #drop(which: (load: Load) => boolean): boolean {
    const gone = this.#loads.filter(which)
    if (gone.length === 0) return false
    this.#set(this.#loads.filter((load) => !gone.includes(load)))
    void this.#forget(gone)
    return true
  }

  async #forget(loads: Load[]): Promise<void> {
    if (this.#isClosed) return
    for (const { model, since } of loads)
      await this.#db.modelLoad.deleteMany({ where: { model, since } }).catch(() => null)
  }

  #set(loads: Load[]): void {
    this.#loads = loads
    this.#onChange()
  }
}
