import Docker from 'dockerode'
import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import type { DockerConnection } from '../../config/env.ts'
import { findDocker, type DockerAddress } from './connection.ts'
import { toEngineError } from './errors.ts'
import { EngineUnavailable } from '../engine.ts'

/** How long Docker may take, in milliseconds. A hung daemon must not hang THON. */
export const TIMEOUT_MS = { inspect: 10_000, command: 30_000, create: 120_000 }

/** Methods of dockerode that take a signal, although their types do not say so. */
export type Abortable<T> = (options: { abortSignal: AbortSignal }) => Promise<T>

/** One request to dockerode. It must pass the signal on, so that giving up also closes the socket. */
type DockerRequest<T> = (docker: Docker, signal: AbortSignal) => Promise<T>

/**
 * dockerode with what it lacks: a timeout for every request, errors in the port's words, and a way to close it.
 * Nothing is opened before the first request, and a bad address fails that request, not the constructor.
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
   * Sends one request. @param timeoutMs null waits forever
   * @throws EngineUnavailable when Docker does not answer in time or `giveUp` aborts first, EngineRefused, or an error of our own code
   */
  async request<T>(timeoutMs: number | null, send: DockerRequest<T>, giveUp?: AbortSignal): Promise<T> {
    const controller = new AbortController()
    const stop = () => controller.abort(new EngineUnavailable(`The request to Docker at ${this.url} was canceled.`))
    const timer =
      timeoutMs === null ? undefined : setTimeout(() => controller.abort(this.#timedOut(timeoutMs)), timeoutMs)
    giveUp?.addEventListener('abort', stop)
    this.#requests.add(controller)
    try {
      // The race is needed because dockerode never calls back when the connection breaks in the middle of an answer.
      return await Promise.race([send(this.#open(), controller.signal), rejection(controller.signal)])
    } catch (error) {
      throw toEngineError(error, this.url)
    } finally {
      clearTimeout(timer)
      giveUp?.removeEventListener('abort', stop)
      this.#requests.delete(controller)
    }
  }

  /** As `request`, for an answer that is a stream: `timeoutMs` and `giveUp` end when it opens. The caller destroys it. */
  async stream(
    timeoutMs: number | null,
    send: DockerRequest<NodeJS.ReadableStream>,
    giveUp?: AbortSignal,
  ): Promise<Readable> {
    const stream = await this.request(timeoutMs, send, giveUp)
    if (!(stream instanceof Readable)) throw new TypeError('dockerode returned a stream of an unknown class')
    this.#streams.add(stream)
    stream.once('close', () => this.#streams.delete(stream))
    return stream
  }

  /** Cancels running requests and closes the sockets; every later request throws EngineUnavailable. */
  close(): void {
    this.#closed = true
    for (const request of this.#requests) request.abort(connectionClosed())
    for (const stream of this.#streams) stream.destroy(connectionClosed())
    this.#opened?.agent.destroy()
  }

  #open(): Docker {
    if (this.#closed) throw connectionClosed()
    this.#opened ??= connect(findDocker(this.#connection))
    return this.#opened.docker
  }

  #timedOut(timeoutMs: number): EngineUnavailable {
    return new EngineUnavailable(
      `Docker at ${this.url} did not answer within ${timeoutMs / 1000} s. It may be overloaded or hang. Check its log, for instance with \`journalctl -u docker\`.`,
    )
  }
}

function connect(address: DockerAddress): { docker: Docker; agent: Agent; url: string } {
  const { tls } = address
  // Idle sockets are closed before a proxy on the way would cut them in the middle of a request.
  const options = { keepAlive: true, timeout: 5_000 }
  const agent = tls
    ? new TlsAgent({ ...options, ca: tls.ca, cert: tls.cert, key: tls.key, rejectUnauthorized: tls.verify })
    : new Agent(options)
  // dockerode formats the options of every request for its debug log, even when that is off. Formatting the whole agent,
  // with all its sockets, took most of the time of a request.
  Object.assign(agent, { [inspect.custom]: () => 'Agent' })
  // Every option is given, because dockerode fills missing ones from the environment by rules of its own.
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

function connectionClosed(): EngineUnavailable {
  return new EngineUnavailable('The connection to Docker was closed.')
}
