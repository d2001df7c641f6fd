import { mapExchange } from '@urql/svelte'

/** What a list can depend on; the frames of the subscriptions touch these. */
export type Topic =
  | 'instances'
  | 'groups'
  | 'activity'
  | 'identities'
  | 'tokens'
  | 'settings'
  | 'configFiles'
  | 'gateway'
  | 'gatewayJob'
  | 'consumers'

/**
 * Knows of every query when it last went to the network, and of every topic when it last changed. Browser only: it is one
 * for the tab, as its client is. Its clock counts events, which orders them without equal times.
 */
class Freshness {
  #clock = 0
  readonly #begun = new Map<number, number>()
  readonly #read = new Map<number, number>()
  readonly #touched = new Map<Topic, number>()

  /** Sits between the cache and the network, and so sees exactly the queries that leave the tab. */
  readonly exchange = mapExchange({
    onOperation: ({ kind, key }) => {
      if (kind === 'query') this.#begun.set(key, ++this.#clock)
      if (kind === 'teardown' && this.inFlight(key)) this.#begun.delete(key)
    },
    onResult: ({ operation: { kind, key }, error }) => {
      if (kind !== 'query') return
      if (error) this.#begun.delete(key)
      else this.#read.set(key, this.#begun.get(key) ?? 0)
    },
  })

  /** Something of the topic changed. */
  touch(topic: Topic): void {
    this.#touched.set(topic, ++this.#clock)
  }

  /** Whether the query's last answer was asked for after the last change of all its topics. */
  isFresh(key: number, topics: readonly Topic[]): boolean {
    const read = this.#read.get(key)
    return read !== undefined && topics.every((topic) => (this.#touched.get(topic) ?? 0) < read)
  }

  /** Whether the query is on its way. */
  inFlight(key: number): boolean {
    const begun = this.#begun.get(key)
    return begun !== undefined && this.#read.get(key) !== begun
  }
}

/** The tab's. */
export const freshness = new Freshness()
