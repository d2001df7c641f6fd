import { Agent, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createProxyServer, type ProxyServer } from 'httpxy'
import { hasBody } from '../http/bodies.ts'
import type { Client } from '../http/client.ts'
import { refuseUpgrade } from '../http/respond.ts'
import { answerFault, cleanAnswer, MAX_INTERIM } from './answer.ts'
import { cleanRequest } from './request-headers.ts'

/** How long a sandbox may take to begin its answer, in milliseconds: people's programs may compute for a while. */
const ANSWER_TIMEOUT_MS = 300_000
/** How long a sandbox may take to accept a WebSocket, in milliseconds. */
const UPGRADE_TIMEOUT_MS = 60_000
/** How often faults of one sandbox are reported, in milliseconds: its owner may cause any number of them. */
const REPORT_INTERVAL_MS = 60_000
/** Of how many sandboxes the last report is remembered. */
const MAX_REPORTS = 5_000

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
  /** Whether it went out on a connection that had served a request before. */
  reused: boolean
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
      const exchange = this.#exchanges.get(request)
      if (exchange) exchange.reused = outgoing.reusedSocket
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
      ...{ target, closes, fault: null, reused: false },
      failed: (failure) => {
        if (!isAnswered()) failed(failure)
      },
    }
    this.#exchanges.set(request, exchange)
    cleanRequest(request, target)
    request.headers.connection = 'keep-alive'
    try {
      await this.#send(request, response, exchange, isAnswered)
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
   * A sandbox may close an idle connection just as a request takes it. Where repeating the request does no harm (RFC 9110, 9.2.2), it
   * goes out again on a connection of its own.
   */
  async #send(
    request: IncomingMessage,
    response: ServerResponse,
    exchange: Exchange,
    isAnswered: () => boolean,
  ): Promise<void> {
    const target = urlOf(exchange.target)
    try {
      await this.#proxy.web(request, response, { target })
    } catch (error) {
      const isLost = exchange.reused && exchange.fault === null && failureOf(error) === 'refused'
      if (!isLost || isAnswered() || !isRepeatable(request)) throw error
      await this.#proxy.web(request, response, { target, agent: false })
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
    this.#exchanges.set(request, { target, closes: true, fault: null, reused: false, failed: () => undefined })
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

/** Whether it changes nothing, and has no body that was read already. */
function isRepeatable(request: IncomingMessage): boolean {
  return ['GET', 'HEAD', 'OPTIONS'].includes(request.method ?? '') && !hasBody(request)
}

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
