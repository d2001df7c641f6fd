import type { Log } from '../../core/log.ts'
import type { Limits } from '../../config/env.ts'
import {
  EngineUnavailable,
  EngineRefused,
  type Sandbox,
  type SandboxEngine,
  type SandboxEvent,
} from '../../engine/engine.ts'
import { Launcher, type LaunchFiles } from './launcher.ts'
import { observationOf, todo, type Observation, type Todo } from './lifecycle.ts'
import type { InstanceRow } from '../model.ts'
import { waitUntilReady } from './readiness.ts'
import { StartQueue } from './start-queue.ts'
import type { InstanceRepository } from '../repository.ts'
import type { UnitOfWork } from '../../db/unit-of-work.ts'

/** The reason of a sandbox whose command failed in THON itself. */
const BROKEN = 'THON failed to carry this out. Its log says why. Try again.'

/** What the controller depends on. */
export interface InstanceControllerDeps {
  repository: InstanceRepository
  unit: UnitOfWork
  engine: SandboxEngine
  log: Log
  limits: Limits
  /** How many sandboxes start at once. */
  startConcurrency: number
  /** How long code-server may take to answer, in seconds. */
  readySeconds: number
  /** The configuration files of a new sandbox; never throws. */
  filesFor: (row: InstanceRow) => Promise<LaunchFiles>
  /** Gives the sandbox and its user another volume. */
  setVolume: (row: InstanceRow, volume: string) => Promise<InstanceRow>
  /** The start queue moved. */
  onQueueMove: () => void
  /** Takes what THON itself finds out about a sandbox. */
  report: (id: string, observation: Observation) => Promise<void>
  /** A command did not reach the engine. */
  onUnreachable: () => void
}

/**
 * Gives the engine the commands that `lifecycle.todo` names. Driving an instance twice does the same work once, so it is
 * driven after every command, every observation and every full list.
 */
export class InstanceController {
  readonly queue: StartQueue
  readonly #deps: InstanceControllerDeps
  /** The sandbox of each instance, as the engine last reported it. */
  #seen = new Map<string, Sandbox>()
  /** The tasks under way for each instance; true when one was requested again meanwhile. */
  readonly #underWay = new Map<string, Map<Todo, boolean>>()
  readonly #restarting = new Set<string>()
  /** When the run that a restart stopped had begun, by the engine's clock. */
  readonly #stoppedRuns = new Map<string, Date>()
  readonly #probes = new Map<string, AbortController>()
  readonly #launcher: Launcher
  #closed = false

  constructor(deps: InstanceControllerDeps) {
    this.#deps = deps
    this.queue = new StartQueue(deps.startConcurrency, deps.onQueueMove)
    this.#launcher = new Launcher({
      ...deps,
      seen: () => this.#seen.values(),
      note: (event) => this.note(event),
    })
  }

  /** The sandbox of an instance, as the engine last reported it. */
  seen(id: string): Sandbox | null {
    return this.#seen.get(id) ?? null
  }

  /** Takes a full list of the engine. */
  replaceSeen(sandboxes: Sandbox[]): void {
    // Several sandboxes of one instance (after a crash between two starts): the one that runs counts.
    const rank = { running: 3, paused: 2, created: 1, exited: 0 }
    // The list may be older than what a launch under way has just created.
    this.#seen = new Map([...this.#seen].filter(([id]) => this.isStarting(id)))
    for (const one of sandboxes) {
      const other = this.#seen.get(one.instanceId)
      if (!other || rank[one.status] > rank[other.status]) this.#seen.set(one.instanceId, one)
    }
  }

  /** The instances that the engine has a sandbox for. */
  seenIds(): string[] {
    return [...this.#seen.keys()]
  }

  /** Takes one event of the engine. */
  note(event: SandboxEvent): void {
    const known = this.#seen.get(event.instanceId)
    if (event.sandbox) this.#seen.set(event.instanceId, event.sandbox)
    else if (known?.ref === event.ref) {
      this.#seen.delete(event.instanceId)
      this.#stoppedRuns.delete(event.instanceId)
    }
    if (event.sandbox?.status !== 'running' || event.sandbox.hostPort !== known?.hostPort)
      this.#probes.get(event.instanceId)?.abort()
  }

  /** Whether its launch is under way, which knows more than a list of the engine. */
  isStarting(id: string): boolean {
    return this.queue.isRunning(id)
  }

  isRestarting(id: string): boolean {
    return this.#restarting.has(id)
  }

  /** Whether an exit is part of a restart. It may be reported after the restart is done. */
  isExitOfRestart(id: string, sandbox: Sandbox): boolean {
    const began = this.#stoppedRuns.get(id)
    return this.#restarting.has(id) || (began !== undefined && sandbox.startedAt !== null && sandbox.startedAt <= began)
  }

  /** What a slow start is doing, as a short text for people; null when it is not known. */
  progress(id: string): string | null {
    return this.#launcher.progress(id)
  }

  /** Gives the engine the next command for this row, unless it is under way. */
  drive(row: InstanceRow): void {
    if (this.#closed || row.engine !== this.#deps.engine.kind || this.#restarting.has(row.id)) return
    const sandbox = this.seen(row.id)
    const next = todo(row.state, sandbox?.status ?? null, row.reason === null)
    // A launch under way starts what it has created.
    if (next === 'start' && this.isStarting(row.id)) return
    if (next === 'launch')
      this.queue.add(row.id, () => this.#once(row.id, 'launch', () => this.#launcher.launch(row.id)))
    else if (next && sandbox) void this.#once(row.id, next, () => this.#carryOut(next, row, sandbox))
    else if (row.state === 'Stopping' && !sandbox) this.#cancelStart(row)
  }

  /**
   * Stops and starts it in place. Its exit on the way does not count, and it gets no other command meanwhile.
   * @param intend writes the intent; nothing is done when it throws
   */
  async restart(id: string, intend: () => Promise<InstanceRow>): Promise<InstanceRow> {
    this.#restarting.add(id)
    this.#probes.get(id)?.abort()
    const row = await intend().catch((error: unknown) => {
      this.#restarting.delete(id)
      throw error
    })
    this.#inBackground(id, this.#restart(id))
    return row
  }

  async #restart(id: string): Promise<void> {
    const sandbox = this.seen(id)
    let failure: unknown = null
    if (sandbox)
      await this.#once(id, 'start', async () => {
        await this.#deps.engine.restart(sandbox.ref).catch((error: unknown) => {
          failure = error
          throw error
        })
        if (sandbox.startedAt) this.#stoppedRuns.set(id, sandbox.startedAt)
      })
    this.#restarting.delete(id)
    // What was seen last may be half of the restart. The list that follows shows how it came out.
    if (failure instanceof EngineUnavailable) return
    const now = await this.#deps.repository.find(id)
    const after = this.seen(id)
    if (!now) return
    if (after?.status === 'exited' && !this.isExitOfRestart(id, after))
      await this.#deps.report(id, observationOf(after, this.#deps.limits.memoryBytes))
    else this.drive(now)
  }

  /** Drops what waits and aborts the readiness probes. */
  close(): void {
    this.#closed = true
    for (const probe of this.#probes.values()) probe.abort()
    for (const id of this.queue.waitingIds()) this.queue.drop(id)
  }

  /** A kill that came before there was a sandbox. A launch under way notices it by itself. */
  #cancelStart(row: InstanceRow): void {
    if (this.queue.isRunning(row.id)) return
    this.queue.drop(row.id)
    void this.#deps.report(row.id, { type: 'gone' })
  }

  /** Removes stopped sandboxes from a volume that is to be deleted. */
  async clearVolume(volume: string): Promise<void> {
    const stopped = [...this.#seen.values()].filter((one) => one.volume === volume && one.status === 'exited')
    for (const one of stopped) await this.#deps.engine.remove(one.ref)
  }

  async #carryOut(command: Exclude<Todo, 'launch' | null>, row: InstanceRow, sandbox: Sandbox): Promise<void> {
    const { engine } = this.#deps
    switch (command) {
      case 'probe':
        return this.#probe(row.id, sandbox)
      case 'kill':
        // Its exit comes back as an event, and 'remove' follows. One that never ran has no exit.
        return sandbox.status === 'created' ? engine.remove(sandbox.ref) : engine.kill(sandbox.ref)
      case 'start':
      case 'pause':
      case 'resume':
      case 'remove':
        return engine[command](sandbox.ref)
    }
  }

  async #probe(id: string, sandbox: Sandbox): Promise<void> {
    if (sandbox.hostPort === null) return
    const probe = new AbortController()
    this.#probes.set(id, probe)
    const answers = await waitUntilReady(sandbox.hostPort, this.#deps.readySeconds, probe.signal)
    this.#probes.delete(id)
    if (probe.signal.aborted) return
    const message = `code-server did not answer within ${this.#deps.readySeconds} seconds.`
    void this.#deps.report(id, answers ? { type: 'ready' } : { type: 'overdue', message })
  }

  /** Runs a task for an instance unless the same is under way, and turns its failure into an observation. */
  async #once(id: string, task: Todo, work: () => Promise<void>): Promise<void> {
    const underWay = this.#underWay.get(id) ?? new Map<Todo, boolean>()
    if (underWay.has(task)) return void underWay.set(task, true)
    this.#underWay.set(id, underWay.set(task, false))
    let failed = false
    try {
      await work()
    } catch (error) {
      failed = true
      await this.#taskFailed(id, task, error)
    }
    const again = underWay.get(task) && !failed
    underWay.delete(task)
    if (underWay.size === 0) this.#underWay.delete(id)
    // A request that came meanwhile may have known more than this task did when it began.
    if (again) this.#inBackground(id, this.#driveAgain(id))
  }

  async #driveAgain(id: string): Promise<void> {
    const row = this.#closed ? null : await this.#deps.repository.find(id)
    if (row) this.drive(row)
  }

  /** For work that nothing waits for: its failure is logged instead of ending the process. */
  #inBackground(id: string, work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!this.#closed) this.#deps.log.error({ err: error, instance: id }, 'the follow-up of a sandbox command failed')
    })
  }

  async #taskFailed(id: string, task: Todo, error: unknown): Promise<void> {
    // The database is closed too. The next start goes on from what the engine has.
    if (this.#closed) return
    if (error instanceof EngineUnavailable) {
      this.#deps.onUnreachable()
      return
    }
    if (!(error instanceof EngineRefused))
      this.#deps.log.error({ err: error, instance: id }, 'a sandbox command failed')
    // The reason is shown to people: what broke inside THON belongs into the log only.
    const message = error instanceof EngineRefused ? error.message : BROKEN
    const reported = this.#deps.report(id, { type: 'refused', message })
    if (task !== 'launch') return
    // Until this is written it counts as starting, and "gone" does not become its reason.
    await reported
    // When it was killed meanwhile, a launch that created nothing is its end.
    if (!this.seen(id)) await this.#deps.report(id, { type: 'gone' })
  }
}
