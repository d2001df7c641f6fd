import { fork, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Tls, TlsOptions } from '../http/tls.ts'
import type { Log } from '../core/log.ts'
import { hostOf } from './sni.ts'
import type { Decision, Asked, FromWorker, ToWorker } from './worker-protocol.ts'

/** What handing over needs of its surroundings. */
export interface ConnectionRouterDeps {
  log: Log
  tls: Tls | null
  trustedProxies: readonly string[]
  /** Whether a Host header names a sandbox. */
  isSandbox: (host: string) => boolean
  /** Who may go where. */
  admit: (asked: Asked) => Promise<Decision>
}

/** How long somebody may keep a connection open without a word, in milliseconds. */
const SILENCE = 60_000
/** How long a worker that ended is waited with, in milliseconds. */
const AGAIN = 1_000

/**
 * Gives connections that begin with a sandbox's host name to a process of their own. While there is none, the server serves
 * them itself, as it serves what comes later over a connection that began with THON's own name.
 */
export class ConnectionRouter {
  readonly #parts: ConnectionRouterDeps
  readonly #folder = mkdtempSync(join(tmpdir(), 'thon-'))
  /** Connections that have not said a word yet. */
  readonly #looking = new Set<Socket>()
  readonly #onTheWay = new Set<Socket>()
  /** The worker, ready or not. */
  #process: ChildProcess | null = null
  /** The worker once it is ready. */
  #worker: ChildProcess | null = null
  #closed = false
  #again: NodeJS.Timeout | undefined

  constructor(parts: ConnectionRouterDeps) {
    this.#parts = parts
    parts.tls?.keepFresh({
      setSecureContext: (found) => this.#worker && this.#begin(this.#worker, found as TlsOptions),
    })
  }

  /** Path of the socket on which the worker passes on what is THON's: in a folder of this user alone. */
  get backDoor(): string {
    return join(this.#folder, 'back-door')
  }

  /** Starts the worker, once somebody listens at the back door. Resolves when it is ready, or has failed to be. */
  start(): Promise<void> {
    const settled = Promise.withResolvers<void>()
    const worker = fork(join(import.meta.dirname, 'worker.ts'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    this.#process = worker
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'ready') {
        this.#worker = worker
        settled.resolve()
      } else void this.#answer(worker, message.id, message.asked)
    })
    worker.on('error', (error) => {
      if (!this.#closed) this.#parts.log.error({ err: error }, 'the proxy of the sandboxes has failed')
    })
    worker.on('exit', () => {
      settled.resolve()
      this.#ended(worker)
    })
    this.#begin(worker)
    return settled.promise
  }

  /** What the worker knows may have changed. @param rights whether that may be who may open what */
  forget(rights: boolean): void {
    if (this.#worker) say(this.#worker, { kind: 'forget', rights })
  }

  /** Stands between a server and its connections. */
  guard(server: Server): void {
    const [own] = server.listeners('connection') as ((this: Server, socket: Socket) => void)[]
    if (!own) throw new Error('a server without a listener of its own')
    server.removeAllListeners('connection')
    server.on('connection', (socket: Socket) => this.#look(socket, () => own.call(server, socket)))
  }

  /** Ends the worker, and every connection it has. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#again)
    for (const socket of this.#looking) socket.destroy()
    // It ends when nobody is left to ask.
    if (this.#process?.connected) this.#process.disconnect()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** Reads the first bytes of a connection, and puts them back. */
  #look(socket: Socket, serve: () => void): void {
    if (!this.#worker) return serve()
    const gone = () => socket.destroy()
    this.#looking.add(socket)
    // Somebody who hangs up without a word leaves a half of the connection open, which nobody else would close.
    socket.on('error', gone).on('end', gone).setTimeout(SILENCE, gone)
    socket.once('close', () => this.#looking.delete(socket))
    socket.once('data', (first: Buffer) => {
      socket.pause()
      this.#looking.delete(socket)
      socket.setTimeout(0).removeListener('timeout', gone).removeListener('end', gone)
      const host = hostOf(first)
      if (host !== null && this.#worker && this.#parts.isSandbox(host)) return this.#give(socket, first)
      socket.removeListener('error', gone)
      socket.unshift(first)
      serve()
      // TLS takes what was put back by itself.
      if (this.#parts.tls === null) socket.resume()
    })
  }

  #give(socket: Socket, first: Buffer): void {
    const inside = socket as unknown as { _handle: { readStop(): void }; server: null }
    // What a paused socket goes on to read would be lost on the way; there is no public way to make it stop.
    inside._handle.readStop()
    // Else Node keeps count of it here and there, and a server waits with its end for workers that are long gone.
    inside.server = null
    this.#onTheWay.add(socket)
    const message: ToWorker = { kind: 'connection', first: first.toString('base64') }
    this.#worker?.send(message, socket, {}, () => {
      this.#onTheWay.delete(socket)
      socket.destroy()
    })
  }

  async #answer(worker: ChildProcess, id: number, asked: Asked): Promise<void> {
    const admission = await this.#parts.admit(asked).catch(() => ({ allowed: false, target: null }))
    say(worker, { kind: 'admission', id, admission })
  }

  #begin(worker: ChildProcess, tls = this.#parts.tls?.options ?? null): void {
    const { trustedProxies } = this.#parts
    say(worker, { kind: 'begin', backDoor: this.backDoor, trustedProxies, tls })
  }

  #ended(worker: ChildProcess): void {
    if (this.#worker === worker) this.#worker = null
    for (const socket of this.#onTheWay) socket.destroy()
    this.#onTheWay.clear()
    if (this.#closed) return
    this.#parts.log.error('the proxy of the sandboxes has ended; it is started again')
    this.#again = setTimeout(() => void this.start(), AGAIN)
  }
}

/** Tells a worker something, unless it is gone: that it may have died a moment ago its end says by itself. */
function say(worker: ChildProcess, message: ToWorker): void {
  if (worker.connected) worker.send(message, () => undefined)
}
