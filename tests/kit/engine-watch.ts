import type { Sandbox, SandboxEngine, SandboxEvent, SandboxStatus } from '../../server/engine/engine.ts'

/** How long `until` waits, in milliseconds. Machines of CI are slow. */
const TIMEOUT_MS = 20_000

/** Follows the events of an engine: keeps all of them, and waits for more. */
export class EngineWatch {
  readonly events: SandboxEvent[] = []
  /** Settles when the stream is over, with null or with what it threw. */
  readonly over: Promise<unknown>
  readonly #abort = new AbortController()
  #wake = () => {}

  private constructor(
    open: (signal: AbortSignal) => Promise<AsyncIterable<SandboxEvent>>,
    opened: (e?: unknown) => void,
  ) {
    this.over = this.#run(open, opened)
  }

  /** Resolves when the stream is open. */
  static async open(engine: SandboxEngine): Promise<EngineWatch> {
    const opened = Promise.withResolvers<undefined>()
    const watch = new EngineWatch(
      (signal) => engine.events(signal),
      (error) => (error === undefined ? opened.resolve(undefined) : opened.reject(error)),
    )
    await opened.promise
    return watch
  }

  /** The statuses of one sandbox so far, without repetitions; null is "gone". */
  statuses(ref: string): (SandboxStatus | null)[] {
    const all = this.events.filter((event) => event.ref === ref).map(({ sandbox }) => sandbox?.status ?? null)
    return all.filter((status, index) => index === 0 || status !== all[index - 1])
  }

  /** Waits for an event with this status and returns its sandbox; null waits for "gone". Starts at the event `from`. */
  async until(ref: string, status: SandboxStatus | null, from = 0): Promise<Sandbox | null> {
    const found = await this.#until(() =>
      this.events.slice(from).findLast((event) => event.ref === ref && (event.sandbox?.status ?? null) === status),
    )
    if (found) return found.sandbox
    throw new Error(
      `No event says that ${ref} is ${status ?? 'gone'}, only: ${this.statuses(ref).join(', ') || 'none'}`,
    )
  }

  /** Ends the stream. @returns what it threw */
  async stop(): Promise<unknown> {
    this.#abort.abort()
    return this.over
  }

  async #until<T>(look: () => T | undefined): Promise<T | undefined> {
    const end = Date.now() + TIMEOUT_MS
    for (;;) {
      const found = look()
      if (found !== undefined || Date.now() > end) return found
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        setTimeout(resolve, Math.max(0, end - Date.now()) + 1).unref()
      })
    }
  }

  async #run(
    open: (signal: AbortSignal) => Promise<AsyncIterable<SandboxEvent>>,
    opened: (error?: unknown) => void,
  ): Promise<unknown> {
    try {
      const stream = await open(this.#abort.signal)
      opened()
      for await (const event of stream) {
        this.events.push(event)
        this.#wake()
      }
      return null
    } catch (error) {
      opened(error)
      return error
    }
  }
}
