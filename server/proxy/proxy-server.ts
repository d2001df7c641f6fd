import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { Clients } from '../http/client.ts'
import { refuseUpgrade } from '../http/respond.ts'
import { TIMEOUTS } from '../http/timeouts.ts'
import type { TlsOptions } from '../http/tls.ts'
import { accessRequestOf } from './access-request.ts'
import { isNavigation } from './cross-site.ts'
import { Decisions } from './decisions.ts'
import { Forwarder, type ForwardFailure } from './forward.ts'
import { listenError, type Listening } from './listening.ts'
import { answerFailure } from './messages.ts'
import { OpenConnections } from './open-connections.ts'
import { answerAway, PassOn } from './pass-on.ts'
import type { AccessRequest, Decision, Grace, PassedOn } from './protocol.ts'

/** What the proxy needs of THON. */
export interface ProxyServerDeps {
  /** Path of THON's internal socket. */
  thonSocket: string
  /** Asks THON who may open what. It rejects when THON goes away before it has answered. */
  authorize: (request: AccessRequest) => Promise<Decision>
}

/**
 * Owns the public ports. It decides nothing: it asks THON who may open what, forwards to running sandboxes, and passes every
 * other request on to THON. So a thousand terminals and a download of a gigabyte do not slow THON down, and go on while
 * THON starts again.
 */
export class ProxyServer {
  readonly #servers: Server[] = []
  readonly #forwarder = new Forwarder()
  readonly #passOn: PassOn
  readonly #decisions: Decisions
  readonly #open: OpenConnections
  #clients = new Clients([])
  #tls: TlsOptions | null = null

  constructor({ thonSocket, authorize }: ProxyServerDeps) {
    this.#passOn = new PassOn(thonSocket)
    this.#decisions = new Decisions(authorize)
    this.#open = new OpenConnections((request) => this.#decisions.of(request))
  }

  /** Sets whom to trust, and the certificate to serve from now on. */
  configure({ trustedProxies, tls }: { trustedProxies: readonly string[]; tls: TlsOptions | null }): void {
    this.#clients = new Clients(trustedProxies)
    this.#tls = tls
    for (const server of this.#servers) if (tls && server instanceof TlsServer) server.setSecureContext(tls)
  }

  /**
   * Listens; `configure` must have been called.
   * @param before the ports that a proxy had before, in the order of the answer; they are taken instead
   * @returns the ports, in the order of `ports`, and the one of paths last
   * @throws Error for people when a port cannot be used; then it listens on none
   */
  async listen({ host, ports, pathPort }: Listening, before: readonly number[] | null = null): Promise<number[]> {
    const wanted = before ?? [...ports, ...(pathPort === null ? [] : [pathPort])]
    try {
      for (const [index, port] of wanted.entries()) await this.#listenOn(host, port, index >= ports.length)
    } catch (error) {
      for (const server of this.#servers.splice(0)) server.close()
      throw error
    }
    return this.#servers.map((server) => (server.address() as AddressInfo).port)
  }

  /** Outdates earlier decisions. @param access whether open connections must be checked as well */
  invalidate(access: boolean): void {
    this.#decisions.invalidate(access)
    if (access) void this.#open.recheck()
  }

  /** THON is gone: open connections go on, and what it decided a moment ago still counts. */
  thonLeft(): void {
    this.#decisions.thonLeft()
  }

  /** THON is here again: everything open is checked, since somebody may have been signed out meanwhile. */
  thonCame(): void {
    this.#decisions.thonCame()
    void this.#open.recheck()
  }

  /** Frees the ports at once, and resolves when all that was open is done or cut off. */
  async drain(grace: Grace): Promise<void> {
    const closed = this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())))
    // A connection that has just been answered is idle only now.
    const idle = setInterval(() => this.#closeIdle(), 100)
    this.#closeIdle()
    const goingAway = setTimeout(() => this.#open.goAway(), grace.socketsMs)
    const cut = setTimeout(() => {
      this.#open.cut()
      for (const server of this.#servers) server.closeAllConnections()
    }, grace.requestsMs)
    await Promise.all(closed)
    for (const timer of [idle, goingAway, cut]) clearTimeout(timer)
    this.#forwarder.close()
    this.#passOn.close()
  }

  #closeIdle(): void {
    for (const server of this.#servers) server.closeIdleConnections()
  }

  #listenOn(host: string, port: number, byPath: boolean): Promise<void> {
    // Other protocols that a client offers are not taken up (RFC 9110, 7.8): the request is served as if it had not asked.
    const shouldUpgradeCallback = ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket'
    const options = { ...TIMEOUTS, shouldUpgradeCallback }
    const server = this.#tls ? createTlsServer({ ...options, ...this.#tls }) : createServer(options)
    server.on('request', (request, response) => this.#serve(request, response, byPath))
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head, byPath))
    return new Promise((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) =>
        reject(new Error(listenError(error, host, port), { cause: error })),
      )
      server.listen(port, host, () => {
        this.#servers.push(server)
        resolve()
      })
    })
  }

  #serve(request: IncomingMessage, response: ServerResponse, byPath: boolean): void {
    if (!isServed(request)) {
      response.writeHead(400, { Connection: 'close' }).end()
      return
    }
    const sender = this.#senderOf(request, byPath)
    const access = accessRequestOf(request, sender)
    if (!access) {
      this.#passOn.web(request, response, sender)
      return
    }
    const act = (decision: Decision | null) => {
      if (!decision) answerAway(request, response)
      else if (!decision.target) this.#passOn.web(request, response, sender)
      else {
        const failed = (failure: ForwardFailure) => answerFailure(response, failure, isNavigation(request))
        this.#open.addRequest(response, access)
        const target = { ...decision.target, path: access.path, client: sender.client }
        void this.#forwarder.web(request, response, target, failed)
      }
    }
    const decision = this.#decisions.of(access)
    if (decision instanceof Promise) void decision.then(act)
    else act(decision)
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, byPath: boolean): void {
    socket.on('error', () => socket.destroy())
    if (!isServed(request)) {
      refuseUpgrade(socket, '400 Bad Request')
      return
    }
    const sender = this.#senderOf(request, byPath)
    const access = accessRequestOf(request, sender)
    const passOn = () => {
      const opened = this.#open.addSocket(socket, null)
      this.#passOn.upgrade(request, socket, head, sender, opened)
    }
    if (!access) {
      passOn()
      return
    }
    void Promise.resolve(this.#decisions.of(access)).then((decision) => {
      if (!decision) refuseUpgrade(socket, '503 Service Unavailable')
      else if (!decision.target) passOn()
      else {
        const target = { ...decision.target, path: access.path, client: sender.client }
        void this.#forwarder.upgrade(request, socket, head, target, this.#open.addSocket(socket, access))
      }
    })
  }

  /** Who sent it. Everything that reads the Host of a request finds the one that the browser asked a trusted proxy for. */
  #senderOf(request: IncomingMessage, byPath: boolean): PassedOn {
    const client = this.#clients.of(request)
    if (this.#clients.isProxied(request)) request.headers.host = client.host
    return { client, byPath }
  }
}

/** Whether it has the form that browsers send: the other forms of a target name a host of their own, or none. */
function isServed({ url, headers }: IncomingMessage): boolean {
  return url?.startsWith('/') === true && Boolean(headers.host)
}
