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
import { EngineAway, EngineRefused } from '../engine.ts'
import { findCodeServer } from './child.ts'
import { orAway, orRefused } from './errors.ts'
import { Feed } from './feed.ts'
import { tail, trim } from './log.ts'
import { RecordStore, isLive, toSandbox, type SandboxRecord } from './records.ts'
import { ProcessSandbox, type ProcessSandboxDeps } from './sandbox.ts'
import { CpuMeter } from './stats.ts'
import { processes } from './process-table.ts'
import { Volumes, assertSegment } from './volumes.ts'

const POLL_MS = 500

/** What a ProcessEngine is told. */
export interface ProcessEngineOptions {
  /** Name of this server: of sandboxes in the same directory it serves its own, and those of no server. */
  node: string
  /** Directory of all workspaces, `THON_WORKSPACE_DIR`; made when missing. */
  workspaceDir: string
  /** Where `code-server` is looked for; also the sandboxes' own PATH. */
  path: string
}

/**
 * Sandboxes as child processes of this server, for machines without Docker: code-server if there is one, else a small page.
 * It isolates nothing. A server that is closed takes its sandboxes with it; one that is killed leaves them running,
 * and the next takes them over by their records in `<workspaceDir>/.sandboxes`.
 */
export class ProcessEngine implements SandboxEngine {
  readonly kind = 'process'
  readonly cannot = ['isolation', 'limits', 'images', 'survival'] as const
  readonly #node: string
  readonly #dir: string
  readonly #host: ProcessSandboxDeps
  readonly #feed = new Feed()
  readonly #cpu = new CpuMeter()
  readonly #sandboxes = new Map<string, ProcessSandbox>()
  /** Volumes of sandboxes that are being made and have no record yet. */
  readonly #making: string[] = []
  #loaded = false
  #poll: NodeJS.Timeout | null = null

  constructor(options: ProcessEngineOptions) {
    this.#node = options.node
    this.#dir = resolve(options.workspaceDir)
    this.#host = {
      path: options.path,
      records: new RecordStore(this.#dir),
      volumes: new Volumes(this.#dir),
      ports: new Set(),
      closed: false,
      changed: (record) => this.#changed(record),
    }
  }

  async info(): Promise<EngineInfo> {
    return orAway(this.#dir, async () => {
      this.#load()
      await access(this.#dir, constants.R_OK | constants.W_OK | constants.X_OK)
      const codeServer = findCodeServer(this.#host.path)
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
    const events = this.#feed.follow(signal, () => this.#watch())
    this.#watch()
    return events
  }

  async create(spec: SandboxSpec, progress: Progress): Promise<string> {
    progress('Preparing the workspace')
    this.#making.push(spec.volume)
    try {
      return await orRefused(this.#dir, () => this.#create(spec))
    } finally {
      this.#making.splice(this.#making.indexOf(spec.volume), 1)
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
      this.#host.records.delete(sandbox.record)
      this.#cpu.forget(ref)
      this.#feed.publish({ instanceId: sandbox.record.instanceId, ref, sandbox: null })
    })
  }

  async update(ref: string, files: SandboxFile[]): Promise<string[]> {
    return orRefused(this.#dir, async () => {
      const sandbox = this.#find(ref)
      if (!sandbox) throw new EngineRefused('The sandbox is gone.')
      const { volume, group, username } = sandbox.record
      const workspace = await this.#host.volumes.ensure(volume, { group, username })
      return this.#host.volumes.put(volume, workspace, files)
    })
  }

  async logs(ref: string, lines: number): Promise<string> {
    const sandbox = await orRefused(this.#dir, () => this.#find(ref))
    return sandbox ? tail(this.#host.records.logPath(sandbox.record), lines) : ''
  }

  async stats(ref: string): Promise<SandboxStats | null> {
    const record = (await orRefused(this.#dir, () => this.#find(ref)))?.record
    return record && isLive(record) && record.pid !== null ? this.#cpu.measure(ref, record.pid) : null
  }

  async ensureVolume(volume: string, owner: { group: string; username: string }): Promise<void> {
    await orRefused(this.#dir, async () => {
      this.#load()
      await this.#host.volumes.ensure(volume, owner)
    })
  }

  async removeVolume(volume: string): Promise<void> {
    await orRefused(this.#dir, async () => {
      this.#load()
      const user = this.#making.includes(volume) ? 'a sandbox that is being made' : await this.#userOf(volume)
      if (user) throw new EngineRefused(`The workspace ${volume} is in use by ${user}: remove that first.`)
      await this.#host.volumes.remove(volume)
    })
  }

  /** Also ends all sandboxes of this server, since nobody would be left to serve them. Their records stay, as exited. */
  async close(): Promise<void> {
    this.#host.closed = true
    await orAway(this.#dir, () => this.#load()).catch(() => {})
    await Promise.allSettled([...this.#sandboxes.values()].map((sandbox) => sandbox.kill()))
    this.#feed.end()
    this.#watch()
  }

  /** Reads the records, once. Their processes are looked at by the next observation. */
  #load(): void {
    this.#host.records.prepare()
    if (this.#loaded) return
    const own = this.#host.records.all().filter((record) => (record.node ?? this.#node) === this.#node)
    for (const record of own) this.#sandboxes.set(record.ref, new ProcessSandbox(record, this.#host))
    this.#loaded = true
    this.#watch()
  }

  async #create(spec: SandboxSpec): Promise<string> {
    this.#load()
    const ref = `process-${assertSegment(spec.instanceId, 'sandbox')}`
    const { instanceId, group, username, image, volume, port, password } = spec
    const workspace = await this.#host.volumes.ensure(volume, spec)
    await this.#host.volumes.put(volume, workspace, spec.files)
    if (this.#host.closed) throw new EngineAway('The server is shutting down.')
    if (this.#sandboxes.has(ref)) throw new EngineRefused(`There already is a sandbox of instance ${instanceId}.`)
    const record: SandboxRecord = {
      ...{ ref, instanceId, node: this.#node, group, username, image, volume, port, password },
      ...{ status: 'created', hostPort: null, exitCode: null, startedAt: null, pid: null, start: null },
      letGo: true,
    }
    this.#host.records.save(record)
    this.#sandboxes.set(ref, new ProcessSandbox(record, this.#host))
    this.#changed(record)
    return ref
  }

  async #command(ref: string, act: (sandbox: ProcessSandbox) => Promise<void>): Promise<void> {
    await orRefused(this.#dir, () => {
      const sandbox = this.#find(ref)
      if (!sandbox) throw new EngineRefused('The sandbox is gone.')
      return act(sandbox)
    })
  }

  #find(ref: string): ProcessSandbox | undefined {
    this.#load()
    return this.#sandboxes.get(ref)
  }

  /** Who uses a volume: any sandbox of ours, running or not, and those of other servers that run. */
  async #userOf(volume: string): Promise<string | null> {
    const all = this.#host.records.all().filter((record) => record.volume === volume)
    const living = await processes(all.flatMap((record) => record.pid ?? []))
    const user = all.find(
      (record) => this.#sandboxes.has(record.ref) || living.get(record.pid ?? 0)?.start === record.start,
    )
    return user ? `the sandbox of ${user.group}/${user.username}` : null
  }

  #changed(record: SandboxRecord): void {
    this.#feed.publish({ instanceId: record.instanceId, ref: record.ref, sandbox: toSandbox(record) })
    this.#watch()
  }

  /** Looks at processes now and then, but only while somebody follows or there are some whose exit nobody tells us. */
  #watch(): void {
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
    const seen = await processes(live.flatMap((sandbox) => sandbox.record.pid ?? []))
    for (const sandbox of live) {
      sandbox.observe(seen.get(sandbox.record.pid ?? 0))
      trim(this.#host.records.logPath(sandbox.record))
    }
  }
}
