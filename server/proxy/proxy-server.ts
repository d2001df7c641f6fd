import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { Clients } from '../http/client.ts'
import { enterDoor } from '../http/door.ts'
import { RequestGuard } from '../http/guard.ts'
import { refuseUpgrade } from '../http/respond.ts'
import { TIMEOUTS } from '../http/timeouts.ts'
import type { TlsOptions } from '../http/tls.ts'
import { shouldUpgradeCallback } from '../http/upgrades.ts'
import { accessRequestOf } from './access-request.ts'
import { isNavigation } from './cross-site.ts'
import { Decisions } from './decisions.ts'
import { Forwarder, type ForwardFailure } from './forward.ts'
import { refuse } from './html.ts'
import { listenError, type Listening } from './listening.ts'
import { answerFailure } from './messages.ts'
import { OpenConnections } from './open-connections.ts'
import { answerAway, PassOn } from './pass-on.ts'
import type { AccessRequest, Decision, Grace, Report } from './protocol.ts'

/** What the proxy needs of THON. */
export interface ProxyServerDeps {
  /** Path of THON's internal socket. */
  thonSocket: string
  /** Asks THON who may open what. It rejects when THON goes away before it has answered. */
  authorize: (request: AccessRequest) => Promise<Decision>
  /** Takes what belongs into THON's log. */
  report: (message: Report) => void
}

/**
 * Owns the public ports. It decides nothing: it asks THON who may open what, forwards to running sandboxes, and passes every
 * other request on to THON. So a thousand terminals and a download of a gigabyte do not slow THON down, and go on while
 * THON starts again.
 */
export class ProxyServer {
  readonly #servers: Server[] = []
  readonly #forwarder: Forwarder
  readonly #guard: RequestGuard
  readonly #passOn: PassOn
  readonly #decisions: Decisions
  readonly #open: OpenConnections
  #clients = new Clients([])
  #tls: TlsOptions | null = null

  constructor({ thonSocket, authorize, report }: ProxyServerDeps) {
    this.#forwarder = new Forwarder({ report: (sandbox, fault) => report({ kind: 'badAnswer', sandbox, fault }) })
    this.#guard = new RequestGuard((error, where) => {
      const { message, stack } = error instanceof Error ? error : new Error(String(error))
      report({ kind: 'requestFailed', where, message, stack })
    })
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
    const options = { ...TIMEOUTS, shouldUpgradeCallback }
    const server = this.#tls ? createTlsServer({ ...options, ...this.#tls }) : createServer(options)
    server.on('request', (request, response) =>
      this.#guard.serve('sandbox', request, response, () => this.#serve(request, response, byPath)),
    )
    server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => socket.destroy())
      this.#guard.upgrade('sandbox', socket, () => this.#upgrade(request, socket, head, byPath))
    })
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

  #serve(request: IncomingMessage, response: ServerResponse, byPath: boolean): void | Promise<void> {
    const fault = enterDoor(request, this.#clients)
    if (fault !== null) return refuse(response, 400, fault)
    const sender = { client: this.#clients.of(request), byPath }
    const access = accessRequestOf(request, sender)
    if (!access) return this.#passOn.web(request, response, sender)
    const act = (decision: Decision | null) => {
      if (!decision) {
        answerAway(request, response)
        return
      }
      if (!decision.target) return this.#passOn.web(request, response, sender)
      const failed = (failure: ForwardFailure) => answerFailure(response, failure, isNavigation(request))
      this.#open.addRequest(response, access)
      const target = { ...decision.target, path: access.path, client: sender.client }
      return this.#forwarder.web(request, response, target, failed)
    }
    const decision = this.#decisions.of(access)
    return decision instanceof Promise ? decision.then(act) : act(decision)
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, byPath: boolean): Promise<void> {
    if (enterDoor(request, this.#clients) !== null) {
      refuseUpgrade(socket, '400 Bad Request')
      return
    }
    const sender = { client: this.#clients.of(request), byPath }
    const access = accessRequestOf(request, sender)
    const decision = access && (await this.#decisions.of(access))
    if (access && !decision) refuseUpgrade(socket, '503 Service Unavailable')
    else if (access && decision?.target) {
      const target = { ...decision.target, path: access.path, client: sender.client }
      await this.#forwarder.upgrade(request, socket, head, target, this.#open.addSocket(socket, access))
    } else this.#passOn.upgrade(request, socket, head, sender, this.#open.addSocket(socket, null))
  }
}
