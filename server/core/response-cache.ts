import type { Events } from './events.ts'

/** How many values are kept at once. */
const MOST = 100
/** Every command ends in the activity log, so that also counts which change rows without a topic of their own. */
const TOPICS = ['instance', 'group', 'setting', 'configFile', 'activity'] as const

/**
 * Values made from rows of the database and nothing else, kept until any row changes. Whoever asks gets what was made
 * after the last change that was published before they asked, and many who ask at once wait for one making.
 */
export class ResponseCache<T extends object> {
  readonly #events: Events
  /** Each goes in when it is begun, so a change in the middle of its making throws it out as well. */
  readonly #kept = new Map<string, Promise<T>>()
  /** Ends listening for changes, which is done only while something is kept: `Events.isHeard` is about others. */
  #stops: (() => void)[] = []

  constructor(events: Events) {
    this.#events = events
  }

  /**
   * @param key equal for exactly those values that are equal
   * @param make reads rows only after it is called
   * @param mayKeep whether others may have this value too; who waited for one that may not makes their own
   */
  async get(key: string, make: () => Promise<T>, mayKeep: (value: T) => boolean): Promise<T> {
    const waiting = this.#kept.get(key)
    const known = waiting && (await waiting.catch(() => undefined))
    if (known && mayKeep(known)) return known
    if (this.#stops.length === 0) this.#stops = TOPICS.map((topic) => this.#events.on(topic, () => this.#forget()))
    const kept = this.#kept
    const making = make()
    if (kept.size >= MOST) kept.delete(kept.keys().next().value as string)
    kept.set(key, making)
    const drop = () => {
      if (kept.get(key) === making) kept.delete(key)
      if (kept.size === 0) this.#forget()
    }
    making.then((value) => mayKeep(value) || drop(), drop)
    return making
  }

  #forget(): void {
    this.#kept.clear()
    for (const stop of this.#stops) stop()
    this.#stops = []
  }
}
