import { access, constants } from 'node:fs/promises'
import { resolve } from 'node:path'
import type {
  EngineInfo,
  Progress,
  Sandbox,
  SandboxEngine,
  SandboxEvent,
  SandboxFile,
  SandboxSpec,
  SandboxStats,
} from '../engine.ts'
import { EngineUnavailable, EngineRefused } from '../engine.ts'
import type { DatabaseFile } from '../identity.ts'
import { findCodeServer } from './child.ts'
import { WorkspaceClaim } from './claim.ts'
import { orAway, orRefused } from './errors.ts'
import { Feed } from './feed.ts'
import { tail, trim } from './log.ts'
import { RecordStore, isLive, toSandbox, type SandboxRecord } from './records.ts'
import { ProcessSandbox, type ProcessSandboxDeps } from './sandbox.ts'
import { CpuMeter } from './stats.ts'
import { processes } from './process-table.ts'
import { Volumes, assertSegment } from './volumes.ts'

const POLL_MS = 500

export interface ProcessEngineOptions {
  /** Id of this server. Among the sandboxes in its directory, it serves its own and those without a node. */
  node: string
  /** The database that the id belongs to. Without it, nothing keeps two servers from using the same id. */
  database?: DatabaseFile
  /** Directory of all workspaces, `THON_WORKSPACE_DIR`; created when missing. */
  workspaceDir: string
  /** Where to look for `code-server`; also the PATH of the sandboxes. */
  path: string
}

/**
 * Sandboxes as child processes of this server, for machines without Docker: code-server if it is installed, else the
 * built-in editor. It isolates nothing. A server that shuts down stops its sandboxes. A server that is killed leaves them
 * running, and the next one adopts them by their records in `<workspaceDir>/.sandboxes`.
 */
export class ProcessEngine implements SandboxEngine {
  readonly kind = 'process'
  readonly cannot = ['isolation', 'limits', 'images', 'survival'] as const
  readonly #node: string
  readonly #dir: string
  readonly #shared: ProcessSandboxDeps
  readonly #claim: WorkspaceClaim | null
  readonly #feed = new Feed()
  readonly #cpu = new CpuMeter()
  readonly #sandboxes = new Map<string, ProcessSandbox>()
  /** Volumes of sandboxes that are being created and have no record yet. */
  readonly #creating: string[] = []
  #loaded = false
  #poll: NodeJS.Timeout | null = null

  constructor(options: ProcessEngineOptions) {
    this.#node = options.node
    this.#dir = resolve(options.workspaceDir)
    const { node, database } = options
    this.#claim = database ? new WorkspaceClaim(this.#dir, { node, database }) : null
    this.#shared = {
      path: options.path,
      records: new RecordStore(this.#dir),
      volumes: new Volumes(this.#dir, options.node),
      ports: new Set(),
      closed: false,
      changed: (record) => this.#changed(record),
    }
  }

  async info(): Promise<EngineInfo> {
    return orAway(this.#dir, async () => {
      this.#load()
      await access(this.#dir, constants.R_OK | constants.W_OK | constants.X_OK)
      const codeServer = findCodeServer(this.#shared.path)
      return { version: codeServer ?? `built-in editor on Node ${process.version}`, imagePresent: null }
    })
  }

  async list(): Promise<Sandbox[]> {
    return orAway(this.#dir, async () => {
      this.#load()
      await this.#observe()
      return [...this.#sandboxes.values()].map((sandbox) => toSandbox(sandbox.record))
    })
  }

  async events(signal: AbortSignal): Promise<AsyncIterable<SandboxEvent>> {
    await orAway(this.#dir, () => this.#load())
    const events = this.#feed.follow(signal, () => this.#updatePolling())
    this.#updatePolling()
    return events
  }

  async create(spec: SandboxSpec, progress: Progress): Promise<string> {
    progress('Preparing the workspace')
    this.#creating.push(spec.volume)
    try {
      return await orRefused(this.#dir, () => this.#create(spec))
    } finally {
      this.#creating.splice(this.#creating.indexOf(spec.volume), 1)
    }
  }

  async start(ref: string): Promise<void> {
    await this.#command(ref, (sandbox) => sandbox.start())
  }

  async pause(ref: string): Promise<void> {
    await this.#command(ref, (sandbox) => sandbox.pause())
  }

  async resume(ref: string): Promise<void> {
    await this.#command(ref, (sandbox) => sandbox.resume())
  }

  async restart(ref: string): Promise<void> {
    await this.#command(ref, (sandbox) => sandbox.restart())
  }

  async kill(ref: string): Promise<void> {
    await orRefused(this.#dir, () => this.#find(ref)?.kill())
  }

  async remove(ref: string): Promise<void> {
    await orRefused(this.#dir, async () => {
      const sandbox = this.#find(ref)
      await sandbox?.kill()
      if (!sandbox || !this.#sandboxes.delete(ref)) return
      this.#shared.records.delete(sandbox.record)
      this.#cpu.forget(ref)
      this.#feed.publish({ instanceId: sandbox.record.instanceId, ref, sandbox: null })
    })
  }

  async update(ref: string, files: SandboxFile[]): Promise<string[]> {
    return orRefused(this.#dir, async () => {
      const sandbox = this.#find(ref)
      if (!sandbox) throw new EngineRefused('The sandbox no longer exists. Create it again.')
      const { volume, group, username } = sandbox.record
      const workspace = await this.#shared.volumes.ensure(volume, { group, username })
      return this.#shared.volumes.put(volume, workspace, files)
    })
  }

  async logs(ref: string, lines: number): Promise<string> {
    const sandbox = await orRefused(this.#dir, () => this.#find(ref))
    return sandbox ? tail(this.#shared.records.logPath(sandbox.record), lines) : ''
  }

  async stats(ref: string): Promise<SandboxStats | null> {
    const record = (await orRefused(this.#dir, () => this.#find(ref)))?.record
    return record && isLive(record) && record.pid !== null ? this.#cpu.measure(ref, record.pid) : null
  }

  async ownVolume(volume: string): Promise<string> {
    return orRefused(this.#dir, () => this.#shared.volumes.own(volume))
  }

  async ensureVolume(volume: string, owner: { group: string; username: string }): Promise<void> {
    await orRefused(this.#dir, async () => {
      this.#load()
      await this.#shared.volumes.ensure(volume, owner)
    })
  }

  async removeVolume(volume: string): Promise<void> {
    await orRefused(this.#dir, async () => {
      this.#load()
      const user = this.#creating.includes(volume) ? 'a sandbox that is being created' : await this.#userOf(volume)
      if (user) throw new EngineRefused(`The workspace ${volume} is still in use by ${user}. Remove that first.`)
      await this.#shared.volumes.remove(volume)
    })
  }

  /** Stops all sandboxes of this server. Their records stay, as exited. */
  async close(): Promise<void> {
    this.#shared.closed = true
    await orAway(this.#dir, () => this.#load()).catch(() => {})
    await Promise.allSettled([...this.#sandboxes.values()].map((sandbox) => sandbox.kill()))
    this.#claim?.release()
    this.#feed.end()
    this.#updatePolling()
  }

  /** Reads the records once. The next observation checks their processes. */
  #load(): void {
    this.#shared.records.prepare()
    if (this.#loaded) return
    this.#claim?.take()
    const own = this.#shared.records.all().filter((record) => (record.node ?? this.#node) === this.#node)
    for (const record of own) this.#sandboxes.set(record.ref, new ProcessSandbox(record, this.#shared))
    this.#loaded = true
    this.#updatePolling()
  }

  async #create(spec: SandboxSpec): Promise<string> {
    this.#load()
    const ref = `process-${assertSegment(spec.instanceId, 'sandbox')}`
    const { instanceId, group, username, image, volume, port, password } = spec
    const user = await this.#runningOn(volume, instanceId)
    if (user) throw new EngineRefused(`The workspace ${volume} is in use by ${user}. Stop that first.`)
    const workspace = await this.#shared.volumes.ensure(volume, spec)
    await this.#shared.volumes.put(volume, workspace, spec.files)
    if (this.#shared.closed) throw new EngineUnavailable('THON is shutting down. Try again after it has started.')
    if (this.#sandboxes.has(ref))
      throw new EngineRefused(`The sandbox of ${group}/${username} already exists. Remove it first.`)
    const record: SandboxRecord = {
      ...{ ref, instanceId, node: this.#node, group, username, image, volume, port, password },
      ...{ status: 'created', hostPort: null, exitCode: null, startedAt: null, pid: null, start: null },
      letGo: true,
    }
    this.#shared.records.save(record)
    this.#sandboxes.set(ref, new ProcessSandbox(record, this.#shared))
    this.#changed(record)
    return ref
  }

  async #command(ref: string, act: (sandbox: ProcessSandbox) => Promise<void>): Promise<void> {
    await orRefused(this.#dir, () => {
      const sandbox = this.#find(ref)
      if (!sandbox) throw new EngineRefused('The sandbox no longer exists. Create it again.')
      return act(sandbox)
    })
  }

  #find(ref: string): ProcessSandbox | undefined {
    this.#load()
    return this.#sandboxes.get(ref)
  }

  /** What uses a volume: any sandbox of this server, and running sandboxes of other servers. */
  async #userOf(volume: string): Promise<string | null> {
    const known = [...this.#sandboxes.values()].find(({ record }) => record.volume === volume)
    return known ? nameOf(known.record) : this.#runningOn(volume, null)
  }

  /** What runs on a volume, no matter who started it. @param instanceId does not count */
  async #runningOn(volume: string, instanceId: string | null): Promise<string | null> {
    const all = this.#shared.records.all().filter((one) => one.volume === volume && one.instanceId !== instanceId)
    const living = await processes(all.flatMap((record) => record.pid ?? []))
    const user = all.find(({ pid, start }) => pid !== null && living.get(pid)?.start === start)
    return user ? nameOf(user) : null
  }

  #changed(record: SandboxRecord): void {
    this.#feed.publish({ instanceId: record.instanceId, ref: record.ref, sandbox: toSandbox(record) })
    this.#updatePolling()
  }

  /** Polls processes, but only while there are followers, or adopted processes whose exit causes no event. */
  #updatePolling(): void {
    const all = [...this.#sandboxes.values()]
    const live = all.some((sandbox) => isLive(sandbox.record))
    const needed = live && (this.#feed.size > 0 || all.some((sandbox) => sandbox.adopted))
    if (needed && !this.#poll) this.#poll = setInterval(() => void this.#observe().catch(() => {}), POLL_MS).unref()
    if (needed || !this.#poll) return
    clearInterval(this.#poll)
    this.#poll = null
  }

  async #observe(): Promise<void> {
    const live = [...this.#sandboxes.values()].filter((sandbox) => isLive(sandbox.record))
    const found = await processes(live.flatMap((sandbox) => sandbox.record.pid ?? []))
    for (const sandbox of live) {
      sandbox.observe(found.get(sandbox.record.pid ?? 0))
      trim(this.#shared.records.logPath(sandbox.record))
    }
  }
}

function nameOf({ group, username }: SandboxRecord): string {
  return `the sandbox of ${group}/${username}`
}
