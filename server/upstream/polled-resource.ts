import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, messageOf, UpstreamFailed } from '../core/errors.ts'
import { Channel } from '../core/events.ts'

/** How long somebody who looks waits for an answer, in milliseconds. */
const PEEK_TIMEOUT = 1_000

/** How somebody else's server fails: it does not answer, not in time, not for our key, or with what cannot be read. */
export type UpstreamErrorKind = 'OFFLINE' | 'SLOW' | 'UNAUTHORIZED' | 'FAULTY'

/** Why an outside server could not be asked. */
export class UpstreamTrouble extends UpstreamFailed {
  readonly kind: UpstreamErrorKind

  /** @param message names the server and what it said; never a key */
  constructor(kind: UpstreamErrorKind, message: string) {
    super(message)
    this.kind = kind
  }

  /** What a page says of it: `message`, unless that quotes what only programs read. */
  get summary(): string {
    return this.message
  }
}

/** What keeps a source from being known. */
export interface UpstreamError {
  kind: UpstreamErrorKind
  /** A sentence for people. */
  message: string
  /** Since when, by the first question that failed. */
  since: Date
}

/** What is known of a source. */
export interface Snapshot<T> {
  /** Its last good answer, also while it is in trouble; null before the first. */
  value: T | null
  /** When that was given; null before the first. */
  at: Date | null
  /** Null after a good answer. */
  error: UpstreamError | null
}

/** How a source is asked. */
export interface PolledResourceOptions<T> {
  /** Milliseconds between an answer and the next question, while somebody watches. */
  interval: number
  /** Asks once, with a time limit of its own. @param signal ends the question with the source */
  ask: (signal: AbortSignal) => Promise<T>
}

/**
 * An outside server, asked over and over while somebody watches, and not at all when nobody does: one question at a time,
 * however many watch. Watchers are told of changes, not of answers.
 */
export class PolledResource<T> {
  readonly #options: PolledResourceOptions<T>
  readonly #watchers = new Set<Channel<Snapshot<T>>>()
  /** Those of them who have been told nothing yet. */
  readonly #untold = new Set<Channel<Snapshot<T>>>()
  readonly #ended = new AbortController()
  #seen: Snapshot<T> = { value: null, at: null, error: null }
  #text = ''
  /** When the last answer came, good or bad, in milliseconds of the process's clock. */
  #answeredAt = -Infinity
  #asking: Promise<Snapshot<T>> | null = null
  #timer: NodeJS.Timeout | undefined

  constructor(options: PolledResourceOptions<T>) {
    this.#options = options
  }

  /** What is known, without asking. */
  get snapshot(): Snapshot<T> {
    return this.#seen
  }

  /** How many watch. */
  get watchers(): number {
    return this.#watchers.size
  }

  /** What is known, if that is no older than the interval; else what it answers now. Never rejects. */
  async get(): Promise<Snapshot<T>> {
    if (this.#isRecent()) return this.#seen
    return this.#asking ?? this.#ask()
  }

  /** As `get`, for whoever shows it with the rest: what takes longer than a second is shown as it was known before. */
  async peek(): Promise<Snapshot<T>> {
    const late = new AbortController()
    const patience = sleep(PEEK_TIMEOUT, null, { signal: late.signal }).catch(() => null)
    const seen = await Promise.race([this.get(), patience])
    late.abort()
    return seen ?? this.#seen
  }

  /** Asks anew, also when a question is under way, whose answer may be older than this call. Never rejects. */
  async refresh(): Promise<Snapshot<T>> {
    await this.#asking
    return this.#asking ?? this.#ask()
  }

  /** As `refresh`, where somebody watches. */
  invalidate(): void {
    if (this.#watchers.size > 0) void this.refresh()
    else this.#answeredAt = -Infinity
  }

  /** Shows the watchers once more what is known: what they make of it has changed. */
  rebroadcast(): void {
    for (const channel of this.#watchers) channel.push(this.#seen)
  }

  /** What is known once it was asked, then what it is after each change, until the consumer returns. */
  watch(): AsyncIterableIterator<Snapshot<T>> {
    const channel = new Channel<Snapshot<T>>(() => this.#leave(channel))
    const isFirst = this.#watchers.size === 0
    this.#watchers.add(channel)
    const isKnown = isFirst ? this.#isRecent() : this.#answeredAt > -Infinity
    if (isKnown) channel.push(this.#seen)
    else this.#untold.add(channel)
    if (isKnown && isFirst) this.#again()
    else if (!isKnown && !this.#asking) void this.#ask()
    return channel
  }

  /** Ends every watcher and question. */
  close(): void {
    this.#ended.abort()
    clearTimeout(this.#timer)
    for (const channel of this.#watchers) channel.end()
  }

  #isRecent(): boolean {
    return performance.now() - this.#answeredAt < this.#options.interval
  }

  #leave(channel: Channel<Snapshot<T>>): void {
    this.#watchers.delete(channel)
    this.#untold.delete(channel)
    if (this.#watchers.size === 0) clearTimeout(this.#timer)
  }

  #again(): void {
    clearTimeout(this.#timer)
    if (this.#watchers.size === 0 || this.#ended.signal.aborted) return
    this.#timer = setTimeout(() => void (this.#asking ?? this.#ask()), this.#options.interval)
  }

  #ask(): Promise<Snapshot<T>> {
    clearTimeout(this.#timer)
    this.#asking = this.#answer().then((seen) => {
      this.#asking = null
      this.#answeredAt = performance.now()
      this.#take(seen)
      this.#again()
      return this.#seen
    })
    return this.#asking
  }

  async #answer(): Promise<Snapshot<T>> {
    try {
      return { value: await this.#options.ask(this.#ended.signal), at: new Date(), error: null }
    } catch (failure) {
      const kind = failure instanceof UpstreamTrouble ? failure.kind : 'FAULTY'
      const message = summaryOf(failure)
      const { error, value, at } = this.#seen
      const isSame = error?.kind === kind && error.message === message
      return { value, at, error: isSame ? error : { kind, message, since: error?.since ?? new Date() } }
    }
  }

  #take(seen: Snapshot<T>): void {
    const text = JSON.stringify([seen.value, seen.error])
    const isNews = text !== this.#text
    this.#text = text
    this.#seen = seen
    if (this.#ended.signal.aborted) return
    for (const channel of this.#watchers) if (isNews || this.#untold.has(channel)) channel.push(seen)
    this.#untold.clear()
  }
}

function summaryOf(error: unknown): string {
  if (error instanceof UpstreamTrouble) return error.summary
  return error instanceof AppError ? error.message : `It could not be asked: ${messageOf(error)}`
}
