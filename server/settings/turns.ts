/**
 * Runs tasks one after the other, in the order they came: what is checked before a write still holds at the write, and
 * changes are published in the order of their commits.
 */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve()

  /** @returns what the task returns or throws; a failed one does not keep the next one back */
  run<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(task)
    this.#last = turn.catch(() => undefined)
    return turn
  }
}
