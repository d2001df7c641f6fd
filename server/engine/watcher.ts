import { setTimeout as sleep } from 'node:timers/promises'
import { describeError } from '../core/errors.ts'
import type { Events } from '../core/events.ts'
import type { Log } from '../core/log.ts'
import { EngineUnavailable, type EngineInfo, type Sandbox, type SandboxEngine, type SandboxEvent } from './engine.ts'

const FIRST_RETRY_MS = 250
const LONGEST_RETRY_MS = 5_000
const RECHECK_MS = 15_000

/** Follows what the engine has. */
export interface SandboxObserver {
  /** Everything the engine has now, after a time without events. */
  reconcile(sandboxes: Sandbox[]): Promise<void>
  /** One change. Called in order, and not awaited. */
  observe(event: SandboxEvent): void
  /** The engine became unavailable, or is back. Not called for the first connection after a start. */
  connectionChanged(status: EngineStatus): void
}

/** Whether the engine answers. */
export interface EngineStatus {
  connected: boolean
  /** Since when it has answered, or has not. */
  since: Date
  /** Why it does not answer, and what to do; null while it answers. */
  message: string | null
  /** From its last answer; null until there is one. */
  info: EngineInfo | null
}

/**
 * Follows the engine for as long as THON runs: opens its event stream, then lists and reconciles, then reads events, so
 * that no change is missed. When the stream breaks, it reports that, waits with growing delays, and starts again.
 */
export class EngineWatcher {
  readonly #engine: SandboxEngine
  readonly #observer: SandboxObserver
  readonly #events: Events
  readonly #log: Log
  readonly #stop = new AbortController()
  #round = new AbortController()
  #wake = new AbortController()
  #status: EngineStatus = { connected: false, since: new Date(), message: null, info: null }
  #running: Promise<void> = Promise.resolve()

  constructor(engine: SandboxEngine, observer: SandboxObserver, events: Events, log: Log) {
    this.#engine = engine
    this.#observer = observer
    this.#events = events
    this.#log = log
  }

  get status(): EngineStatus {
    return this.#status
  }

  /** Begins to follow the engine. Resolves after the first round has listed everything, or has failed to. */
  async start(): Promise<void> {
    const first = Promise.withResolvers<void>()
    this.#running = this.#follow(first.resolve)
    await first.promise
  }

  /** Starts another round at once, for instance when a command could not reach the engine. */
  recheck(): void {
    this.#round.abort()
    this.#wake.abort()
  }

  async close(): Promise<void> {
    this.#stop.abort()
    this.recheck()
    await this.#running
  }

  async #follow(firstRound: () => void): Promise<void> {
    let delay = FIRST_RETRY_MS
    while (!this.#stop.signal.aborted) {
      const startedAt = Date.now()
      try {
        await this.#runRound(firstRound)
      } catch (error) {
        this.#setDisconnected(error)
      }
      firstRound()
      if (Date.now() - startedAt > LONGEST_RETRY_MS) delay = FIRST_RETRY_MS
      this.#wake = new AbortController()
      const signal = AbortSignal.any([this.#stop.signal, this.#wake.signal])
      await sleep(delay, undefined, { signal }).catch(() => undefined)
      delay = Math.min(delay * 2, LONGEST_RETRY_MS)
    }
  }

  async #runRound(firstRound: () => void): Promise<void> {
    const round = new AbortController()
    this.#round = round
    let recheck: NodeJS.Timeout | undefined
    try {
      const info = await this.#engine.info()
      const stream = await this.#engine.events(AbortSignal.any([this.#stop.signal, round.signal]))
      const sandboxes = await this.#engine.list()
      this.#setStatus({ connected: true, message: null, info })
      await this.#observer.reconcile(sandboxes)
      firstRound()
      recheck = setInterval(() => void this.#refreshInfo(), RECHECK_MS)
      for await (const event of stream) this.#observer.observe(event)
    } finally {
      clearInterval(recheck)
      // Also closes a stream that was opened and never read, when the list failed.
      round.abort()
    }
  }

  /** Notices when the image is pulled by hand, and when the engine hangs without closing its stream. */
  async #refreshInfo(): Promise<void> {
    try {
      const info = await this.#engine.info()
      if (JSON.stringify(info) !== JSON.stringify(this.#status.info))
        this.#setStatus({ connected: true, message: null, info })
    } catch {
      this.recheck()
    }
  }

  #setDisconnected(error: unknown): void {
    if (this.#stop.signal.aborted) return
    if (!(error instanceof EngineUnavailable)) this.#log.error({ err: error }, 'following the sandbox engine failed')
    this.#setStatus({ connected: false, message: describeError(error), info: this.#status.info })
  }

  #setStatus(status: Omit<EngineStatus, 'since'>): void {
    const before = this.#status
    const since = before.connected === status.connected ? before.since : new Date()
    this.#status = { ...status, since }
    const isFirst = before.info === null && before.message === null && status.connected
    if (before.connected !== status.connected && !isFirst) this.#observer.connectionChanged(this.#status)
    const isSame =
      before.connected === status.connected && before.message === status.message && before.info === status.info
    if (!isSame) this.#events.publish('engine', null)
  }
}
