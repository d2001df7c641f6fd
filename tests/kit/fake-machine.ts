import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { Channel } from '../../server/core/events.ts'
import {
  EngineAway,
  EngineRefused,
  type Sandbox,
  type SandboxEvent,
  type SandboxStatus,
} from '../../server/engine/engine.ts'

export interface FakeSandbox extends Sandbox {
  server: Server | null
}

/**
 * The machine under the fake engine: sandboxes that really listen on 127.0.0.1 and answer /healthz, volumes, streams of
 * events. The methods are what people do by hand on the engine, behind THON's back.
 */
export class FakeMachine {
  /** Whether code-server answers. */
  answering = true
  /** What sandboxes that start from now on answer with, but for /healthz; null is a plain page. */
  pages: RequestListener | null = null
  /** What they do with a WebSocket. */
  sockets: ((request: IncomingMessage, socket: Duplex, head: Buffer) => void) | null = null
  readonly sandboxes = new Map<string, FakeSandbox>()
  /** Files of the volumes there are. */
  readonly files = new Map<string, Map<string, string>>()
  readonly #streams = new Set<{ channel: Channel<SandboxEvent>; fail: (error: Error) => void }>()
  #away: string | null = null
  #lastStart = 0

  /** Names of the volumes there are. */
  get volumes(): Set<string> {
    return new Set(this.files.keys())
  }

  /** Open streams of events. */
  get streams(): number {
    return this.#streams.size
  }

  /** Lets go of everything, at the end of a test. */
  async dispose(): Promise<void> {
    for (const one of this.sandboxes.values()) stopServing(one)
  }

  /** The engine is gone: every stream breaks, every call fails, until `back`. Sandboxes stay as they are. */
  leave(message = 'Cannot reach the fake engine.'): void {
    this.#away = message
    for (const stream of [...this.#streams]) stream.fail(new EngineAway(message))
  }

  back(): void {
    this.#away = null
  }

  /** A sandbox's processes end. */
  async exit(ref: string, exitCode: number, outOfMemory = false): Promise<void> {
    const sandbox = this.find(ref)
    stopServing(sandbox)
    Object.assign(sandbox, { exitCode, outOfMemory, hostPort: null })
    this.become(ref, 'exited')
  }

  /** Paused, or running again. */
  byHand(ref: string, status: 'paused' | 'running'): void {
    this.become(ref, status)
  }

  /** Started again. */
  async startByHand(ref: string): Promise<void> {
    await this.begin(this.find(ref))
  }

  /** Taken away. */
  async destroy(ref: string): Promise<void> {
    const sandbox = this.sandboxes.get(ref)
    if (!sandbox) return
    stopServing(sandbox)
    this.sandboxes.delete(ref)
    for (const { channel } of this.#streams) channel.push({ instanceId: sandbox.instanceId, ref, sandbox: null })
  }

  /** Puts a sandbox there that THON did not make, or has forgotten. Returns its ref. */
  async place(facts: Partial<Sandbox> & { instanceId: string }): Promise<string> {
    const ref = facts.ref ?? `placed-${facts.instanceId}`
    const { status = 'running' } = facts
    const names = { group: 'alpha', username: 'ann', image: 'none', volume: 'thon-workspace-alpha-ann' }
    const never = { hostPort: null, exitCode: null, outOfMemory: false, startedAt: null, server: null }
    const made: FakeSandbox = { ref, ...names, port: 8443, password: null, ...never, ...facts, status }
    if (status === 'running' || status === 'paused') await this.#boot(made)
    this.sandboxes.set(ref, made)
    this.become(ref, status)
    return ref
  }

  /** The sandbox of an instance. @throws when there is none */
  of(instanceId: string): Sandbox {
    const sandbox = [...this.sandboxes.values()].find((one) => one.instanceId === instanceId)
    if (!sandbox) throw new Error(`the fake engine has no sandbox of instance ${instanceId}`)
    return sandbox
  }

  writeFile(ref: string, path: string, content: string): void {
    this.files.get(this.find(ref).volume)?.set(path, content)
  }

  readFile(ref: string, path: string): string {
    const content = this.files.get(this.find(ref).volume)?.get(path)
    if (content === undefined) throw new Error(`${path} is not there`)
    return content
  }

  protected openStream(signal: AbortSignal): AsyncIterable<SandboxEvent> {
    let failure: Error | null = null
    const channel = new Channel<SandboxEvent>(() => {
      this.#streams.delete(stream)
      signal.removeEventListener('abort', end)
    })
    const end = () => channel.end()
    const fail = (error: Error) => {
      failure = error
      channel.end()
    }
    const stream = { channel, fail }
    this.#streams.add(stream)
    if (signal.aborted) channel.end()
    else signal.addEventListener('abort', end, { once: true })
    return (async function* () {
      yield* channel
      if (failure) throw failure as Error
    })()
  }

  protected async begin(sandbox: FakeSandbox): Promise<void> {
    if (sandbox.status === 'running') return
    if (sandbox.status !== 'paused') await this.#boot(sandbox)
    this.become(sandbox.ref, 'running')
  }

  protected become(ref: string, status: SandboxStatus): void {
    this.find(ref).status = status
    this.tell(ref)
  }

  protected tell(ref: string): void {
    const sandbox = this.find(ref)
    for (const { channel } of this.#streams)
      channel.push({ instanceId: sandbox.instanceId, ref, sandbox: toSandbox(sandbox) })
  }

  protected find(ref: string): FakeSandbox {
    const sandbox = this.sandboxes.get(ref)
    if (!sandbox) throw new EngineRefused(`There is no sandbox ${ref}.`)
    return sandbox
  }

  protected async reach(): Promise<void> {
    await Promise.resolve()
    if (this.#away) throw new EngineAway(this.#away)
  }

  async #boot(sandbox: FakeSandbox): Promise<void> {
    const server = await this.#serve(sandbox)
    const { port } = server.address() as AddressInfo
    // Two starts are never at the same moment, whatever the clock says.
    this.#lastStart = Math.max(Date.now(), this.#lastStart + 1)
    const startedAt = new Date(this.#lastStart)
    Object.assign(sandbox, { server, hostPort: port, startedAt, exitCode: null, outOfMemory: false })
  }

  async #serve(sandbox: FakeSandbox): Promise<Server> {
    const server = createServer((request, response) => {
      if (this.pages && request.url !== '/healthz') return this.pages(request, response)
      const status = !this.answering ? 503 : request.url !== '/healthz' && sandbox.password !== null ? 401 : 200
      response.writeHead(status).end('{"status":"alive"}')
    })
    if (this.sockets) server.on('upgrade', this.sockets)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return server
  }
}

/** A sandbox as the port tells it. */
export function toSandbox({ server: _server, ...sandbox }: FakeSandbox): Sandbox {
  return { ...sandbox }
}

function stopServing(sandbox: FakeSandbox): void {
  sandbox.server?.closeAllConnections()
  sandbox.server?.close()
  sandbox.server = null
}
