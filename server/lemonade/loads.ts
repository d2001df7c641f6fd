import type { Viewer } from '../auth/viewer.ts'
import { messageOf } from '../errors.ts'
import { LemonadeRefusal } from './client.ts'
import type { Load } from './model.ts'

/** Loads that THON asked for. Lemonade names a model only once it is ready, so nobody else knows of them. */
export class Loads {
  #loads: Load[] = []
  readonly #onChange: () => void

  /** @param onChange called after each change */
  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  /** Those under way, and those that failed and were not dismissed, the oldest first. */
  get all(): Load[] {
    return this.#loads
  }

  /** Follows a load to its end, and gives what it gives. A load of the same model takes the place of a failed one. */
  async follow<T>(viewer: Viewer, model: string, work: () => Promise<T>): Promise<T> {
    const load: Load = { model, state: 'LOADING', since: new Date(), by: viewer.name, message: null }
    this.#set([...this.#loads.filter((one) => one.model !== model || one.state === 'LOADING'), load])
    try {
      const result = await work()
      this.#set(this.#loads.filter((one) => one !== load))
      return result
    } catch (error) {
      const message = error instanceof LemonadeRefusal ? error.sentence : messageOf(error)
      this.#set(this.#loads.map((one) => (one === load ? { ...load, state: 'FAILED', message } : one)))
      throw error
    }
  }

  /** Forgets failed ones. @returns whether there was one */
  dismiss(model: string): boolean {
    const left = this.#loads.filter((one) => one.model !== model || one.state === 'LOADING')
    const found = left.length < this.#loads.length
    if (found) this.#set(left)
    return found
  }

  #set(loads: Load[]): void {
    this.#loads = loads
    this.#onChange()
  }
}
