import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectTo, Control } from './control.ts'
import { logReport } from './report.ts'
import type { PublicPorts, PublicPortsDeps } from './ports.ts'
import type { AccessRequest, FromProxy, Grace, ToProxy } from './protocol.ts'
import { proxyVersion } from './version.ts'

/** How long the proxy may take for an answer, in milliseconds. */
const ANSWER_MS = 5_000
/** How long a new proxy may take until it can be reached, in milliseconds: it compiles its sources first. */
const START_MS = 20_000
/** After how long a proxy that ended is started again, in milliseconds; the last one counts for all further tries. */
const BACK_OFF_MS = [200, 1_000, 2_000, 5_000, 10_000, 30_000]
/** A proxy that lived for so long has not failed at its start, in milliseconds. */
const STABLE_MS = 60_000
/** What a proxy that is replaced leaves: people's IDEs reconnect by themselves, downloads do not. */
const REPLACED: Grace = { socketsMs: 10_000, requestsMs: 600_000 }
/** The same when THON ends for good. */
const ENDED: Grace = { socketsMs: 0, requestsMs: 2_000 }

type Connection = Control<FromProxy, ToProxy>

/** The proxy's process, seen from THON: takes over the one that runs, or starts one, and starts another when it ends. */
export class ProxyProcess implements PublicPorts {
  readonly #deps: PublicPortsDeps
  readonly #version = proxyVersion()
  #connection: Connection | null = null
  /** Proxies that listen no longer, but have something open. */
  readonly #draining = new Set<Connection>()
  /** The ports of people's addresses, from the first start on. */
  #ports: readonly number[] | null = null
  #closed = false
  #failures = 0

  constructor(deps: PublicPortsDeps) {
    this.#deps = deps
    deps.tls?.onRenewal(() => {
      for (const connection of this.#connections()) this.#configure(connection)
    })
  }

  /** Takes over the proxy that runs, or starts one. */
  async start(): Promise<number[]> {
    const ports = (await this.#takeOver()) ?? (await this.#startNew())
    this.#ports = ports
    return ports
  }

  invalidate(access: boolean): void {
    for (const connection of this.#connections()) connection.send({ kind: 'invalidate', access })
  }

  async close(keep: boolean): Promise<void> {
    this.#closed = true
    const ended = this.#connections().map(async (connection) => {
      if (!keep) {
        const gone = new Promise<void>((resolve) => connection.onClose(resolve))
        connection.send({ kind: 'drain', grace: ENDED })
        await Promise.race([gone, sleep(ENDED.requestsMs + ANSWER_MS, undefined, { ref: false })])
      }
      connection.close()
    })
    await Promise.all(ended)
  }

  #connections(): Connection[] {
    return [...(this.#connection ? [this.#connection] : []), ...this.#draining]
  }

  /** @returns null when none runs that can be taken over; then the ports are free */
  async #takeOver(): Promise<number[] | null> {
    const socket = await connectTo(this.#deps.folder.control)
    if (!socket) return null
    const connection = this.#speakOn(socket)
    const hello = await connection.next('hello', ANSWER_MS)
    if (!hello) return null
    const { listening } = this.#deps
    const isSame = hello.version === this.#version && JSON.stringify(hello.listening) === JSON.stringify(listening)
    if (isSame) {
      this.#adopt(connection)
      return hello.ports
    }
    this.#retire(connection)
    connection.send({ kind: 'drain', grace: REPLACED })
    // It may have nothing open, and end before it can say so.
    await connection.next('draining', ANSWER_MS)
    return null
  }

  async #startNew(): Promise<number[]> {
    const { folder, listening } = this.#deps
    rmSync(folder.control, { force: true })
    const log = openSync(folder.log, 'w', 0o600)
    // In a session of its own, and with nothing of THON's environment.
    const child = spawn(process.execPath, ['--max-semi-space-size=4', MAIN, dirname(folder.control)], {
      ...{ cwd: '/', env: {}, detached: true, stdio: ['ignore', log, log] },
    })
    closeSync(log)
    child.unref()
    let ended = false
    child.once('exit', () => (ended = true)).once('error', () => (ended = true))
    const socket = await poll(
      START_MS,
      () => (ended ? null : connectTo(folder.control)),
      () => ended,
    )
    if (!socket) throw new Error(`The proxy did not start. ${this.#printed()}`.trim())
    const connection = this.#speakOn(socket)
    await connection.next('hello', ANSWER_MS)
    this.#configure(connection)
    connection.send({ kind: 'listen', listening, ports: this.#ports })
    const answer = await Promise.race([connection.next('listening', START_MS), connection.next('failed', START_MS)])
    if (answer?.kind === 'listening') {
      if (answer.warning !== null) this.#deps.log.warn(answer.warning)
      this.#adopt(connection)
      return answer.ports
    }
    connection.send({ kind: 'drain', grace: ENDED })
    throw new Error(answer?.error ?? `The proxy ended. ${this.#printed()}`.trim())
  }

  /** From now on this is the proxy. */
  #adopt(connection: Connection): void {
    const since = Date.now()
    this.#connection = connection
    this.#configure(connection)
    connection.onClose(() => {
      if (this.#connection !== connection) return
      this.#connection = null
      if (this.#closed) return
      if (Date.now() - since > STABLE_MS) this.#failures = 0
      this.#deps.log.error(`the proxy ended; starting it again. ${this.#printed()}`.trim())
      void this.#startAgain()
    })
  }

  async #startAgain(): Promise<void> {
    await sleep(BACK_OFF_MS[Math.min(this.#failures++, BACK_OFF_MS.length - 1)], undefined, { ref: false })
    if (this.#closed) return
    try {
      await this.start()
    } catch (error) {
      this.#deps.log.error({ err: error }, 'the proxy did not start')
      void this.#startAgain()
    }
    // THON was closed while it started.
    if (this.#isClosed()) this.#connection?.send({ kind: 'drain', grace: ENDED })
  }

  #isClosed(): boolean {
    return this.#closed
  }

  #speakOn(socket: Socket): Connection {
    const connection: Connection = new Control<FromProxy, ToProxy>(socket, (message) => {
      if (message.kind === 'authorize') void this.#answer(connection, message.id, message.request)
      else if (message.kind === 'draining' && this.#connection === connection) {
        // Somebody told it to end. What it has open goes on there, and what comes new needs another one.
        this.#connection = null
        this.#retire(connection)
        if (!this.#closed) void this.#startAgain()
      } else if (message.kind === 'requestFailed' || message.kind === 'badAnswer' || message.kind === 'processFailed')
        logReport(this.#deps.log, message)
    })
    return connection
  }

  /** What such a proxy has open is still cut off when somebody may no longer open it. */
  #retire(connection: Connection): void {
    this.#draining.add(connection)
    connection.onClose(() => this.#draining.delete(connection))
  }

  async #answer(connection: Connection, id: number, request: AccessRequest): Promise<void> {
    const decision = await this.#deps.authorize(request).catch(() => ({ allowed: false, target: null }))
    connection.send({ kind: 'decision', id, decision })
  }

  #configure(connection: Connection): void {
    const { trustedProxies, tls } = this.#deps
    connection.send({ kind: 'configure', trustedProxies, tls: tls?.options ?? null })
  }

  /** The last lines that the proxy printed: they are about its failure. */
  #printed(): string {
    try {
      return readFileSync(this.#deps.folder.log, 'utf8').trim().split('\n').slice(-5).join('\n')
    } catch {
      return ''
    }
  }
}

const MAIN = join(import.meta.dirname, 'main.ts')

/** Tries again and again. @returns the first result that is not null; null when it takes too long, or is given up */
async function poll<T>(
  timeoutMs: number,
  attempt: () => Promise<T | null> | null,
  givenUp: () => boolean,
): Promise<T | null> {
  for (const end = Date.now() + timeoutMs; Date.now() < end && !givenUp();) {
    const found = await attempt()
    if (found !== null) return found
    await sleep(20)
  }
  return null
}
