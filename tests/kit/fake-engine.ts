import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Channel } from '../../server/events.ts'
import {
  EngineAway,
  EngineRefused,
  type Progress,
  type Sandbox,
  type SandboxEngine,
  type SandboxEvent,
  type SandboxSpec,
  type SandboxStatus,
} from '../../server/sandbox/engine.ts'

/** Commands a test can make the fake refuse, hang or count. */
export type FakeCommand = 'create' | 'start' | 'pause' | 'resume' | 'restart' | 'kill' | 'remove'

interface FakeSandbox extends Sandbox {
  server: Server | null
}

/**
 * A sandbox engine in memory, held to the port by the same contract test as the real ones. Each running sandbox really
 * listens on 127.0.0.1 and answers /healthz, unless `answering` is off. Tests reach in through the methods at the end.
 */
export class FakeEngine implements SandboxEngine {
  readonly kind = 'docker'
  readonly cannot = []
  /** Whether code-server in newly started sandboxes answers. */
  answering = true
  /** How long each command takes, in milliseconds. */
  delay = 0
  imagePresent = true
  /** Every command that reached the engine, in order. */
  readonly calls: { command: FakeCommand; instanceId: string }[] = []
  /** Volumes there are. */
  readonly volumes = new Set<string>()
  /** Most starts (create to start) under way at the same time. */
  readonly sandboxes = new Map<string, FakeSandbox>()
  #refusals = new Map<FakeCommand, string>()
  #holds = new Map<FakeCommand, PromiseWithResolvers<void>>()
  #streams = new Set<{ channel: Channel<SandboxEvent>; fail: (error: Error) => void }>()
  #away: string | null = null
  #count = 0

  async info() {
    await this.#reach()
    return { version: 'fake', imagePresent: this.imagePresent }
  }

  async list(): Promise<Sandbox[]> {
    await this.#reach()
    return [...this.sandboxes.values()].map(seenFrom)
  }

  async events(signal: AbortSignal): Promise<AsyncIterable<SandboxEvent>> {
    await this.#reach()
    let failure: Error | null = null
    const channel = new Channel<SandboxEvent>(() => this.#streams.delete(stream))
    const stream = {
      channel,
      fail: (error: Error) => {
        failure = error
        channel.end()
      },
    }
    this.#streams.add(stream)
    signal.addEventListener('abort', () => channel.end(), { once: true })
    return (async function* () {
      yield* channel
      if (failure) throw failure as Error
    })()
  }

  async create(spec: SandboxSpec, progress: Progress): Promise<string> {
    await this.#run('create', spec.instanceId)
    const existing = [...this.sandboxes.values()].find((one) => one.instanceId === spec.instanceId)
    if (existing) return existing.ref
    progress('Making it')
    this.volumes.add(spec.volume)
    const { instanceId, group, username, image, volume, port, password } = spec
    const ref = `fake-${++this.#count}`
    const facts = { hostPort: null, exitCode: null, outOfMemory: false, startedAt: null, server: null }
    this.sandboxes.set(ref, { ref, instanceId, group, username, image, volume, port, password, status: 'created', ...facts })
    this.#tell(ref)
    return ref
  }

  async start(ref: string): Promise<void> {
    await this.#run('start', ref)
    await this.#begin(this.#find(ref))
  }

  async pause(ref: string): Promise<void> {
    await this.#run('pause', ref)
    this.#assertLive(this.#find(ref))
    this.#become(ref, 'paused')
  }

  async resume(ref: string): Promise<void> {
    await this.#run('resume', ref)
    this.#assertLive(this.#find(ref))
    this.#become(ref, 'running')
  }

  async restart(ref: string): Promise<void> {
    await this.#run('restart', ref)
    const sandbox = this.#find(ref)
    if (sandbox.status === 'running' || sandbox.status === 'paused') await this.exit(ref, 143)
    await this.#begin(sandbox)
  }

  async kill(ref: string): Promise<void> {
    await this.#run('kill', ref)
    const sandbox = this.sandboxes.get(ref)
    if (sandbox && (sandbox.status === 'running' || sandbox.status === 'paused')) await this.exit(ref, 143)
  }

  async remove(ref: string): Promise<void> {
    await this.#run('remove', ref)
    await this.destroy(ref)
  }

  async logs(ref: string): Promise<string> {
    await this.#reach()
    return this.sandboxes.has(ref) ? 'first line\nlast line' : ''
  }

  async stats(ref: string) {
    await this.#reach()
    return this.sandboxes.get(ref)?.status === 'running' ? { cpuPercent: 1, memoryBytes: 1024, memoryLimitBytes: null } : null
  }

  async ensureVolume(volume: string): Promise<void> {
    await this.#reach()
    this.volumes.add(volume)
  }

  async removeVolume(volume: string): Promise<void> {
    await this.#reach()
    for (const one of this.sandboxes.values())
      if (one.volume === volume) throw new EngineRefused(`Volume ${volume} is still used by a sandbox.`)
    this.volumes.delete(volume)
  }

  async close(): Promise<void> {
    for (const one of this.sandboxes.values()) one.server?.close()
  }

  /** The engine is gone: every stream breaks, every call fails, until `back`. Sandboxes stay as they are. */
  leave(message = 'Cannot reach the fake engine.'): void {
    this.#away = message
    for (const stream of [...this.#streams]) stream.fail(new EngineAway(message))
  }

  back(): void {
    this.#away = null
  }

  /** The next call of this command is refused. */
  refuse(command: FakeCommand, message: string): void {
    this.#refusals.set(command, message)
  }

  /** Calls of this command wait until the returned function is called. */
  hold(command: FakeCommand): () => void {
    const gate = Promise.withResolvers<void>()
    this.#holds.set(command, gate)
    return () => {
      this.#holds.delete(command)
      gate.resolve()
    }
  }

  /** As by hand on the engine: a sandbox's processes end. */
  async exit(ref: string, exitCode: number, outOfMemory = false): Promise<void> {
    const sandbox = this.#find(ref)
    await stopServing(sandbox)
    Object.assign(sandbox, { exitCode, outOfMemory, hostPort: null })
    this.#become(ref, 'exited')
  }

  /** As by hand on the engine: paused, or running again. */
  byHand(ref: string, status: SandboxStatus): void {
    this.#become(ref, status)
  }

  /** As by hand on the engine: started again. */
  async startByHand(ref: string): Promise<void> {
    await this.#begin(this.#find(ref))
  }

  /** As by hand on the engine: taken away. */
  async destroy(ref: string): Promise<void> {
    const sandbox = this.sandboxes.get(ref)
    if (!sandbox) return
    await stopServing(sandbox)
    this.sandboxes.delete(ref)
    for (const { channel } of this.#streams) channel.push({ instanceId: sandbox.instanceId, ref, sandbox: null })
  }

  /** The sandbox of an instance. @throws when there is none */
  of(instanceId: string): Sandbox {
    const sandbox = [...this.sandboxes.values()].find((one) => one.instanceId === instanceId)
    if (!sandbox) throw new Error(`the fake engine has no sandbox of instance ${instanceId}`)
    return sandbox
  }

  async #begin(sandbox: FakeSandbox): Promise<void> {
    if (sandbox.status === 'running') return
    if (sandbox.status !== 'paused') {
      const server = createServer((_request, response) => (this.answering ? response.end('{"status":"alive"}') : response.writeHead(503).end()))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      Object.assign(sandbox, { server, hostPort: (server.address() as AddressInfo).port, startedAt: new Date(), exitCode: null, outOfMemory: false })
    }
    this.#become(sandbox.ref, 'running')
  }

  #become(ref: string, status: SandboxStatus): void {
    this.#find(ref).status = status
    this.#tell(ref)
  }

  #tell(ref: string): void {
    const sandbox = this.#find(ref)
    for (const { channel } of this.#streams) channel.push({ instanceId: sandbox.instanceId, ref, sandbox: seenFrom(sandbox) })
  }

  #find(ref: string): FakeSandbox {
    const sandbox = this.sandboxes.get(ref)
    if (!sandbox) throw new EngineRefused(`There is no sandbox ${ref}.`)
    return sandbox
  }

  #assertLive(sandbox: FakeSandbox): void {
    if (sandbox.status !== 'running' && sandbox.status !== 'paused') throw new EngineRefused('The sandbox does not run.')
  }

  async #run(command: FakeCommand, of: string): Promise<void> {
    await this.#reach()
    this.calls.push({ command, instanceId: this.sandboxes.get(of)?.instanceId ?? of })
    await this.#holds.get(command)?.promise
    if (this.delay > 0) await sleep(this.delay)
    await this.#reach()
    const refusal = this.#refusals.get(command)
    this.#refusals.delete(command)
    if (refusal !== undefined) throw new EngineRefused(refusal)
  }

  async #reach(): Promise<void> {
    await Promise.resolve()
    if (this.#away) throw new EngineAway(this.#away)
  }
}

function seenFrom({ server: _server, ...sandbox }: FakeSandbox): Sandbox {
  return { ...sandbox }
}

async function stopServing(sandbox: FakeSandbox): Promise<void> {
  sandbox.server?.closeAllConnections()
  sandbox.server?.close()
  sandbox.server = null
}
