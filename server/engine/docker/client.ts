import Docker from 'dockerode'
import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import type { Readable } from 'node:stream'
import { inspect } from 'node:util'
import type { DockerConnection } from '../../config/env.ts'
import { findDocker, type DockerAddress } from './connection.ts'
import { engineError } from './errors.ts'
import { EngineAway } from '../engine.ts'

/** How long Docker may take, in milliseconds. A hung daemon must not hang us. */
export const WITHIN = { look: 10_000, act: 30_000, make: 120_000 }

/** Methods whose types do not tell that they take a signal. */
export type Abortable<T> = (options: { abortSignal: AbortSignal }) => Promise<T>

/** One request to dockerode; must hand the signal on, so that giving up also closes the socket. */
type Ask<T> = (docker: Docker, signal: AbortSignal) => Promise<T>

/**
 * dockerode with what it lacks: a limit of time on every request, errors in the port's words, and an end.
 * Nothing is opened before the first request, and a bad address is told by that request, not by the constructor.
 */
export class DockerClient {
  readonly #connection: DockerConnection
  readonly #requests = new Set<AbortController>()
  readonly #streams = new Set<Readable>()
  #opened: { docker: Docker; agent: Agent; url: string } | null = null
  #closed = false

  constructor(connection: DockerConnection) {
    this.#connection = connection
  }

  /** The engine's address, for messages. */
  get url(): string {
    return this.#opened?.url ?? this.#connection.host ?? 'its address'
  }

  /**
   * One request, answered within `ms` milliseconds (null: whenever). Throws EngineAway, EngineRefused, or what is a fault
   * of ours; also EngineAway when `giveUp` aborts first.
   */
  async ask<T>(ms: number | null, request: Ask<T>, giveUp?: AbortSignal): Promise<T> {
    const controller = new AbortController()
    const stop = () => controller.abort(new EngineAway(`Nobody waits for Docker at ${this.url} any more.`))
    const timer = ms === null ? undefined : setTimeout(() => controller.abort(this.#late(ms)), ms)
    giveUp?.addEventListener('abort', stop)
    this.#requests.add(controller)
    try {
      // The race, because dockerode never calls back when the connection breaks in the middle of an answer.
      return await Promise.race([request(this.#open(), controller.signal), rejection(controller.signal)])
    } catch (error) {
      throw engineError(error, this.url)
    } finally {
      clearTimeout(timer)
      giveUp?.removeEventListener('abort', stop)
      this.#requests.delete(controller)
    }
  }

  /** Like `ask` for an answer that is a stream: `ms` and `giveUp` end when it opens. The caller destroys it. */
  async stream(ms: number | null, request: Ask<NodeJS.ReadableStream>, giveUp?: AbortSignal): Promise<Readable> {
    const stream = (await this.ask(ms, request, giveUp)) as Readable
    this.#streams.add(stream)
    stream.once('close', () => this.#streams.delete(stream))
    return stream
  }

  /** Breaks off what is under way and closes the sockets; every later request throws EngineAway. */
  close(): void {
    this.#closed = true
    for (const request of this.#requests) request.abort(closed())
    for (const stream of this.#streams) stream.destroy(closed())
    this.#opened?.agent.destroy()
  }

  #open(): Docker {
    if (this.#closed) throw closed()
    this.#opened ??= connect(findDocker(this.#connection))
    return this.#opened.docker
  }

  #late(ms: number): EngineAway {
    return new EngineAway(
      `Docker at ${this.url} did not answer within ${ms / 1000} s. It may be overloaded, or hang: see its log.`,
    )
  }
}

function connect(address: DockerAddress): { docker: Docker; agent: Agent; url: string } {
  const { tls } = address
  // Idle sockets are let go before a proxy on the way would cut them under a request.
  const options = { keepAlive: true, timeout: 5_000 }
  const agent = tls
    ? new TlsAgent({ ...options, ca: tls.ca, cert: tls.cert, key: tls.key, rejectUnauthorized: tls.verify })
    : new Agent(options)
  // dockerode prints the options of every request for its debug log, switched off or not; the whole agent, with all its
  // sockets and what hangs on them, took most of the time of a request.
  Object.assign(agent, { [inspect.custom]: () => 'Agent' })
  // Every option is given, since dockerode fills what is missing from the environment by rules of its own.
  const given: Docker.DockerOptions & { agent: Agent } = {
    socketPath: address.socketPath ?? undefined,
    host: address.socketPath ? undefined : `http://${address.hostname}`,
    port: address.port,
    protocol: tls ? 'https' : 'http',
    ca: undefined,
    cert: undefined,
    key: undefined,
    timeout: undefined,
    agent,
  }
  return { docker: new Docker(given), agent, url: address.url }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}

function closed(): EngineAway {
  return new EngineAway('The connection to Docker was closed.')
}
