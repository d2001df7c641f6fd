import type { Sandbox, SandboxEngine, SandboxEvent, SandboxStatus } from '../../server/engine/engine.ts'

/** Generous, because CI machines are slow. */
const TIMEOUT_MS = 20_000

/** Collects the events of an engine for a test, and waits for expected ones. */
export class EngineWatch {
  readonly events: SandboxEvent[] = []
  /** Settles when the stream is over, with null when it ended, else with what it threw. */
  readonly over: Promise<unknown>
  readonly #abort = new AbortController()
  #wake = () => {}

  private constructor(engine: SandboxEngine, opened: PromiseWithResolvers<void>) {
    this.over = this.#run(engine, opened)
  }

  /** Resolves when the stream is open. */
  static async open(engine: SandboxEngine): Promise<EngineWatch> {
    const opened = Promise.withResolvers<void>()
    const watch = new EngineWatch(engine, opened)
    await opened.promise
    return watch
  }

  /** Statuses of one sandbox so far, without repetitions; null means removed. */
  statuses(ref: string): (SandboxStatus | null)[] {
    const all = this.events.filter((event) => event.ref === ref).map(({ sandbox }) => sandbox?.status ?? null)
    return all.filter((status, index) => index === 0 || status !== all[index - 1])
  }

  /** Waits for an event with this status and returns its sandbox; null waits for the removal. @param from index of the first event to check */
  async until(ref: string, status: SandboxStatus | null, from = 0): Promise<Sandbox | null> {
    const found = await this.#until(() =>
      this.events.slice(from).findLast((event) => event.ref === ref && (event.sandbox?.status ?? null) === status),
    )
    if (found) return found.sandbox
    throw new Error(
      `No event reported ${ref} as ${status ?? 'removed'}, only as: ${this.statuses(ref).join(', ') || 'nothing'}`,
    )
  }

  /** Ends the stream. @returns what it threw, or null */
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

  async #run(engine: SandboxEngine, opened: PromiseWithResolvers<void>): Promise<unknown> {
    try {
      const stream = await engine.events(this.#abort.signal)
      opened.resolve()
      for await (const event of stream) {
        this.events.push(event)
        this.#wake()
      }
      return null
    } catch (error) {
      opened.reject(error)
      return error
    }
  }
}
