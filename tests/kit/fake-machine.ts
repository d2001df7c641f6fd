import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { Channel } from '../../server/core/events.ts'
import {
  EngineUnavailable,
  EngineRefused,
  type Sandbox,
  type SandboxEvent,
  type SandboxStatus,
} from '../../server/engine/engine.ts'

export interface FakeSandbox extends Sandbox {
  server: Server | null
}

/**
 * The machine under the fake engine: sandboxes that listen on 127.0.0.1 and answer /healthz, volumes, and event streams.
 * Its methods are what people do on the engine by hand, without THON.
 */
export class FakeMachine {
  /** Whether code-server answers. */
  answering = true
  /** Answers everything but /healthz in sandboxes that start from now on; null is a plain page. */
  pages: RequestListener | null = null
  /** Handles WebSockets of sandboxes that start from now on. */
  sockets: ((request: IncomingMessage, socket: Duplex, head: Buffer) => void) | null = null
  readonly sandboxes = new Map<string, FakeSandbox>()
  /** Files by volume, then by path. */
  readonly files = new Map<string, Map<string, string>>()
  readonly #streams = new Set<Channel<SandboxEvent>>()
  /** Why the engine is unavailable; null while it is not. */
  #unavailable: string | null = null
  #lastStart = 0

  get volumes(): Set<string> {
    return new Set(this.files.keys())
  }

  /** Number of open event streams. */
  get streams(): number {
    return this.#streams.size
  }

  /** Closes every server, at the end of a test. */
  dispose(): Promise<void> {
    for (const one of this.sandboxes.values()) stopServing(one)
    return Promise.resolve()
  }

  /** Makes the engine unavailable until `back`: every stream breaks, and every call fails. Sandboxes keep running. */
  leave(message = 'Cannot reach the fake engine.'): void {
    this.#unavailable = message
    for (const stream of [...this.#streams]) stream.fail(new EngineUnavailable(message))
  }

  back(): void {
    this.#unavailable = null
  }

  /** Lets a sandbox exit. */
  exit(ref: string, exitCode: number, outOfMemory = false): Promise<void> {
    const sandbox = this.find(ref)
    stopServing(sandbox)
    Object.assign(sandbox, { exitCode, outOfMemory, hostPort: null })
    this.become(ref, 'exited')
    return Promise.resolve()
  }

  /** Pauses or resumes a sandbox. */
  byHand(ref: string, status: 'paused' | 'running'): void {
    this.become(ref, status)
  }

  /** Starts a sandbox. */
  async startByHand(ref: string): Promise<void> {
    await this.begin(this.find(ref))
  }

  /** Deletes a sandbox, if it exists. */
  destroy(ref: string): Promise<void> {
    const sandbox = this.sandboxes.get(ref)
    if (sandbox) {
      stopServing(sandbox)
      this.sandboxes.delete(ref)
      for (const stream of this.#streams) stream.push({ instanceId: sandbox.instanceId, ref, sandbox: null })
    }
    return Promise.resolve()
  }

  /** Adds a sandbox that THON did not create, or has forgotten. @returns its ref */
  async place(facts: Partial<Sandbox> & { instanceId: string }): Promise<string> {
    const ref = facts.ref ?? `placed-${facts.instanceId}`
    const { status = 'running' } = facts
    const names = { group: 'alpha', username: 'ann', image: 'none', volume: 'thon-workspace-alpha-ann' }
    const never = { hostPort: null, exitCode: null, outOfMemory: false, startedAt: null, server: null }
    const placed: FakeSandbox = { ref, ...names, port: 8443, password: null, ...never, ...facts, status }
    if (status === 'running' || status === 'paused') await this.#boot(placed)
    this.sandboxes.set(ref, placed)
    this.become(ref, status)
    return ref
  }

  /** The sandbox of an instance. @throws when it does not exist */
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
    if (content === undefined) throw new Error(`${path} does not exist`)
    return content
  }

  protected openStream(signal: AbortSignal): AsyncIterable<SandboxEvent> {
    const stream = new Channel<SandboxEvent>(() => {
      this.#streams.delete(stream)
      signal.removeEventListener('abort', end)
    })
    const end = () => stream.end()
    this.#streams.add(stream)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
    return stream
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
    for (const stream of this.#streams)
      stream.push({ instanceId: sandbox.instanceId, ref, sandbox: toSandbox(sandbox) })
  }

  protected find(ref: string): FakeSandbox {
    const sandbox = this.sandboxes.get(ref)
    if (!sandbox) throw new EngineRefused(`The sandbox ${ref} does not exist.`)
    return sandbox
  }

  protected async reach(): Promise<void> {
    await Promise.resolve()
    if (this.#unavailable) throw new EngineUnavailable(this.#unavailable)
  }

  async #boot(sandbox: FakeSandbox): Promise<void> {
    const server = await this.#serve(sandbox)
    const { port } = server.address() as AddressInfo
    // No two starts have the same time, whatever the clock says.
    this.#lastStart = Math.max(Date.now(), this.#lastStart + 1)
    const startedAt = new Date(this.#lastStart)
    Object.assign(sandbox, { server, hostPort: port, startedAt, exitCode: null, outOfMemory: false })
  }

  async #serve(sandbox: FakeSandbox): Promise<Server> {
    const server = createServer((request, response) => {
      if (this.pages && request.url !== '/healthz') {
        this.pages(request, response)
        return
      }
      const status = !this.answering ? 503 : request.url !== '/healthz' && sandbox.password !== null ? 401 : 200
      response.writeHead(status).end('{"status":"alive"}')
    })
    if (this.sockets) server.on('upgrade', this.sockets)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return server
  }
}

/** A sandbox in the port's words. */
export function toSandbox({ server: _server, ...sandbox }: FakeSandbox): Sandbox {
  return { ...sandbox }
}

function stopServing(sandbox: FakeSandbox): void {
  sandbox.server?.closeAllConnections()
  sandbox.server?.close()
  sandbox.server = null
}
