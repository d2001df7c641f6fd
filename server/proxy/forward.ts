import { Agent, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createProxyServer, type ProxyServer } from 'httpxy'
import type { Client } from '../http/client.ts'
import { hostText } from '../http/host.ts'
import { refuseUpgrade } from '../http/respond.ts'
import { answerFault, cleanAnswer, MAX_INTERIM } from './answer.ts'
import { withoutThonCookies } from './cookies.ts'
import { CLIENT_HEADER } from './protocol.ts'

/** How long a sandbox may take to begin its answer, in milliseconds: people's programs may compute for a while. */
const ANSWER_TIMEOUT_MS = 300_000
/** How long a sandbox may take to accept a WebSocket, in milliseconds. */
const UPGRADE_TIMEOUT_MS = 60_000
/** How often faults of one sandbox are reported, in milliseconds: its owner may cause any number of them. */
const REPORT_INTERVAL_MS = 60_000
/** Of how many sandboxes the last report is remembered. */
const MAX_REPORTS = 5_000

/** Headers of the connection, not of the message (RFC 9110, 7.6.1). */
const OF_CONNECTION = [
  ...['keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'http2-settings'],
  'expect',
]
/** What a Connection header cannot take away: the message would have another meaning. */
const OF_MESSAGE = ['host', 'cookie', 'authorization', 'content-length', 'transfer-encoding', 'upgrade', 'connection']
/** Headers that tell who sent a request. */
const OF_SENDER = [
  ...['forwarded', 'via', 'x-real-ip', 'x-forwarded-for', 'x-forwarded-proto'],
  ...['x-forwarded-host', 'x-forwarded-port', 'x-forwarded-prefix', 'x-forwarded-server', CLIENT_HEADER],
]
/** An API token or a session of THON. Every other Authorization is for the participant's own program. */
const THON_AUTHORIZATION = /^\s*bearer\s+(thon_|v1:)/i

/** Where a request is forwarded, and for whom. */
export interface ForwardTarget {
  /** Whose sandbox it is, such as `alpha/ann`; for the log. */
  name: string
  /** Where the sandbox answers. */
  host: string
  port: number
  /** Path of the sandbox, such as `/32768`, which is not forwarded; '' where it has its own host name. */
  path: string
  client: Client
}

/** Why there is no answer to pass on: no connection, none in time, or one that must not go on. */
export type ForwardFailure = 'refused' | 'timeout' | 'unreadable'

/** How to forward. */
export interface ForwarderOptions {
  /** How long a sandbox may take to begin its answer once it has the whole request, in milliseconds. */
  answerTimeoutMs?: number
  /** Receives what is wrong with an answer of a sandbox, at most once a minute for each. */
  report: (sandbox: string, fault: string) => void
}

/** A request on its way. */
interface Exchange {
  target: ForwardTarget
  /** Whether the requester wants the connection closed after the answer. */
  closes: boolean
  /** What was wrong with it before its answer came; null so far. */
  fault: string | null
  failed: (failure: ForwardFailure) => void
}

/** Forwards requests to sandboxes, streaming both ways: httpxy, and what it leaves to its user. */
export class Forwarder {
  readonly #proxy: ProxyServer
  /** Opens a connection for each WebSocket: one that was used before may be closing. */
  readonly #sockets = createProxyServer({ upgradeTimeout: UPGRADE_TIMEOUT_MS, prependPath: false })
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 64, timeout: 30_000, scheduling: 'lifo' })
  readonly #exchanges = new WeakMap<object, Exchange>()
  readonly #opened = new WeakMap<object, (far: Duplex) => void>()
  readonly #reported = new Map<string, number>()
  readonly #options: ForwarderOptions

  constructor(options: ForwarderOptions) {
    this.#options = options
    this.#proxy = createProxyServer({ agent: this.#agent, prependPath: false })
    this.#proxy.on('proxyReq', (outgoing, request) => {
      this.#limitTime(outgoing)
      this.#limitInterim(outgoing, request)
      // Nobody asked for it: what follows would not be HTTP.
      outgoing.once('upgrade', (_answer, socket) => {
        socket.destroy()
        outgoing.destroy()
        this.#refuse(request, 'it changed the protocol unasked')
      })
    })
    this.#proxy.on('proxyRes', (answer, request, response) => this.#takeAnswer(answer, request, response))
    this.#sockets.on('proxyReqWs', (outgoing, request, socket) => this.#watchUpgrade(outgoing, request, socket))
  }

  /** Passes on the sandbox's answer. @param failed answers instead, if the sandbox has not begun to */
  async web(
    request: IncomingMessage,
    response: ServerResponse,
    target: ForwardTarget,
    failed: (failure: ForwardFailure) => void,
  ): Promise<void> {
    const closes = /\bclose\b/i.test(request.headers.connection ?? '')
    const isAnswered = () => response.headersSent || response.writableEnded || response.destroyed
    const exchange: Exchange = {
      ...{ target, closes, fault: null },
      failed: (failure) => {
        if (!isAnswered()) failed(failure)
      },
    }
    this.#exchanges.set(request, exchange)
    cleanRequest(request, target)
    request.headers.connection = 'keep-alive'
    try {
      await this.#proxy.web(request, response, { target: urlOf(target) })
    } catch (error) {
      if (isAnswered()) {
        if (!response.writableEnded) response.destroy()
        return
      }
      const failure = failureOf(error)
      if (failure === 'unreadable') this.#report(target, faultOf(error))
      exchange.failed(failure)
    }
  }

  /**
   * Connects a WebSocket with the sandbox's. It is refused if the sandbox does not accept it.
   * @param opened gets the sandbox's end once it accepts, before anything is read from it
   */
  async upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    target: ForwardTarget,
    opened: (far: Duplex) => void = () => undefined,
  ): Promise<void> {
    this.#exchanges.set(request, { target, closes: true, fault: null, failed: () => undefined })
    this.#opened.set(request, opened)
    cleanRequest(request, target)
    request.headers.connection = 'Upgrade'
    // It always is one: Node's types say Duplex for its subclasses' sake.
    if (socket instanceof Socket)
      await this.#sockets.ws(request, socket, { target: urlOf(target) }, head).catch(() => socket.destroySoon())
  }

  /** Closes idle connections. */
  close(): void {
    this.#agent.destroy()
  }

  /** Runs before httpxy copies the answer; it copies nothing once the response has ended. */
  #takeAnswer(answer: IncomingMessage, request: IncomingMessage, response: ServerResponse): void {
    const exchange = this.#exchanges.get(request)
    const fault = exchange?.fault ?? answerFault(answer, false)
    if (fault !== null) {
      answer.destroy()
      this.#refuse(request, fault)
      return
    }
    cleanAnswer(answer, exchange?.target.path ?? '')
    answer.headers.connection = exchange?.closes ? 'close' : 'keep-alive'
    // The browser may wait for the headers of a stream that has no data yet.
    setImmediate(() => !response.headersSent && !response.destroyed && response.flushHeaders())
  }

  /** These listeners run before httpxy's own, which write the headers. */
  #watchUpgrade(outgoing: ClientRequest, request: IncomingMessage, socket: Duplex): void {
    this.#limitInterim(outgoing, request)
    const exchange = this.#exchanges.get(request)
    const target = exchange?.target
    const path = target?.path ?? ''
    outgoing.once('upgrade', (answer: IncomingMessage, there: Duplex) => {
      const fault = exchange?.fault ?? answerFault(answer, true)
      cleanAnswer(answer, path)
      if (fault === null) {
        this.#opened.get(request)?.(there)
        return
      }
      if (target) this.#report(target, fault)
      socket.destroy()
      there.destroy()
    })
    outgoing.once('response', (answer: IncomingMessage) => {
      const fault = exchange?.fault ?? answerFault(answer, false)
      if (fault !== null) {
        if (target) this.#report(target, fault)
        Object.assign(answer, { statusCode: 502, headers: {} })
      }
      cleanAnswer(answer, path)
    })
    outgoing.prependOnceListener('error', (error) => {
      const failure = failureOf(error)
      if (target && failure === 'unreadable') this.#report(target, faultOf(error))
      refuseUpgrade(socket, failure === 'refused' ? '503 Service Unavailable' : '502 Bad Gateway')
    })
  }

  #refuse(request: IncomingMessage, fault: string): void {
    const exchange = this.#exchanges.get(request)
    if (!exchange) return
    this.#report(exchange.target, fault)
    exchange.failed('unreadable')
  }

  #report({ name }: ForwardTarget, fault: string): void {
    const now = Date.now()
    if (now - (this.#reported.get(name) ?? -Infinity) < REPORT_INTERVAL_MS) return
    if (this.#reported.size > MAX_REPORTS) this.#reported.clear()
    this.#reported.set(name, now)
    this.#options.report(name, fault)
  }

  /** Each interim answer costs time of a process that everyone shares. */
  #limitInterim(outgoing: ClientRequest, request: IncomingMessage): void {
    let count = 0
    outgoing.on('information', () => {
      count += 1
      if (count !== MAX_INTERIM + 1) return
      const error = new TooManyInterim(`it sent more than ${MAX_INTERIM} interim answers`)
      // An answer in the same piece is still read.
      const exchange = this.#exchanges.get(request)
      if (exchange) exchange.fault = error.message
      outgoing.destroy(error)
    })
  }

  /** Counts from the end of the request: an upload may take any time. */
  #limitTime(outgoing: ClientRequest): void {
    let timer: NodeJS.Timeout | undefined
    outgoing.once('finish', () => {
      const { answerTimeoutMs = ANSWER_TIMEOUT_MS } = this.#options
      timer = setTimeout(() => outgoing.destroy(new AnswerTimeout()), answerTimeoutMs)
    })
    const stop = () => clearTimeout(timer)
    outgoing.once('response', stop).once('close', stop)
  }
}

class AnswerTimeout extends Error {}

class TooManyInterim extends Error {}

function urlOf({ host, port }: ForwardTarget) {
  return { host, port, protocol: 'http:' }
}

function failureOf(error: unknown): ForwardFailure {
  if (error instanceof AnswerTimeout) return 'timeout'
  const code = (error as { code?: string }).code ?? ''
  return error instanceof TooManyInterim || code.startsWith('HPE_') ? 'unreadable' : 'refused'
}

/** What was wrong with an answer, for the log: never a part of it. */
function faultOf(error: unknown): string {
  return error instanceof TooManyInterim ? error.message : `it is not HTTP (${(error as { code?: string }).code})`
}

/** Takes out what was meant for the connection that a request came on, those that it names itself included. */
export function withoutConnectionHeaders({ headers }: IncomingMessage): void {
  const named = (headers.connection ?? '').toLowerCase().split(',')
  for (const name of [...OF_CONNECTION, ...named.map((one) => one.trim())])
    if (!OF_MESSAGE.includes(name)) Reflect.deleteProperty(headers, name)
}

function cleanRequest(request: IncomingMessage, { path, client }: ForwardTarget): void {
  const { headers } = request
  withoutConnectionHeaders(request)
  for (const name of OF_SENDER) Reflect.deleteProperty(headers, name)
  if (THON_AUTHORIZATION.test(headers.authorization ?? '')) delete headers.authorization
  headers.cookie = withoutThonCookies(headers.cookie)
  if (headers.cookie === undefined) delete headers.cookie
  headers['x-forwarded-for'] = client.address
  headers['x-forwarded-proto'] = client.scheme
  headers['x-forwarded-host'] = hostText(client.host)
  if (path) {
    headers['x-forwarded-prefix'] = path
    request.url = request.url?.slice(path.length) || '/'
  }
}
