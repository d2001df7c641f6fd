import type { Events, Topics } from './events.ts'

/** Most values at once. */
const MAX_ENTRIES = 100
/**
 * Whether a topic says that rows changed, or who may see them. Every command ends in the activity log, so `activity` also
 * covers rows that have no topic of their own.
 */
const SAYS_ROWS_CHANGED: Record<keyof Topics, boolean> = {
  ...{ instance: true, group: true, setting: true, configFile: true, activity: true, identity: true },
  ...{ principal: true, gatewaySettings: true, engine: false },
}
const TOPICS = (Object.keys(SAYS_ROWS_CHANGED) as (keyof Topics)[]).filter((topic) => SAYS_ROWS_CHANGED[topic])

/**
 * Values computed from rows of the database and nothing else, cached until any row changes. A caller gets a value computed
 * after the last change published before the call; concurrent callers share one computation.
 */
export class ResponseCache<T extends object> {
  readonly #events: Events
  /** A value goes in when its computation starts, so that a change meanwhile drops it too. */
  readonly #entries = new Map<string, Promise<T>>()
  /** Stops listening for changes. It listens only while it has entries, so that `Events.isHeard` counts others. */
  #stops: (() => void)[] = []

  constructor(events: Events) {
    this.#events = events
  }

  /**
   * @param key equal for exactly the values that are equal
   * @param compute reads rows only after it is called
   * @param isShareable whether others may get this value too; a caller that waited for one that is not computes its own
   */
  async get(key: string, compute: () => Promise<T>, isShareable: (value: T) => boolean): Promise<T> {
    const pending = this.#entries.get(key)
    const cached = pending && (await pending.catch(() => undefined))
    if (cached && isShareable(cached)) return cached
    if (this.#stops.length === 0) this.#stops = TOPICS.map((topic) => this.#events.on(topic, () => this.#clear()))
    const entries = this.#entries
    const value = compute()
    if (entries.size >= MAX_ENTRIES) entries.delete(entries.keys().next().value as string)
    entries.set(key, value)
    const drop = () => {
      if (entries.get(key) === value) entries.delete(key)
      if (entries.size === 0) this.#clear()
    }
    value.then((result) => {
      if (!isShareable(result)) drop()
    }, drop)
    return value
  }

  #clear(): void {
    this.#entries.clear()
    for (const stop of this.#stops) stop()
    this.#stops = []
  }
}
