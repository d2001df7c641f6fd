import type { Events } from './events.ts'

/** How many values are kept at once. */
const MOST = 100

/**
 * Values made from rows of the database and nothing else, kept until any row changes. Whoever asks gets what was made
 * after the last change that was published before they asked, and many who ask at once wait for one making.
 */
export class KeptUntilChange<T> {
  /** Emptied by putting another in its place: what was begun before a change goes into the old one, where nobody looks. */
  #kept = new Map<string, Promise<T>>()

  constructor(events: Events) {
    // Every command ends in the activity log, so that also counts which change rows without a topic of their own.
    for (const topic of ['instance', 'group', 'activity'] as const) events.on(topic, () => this.#forget())
  }

  /**
   * @param key equal for exactly those values that are equal
   * @param make reads rows only after it is called
   * @param mayKeep whether others may have this value too; who waited for one that may not makes their own
   */
  async get(key: string, make: () => Promise<T>, mayKeep: (value: T) => boolean): Promise<T> {
    const kept = this.#kept
    const known = await kept.get(key)?.then(
      (value) => ({ value }),
      () => null,
    )
    if (known && mayKeep(known.value)) return known.value
    const making = make()
    if (kept.size >= MOST) kept.delete(kept.keys().next().value as string)
    kept.set(key, making)
    const drop = () => void (kept.get(key) === making && kept.delete(key))
    making.then((value) => void (mayKeep(value) || drop()), drop)
    return making
  }

  #forget(): void {
    if (this.#kept.size > 0) this.#kept = new Map()
  }
}
