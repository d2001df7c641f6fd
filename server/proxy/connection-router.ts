import { fork, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Tls, TlsOptions } from '../http/tls.ts'
import type { Log } from '../core/log.ts'
import { noteProcessFailure } from '../core/process-failures.ts'
import { reportBadAnswer } from './messages.ts'
import { sniffHost } from './sni.ts'
import type { AccessRequest, Decision, FromWorker, ToWorker } from './worker-protocol.ts'

/** What the router needs. */
export interface ConnectionRouterDeps {
  log: Log
  tls: Tls | null
  trustedProxies: readonly string[]
  /** Whether a Host header names a sandbox. */
  isSandbox: (host: string) => boolean
  /** Decides who may open what. */
  authorize: (request: AccessRequest) => Promise<Decision>
}

/** How long a connection may stay open before its first byte, in milliseconds. */
const PEEK_TIMEOUT_MS = 60_000
/** How long after its end a worker is started again, in milliseconds. */
const RESTART_DELAY_MS = 1_000

/**
 * Transfers connections that begin with a sandbox's host name to a worker process. While there is no worker, the server
 * serves them itself. It also serves sandbox requests on connections that began with THON's own host name.
 */
export class ConnectionRouter {
  readonly #deps: ConnectionRouterDeps
  readonly #folder = mkdtempSync(join(tmpdir(), 'thon-'))
  /** Connections whose first byte has not arrived. */
  readonly #peeking = new Set<Socket>()
  /** Connections that are sent to the worker, until it has them. */
  readonly #inTransfer = new Set<Socket>()
  /** The worker's process, ready or not. */
  #process: ChildProcess | null = null
  /** The same once it is ready. */
  #worker: ChildProcess | null = null
  #closed = false
  #restart: NodeJS.Timeout | undefined

  constructor(deps: ConnectionRouterDeps) {
    this.#deps = deps
    deps.tls?.keepFresh({
      setSecureContext: (options) => this.#worker && this.#configure(this.#worker, options as TlsOptions),
    })
  }

  /** Path of the socket on which the worker passes requests on to THON: in a folder that only this user may enter. */
  get internalSocket(): string {
    return join(this.#folder, 'thon.sock')
  }

  /** Starts the worker; the internal socket must be listening. Resolves once the worker is ready, or has failed to start. */
  start(): Promise<void> {
    const settled = Promise.withResolvers<undefined>()
    const worker = fork(join(import.meta.dirname, 'worker.ts'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    this.#process = worker
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'ready') {
        this.#worker = worker
        settled.resolve(undefined)
      } else if (message.kind === 'authorize') void this.#answer(worker, message.id, message.request)
      else this.#report(message)
    })
    worker.on('error', (error) => {
      if (!this.#closed) this.#deps.log.error({ err: error }, 'the sandbox proxy failed')
    })
    worker.on('exit', () => {
      settled.resolve(undefined)
      this.#exited(worker)
    })
    this.#configure(worker)
    return settled.promise
  }

  /** Outdates the worker's decisions. @param access whether it may have changed who may open what */
  invalidate(access: boolean): void {
    if (this.#worker) send(this.#worker, { kind: 'invalidate', access })
  }

  /** Puts itself between a server and its connections. */
  intercept(server: Server): void {
    const [serve] = server.listeners('connection') as ((this: Server, socket: Socket) => void)[]
    if (!serve) throw new Error('the server does not listen for connections itself')
    server.removeAllListeners('connection')
    server.on('connection', (socket: Socket) => this.#peek(socket, () => serve.call(server, socket)))
  }

  /** Ends the worker, and every connection it has. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#restart)
    for (const socket of this.#peeking) socket.destroy()
    // The worker exits when this process is gone.
    if (this.#process?.connected) this.#process.disconnect()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** Reads the first bytes of a connection and puts them back, or transfers both. */
  #peek(socket: Socket, serve: () => void): void {
    if (!this.#worker) {
      serve()
      return
    }
    const drop = () => socket.destroy()
    this.#peeking.add(socket)
    // A client that hangs up before its first byte leaves this half of the connection open, and no server would close it.
    socket.on('error', drop).on('end', drop).setTimeout(PEEK_TIMEOUT_MS, drop)
    socket.once('close', () => this.#peeking.delete(socket))
    socket.once('data', (firstBytes: Buffer) => {
      socket.pause()
      this.#peeking.delete(socket)
      socket.setTimeout(0).removeListener('timeout', drop).removeListener('end', drop)
      const host = sniffHost(firstBytes)
      if (host !== null && this.#worker && this.#deps.isSandbox(host)) {
        this.#transfer(this.#worker, socket, firstBytes)
        return
      }
      socket.removeListener('error', drop)
      socket.unshift(firstBytes)
      serve()
      // A TLS server reads on by itself.
      if (this.#deps.tls === null) socket.resume()
    })
  }

  #transfer(worker: ChildProcess, socket: Socket, firstBytes: Buffer): void {
    const internals = socket as unknown as { _handle: { readStop(): void }; server: null }
    // A paused socket still reads one more piece, which would be lost. Node has no public way to stop that.
    internals._handle.readStop()
    // Otherwise Node counts the connection in both processes, and closing the server waits for workers that are long gone.
    internals.server = null
    this.#inTransfer.add(socket)
    const message: ToWorker = { kind: 'connection', firstBytes: firstBytes.toString('base64') }
    worker.send(message, socket, {}, () => {
      this.#inTransfer.delete(socket)
      socket.destroy()
    })
  }

  #report(message: Extract<FromWorker, { kind: 'requestFailed' | 'processFailed' | 'badAnswer' }>): void {
    const { log } = this.#deps
    if (message.kind === 'processFailed')
      noteProcessFailure(message.failure, (failure) =>
        log.error(failure, 'no handler of the sandbox proxy caught an error; it goes on'),
      )
    else if (message.kind === 'badAnswer') reportBadAnswer(log, message.sandbox, message.fault)
    else log.error({ err: message }, `a request failed in the sandbox proxy (${message.where})`)
  }

  async #answer(worker: ChildProcess, id: number, request: AccessRequest): Promise<void> {
    const decision = await this.#deps.authorize(request).catch(() => ({ allowed: false, target: null }))
    send(worker, { kind: 'decision', id, decision })
  }

  #configure(worker: ChildProcess, tls = this.#deps.tls?.options ?? null): void {
    const { trustedProxies } = this.#deps
    send(worker, { kind: 'configure', internalSocket: this.internalSocket, trustedProxies, tls })
  }

  #exited(worker: ChildProcess): void {
    if (this.#worker === worker) this.#worker = null
    for (const socket of this.#inTransfer) socket.destroy()
    this.#inTransfer.clear()
    if (this.#closed) return
    this.#deps.log.error('the sandbox proxy stopped; starting it again')
    this.#restart = setTimeout(() => void this.start(), RESTART_DELAY_MS)
  }
}

/** Sends a message unless the worker is gone. If it has just died, its exit is handled by itself. */
function send(worker: ChildProcess, message: ToWorker): void {
  if (worker.connected) worker.send(message, () => undefined)
}
