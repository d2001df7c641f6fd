import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, messageOf, UpstreamFailed } from '../core/errors.ts'
import { Channel } from '../core/events.ts'

/** How long somebody who looks waits for an answer, in milliseconds. */
const PATIENCE = 1_000

/** How somebody else's server fails: it does not answer, not in time, not for our key, or with what cannot be read. */
export type TroubleKind = 'OFFLINE' | 'SLOW' | 'UNAUTHORIZED' | 'FAULTY'

/** Why an outside server could not be asked. */
export class UpstreamTrouble extends UpstreamFailed {
  readonly kind: TroubleKind

  /** @param message names the server and what it said; never a key */
  constructor(kind: TroubleKind, message: string) {
    super(message)
    this.kind = kind
  }

  /** What a page says of it: `message`, unless that quotes what only programs read. */
  get summary(): string {
    return this.message
  }
}

/** What keeps a source from being known. */
export interface Trouble {
  kind: TroubleKind
  /** A sentence for people. */
  message: string
  /** Since when, by the first question that failed. */
  since: Date
}

/** What is known of a source. */
export interface Seen<T> {
  /** Its last good answer, also while it is in trouble; null before the first. */
  value: T | null
  /** When that was given; null before the first. */
  at: Date | null
  /** Null after a good answer. */
  trouble: Trouble | null
}

/** How a source is asked. */
export interface SourceOptions<T> {
  /** Milliseconds between an answer and the next question, while somebody watches. */
  interval: number
  /** Asks once, with a time limit of its own. @param signal ends the question with the source */
  ask: (signal: AbortSignal) => Promise<T>
}

/**
 * An outside server, asked over and over while somebody watches, and not at all when nobody does: one question at a time,
 * however many watch. Watchers are told of changes, not of answers.
 */
export class Source<T> {
  readonly #options: SourceOptions<T>
  readonly #watchers = new Set<Channel<Seen<T>>>()
  /** Those of them who have been told nothing yet. */
  readonly #untold = new Set<Channel<Seen<T>>>()
  readonly #ended = new AbortController()
  #seen: Seen<T> = { value: null, at: null, trouble: null }
  #text = ''
  /** When the last answer came, good or bad, in milliseconds of the process's clock. */
  #answeredAt = -Infinity
  #asking: Promise<Seen<T>> | null = null
  #timer: NodeJS.Timeout | undefined

  constructor(options: SourceOptions<T>) {
    this.#options = options
  }

  /** What is known, without asking. */
  get seen(): Seen<T> {
    return this.#seen
  }

  /** How many watch. */
  get watchers(): number {
    return this.#watchers.size
  }

  /** What is known, if that is no older than the interval; else what it answers now. Never rejects. */
  async get(): Promise<Seen<T>> {
    if (this.#isRecent()) return this.#seen
    return this.#asking ?? this.#ask()
  }

  /** As `get`, for whoever shows it with the rest: what takes longer than a second is shown as it was known before. */
  async glance(): Promise<Seen<T>> {
    const late = new AbortController()
    const patience = sleep(PATIENCE, null, { signal: late.signal }).catch(() => null)
    const seen = await Promise.race([this.get(), patience])
    late.abort()
    return seen ?? this.#seen
  }

  /** Asks anew, also when a question is under way, whose answer may be older than this call. Never rejects. */
  async refresh(): Promise<Seen<T>> {
    await this.#asking
    return this.#asking ?? this.#ask()
  }

  /** As `refresh`, where somebody watches. */
  nudge(): void {
    if (this.#watchers.size > 0) void this.refresh()
    else this.#answeredAt = -Infinity
  }

  /** Shows the watchers once more what is known: what they make of it has changed. */
  tell(): void {
    for (const channel of this.#watchers) channel.push(this.#seen)
  }

  /** What is known once it was asked, then what it is after each change, until the consumer returns. */
  watch(): AsyncIterableIterator<Seen<T>> {
    const channel = new Channel<Seen<T>>(() => this.#leave(channel))
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

  #leave(channel: Channel<Seen<T>>): void {
    this.#watchers.delete(channel)
    this.#untold.delete(channel)
    if (this.#watchers.size === 0) clearTimeout(this.#timer)
  }

  #again(): void {
    clearTimeout(this.#timer)
    if (this.#watchers.size === 0 || this.#ended.signal.aborted) return
    this.#timer = setTimeout(() => void (this.#asking ?? this.#ask()), this.#options.interval)
  }

  #ask(): Promise<Seen<T>> {
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

  async #answer(): Promise<Seen<T>> {
    try {
      return { value: await this.#options.ask(this.#ended.signal), at: new Date(), trouble: null }
    } catch (error) {
      const kind = error instanceof UpstreamTrouble ? error.kind : 'FAULTY'
      const message = summaryOf(error)
      const { trouble, value, at } = this.#seen
      const isSame = trouble?.kind === kind && trouble.message === message
      return { value, at, trouble: isSame ? trouble : { kind, message, since: trouble?.since ?? new Date() } }
    }
  }

  #take(seen: Seen<T>): void {
    const text = JSON.stringify([seen.value, seen.trouble])
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
