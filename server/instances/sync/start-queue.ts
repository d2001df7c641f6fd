import type { Events } from '../../core/events.ts'
import type { InstanceRepository } from '../repository.ts'

/**
 * Runs jobs a few at a time, in the order they came. Each job has an id, and an id that waits or runs is not added again.
 * Unlike the queues of libraries it tells the place of each job that waits, which people see.
 */
export class StartQueue {
  readonly #limit: number
  readonly #onMove: () => void
  readonly #waiting = new Map<string, () => Promise<void>>()
  readonly #running = new Set<string>()
  #places: Map<string, number> | null = null

  /**
   * @param limit how many run at once
   * @param onMove called after a job was added, started or dropped
   */
  constructor(limit: number, onMove: () => void) {
    this.#limit = limit
    this.#onMove = onMove
  }

  get waiting(): number {
    return this.#waiting.size
  }

  get running(): number {
    return this.#running.size
  }

  waitingIds(): string[] {
    return [...this.#waiting.keys()]
  }

  isRunning(id: string): boolean {
    return this.#running.has(id)
  }

  /** Its place among the waiting, 1 being next; null when it does not wait. */
  place(id: string): number | null {
    this.#places ??= new Map([...this.#waiting.keys()].map((key, index) => [key, index + 1]))
    return this.#places.get(id) ?? null
  }

  /** @param job must not reject */
  add(id: string, job: () => Promise<void>): void {
    if (this.#waiting.has(id) || this.#running.has(id)) return
    this.#waiting.set(id, job)
    this.#pump()
  }

  /** Takes a job out of the line. @returns false when it was not waiting */
  drop(id: string): boolean {
    const dropped = this.#waiting.delete(id)
    if (dropped) this.#moved()
    return dropped
  }

  #pump(): void {
    for (const [id, job] of this.#waiting) {
      if (this.#running.size >= this.#limit) break
      this.#waiting.delete(id)
      this.#running.add(id)
      void job().finally(() => {
        this.#running.delete(id)
        this.#pump()
      })
    }
    this.#moved()
  }

  #moved(): void {
    this.#places = null
    this.#onMove()
  }
}

/** Every waiting row moves up when one starts. Publishing each step would cost the square of their number. */
const PUBLISH_MS = 400

/** Publishes moves of the start queue: the counters of the engine, and the place of every instance that waits. */
export class StartQueuePublisher {
  readonly #repository: InstanceRepository
  readonly #events: Events
  readonly #waitingIds: () => string[]
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(repository: InstanceRepository, events: Events, waitingIds: () => string[]) {
    this.#repository = repository
    this.#events = events
    this.#waitingIds = waitingIds
  }

  moved(): void {
    if (!this.#closed) this.#timer ??= setTimeout(() => void this.#publish().catch(() => undefined), PUBLISH_MS)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  async #publish(): Promise<void> {
    this.#timer = undefined
    this.#events.publish('engine', null)
    if (!this.#events.isHeard('instance')) return
    for (const row of await this.#repository.pendingOf(this.#waitingIds())) this.#repository.touch(row)
  }
}
