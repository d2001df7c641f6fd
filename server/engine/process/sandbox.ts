import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { EngineAway, EngineRefused } from '../engine.ts'
import { claimPort, launch, type LaunchedProcess, PORT_TAKEN } from './child.ts'
import { tail, trim } from './log.ts'
import { isLive, type RecordStore, type SandboxRecord } from './records.ts'
import { descendants, processNow, type ProcessInfo } from './process-table.ts'
import type { Volumes } from './volumes.ts'

/** Time a sandbox has to end by itself, then it is made to. */
const GRACE_MS = 3000
/** A port that was free a moment ago may be gone at the start; so many others are tried. */
const PORT_ATTEMPTS = 3

/** What all sandboxes of an engine share. */
export interface ProcessSandboxDeps {
  path: string
  records: RecordStore
  volumes: Volumes
  /** Ports that are used, or about to be. */
  ports: Set<number>
  closed: boolean
  /** Told after every change of a record. */
  changed(record: SandboxRecord): void
}

/** One sandbox: its record, and the process that belongs to it. Its commands are done one after the other. */
export class ProcessSandbox {
  readonly record: SandboxRecord
  readonly #host: ProcessSandboxDeps
  /** Null while there is no process, or when it is not our child: a server before us started it. */
  #child: ChildProcess | null = null
  #turn: Promise<unknown> = Promise.resolve()
  #commands = 0
  /** What its end means: nobody asked for it, it was asked for, or it is one half of a restart. */
  #end: 'unasked' | 'asked' | 'restart' = 'unasked'
  #attempts = 0

  constructor(record: SandboxRecord, host: ProcessSandboxDeps) {
    this.record = record
    this.#host = host
    if (isLive(record) && record.hostPort !== null) host.ports.add(record.hostPort)
  }

  /** Whether its process was started by a server before this one, so that its end must be looked for. */
  get adopted(): boolean {
    return isLive(this.record) && !this.#child
  }

  start(): Promise<void> {
    return this.#next(async () => {
      if (this.record.status === 'running') return
      if (this.record.status === 'paused') throw new EngineRefused('The sandbox is paused: resume it instead.')
      this.#attempts = 0
      await this.#launch(null)
    })
  }

  pause(): Promise<void> {
    return this.#next(() => this.#hold('paused'))
  }

  resume(): Promise<void> {
    return this.#next(() => this.#hold('running'))
  }

  restart(): Promise<void> {
    return this.#next(async () => {
      const port = this.record.hostPort
      this.#attempts = 0
      try {
        await this.#stop('restart')
        await this.#launch(port)
      } catch (error) {
        this.#end = 'asked'
        this.#host.changed(this.record)
        throw error
      }
    })
  }

  kill(): Promise<void> {
    return this.#next(() => this.#stop('asked'))
  }

  /** Compares the record with a look at its process, which may have ended or been held without us. */
  observe(seen: ProcessInfo | undefined): void {
    if (this.#commands > 0) return
    if (this.#agrees(seen)) return this.#lives()
    // The look may be older than our last command: only a fresh one counts.
    const now = this.#process()
    if (this.#agrees(now)) return
    if (now) this.#become(now.stopped ? 'paused' : 'running')
    else if (!this.#child) this.#gone()
  }

  /** Nobody saw it end. */
  #gone(): void {
    if (this.record.letGo) this.#ended(null)
    else this.#neverRan()
  }

  /** A server before us was killed on the point of letting the process go, which ended with it: it never ran. */
  #neverRan(): void {
    this.#release()
    const unmade = { status: 'created', hostPort: null, startedAt: null, pid: null, start: null, letGo: true } as const
    Object.assign(this.record, unmade)
    this.#save()
    this.#host.changed(this.record)
  }

  /** The server before us let it go after all. */
  #lives(): void {
    if (this.record.letGo || !isLive(this.record)) return
    this.record.letGo = true
    this.#save()
  }

  #agrees(seen: ProcessInfo | null | undefined): boolean {
    if (!isLive(this.record)) return true
    return seen?.start === this.record.start && seen?.stopped === (this.record.status === 'paused')
  }

  #next(command: () => Promise<void>): Promise<void> {
    this.#commands++
    const done = this.#turn.then(command).finally(() => this.#commands--)
    this.#turn = done.catch(() => {})
    return done
  }

  async #launch(port: number | null): Promise<void> {
    const { record } = this
    const { path, ports, records, volumes } = this.#host
    const workspace = await volumes.ensure(record.volume, record)
    const home = await volumes.home(record.volume)
    const log = records.logPath(record)
    trim(log)
    const claimed = await claimPort(ports, port)
    try {
      if (this.#host.closed) throw new EngineAway('The server is shutting down.')
      const launched = await launch({ path, workspace, home, port: claimed, password: record.password, log })
      await this.#started(launched, claimed)
    } catch (error) {
      ports.delete(claimed)
      throw error
    }
  }

  async #started({ child, release }: LaunchedProcess, hostPort: number): Promise<void> {
    const startedAt = new Date().toISOString()
    Object.assign(this.record, { status: 'running', exitCode: null, pid: child.pid, hostPort, startedAt })
    this.#child = child
    this.#end = 'unasked'
    child.once('exit', (code, signal) => this.#exited(child, code ?? 128 + (signal ? constants.signals[signal] : 0)))
    try {
      this.record.start = processNow(child.pid)?.start ?? null
      this.#host.records.save({ ...this.record, letGo: false })
      release()
    } catch (error) {
      // A process that no record tells of would outlive everything.
      this.#end = 'asked'
      signalGroups([child.pid], 'SIGKILL')
      await eventually(() => this.#child === null, GRACE_MS)
      throw error
    }
    this.#save()
    this.#host.changed(this.record)
  }

  /** Our child ended. When it only missed its port, it gets another one, and nobody else hears of it. */
  #exited(child: ChildProcess, exitCode: number): void {
    if (this.#child !== child) return
    this.#child = null
    if (child.pid) signalGroups([child.pid], 'SIGKILL')
    if (this.#end !== 'unasked' || !this.#missedPort(exitCode)) return this.#ended(exitCode)
    this.#attempts++
    this.#release()
    this.#next(() => this.#launch(null)).catch(() => this.#ended(exitCode))
  }

  #missedPort(exitCode: number): boolean {
    const age = Date.now() - Date.parse(this.record.startedAt ?? '')
    if (this.#host.closed || this.#attempts >= PORT_ATTEMPTS || age > 10_000 || exitCode === 0) return false
    return exitCode === PORT_TAKEN || tail(this.#host.records.logPath(this.record), 20).includes('EADDRINUSE')
  }

  async #hold(wanted: 'paused' | 'running'): Promise<void> {
    if (!isLive(this.record) || !this.record.pid) throw new EngineRefused('The sandbox does not run.')
    if (this.#process()) signalGroups(await groupsOf(this.record.pid), wanted === 'paused' ? 'SIGSTOP' : 'SIGCONT')
    const reached = () => !this.#process() || this.#process()?.stopped === (wanted === 'paused')
    if (!(await eventually(reached, 1000))) throw new EngineRefused(`The sandbox does not become ${wanted}.`)
    if (!this.#process()) throw new EngineRefused('The sandbox has just ended.')
    this.#become(wanted)
  }

  async #stop(reason: 'asked' | 'restart'): Promise<void> {
    if (!isLive(this.record) || !this.record.pid) return
    this.#end = reason
    const groups = this.#process() ? await groupsOf(this.record.pid) : []
    signalGroups(groups, 'SIGTERM')
    signalGroups(groups, 'SIGCONT')
    await eventually(() => this.#isGone(), GRACE_MS)
    // Also when it is gone: what it left behind goes with it.
    signalGroups(groups, 'SIGKILL')
    if (!(await eventually(() => this.#isGone(), GRACE_MS))) throw new EngineRefused('The sandbox does not end.')
    if (isLive(this.record)) this.#ended(null)
  }

  /** Of our own child we wait for the exit code too. */
  #isGone(): boolean {
    return !this.#child && !this.#process()
  }

  /** Its process, if that still is the one we know: a pid may be given to somebody else's later. */
  #process(): ProcessInfo | null {
    const found = this.record.pid === null ? null : processNow(this.record.pid)
    return found && found.start === this.record.start ? found : null
  }

  #become(status: 'running' | 'paused'): void {
    if (this.record.status === status) return
    this.record.status = status
    this.#save()
    this.#host.changed(this.record)
  }

  #ended(exitCode: number | null): void {
    this.#release()
    Object.assign(this.record, { status: 'exited', exitCode, pid: null, start: null })
    this.#save()
    if (this.#end !== 'restart') this.#host.changed(this.record)
  }

  #release(): void {
    if (this.record.hostPort !== null) this.#host.ports.delete(this.record.hostPort)
  }

  /** Facts are facts on a full disk too; a server after us finds this one out by the pid. */
  #save(): void {
    try {
      this.#host.records.save(this.record)
    } catch {
      // See above.
    }
  }
}

/** Process groups of a sandbox: its own, and those that terminals in it have made. */
async function groupsOf(pid: number): Promise<number[]> {
  const tree = await descendants(pid)
  return [...new Set([pid, ...tree.map((info) => info.group)])]
}

function signalGroups(groups: number[], signal: NodeJS.Signals): void {
  // 0 and 1 do not name a group but us, or everybody.
  for (const group of groups.filter((id) => id > 1)) {
    try {
      process.kill(-group, signal)
    } catch {
      // It has ended: what was to be done.
    }
  }
}

async function eventually(holds: () => boolean, milliseconds: number): Promise<boolean> {
  for (const end = Date.now() + milliseconds; Date.now() < end; await sleep(15)) {
    if (holds()) return true
  }
  return holds()
}
