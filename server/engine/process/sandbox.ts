import { Mutex } from 'async-mutex'
import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { EngineUnavailable, EngineRefused } from '../engine.ts'
import { claimPort, launch, type LaunchedProcess, PORT_TAKEN } from './child.ts'
import { tail, trim } from './log.ts'
import { isLive, type RecordStore, type SandboxRecord } from './records.ts'
import { descendants, processNow, type ProcessInfo } from './process-table.ts'
import type { Volumes } from './volumes.ts'

/** How long a sandbox has to stop by itself before it is killed. */
const GRACE_MS = 3000
/** How often a sandbox is started on another port when its port was taken between the check and the start. */
const PORT_ATTEMPTS = 3

/** What all sandboxes of an engine share. */
export interface ProcessSandboxDeps {
  path: string
  records: RecordStore
  volumes: Volumes
  /** Ports that are used, or about to be. */
  ports: Set<number>
  closed: boolean
  /** Called after every change of a record. */
  changed(record: SandboxRecord): void
}

/** One sandbox: its record, and the process that belongs to it. Its commands run one after the other. */
export class ProcessSandbox {
  readonly record: SandboxRecord
  readonly #deps: ProcessSandboxDeps
  /** Null while there is no process, and for a process that an earlier server started. */
  #child: ChildProcess | null = null
  readonly #mutex = new Mutex()
  /** Commands that run or wait. */
  #commands = 0
  /** Why the process exits, if it does now. */
  #exitReason: 'unexpected' | 'requested' | 'restart' = 'unexpected'
  #attempts = 0

  constructor(record: SandboxRecord, deps: ProcessSandboxDeps) {
    this.record = record
    this.#deps = deps
    if (isLive(record) && record.hostPort !== null) deps.ports.add(record.hostPort)
  }

  /** Whether an earlier server started its process, so that only polling notices its exit. */
  get adopted(): boolean {
    return isLive(this.record) && !this.#child
  }

  start(): Promise<void> {
    return this.#command(async () => {
      if (this.record.status === 'running') return
      if (this.record.status === 'paused') throw new EngineRefused('The sandbox is paused. Resume it instead.')
      this.#attempts = 0
      await this.#launch(null)
    })
  }

  pause(): Promise<void> {
    return this.#command(() => this.#signalUntil('paused'))
  }

  resume(): Promise<void> {
    return this.#command(() => this.#signalUntil('running'))
  }

  restart(): Promise<void> {
    return this.#command(async () => {
      const port = this.record.hostPort
      this.#attempts = 0
      try {
        await this.#stop('restart')
        await this.#launch(port)
      } catch (error) {
        this.#exitReason = 'requested'
        this.#deps.changed(this.record)
        throw error
      }
    })
  }

  kill(): Promise<void> {
    return this.#command(() => this.#stop('requested'))
  }

  /** Compares the record with the state of its process, which may have exited, paused or resumed without THON. */
  observe(seen: ProcessInfo | undefined): void {
    if (this.#commands > 0) return
    if (this.#matches(seen)) {
      this.#confirmRelease()
      return
    }
    // `seen` may be older than the last command: only the present state counts.
    const now = this.#process()
    if (this.#matches(now)) return
    if (now) this.#setStatus(now.stopped ? 'paused' : 'running')
    else if (!this.#child) this.#recordUnseenExit()
  }

  #recordUnseenExit(): void {
    if (this.record.letGo) this.#recordExit(null)
    else this.#recordNeverRan()
  }

  /** An earlier server was killed just before it released the process, which exited with it. */
  #recordNeverRan(): void {
    this.#releasePort()
    const created = { status: 'created', hostPort: null, startedAt: null, pid: null, start: null, letGo: true } as const
    Object.assign(this.record, created)
    this.#save()
    this.#deps.changed(this.record)
  }

  /** The process lives, so the earlier server did release it. */
  #confirmRelease(): void {
    if (this.record.letGo || !isLive(this.record)) return
    this.record.letGo = true
    this.#save()
  }

  #matches(seen: ProcessInfo | null | undefined): boolean {
    if (!isLive(this.record)) return true
    if (!seen) return false
    return seen.start === this.record.start && seen.stopped === (this.record.status === 'paused')
  }

  async #command(command: () => Promise<void>): Promise<void> {
    this.#commands++
    try {
      await this.#mutex.runExclusive(command)
    } finally {
      this.#commands--
    }
  }

  async #launch(port: number | null): Promise<void> {
    const { record } = this
    const { path, ports, records, volumes } = this.#deps
    const workspace = await volumes.ensure(record.volume, record)
    const home = await volumes.home(record.volume)
    const log = records.logPath(record)
    trim(log)
    const claimed = await claimPort(ports, port)
    try {
      if (this.#deps.closed) throw new EngineUnavailable('THON is shutting down. Try again after it has started.')
      const launched = await launch({ path, workspace, home, port: claimed, password: record.password, log })
      await this.#recordStart(launched, claimed)
    } catch (error) {
      ports.delete(claimed)
      throw error
    }
  }

  async #recordStart({ child, release }: LaunchedProcess, hostPort: number): Promise<void> {
    const startedAt = new Date().toISOString()
    Object.assign(this.record, { status: 'running', exitCode: null, pid: child.pid, hostPort, startedAt })
    this.#child = child
    this.#exitReason = 'unexpected'
    child.once('exit', (code, signal) => this.#exited(child, code ?? 128 + (signal ? constants.signals[signal] : 0)))
    try {
      this.record.start = processNow(child.pid)?.start ?? null
      this.#deps.records.save({ ...this.record, letGo: false })
      release()
    } catch (error) {
      // Without a record, the process would outlive every server.
      this.#exitReason = 'requested'
      signalGroups([child.pid], 'SIGKILL')
      await eventually(() => this.#child === null, GRACE_MS)
      throw error
    }
    this.#save()
    this.#deps.changed(this.record)
  }

  /** A child that exits because its port was taken gets another port, without an event. */
  #exited(child: ChildProcess, exitCode: number): void {
    if (this.#child !== child) return
    this.#child = null
    if (child.pid) signalGroups([child.pid], 'SIGKILL')
    if (this.#exitReason !== 'unexpected' || !this.#lostPort(exitCode)) {
      this.#recordExit(exitCode)
      return
    }
    this.#attempts++
    this.#releasePort()
    this.#command(() => this.#launch(null)).catch(() => this.#recordExit(exitCode))
  }

  #lostPort(exitCode: number): boolean {
    const age = Date.now() - Date.parse(this.record.startedAt ?? '')
    if (this.#deps.closed || this.#attempts >= PORT_ATTEMPTS || age > 10_000 || exitCode === 0) return false
    return exitCode === PORT_TAKEN || tail(this.#deps.records.logPath(this.record), 20).includes('EADDRINUSE')
  }

  async #signalUntil(status: 'paused' | 'running'): Promise<void> {
    if (!isLive(this.record) || !this.record.pid) throw new EngineRefused('The sandbox is not running. Start it first.')
    if (this.#process()) signalGroups(await groupsOf(this.record.pid), status === 'paused' ? 'SIGSTOP' : 'SIGCONT')
    const isDone = () => !this.#process() || this.#process()?.stopped === (status === 'paused')
    const verb = status === 'paused' ? 'pause' : 'resume'
    if (!(await eventually(isDone, 1000)))
      throw new EngineRefused(`The sandbox did not ${verb}. Try again, or kill it.`)
    if (!this.#process()) throw new EngineRefused('The sandbox has just stopped. Start it again.')
    this.#setStatus(status)
  }

  async #stop(reason: 'requested' | 'restart'): Promise<void> {
    if (!isLive(this.record) || !this.record.pid) return
    this.#exitReason = reason
    const groups = this.#process() ? await groupsOf(this.record.pid) : []
    signalGroups(groups, 'SIGTERM')
    signalGroups(groups, 'SIGCONT')
    await eventually(() => this.#isGone(), GRACE_MS)
    // Sent in any case, for processes that it left behind.
    signalGroups(groups, 'SIGKILL')
    if (!(await eventually(() => this.#isGone(), GRACE_MS)))
      throw new EngineRefused('The sandbox did not stop. Try again, or stop its processes by hand.')
    if (isLive(this.record)) this.#recordExit(null)
  }

  /** A child is gone only after its exit code has arrived. */
  #isGone(): boolean {
    return !this.#child && !this.#process()
  }

  /** Its process, if its pid still belongs to that: the system may have given the pid to another process. */
  #process(): ProcessInfo | null {
    const found = this.record.pid === null ? null : processNow(this.record.pid)
    return found && found.start === this.record.start ? found : null
  }

  #setStatus(status: 'running' | 'paused'): void {
    if (this.record.status === status) return
    this.record.status = status
    this.#save()
    this.#deps.changed(this.record)
  }

  #recordExit(exitCode: number | null): void {
    this.#releasePort()
    Object.assign(this.record, { status: 'exited', exitCode, pid: null, start: null })
    this.#save()
    if (this.#exitReason !== 'restart') this.#deps.changed(this.record)
  }

  #releasePort(): void {
    if (this.record.hostPort !== null) this.#deps.ports.delete(this.record.hostPort)
  }

  /** Saves if it can: on a full disk the facts hold all the same, and a later server finds them out by the pid. */
  #save(): void {
    try {
      this.#deps.records.save(this.record)
    } catch {
      // See above.
    }
  }
}

/** Process groups of a sandbox: its own, and those that its terminals have created. */
async function groupsOf(pid: number): Promise<number[]> {
  const tree = await descendants(pid)
  return [...new Set([pid, ...tree.map((info) => info.group)])]
}

function signalGroups(groups: number[], signal: NodeJS.Signals): void {
  // 0 and 1 do not name a group: they mean this process's own group and every process.
  for (const group of groups.filter((id) => id > 1)) {
    try {
      process.kill(-group, signal)
    } catch {
      // The group no longer exists.
    }
  }
}

async function eventually(holds: () => boolean, milliseconds: number): Promise<boolean> {
  const end = Date.now() + milliseconds
  while (Date.now() < end) {
    if (holds()) return true
    await sleep(15)
  }
  return holds()
}
