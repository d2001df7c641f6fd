import type { Log } from '../../core/log.ts'
import { messageOf } from '../../core/errors.ts'
import type { Limits } from '../../config/env.ts'
import { EngineAway, EngineRefused, type Sandbox, type SandboxEngine, type SandboxEvent } from '../../engine/engine.ts'
import { Launcher, type FilesFor } from './launcher.ts'
import { todo, type Observation, type Todo } from './lifecycle.ts'
import type { InstanceRow } from '../model.ts'
import { waitUntilReady } from './readiness.ts'
import { StartQueue } from './start-queue.ts'
import type { InstanceRepository } from '../repository.ts'

/** What the conductor needs of its surroundings. */
export interface InstanceControllerDeps {
  store: InstanceRepository
  engine: SandboxEngine
  log: Log
  limits: Limits
  startConcurrency: number
  readySeconds: number
  /** What goes into a new sandbox; never throws. */
  files: (row: InstanceRow) => Promise<FilesFor>
  /** The queue moved. */
  onQueue: () => void
  /** Where to report what was found out. */
  tell: (id: string, observation: Observation) => Promise<void>
  /** A command could not reach the engine. */
  onAway: () => void
}

/**
 * Tells the engine whatever `lifecycle.todo` says is left to do. Asking twice for the same does it once, so it is called
 * after every command, every observation and every re-list.
 */
export class InstanceController {
  readonly queue: StartQueue
  readonly #parts: InstanceControllerDeps
  /** What the engine last said of each instance's sandbox. */
  #seen = new Map<string, Sandbox>()
  /** Tasks under way for each instance; true: asked for again meanwhile. */
  readonly #underWay = new Map<string, Map<Todo, boolean>>()
  readonly #restarting = new Set<string>()
  /** Of each restarted sandbox, when the run that was ended had begun, by the engine's clock. */
  readonly #endedRuns = new Map<string, Date>()
  readonly #probes = new Map<string, AbortController>()
  readonly #launcher: Launcher
  #closed = false

  constructor(parts: InstanceControllerDeps) {
    this.#parts = parts
    this.queue = new StartQueue(parts.startConcurrency, parts.onQueue)
    this.#launcher = new Launcher({
      ...parts,
      seen: () => this.#seen.values(),
      note: (event) => this.note(event),
    })
  }

  seen(id: string): Sandbox | null {
    return this.#seen.get(id) ?? null
  }

  replaceSeen(sandboxes: Sandbox[]): void {
    // Of several sandboxes with one instance id (a crash between two starts), the one that runs counts.
    const rank = { running: 3, paused: 2, created: 1, exited: 0 }
    // A list may be older than what a launch under way has just made.
    this.#seen = new Map([...this.#seen].filter(([id]) => this.isStarting(id)))
    for (const one of sandboxes) {
      const other = this.#seen.get(one.instanceId)
      if (!other || rank[one.status] > rank[other.status]) this.#seen.set(one.instanceId, one)
    }
  }

  seenIds(): string[] {
    return [...this.#seen.keys()]
  }

  note(event: SandboxEvent): void {
    const known = this.#seen.get(event.instanceId)
    if (event.sandbox) this.#seen.set(event.instanceId, event.sandbox)
    else if (known?.ref === event.ref) {
      this.#seen.delete(event.instanceId)
      this.#endedRuns.delete(event.instanceId)
    }
    if (event.sandbox?.status !== 'running' || event.sandbox.hostPort !== known?.hostPort)
      this.#probes.get(event.instanceId)?.abort()
  }

  /** Whether a launch is under way for it: whatever a list says, that launch knows better. */
  isStarting(id: string): boolean {
    return this.queue.isRunning(id)
  }

  isRestarting(id: string): boolean {
    return this.#restarting.has(id)
  }

  /** Whether this end is one that our own restart brought about on the way; it may be told after the restart is done. */
  isEndOfRestart(id: string, sandbox: Sandbox): boolean {
    const ended = this.#endedRuns.get(id)
    return this.#restarting.has(id) || (ended !== undefined && sandbox.startedAt !== null && sandbox.startedAt <= ended)
  }

  /** What a slow start is at, in words; null when there is nothing to say. */
  progress(id: string): string | null {
    return this.#launcher.progress(id)
  }

  /** Does what is left to do for this row, unless it is being done. */
  drive(row: InstanceRow): void {
    if (this.#closed || row.engine !== this.#parts.engine.kind || this.#restarting.has(row.id)) return
    const sandbox = this.seen(row.id)
    const left = todo(row.state, sandbox?.status ?? null, row.reason === null)
    // A launch under way starts what it has made.
    if (left === 'start' && this.isStarting(row.id)) return
    if (left === 'launch')
      this.queue.add(row.id, () => this.#once(row.id, 'launch', () => this.#launcher.launch(row.id)))
    else if (left && sandbox) void this.#once(row.id, left, () => this.#carryOut(left, row, sandbox))
    else if (row.state === 'Stopping' && !sandbox) this.#callOff(row)
  }

  /**
   * Stops and starts it in place. Its end on the way is not taken for one, and nothing else is done for it meanwhile.
   * @param intend writes the intent down; null when the row has changed, and nothing is done
   */
  async restart(id: string, intend: () => Promise<InstanceRow | null>): Promise<InstanceRow | null> {
    this.#restarting.add(id)
    this.#probes.get(id)?.abort()
    const row = await intend().catch((error: unknown) => {
      this.#restarting.delete(id)
      throw error
    })
    this.#quietly(id, this.#restart(id, row))
    return row
  }

  async #restart(id: string, row: InstanceRow | null): Promise<void> {
    const sandbox = this.seen(id)
    let away = false
    if (row && sandbox)
      await this.#once(id, 'start', async () => {
        await this.#parts.engine.restart(sandbox.ref).catch((error: unknown) => {
          away = error instanceof EngineAway
          throw error
        })
        if (sandbox.startedAt) this.#endedRuns.set(id, sandbox.startedAt)
      })
    this.#restarting.delete(id)
    // What was seen last may be half of the restart: the list that follows tells how it ended.
    if (away) return
    const now = await this.#parts.store.find(id)
    const after = this.seen(id)
    if (!now) return
    if (after?.status === 'exited' && !this.isEndOfRestart(id, after)) {
      const { exitCode, outOfMemory } = after
      await this.#parts.tell(id, { type: 'exited', exitCode, outOfMemory })
    } else this.drive(now)
  }

  /** Ends every wait. */
  close(): void {
    this.#closed = true
    for (const probe of this.#probes.values()) probe.abort()
    for (const id of this.queue.waitingIds()) this.queue.drop(id)
  }

  /** A kill that came before there was a sandbox. A launch that is under way sees it by itself. */
  #callOff(row: InstanceRow): void {
    if (this.queue.isRunning(row.id)) return
    this.queue.drop(row.id)
    void this.#parts.tell(row.id, { type: 'gone' })
  }

  /** Takes ended sandboxes off a volume that is to be deleted. */
  async clearVolume(volume: string): Promise<void> {
    const ended = [...this.#seen.values()].filter((one) => one.volume === volume && one.status === 'exited')
    for (const one of ended) await this.#parts.engine.remove(one.ref)
  }

  async #carryOut(left: Exclude<Todo, 'launch' | null>, row: InstanceRow, sandbox: Sandbox): Promise<void> {
    const { engine } = this.#parts
    switch (left) {
      case 'probe':
        return this.#probe(row.id, sandbox)
      case 'kill':
        // Its end comes back as an event, and is followed by 'remove'. One that never ran has no end to tell of.
        return sandbox.status === 'created' ? engine.remove(sandbox.ref) : engine.kill(sandbox.ref)
      case 'start':
      case 'pause':
      case 'resume':
      case 'remove':
        return engine[left](sandbox.ref)
    }
  }

  async #probe(id: string, sandbox: Sandbox): Promise<void> {
    if (sandbox.hostPort === null) return
    const probe = new AbortController()
    this.#probes.set(id, probe)
    const answers = await waitUntilReady(sandbox.hostPort, this.#parts.readySeconds, probe.signal)
    this.#probes.delete(id)
    if (probe.signal.aborted) return
    const message = `code-server did not answer within ${this.#parts.readySeconds} seconds.`
    void this.#parts.tell(id, answers ? { type: 'ready' } : { type: 'overdue', message })
  }

  /** Runs one task for one instance unless the same is under way, and turns its failure into an observation. */
  async #once(id: string, task: Todo, work: () => Promise<void>): Promise<void> {
    const underWay = this.#underWay.get(id) ?? new Map<Todo, boolean>()
    if (underWay.has(task)) return void underWay.set(task, true)
    this.#underWay.set(id, underWay.set(task, false))
    let failed = false
    try {
      await work()
    } catch (error) {
      failed = true
      await this.#failed(id, task, error)
    }
    const again = underWay.get(task) && !failed
    underWay.delete(task)
    if (underWay.size === 0) this.#underWay.delete(id)
    // What asked meanwhile may have known more than this task did when it began.
    if (again) this.#quietly(id, this.#driveAgain(id))
  }

  async #driveAgain(id: string): Promise<void> {
    const row = this.#closed ? null : await this.#parts.store.find(id)
    if (row) this.drive(row)
  }

  /** For work that nobody waits for: its failure is logged, and not thrown at the whole process. */
  #quietly(id: string, work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!this.#closed) this.#parts.log.error({ err: error, instance: id }, 'following up a sandbox command failed')
    })
  }

  async #failed(id: string, task: Todo, error: unknown): Promise<void> {
    // The database is closed, too; the next start goes on from what the engine has.
    if (this.#closed) return
    if (error instanceof EngineAway) return this.#parts.onAway()
    if (!(error instanceof EngineRefused))
      this.#parts.log.error({ err: error, instance: id }, 'a sandbox command failed')
    const told = this.#parts.tell(id, { type: 'refused', message: messageOf(error) })
    if (task !== 'launch') return
    // Until this is written it is starting, and "gone" is not taken for its reason.
    await told
    // For one that was killed meanwhile, a launch that made nothing is its end.
    if (!this.seen(id)) await this.#parts.tell(id, { type: 'gone' })
  }
}
