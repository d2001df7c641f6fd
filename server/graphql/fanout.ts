import { GraphQLError, subscribe, type ExecutionArgs, type ExecutionResult } from 'graphql'
import { Channel } from '../core/events.ts'

/** Frames that may wait for one subscriber. A slower one is cut off: it reconnects and queries again. */
const MAX_BACKLOG = 2_000

/** The frames of one subscriber. */
export class Frames extends Channel<ExecutionResult> {
  /**
   * Takes frames at once while the reader waits for one, which costs far less with many subscribers. The reader gets only
   * what came before it first waited, and the end.
   */
  sink: ((frame: ExecutionResult) => void) | null = null
  #readerWaits = false
  /** Called once when they end. */
  onEnded: () => void = () => undefined

  override push(frame: ExecutionResult): void {
    if (this.sink && this.#readerWaits) this.sink(frame)
    else super.push(frame)
  }

  override end(): void {
    super.end()
    const { onEnded } = this
    this.onEnded = () => undefined
    onEnded()
  }

  override next(): Promise<IteratorResult<ExecutionResult>> {
    this.#readerWaits = this.backlog === 0
    return super.next()
  }
}

/**
 * One execution for all subscribers of the same operation, variables and audience: every event is resolved once and its
 * result goes to each of them. A later subscriber gets the first frame (READY), or the newest one of a topic that sends
 * the current state, so that joining costs no execution either.
 */
export class FanOut {
  readonly #shared = new Map<string, Promise<Shared | ExecutionResult>>()

  /** Shared executions under way, for tests and metrics. */
  get size(): number {
    return this.#shared.size
  }

  /**
   * @param key equal for exactly the operations whose results are equal
   * @param args as for graphql's `subscribe`; the shared execution gets a copy of the context
   * @returns the frames, or the result that refuses the subscription
   */
  async subscribe(key: string, args: ExecutionArgs): Promise<Frames | ExecutionResult> {
    for (;;) {
      const pending = this.#shared.get(key) ?? this.#begin(key, args)
      const shared = await pending
      if (!(shared instanceof Shared)) return shared
      const channel = shared.join()
      if (channel) return channel
      // It ended after it was found.
      if (this.#shared.get(key) === pending) this.#shared.delete(key)
    }
  }

  #begin(key: string, args: ExecutionArgs): Promise<Shared | ExecutionResult> {
    const opening = this.#open(key, args)
    this.#shared.set(key, opening)
    return opening
  }

  async #open(key: string, args: ExecutionArgs): Promise<Shared | ExecutionResult> {
    let newest = false
    const contextValue = { ...(args.contextValue as object), replayNewest: () => (newest = true) }
    try {
      const source = await subscribe({ ...args, contextValue })
      if (!(Symbol.asyncIterator in source)) {
        this.#shared.delete(key)
        return source
      }
      return new Shared(source, newest, () => this.#shared.delete(key))
    } catch (error) {
      this.#shared.delete(key)
      throw error
    }
  }
}

class Shared {
  readonly #source: AsyncGenerator<ExecutionResult, void, void>
  readonly #newest: boolean
  readonly #onEnd: () => void
  readonly #subscribers = new Set<Frames>()
  #replay: ExecutionResult | null = null
  #ended = false

  constructor(source: AsyncGenerator<ExecutionResult, void, void>, newest: boolean, onEnd: () => void) {
    this.#source = source
    this.#newest = newest
    this.#onEnd = onEnd
    void this.#pump()
  }

  /** @returns null when it has ended */
  join(): Frames | null {
    if (this.#ended) return null
    const channel: Frames = new Frames(() => this.#leave(channel))
    this.#subscribers.add(channel)
    if (this.#replay) channel.push(this.#replay)
    return channel
  }

  #leave(channel: Frames): void {
    this.#subscribers.delete(channel)
    if (this.#subscribers.size === 0) this.#end()
  }

  async #pump(): Promise<void> {
    try {
      for await (const result of this.#source) this.#deliver(result)
    } catch (error) {
      // Sent as the last frame; thrown, it would end the process. The socket masks it.
      const originalError = error instanceof Error ? error : new Error(String(error))
      this.#deliver({ errors: [new GraphQLError(originalError.message, { originalError })] })
    } finally {
      this.#end()
    }
  }

  #deliver(result: ExecutionResult): void {
    if (this.#newest || !this.#replay) this.#replay = result
    for (const channel of this.#subscribers) {
      if (channel.backlog < MAX_BACKLOG) channel.push(result)
      else void channel.return()
    }
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#onEnd()
    for (const channel of this.#subscribers) channel.end()
    void this.#source.return()
  }
}
