import type { Events } from '../../core/events.ts'
import type { InstanceRepository } from '../repository.ts'

/** Every waiting row moves up when one starts; saying so at each step would be quadratic. */
const EVERY_MS = 400

/** Tells subscribers that the start queue moved: the engine's counters, and the places of all who wait. */
export class StartQueuePublisher {
  readonly #store: InstanceRepository
  readonly #events: Events
  readonly #waitingIds: () => string[]
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(store: InstanceRepository, events: Events, waitingIds: () => string[]) {
    this.#store = store
    this.#events = events
    this.#waitingIds = waitingIds
  }

  moved(): void {
    if (!this.#closed) this.#timer ??= setTimeout(() => void this.#say().catch(() => undefined), EVERY_MS)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  async #say(): Promise<void> {
    this.#timer = undefined
    this.#events.publish('engine', null)
    if (this.#events.isHeard('instance'))
      for (const row of await this.#store.pendingOf(this.#waitingIds())) this.#store.touch(row)
  }
}
