import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, describeError, UpstreamFailed } from '../core/errors.ts'
import { Channel } from '../core/events.ts'

/** How long `peek` waits for an answer, in milliseconds. */
const PEEK_TIMEOUT = 1_000

/** How an outside server fails: no answer, no answer in time, our key refused, or an answer that is an error or unreadable. */
export type UpstreamErrorKind = 'OFFLINE' | 'SLOW' | 'UNAUTHORIZED' | 'FAULTY'

/** A request to an outside server failed. */
export class UpstreamFailure extends UpstreamFailed {
  readonly kind: UpstreamErrorKind

  /** @param message names the server and what it answered; never a key */
  constructor(kind: UpstreamErrorKind, message: string) {
    super(message)
    this.kind = kind
  }

  /** What people see: `message`, unless that quotes text for programs. */
  get summary(): string {
    return this.message
  }
}

/** Why an outside server's data is out of date. */
export interface UpstreamError {
  kind: UpstreamErrorKind
  /** A sentence for people. */
  message: string
  /** When the first failed request ended. */
  since: Date
}

/** What is known of a resource. */
export interface Snapshot<T> {
  /** The last good answer, which stays while requests fail; null before the first one. */
  value: T | null
  /** When that answer came; null before the first one. */
  at: Date | null
  /** Null after a good answer. */
  error: UpstreamError | null
}

/** How to poll. */
export interface PolledResourceOptions<T> {
  /** Milliseconds between an answer and the next request, while someone watches. */
  interval: number
  /** Sends one request, which has a timeout of its own. @param signal aborts it when the resource closes */
  ask: (signal: AbortSignal) => Promise<T>
}

/**
 * Something an outside server knows, polled while someone watches and not otherwise. However many watch, only one request
 * is open at a time. Watchers get changes, not every answer.
 */
export class PolledResource<T> {
  readonly #options: PolledResourceOptions<T>
  readonly #watchers = new Set<Channel<Snapshot<T>>>()
  /** Watchers that have not received anything yet. */
  readonly #waiting = new Set<Channel<Snapshot<T>>>()
  readonly #closed = new AbortController()
  #snapshot: Snapshot<T> = { value: null, at: null, error: null }
  /** The snapshot without its time, as JSON: changes are found by comparing. */
  #content = ''
  /** When the last answer came, good or bad, in milliseconds of the process's clock. */
  #answeredAt = -Infinity
  #asking: Promise<Snapshot<T>> | null = null
  #timer: NodeJS.Timeout | undefined

  constructor(options: PolledResourceOptions<T>) {
    this.#options = options
  }

  /** What is known, without a request. */
  get snapshot(): Snapshot<T> {
    return this.#snapshot
  }

  /** How many watch. */
  get watchers(): number {
    return this.#watchers.size
  }

  /** What is known if that is no older than the interval, otherwise a new answer. Never rejects. */
  async get(): Promise<Snapshot<T>> {
    if (this.#isRecent()) return this.#snapshot
    return this.#asking ?? this.#ask()
  }

  /** As `get`, but waits at most a second for a new answer and then returns what was known before. */
  async peek(): Promise<Snapshot<T>> {
    const answered = new AbortController()
    const timeout = sleep(PEEK_TIMEOUT, null, { signal: answered.signal }).catch(() => null)
    const snapshot = await Promise.race([this.get(), timeout])
    answered.abort()
    return snapshot ?? this.#snapshot
  }

  /** Sends a new request, after the one that may be open: its answer may be older than this call. Never rejects. */
  async refresh(): Promise<Snapshot<T>> {
    await this.#asking
    return this.#asking ?? this.#ask()
  }

  /** Calls for a new answer: at once if someone watches, otherwise with the next `get`. */
  invalidate(): void {
    if (this.#watchers.size > 0) void this.refresh()
    else this.#answeredAt = -Infinity
  }

  /** Sends watchers the snapshot again, because what is shown along with it has changed. */
  rebroadcast(): void {
    for (const channel of this.#watchers) channel.push(this.#snapshot)
  }

  /** The first snapshot once there is an answer, then one after each change, until the consumer returns. */
  watch(): AsyncIterableIterator<Snapshot<T>> {
    const channel = new Channel<Snapshot<T>>(() => this.#leave(channel))
    const isFirst = this.#watchers.size === 0
    this.#watchers.add(channel)
    const isKnown = isFirst ? this.#isRecent() : this.#answeredAt > -Infinity
    if (isKnown) channel.push(this.#snapshot)
    else this.#waiting.add(channel)
    if (isKnown && isFirst) this.#schedule()
    else if (!isKnown && !this.#asking) void this.#ask()
    return channel
  }

  /** Ends all watchers and the open request. */
  close(): void {
    this.#closed.abort()
    clearTimeout(this.#timer)
    for (const channel of this.#watchers) channel.end()
  }

  #isRecent(): boolean {
    return performance.now() - this.#answeredAt < this.#options.interval
  }

  #leave(channel: Channel<Snapshot<T>>): void {
    this.#watchers.delete(channel)
    this.#waiting.delete(channel)
    if (this.#watchers.size === 0) clearTimeout(this.#timer)
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    if (this.#watchers.size === 0 || this.#closed.signal.aborted) return
    this.#timer = setTimeout(() => void (this.#asking ?? this.#ask()), this.#options.interval)
  }

  #ask(): Promise<Snapshot<T>> {
    clearTimeout(this.#timer)
    this.#asking = this.#answer().then((snapshot) => {
      this.#asking = null
      this.#answeredAt = performance.now()
      this.#publish(snapshot)
      this.#schedule()
      return this.#snapshot
    })
    return this.#asking
  }

  async #answer(): Promise<Snapshot<T>> {
    try {
      return { value: await this.#options.ask(this.#closed.signal), at: new Date(), error: null }
    } catch (failure) {
      const kind = failure instanceof UpstreamFailure ? failure.kind : 'FAULTY'
      const message = summaryOf(failure)
      const { error, value, at } = this.#snapshot
      const isSame = error?.kind === kind && error.message === message
      return { value, at, error: isSame ? error : { kind, message, since: error?.since ?? new Date() } }
    }
  }

  #publish(snapshot: Snapshot<T>): void {
    const content = JSON.stringify([snapshot.value, snapshot.error])
    const hasChanged = content !== this.#content
    this.#content = content
    this.#snapshot = snapshot
    if (this.#closed.signal.aborted) return
    for (const channel of this.#watchers) if (hasChanged || this.#waiting.has(channel)) channel.push(snapshot)
    this.#waiting.clear()
  }
}

function summaryOf(failure: unknown): string {
  const text = failure instanceof UpstreamFailure ? failure.summary : describeError(failure)
  const sentence = failure instanceof AppError ? text : `The request failed: ${text}`
  return /[.!?…]$/.test(sentence) ? sentence : `${sentence}.`
}
