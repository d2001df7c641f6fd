/**
 * Work that runs a few at a time, in the order it came, each job known by its id. An id that waits or runs is not taken
 * twice.
 */
export class StartQueue {
  readonly #limit: number
  readonly #onMove: () => void
  readonly #waiting = new Map<string, () => Promise<void>>()
  readonly #running = new Set<string>()
  #places: Map<string, number> | null = null

  /**
   * @param limit how many run at once
   * @param onMove called when anything entered, started or left
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

  /** Takes it out of the line. False when it was not waiting: it runs already, or never came. */
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
