import { Agent, type IncomingMessage, type ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createProxyServer, type ProxyServer } from 'httpxy'
import { hasBody } from '../http/bodies.ts'
import { refuseUpgrade } from '../http/respond.ts'
import { isNavigation } from './cross-site.ts'
import { withoutConnectionHeaders } from './request-headers.ts'
import { refuse, sendPage } from './html.ts'
import { startingAgain } from './messages.ts'
import { CLIENT_HEADER, type PassedOn } from './protocol.ts'

/** Seconds after which a browser asks again while THON is unavailable. */
const RETRY_SECONDS = 2

/** How long the rest of a body may still come once THON has answered, in milliseconds. */
const REST_MS = 10_000

/** Passes requests on to THON over its internal socket, with who sent them. */
export class PassOn {
  readonly #socketPath: string
  readonly #proxy: ProxyServer
  // THON keeps idle connections for longer, so none is closed while a request is being written to it.
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 64, timeout: 30_000, scheduling: 'lifo' })
  /** A connection for each WebSocket. */
  readonly #sockets = createProxyServer({ prependPath: false })
  readonly #opened = new WeakMap<object, (far: Duplex) => void>()

  /** @param socketPath path of THON's internal socket */
  constructor(socketPath: string) {
    this.#socketPath = socketPath
    this.#proxy = createProxyServer({ agent: this.#agent, prependPath: false })
    this.#proxy.on('proxyReq', (outgoing, request) => {
      // THON may refuse a body before it has come, and Node would wait for its first part.
      if (hasBody(request)) outgoing.flushHeaders()
    })
    this.#proxy.on('proxyRes', (_answer, _request, response) => {
      // The browser may wait for the headers of a stream that has no data yet.
      setImmediate(() => !response.headersSent && !response.destroyed && response.flushHeaders())
    })
    this.#sockets.on('proxyReqWs', (outgoing, request) =>
      outgoing.on('upgrade', (_answer, far: Duplex) => this.#opened.get(request)?.(far)),
    )
  }

  /** Passes on THON's answer, or says that THON is starting. */
  web(request: IncomingMessage, response: ServerResponse, sender: PassedOn): Promise<void> {
    withoutConnectionHeaders(request)
    this.#sign(request, sender)
    // THON has answered without it, and nothing reads the rest: a client could hold the connection for good.
    response.once('finish', () => {
      if (!request.complete) setTimeout(() => request.complete || request.socket.destroy(), REST_MS).unref()
    })
    return this.#proxy.web(request, response, { target: { socketPath: this.#socketPath } }).catch(() => {
      if (!response.headersSent) answerAway(request, response)
      else if (!response.writableEnded) response.destroy()
    })
  }

  /** Connects a WebSocket with THON's. @param opened gets THON's end once it accepts, before anything is read from it */
  upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    sender: PassedOn,
    opened: (far: Duplex) => void,
  ): void {
    this.#sign(request, sender)
    this.#opened.set(request, opened)
    // It always is one: Node's types say Duplex for its subclasses' sake.
    if (socket instanceof Socket)
      this.#sockets
        .ws(request, socket, { target: { socketPath: this.#socketPath } }, head)
        .catch(() => refuseUpgrade(socket, '503 Service Unavailable'))
  }

  /** Closes idle connections. */
  close(): void {
    this.#agent.destroy()
  }

  #sign(request: IncomingMessage, sender: PassedOn): void {
    request.headers[CLIENT_HEADER] = JSON.stringify(sender)
  }
}

/** Says that THON is starting: as a page that loads itself again, or in a line for programs. */
export function answerAway(request: IncomingMessage, response: ServerResponse): void {
  if (isNavigation(request)) sendPage(response, 503, startingAgain, { retrySeconds: RETRY_SECONDS })
  else refuse(response, 503, startingAgain.title)
}
