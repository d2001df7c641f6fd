import { describeError } from '../core/errors.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import { LemonadeRefusal } from './client.ts'
import type { Load, LoadedModel } from './model.ts'

/** The loads that THON started. Lemonade names a model only once it is ready, so only THON knows about them. */
export class LoadTracker {
  #loads: Load[] = []
  #isClosed = false
  readonly #db: Db
  readonly #onChange: () => void

  /** @param onChange called after each change */
  constructor(db: Db, onChange: () => void) {
    this.#db = db
    this.#onChange = onChange
  }

  /** Those in progress, and those that failed or got lost and were not deleted, the oldest first. */
  get all(): Load[] {
    return this.#loads
  }

  /** Reads what was in progress when THON stopped. Lemonade goes on with those, and never reports how they end. */
  async restore(): Promise<void> {
    const rows = await this.#db.modelLoad.findMany({ orderBy: { id: 'asc' } })
    this.#loads = rows.map(({ model, by, since }) => ({ model, by, since, state: 'LOST', message: null }))
  }

  /** Adds a load, in place of an earlier one of the same model, until `work` is done. @returns what `work` returns */
  async track<T>(viewer: Viewer, model: string, work: () => Promise<T>): Promise<T> {
    const load: Load = { model, state: 'LOADING', since: new Date(), by: viewer.name, message: null }
    this.delete(model)
    this.#set([...this.#loads, load])
    // Without its row the load still goes on; only a restart of THON forgets it.
    await this.#db.modelLoad.create({ data: { model, by: load.by, since: load.since } }).catch(() => null)
    try {
      const result = await work()
      this.#set(this.#loads.filter((one) => one !== load))
      return result
    } catch (error) {
      const message = error instanceof LemonadeRefusal ? error.sentence : describeError(error)
      this.#set(this.#loads.map((one) => (one === load ? { ...load, state: 'FAILED', message } : one)))
      throw error
    } finally {
      await this.#deleteRows([load])
    }
  }

  /** Drops lost loads of models that are in memory by now. */
  dropLoaded(loaded: readonly LoadedModel[]): void {
    const names = new Set(loaded.map(({ name }) => name))
    this.#drop(({ state, model }) => state === 'LOST' && names.has(model.replace(/^user\./, '')))
  }

  /** Deletes failed and lost loads of a model. @returns whether there was one */
  delete(model: string): boolean {
    return this.#drop((one) => one.model === model && one.state !== 'LOADING')
  }

  /** Keeps the rows of loads in progress, so that the next start finds them. */
  close(): void {
    this.#isClosed = true
  }

  #drop(matches: (load: Load) => boolean): boolean {
    const dropped = this.#loads.filter(matches)
    if (dropped.length === 0) return false
    this.#set(this.#loads.filter((load) => !dropped.includes(load)))
    void this.#deleteRows(dropped)
    return true
  }

  async #deleteRows(loads: Load[]): Promise<void> {
    if (this.#isClosed) return
    for (const { model, since } of loads)
      await this.#db.modelLoad.deleteMany({ where: { model, since } }).catch(() => null)
  }

  #set(loads: Load[]): void {
    this.#loads = loads
    this.#onChange()
  }
}
