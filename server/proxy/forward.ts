import { Agent, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createProxyServer, type ProxyServer } from 'httpxy'
import type { Client } from '../http/client.ts'
import { allowedSetCookies, withoutThonCookies } from './cookies.ts'

/** How long a sandbox may take to begin its answer, in milliseconds: people's programs may compute for a while. */
const ANSWER_TIMEOUT_MS = 300_000
/** How long a sandbox may take to accept a WebSocket, in milliseconds. */
const UPGRADE_TIMEOUT_MS = 60_000

/** Headers of the connection, not of the message (RFC 9110, 7.6.1), and headers that tell who sent it. */
const NOT_FORWARDED = [
  ...['keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer'],
  ...['expect', 'authorization', 'forwarded', 'via', 'x-real-ip', 'x-forwarded-for', 'x-forwarded-proto'],
  ...['x-forwarded-host', 'x-forwarded-port', 'x-forwarded-prefix', 'x-forwarded-server'],
]
/** Headers that would affect the host name beyond this sandbox, or beyond this answer. */
const NOT_RETURNED = ['strict-transport-security', 'alt-svc', 'public-key-pins', 'proxy-authenticate', 'keep-alive']

/** Where a request is forwarded, and for whom. */
export interface ForwardTarget {
  /** Where the sandbox answers. */
  host: string
  port: number
  /** Path of the sandbox, such as `/32768`, which is not forwarded; '' where it has its own host name. */
  path: string
  client: Client
}

/** Why there is no answer to pass on: no connection, none in time, or not HTTP. */
export type ForwardFailure = 'refused' | 'timeout' | 'unreadable'

/** Forwards requests to sandboxes, streaming both ways: httpxy, and what it leaves to its user. */
export class Forwarder {
  readonly #proxy: ProxyServer
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 64, timeout: 30_000, scheduling: 'lifo' })
  readonly #targets = new WeakMap<object, ForwardTarget>()
  readonly #opened = new WeakMap<object, (far: Duplex) => void>()
  readonly #answerTimeoutMs: number

  /** @param answerTimeoutMs how long a sandbox may take to begin its answer once it has the whole request */
  constructor(answerTimeoutMs = ANSWER_TIMEOUT_MS) {
    this.#answerTimeoutMs = answerTimeoutMs
    this.#proxy = createProxyServer({ agent: this.#agent, upgradeTimeout: UPGRADE_TIMEOUT_MS, prependPath: false })
    this.#proxy.on('proxyReq', (outgoing) => this.#limitTime(outgoing))
    this.#proxy.on('proxyRes', (answer, request, response) => {
      this.#cleanAnswer(answer, request)
      // The browser may wait for the headers of a stream that has no data yet.
      setImmediate(() => !response.headersSent && !response.destroyed && response.flushHeaders())
    })
    this.#proxy.on('proxyReqWs', (outgoing, request) => {
      // These run before httpxy's own listeners, which write the headers.
      const clean = (answer: IncomingMessage) => this.#cleanAnswer(answer, request)
      outgoing.on('upgrade', clean).on('response', clean)
      outgoing.on('upgrade', (_answer, far: Duplex) => this.#opened.get(request)?.(far))
    })
  }

  /** Passes on the sandbox's answer. @param failed answers instead, if the sandbox has not begun to */
  async web(
    request: IncomingMessage,
    response: ServerResponse,
    target: ForwardTarget,
    failed: (failure: ForwardFailure) => void,
  ) {
    this.#targets.set(request, target)
    cleanRequest(request, target)
    request.headers.connection = 'keep-alive'
    try {
      await this.#proxy.web(request, response, { target: urlOf(target) })
    } catch (error) {
      if (response.headersSent) response.destroy()
      else if (!response.destroyed) failed(failureOf(error))
    }
  }

  /**
   * Connects a WebSocket with the sandbox's. It is closed if the sandbox does not accept it.
   * @param opened gets the sandbox's end once it accepts, before anything is read from it
   */
  async upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    target: ForwardTarget,
    opened: (far: Duplex) => void = () => undefined,
  ): Promise<void> {
    this.#targets.set(request, target)
    this.#opened.set(request, opened)
    cleanRequest(request, target)
    request.headers.connection = 'Upgrade'
    // It always is one: Node's types say Duplex for its subclasses' sake.
    if (socket instanceof Socket)
      await this.#proxy.ws(request, socket, { target: urlOf(target) }, head).catch(() => socket.destroy())
  }

  /** Closes idle connections. */
  close(): void {
    this.#agent.destroy()
  }

  #cleanAnswer(answer: IncomingMessage, request: IncomingMessage): void {
    cleanAnswer(answer, this.#targets.get(request)?.path ?? '')
  }

  /** Counts from the end of the request: an upload may take any time. */
  #limitTime(outgoing: ClientRequest): void {
    let timer: NodeJS.Timeout | undefined
    outgoing.once('finish', () => {
      timer = setTimeout(() => outgoing.destroy(new AnswerTimeout()), this.#answerTimeoutMs)
    })
    const stop = () => clearTimeout(timer)
    outgoing.once('response', stop).once('close', stop)
  }
}

class AnswerTimeout extends Error {}

function urlOf({ host, port }: ForwardTarget) {
  return { host, port, protocol: 'http:' }
}

function failureOf(error: unknown): ForwardFailure {
  if (error instanceof AnswerTimeout) return 'timeout'
  const code = (error as { code?: string }).code ?? ''
  return code.startsWith('HPE_') ? 'unreadable' : 'refused'
}

function cleanRequest(request: IncomingMessage, { path, client }: ForwardTarget): void {
  const { headers } = request
  for (const name of NOT_FORWARDED) Reflect.deleteProperty(headers, name)
  headers.cookie = withoutThonCookies(headers.cookie)
  if (headers.cookie === undefined) delete headers.cookie
  headers['x-forwarded-for'] = client.address
  headers['x-forwarded-proto'] = client.scheme
  headers['x-forwarded-host'] = headers.host
  if (path) {
    headers['x-forwarded-prefix'] = path
    request.url = request.url?.slice(path.length) || '/'
  }
}

function cleanAnswer({ headers }: IncomingMessage, path: string): void {
  for (const name of NOT_RETURNED) Reflect.deleteProperty(headers, name)
  if (headers['set-cookie']) headers['set-cookie'] = allowedSetCookies(headers['set-cookie'], path)
  // Pages of other sandboxes must not show it in a frame or load parts of it.
  const policy = headers['content-security-policy']
  headers['content-security-policy'] = [...(policy ? [policy] : []), "frame-ancestors 'self'"].join(', ')
  headers['cross-origin-resource-policy'] ??= 'same-origin'
  if (!path) return
  delete headers['service-worker-allowed']
  if (headers.location && /^\/(?!\/)/.test(headers.location)) headers.location = path + headers.location
}
