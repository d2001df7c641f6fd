import { setTimeout as sleep } from 'node:timers/promises'
import {
  EngineRefused,
  type EngineKind,
  type Progress,
  type Sandbox,
  type SandboxEngine,
  type SandboxEvent,
  type SandboxFile,
  type SandboxSpec,
  type SandboxStats,
} from '../../server/engine/engine.ts'
import { backupPath } from '../../server/engine/backup-path.ts'
import { FakeMachine, toSandbox, type FakeSandbox } from './fake-machine.ts'

/** Commands a test can make the fake refuse, hang or count. */
export type FakeCommand =
  'create' | 'update' | 'start' | 'pause' | 'resume' | 'restart' | 'kill' | 'remove' | 'removeVolume'

/** A sandbox engine in memory, held to the port by the same contract test as the real engines. */
export class FakeEngine extends FakeMachine implements SandboxEngine {
  readonly kind: EngineKind = 'docker'
  readonly cannot = []
  /** How long each command takes, in milliseconds. */
  delay = 0
  imagePresent = true
  /** The progress that `create` reports. */
  progressText = 'Making it'
  /** Volumes that belong to another server. */
  readonly foreignVolumes = new Set<string>()
  /** Every command that reached the engine, in order. */
  readonly calls: { command: FakeCommand; instanceId: string }[] = []
  /** Most commands of each kind that ran at the same time. */
  readonly most = new Map<FakeCommand, number>()
  readonly #running = new Map<FakeCommand, number>()
  readonly #refusals = new Map<FakeCommand, string[]>()
  readonly #holds = new Map<FakeCommand, PromiseWithResolvers<void>>()
  #count = 0

  async info() {
    await this.reach()
    return { version: 'fake', imagePresent: this.imagePresent }
  }

  async list(): Promise<Sandbox[]> {
    await this.reach()
    return [...this.sandboxes.values()].map(toSandbox)
  }

  async events(signal: AbortSignal): Promise<AsyncIterable<SandboxEvent>> {
    await this.reach()
    return this.openStream(signal)
  }

  async create(spec: SandboxSpec, progress: Progress): Promise<string> {
    progress(this.progressText)
    return this.#run('create', spec.instanceId, async () => {
      if ([...this.sandboxes.values()].some((one) => one.instanceId === spec.instanceId))
        throw new EngineRefused(`The sandbox of ${spec.group}/${spec.username} already exists. Remove it first.`)
      const user = [...this.sandboxes.values()].find((one) => one.volume === spec.volume && isLive(one))
      if (user)
        throw new EngineRefused(
          `The workspace ${spec.volume} is in use by the sandbox of ${user.group}/${user.username}. Stop that first.`,
        )
      await this.ensureVolume(spec.volume)
      const { instanceId, group, username, image, volume, port, password } = spec
      const ref = `fake-${++this.#count}`
      for (const { path, content } of spec.files) this.files.get(volume)?.set(within(path), content)
      return this.place({ ref, instanceId, group, username, image, volume, port, password, status: 'created' })
    })
  }

  update(ref: string, files: SandboxFile[]): Promise<string[]> {
    return this.#run('update', ref, () => {
      const current = this.files.get(this.find(ref).volume) ?? new Map<string, string>()
      const changed = files.filter(({ path, content }) => current.get(within(path)) !== content)
      for (const { path, content } of changed) {
        const old = current.get(within(path))
        if (old) current.set(backupPath(within(path), current.has(backupPath(within(path), false))), old)
        current.set(within(path), content)
      }
      return changed.map(({ path }) => path)
    })
  }

  start(ref: string): Promise<void> {
    return this.#run('start', ref, () => this.begin(this.find(ref)))
  }

  pause(ref: string): Promise<void> {
    return this.#run('pause', ref, () => this.#shift(ref, 'paused'))
  }

  resume(ref: string): Promise<void> {
    return this.#run('resume', ref, () => this.#shift(ref, 'running'))
  }

  restart(ref: string): Promise<void> {
    return this.#run('restart', ref, async () => {
      const sandbox = this.find(ref)
      if (isLive(sandbox)) await this.exit(ref, 143)
      await this.begin(sandbox)
    })
  }

  kill(ref: string): Promise<void> {
    return this.#run('kill', ref, async () => {
      const sandbox = this.sandboxes.get(ref)
      if (sandbox && isLive(sandbox)) await this.exit(ref, 143)
    })
  }

  remove(ref: string): Promise<void> {
    return this.#run('remove', ref, () => this.destroy(ref))
  }

  async logs(ref: string, lines: number): Promise<string> {
    await this.reach()
    const all = this.sandboxes.has(ref) ? ['first line', 'last line'] : []
    return lines > 0 ? all.slice(-lines).join('\n') : ''
  }

  async stats(ref: string): Promise<SandboxStats | null> {
    await this.reach()
    const runs = this.sandboxes.get(ref)?.status === 'running'
    return runs ? { cpuPercent: 1, memoryBytes: 1024, memoryLimitBytes: null } : null
  }

  async ownVolume(volume: string): Promise<string> {
    await this.reach()
    return this.foreignVolumes.has(volume) ? `${volume}--fake` : volume
  }

  async ensureVolume(volume: string): Promise<void> {
    await this.reach()
    if (!this.files.has(volume)) this.files.set(volume, new Map())
  }

  removeVolume(volume: string): Promise<void> {
    return this.#run('removeVolume', volume, () => {
      for (const one of this.sandboxes.values())
        if (one.volume === volume)
          throw new EngineRefused(`The workspace ${volume} is still in use. Remove its sandbox first.`)
      this.files.delete(volume)
    })
  }

  close(): Promise<void> {
    // As with Docker, sandboxes outlive the server.
    return Promise.resolve()
  }

  /** Refuses the next call of this command; called twice, the next two. */
  refuse(command: FakeCommand, message: string): void {
    this.#refusals.set(command, [...(this.#refusals.get(command) ?? []), message])
  }

  /** Lets calls of this command wait until the returned function is called. */
  hold(command: FakeCommand): () => void {
    const gate = Promise.withResolvers<void>()
    this.#holds.set(command, gate)
    return () => {
      if (this.#holds.get(command) === gate) this.#holds.delete(command)
      gate.resolve()
    }
  }

  /** How often a command was called for an instance. */
  count(command: FakeCommand, instanceId?: string): number {
    return this.calls.filter((one) => one.command === command && (!instanceId || one.instanceId === instanceId)).length
  }

  #shift(ref: string, status: 'paused' | 'running'): void {
    const sandbox = this.find(ref)
    if (!isLive(sandbox)) throw new EngineRefused('The sandbox is not running. Start it first.')
    if (sandbox.status !== status) this.become(ref, status)
  }

  async #run<T>(command: FakeCommand, of: string, work: () => T | Promise<T>): Promise<T> {
    await this.reach()
    this.calls.push({ command, instanceId: this.sandboxes.get(of)?.instanceId ?? of })
    this.#tally(command, 1)
    try {
      await this.#holds.get(command)?.promise
      if (this.delay > 0) await sleep(this.delay)
      await this.reach()
      const refusal = this.#refusals.get(command)?.shift()
      if (refusal !== undefined) throw new EngineRefused(refusal)
      return await work()
    } finally {
      this.#tally(command, -1)
    }
  }

  #tally(command: FakeCommand, by: number): void {
    const now = (this.#running.get(command) ?? 0) + by
    this.#running.set(command, now)
    this.most.set(command, Math.max(now, this.most.get(command) ?? 0))
  }
}

/** The path of a workspace's file inside the workspace. */
function within(path: string): string {
  return path.replace(/^\/workspace\//, '')
}

function isLive(sandbox: FakeSandbox): boolean {
  return sandbox.status === 'running' || sandbox.status === 'paused'
}
