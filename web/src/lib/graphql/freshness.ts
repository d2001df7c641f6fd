import type { Exchange, Operation, OperationResult } from '@urql/svelte'
import { pipe, tap } from 'wonka'

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
 * Knows when each query last went to the network, and when each topic last changed. Browser only: the tab has one, as it has
 * one client. Its clock counts events, which orders them without equal times.
 */
class Freshness {
  #clock = 0
  readonly #begun = new Map<number, number>()
  readonly #read = new Map<number, number>()
  readonly #touched = new Map<Topic, number>()

  /** Sits between the cache and the network, and so sees exactly the queries that leave the tab. */
  readonly exchange: Exchange =
    ({ forward }) =>
    (operations) =>
      pipe(
        operations,
        tap((operation) => this.#asked(operation)),
        forward,
        tap((result) => this.#answered(result)),
      )

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

  #asked({ kind, key }: Operation): void {
    if (kind === 'query') this.#begun.set(key, ++this.#clock)
    // Its last reader left before the answer.
    if (kind === 'teardown' && this.inFlight(key)) this.#begun.delete(key)
  }

  #answered({ operation: { kind, key }, error }: OperationResult): void {
    if (kind !== 'query') return
    if (error) this.#begun.delete(key)
    else this.#read.set(key, this.#begun.get(key) ?? 0)
  }
}

/** The one of this tab. */
export const freshness = new Freshness()
