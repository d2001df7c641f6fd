import type { Activity, ConfigFile, Group, Identity, Instance, Setting } from '../../prisma/generated/client/client.ts'

/**
 * What happened to a row. Each new subscriber gets one `READY` first: changes are reported from then on, so a query made
 * after it and the changes that follow leave no gap.
 */
export type ChangeKind = 'READY' | 'ADDED' | 'UPDATED' | 'REMOVED'

/** One change with the row as it was committed: readers need not load it, and see every state in order. */
export interface Change<Row> {
  kind: Exclude<ChangeKind, 'READY'>
  id: string
  row: Row
}

/** The first frame of every stream of changes. */
export interface Ready {
  kind: 'READY'
  id: null
  row: null
}

/** Principals (see `viewer.ts`) that ended, or whose rights changed and who have to be authenticated again. */
export interface PrincipalChange {
  kind: 'ended' | 'changed'
  ids: ReadonlySet<string>
}

/** Every topic and its events. */
export interface Topics {
  instance: Change<Instance>
  group: Change<Group>
  activity: Change<Activity>
  setting: Change<Setting>
  configFile: Change<ConfigFile>
  identity: Change<Identity>
  /** What outlives a request listens: it ends with its principal. */
  principal: PrincipalChange
  /** The settings of the AI gateway changed; ask its service. */
  gatewaySettings: null
  /** The engine connected, disconnected, or its start queue moved; ask the engine service. */
  engine: null
}

type Listener<T> = (event: T) => void

/** In-process pub/sub. Publish after the commit, never before. Listeners run at once and in order. */
export class Events {
  readonly #listeners = new Map<keyof Topics, Set<Listener<never>>>()
  readonly #failed: (error: unknown, topic: keyof Topics) => void

  /** @param failed receives what a listener throws; the publisher and the other listeners do not */
  constructor(failed: (error: unknown, topic: keyof Topics) => void = rethrow) {
    this.#failed = failed
  }

  /** Calls every listener of the topic before it returns. */
  publish<T extends keyof Topics>(topic: T, event: Topics[T]): void {
    for (const listener of this.#listeners.get(topic) ?? [])
      try {
        ;(listener as Listener<Topics[T]>)(event)
      } catch (error) {
        this.#failed(error, topic)
      }
  }

  /** @returns the function that stops listening */
  on<T extends keyof Topics>(topic: T, listener: Listener<Topics[T]>): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set()
    this.#listeners.set(topic, listeners)
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  /** Whether the topic has a listener; an event without one need not be built. */
  isHeard(topic: keyof Topics): boolean {
    return (this.#listeners.get(topic)?.size ?? 0) > 0
  }

  /** As `stream`, with one READY first. @param isFor filters, called for each event */
  changes<T extends Exclude<keyof Topics, 'engine' | 'principal' | 'gatewaySettings'>>(
    topic: T,
    isFor: (event: Topics[T]) => boolean = () => true,
  ): Channel<Topics[T] | Ready> {
    const channel = new Channel<Topics[T] | Ready>(() => stop())
    const stop = this.on(topic, (event) => isFor(event) && channel.push(event))
    channel.push({ kind: 'READY', id: null, row: null })
    return channel
  }

  /** The topic's events from this call on; ends when its consumer returns. */
  stream<T extends keyof Topics>(topic: T): Channel<Topics[T]> {
    const channel = new Channel<Topics[T]>(() => stop())
    const stop = this.on(topic, (event) => channel.push(event))
    return channel
  }
}

function rethrow(error: unknown): never {
  throw error
}

/**
 * A queue that is read as an async iterator. Unlike an async generator's, its `return()` takes effect at once, even while
 * a `next()` is waiting: a subscriber that leaves never waits for one more event.
 */
export class Channel<T> implements AsyncIterableIterator<T> {
  #queue: T[] = []
  #waiting: ((result: IteratorResult<T> | Promise<IteratorResult<T>>) => void)[] = []
  #ended = false
  #failure: Error | null = null
  readonly #onEnd: () => void

  /** @param onEnd called once when the consumer or the producer ends it */
  constructor(onEnd: () => void = () => undefined) {
    this.#onEnd = onEnd
  }

  /** Unread items; it grows when a consumer does not keep up. */
  get backlog(): number {
    return this.#queue.length
  }

  push(item: T): void {
    if (this.#ended) return
    const waiting = this.#waiting.shift()
    if (waiting) waiting({ value: item, done: false })
    else this.#queue.push(item)
  }

  /** Takes no more items; queued ones are still delivered. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    for (const waiting of this.#waiting) waiting({ value: undefined, done: true })
    this.#waiting = []
    this.#onEnd()
  }

  /** As `end`, but a consumer that has read what is queued then gets this error, once. */
  fail(error: Error): void {
    if (this.#ended) return
    const waiting = this.#waiting.shift()
    if (waiting) waiting(Promise.reject(error))
    else this.#failure = error
    this.end()
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#queue.length > 0) return Promise.resolve({ value: this.#queue.shift() as T, done: false })
    const failure = this.#failure
    this.#failure = null
    if (failure) return Promise.reject(failure)
    if (this.#ended) return Promise.resolve({ value: undefined, done: true })
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  return(): Promise<IteratorResult<T>> {
    this.#queue = []
    this.#failure = null
    this.end()
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
