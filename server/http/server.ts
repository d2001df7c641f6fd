import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { RequestBodies } from './bodies.ts'
import type { Clients } from './client.ts'
import { enterDoor } from './door.ts'
import type { Gate } from './gate.ts'
import type { Handler, RequestGuard, Surface } from './guard.ts'
import { refuseUpgrade } from './respond.ts'
import { TIMEOUTS } from './timeouts.ts'
import type { Tls } from './tls.ts'
import { shouldUpgradeCallback } from './upgrades.ts'

/** What serves one path and everything below it. */
export interface Route {
  /** Path such as `/graphql`; `/` takes what no other route does. */
  path: string
  handle: Handler
  /** In which shape a failure is answered; by default as a page. */
  surface?: Surface
  /** Largest body it takes, in bytes. A larger one is refused by its declared length, before anything is read. */
  largestBody?: number
}

/** Serves the host names of sandboxes. Nothing of THON itself is served there. */
export interface SandboxHandler {
  /** Whether the request is for a sandbox, by its Host header. */
  isFor: (request: IncomingMessage) => boolean
  serve: Handler
  /** Takes over a request for a WebSocket, and answers refusals itself. */
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => unknown
}

/** What the HTTP server needs. */
export interface HttpServerDeps {
  guard: RequestGuard
  gate: Gate
  clients: Clients
  bodies: RequestBodies
  /** The certificate to serve HTTPS with; null serves plain HTTP. */
  tls: Tls | null
  sandboxes: SandboxHandler
  /** Puts itself between a server and its connections; null leaves them to the server. */
  intercept: ((server: Server) => void) | null
  routes: Route[]
  /** Takes over a request for a WebSocket. @returns the HTTP status of a refusal, such as `401 Unauthorized`; null without */
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<string | null>
}

/** Headers of a refusal as text: a browser only shows it. */
const TEXT = { 'Content-Type': 'text/plain', 'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'" }

/** The HTTP server: every port serves the same routes. */
export class HttpServer {
  readonly #servers: Server[] = []
  readonly #internal: Server[] = []
  readonly #deps: HttpServerDeps

  constructor(deps: HttpServerDeps) {
    this.#deps = deps
  }

  /**
   * @param ports 0 picks a free one
   * @returns the URLs it can be reached at
   * @throws Error for people when a port cannot be used; then it listens on none
   */
  async listen(host: string, ports: readonly number[]): Promise<string[]> {
    try {
      for (const port of ports) this.#servers.push(await this.#listenOn(host, port))
    } catch (error) {
      await this.close()
      throw error
    }
    const scheme = this.#deps.tls ? 'https' : 'http'
    return this.#servers.map((server) => urlOf(scheme, host, (server.address() as AddressInfo).port))
  }

  /**
   * Listens on a Unix socket as well, for requests that another process of THON has received.
   * @param path of the socket, in a folder that only this user may enter
   * @param prepare reads off the request who sent it, before anything else does
   */
  async listenInternally(path: string, prepare: (request: IncomingMessage) => void): Promise<void> {
    const server = createServer({ ...TIMEOUTS, shouldUpgradeCallback })
    this.#handle(server, prepare)
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve))
    this.#internal.push(server)
  }

  /** Stops listening and closes idle connections. Requests under way get two seconds. */
  async close(): Promise<void> {
    await Promise.all(
      [...this.#servers, ...this.#internal].map((server) => {
        const closed = new Promise<void>((resolve) => server.close(() => resolve()))
        server.closeIdleConnections()
        setTimeout(() => server.closeAllConnections(), 2_000).unref()
        return closed
      }),
    )
  }

  #listenOn(host: string, port: number): Promise<Server> {
    const server = this.#createServer()
    this.#deps.intercept?.(server)
    this.#handle(server)
    return new Promise((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) =>
        reject(new Error(listenError(error, host, port), { cause: error })),
      )
      server.listen(port, host, () => resolve(server))
    })
  }

  /** @param prepare runs before everything else */
  #handle(server: Server, prepare: (request: IncomingMessage) => void = () => undefined): void {
    const { guard } = this.#deps
    server.on('request', (request, response) =>
      guard.serve('page', request, response, () => {
        prepare(request)
        this.#serve(request, response)
      }),
    )
    server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => socket.destroy())
      guard.upgrade('page', socket, () => {
        prepare(request)
        this.#upgrade(request, socket, head)
      })
    })
  }

  #createServer(): Server {
    const { tls } = this.#deps
    if (!tls) return createServer({ ...TIMEOUTS, shouldUpgradeCallback })
    const server = createTlsServer({ ...TIMEOUTS, shouldUpgradeCallback, ...tls.options })
    tls.keepFresh(server)
    return server
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const { guard, sandboxes, clients, gate, bodies } = this.#deps
    const fault = enterDoor(request, clients)
    if (fault !== null) {
      response.writeHead(400, { ...TEXT, Connection: 'close' }).end(fault)
      return
    }
    if (sandboxes.isFor(request)) {
      guard.serve('sandbox', request, response, (...sent) => sandboxes.serve(...sent))
      return
    }
    response.setHeader('X-Content-Type-Options', 'nosniff')
    response.setHeader('Referrer-Policy', 'same-origin')
    response.setHeader('X-Frame-Options', 'DENY')
    bodies.begin(request, response)
    const refusal = gate.refusal(request, clients.of(request).host)
    if (refusal !== null) {
      response.writeHead(403, TEXT).end(refusal)
      return
    }
    const path = pathOf(request)
    const route = this.#deps.routes.find(
      (one) => one.path === '/' || path === one.path || path.startsWith(`${one.path}/`),
    )
    const error = route ? bodyError(request, route.largestBody) : ([404, 'Not Found'] as const)
    if (error) response.writeHead(error[0], { ...TEXT, Connection: 'close' }).end(error[1])
    else if (route) guard.serve(route.surface ?? 'page', request, response, route.handle)
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { guard, sandboxes, clients, gate, upgrade } = this.#deps
    if (enterDoor(request, clients) !== null) refuseUpgrade(socket, '400 Bad Request')
    else if (sandboxes.isFor(request)) guard.upgrade('sandbox', socket, () => sandboxes.upgrade(request, socket, head))
    else if (gate.refusal(request, clients.of(request).host) !== null) refuseUpgrade(socket, '403 Forbidden')
    else if (pathOf(request) !== '/graphql') refuseUpgrade(socket, '404 Not Found')
    else
      guard.upgrade('graphql', socket, async () => {
        const refusal = await upgrade(request, socket, head)
        if (refusal !== null) refuseUpgrade(socket, refusal)
      })
  }
}

function bodyError(request: IncomingMessage, largest = Infinity): readonly [number, string] | null {
  if (largest === Infinity) return null
  if (request.headers['transfer-encoding'] !== undefined) return [411, 'Send the body with its Content-Length.']
  return Number(request.headers['content-length'] ?? 0) > largest
    ? [413, `The body is larger than ${largest} bytes.`]
    : null
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] ?? '/'
}

function urlOf(scheme: string, host: string, port: number): string {
  const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `${scheme}://${shown}:${port}`
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'EADDRINUSE')
    return `Port ${port} of ${host} is used by another program. Stop it, or choose other ports with THON_PORTS.`
  if (error.code === 'EACCES') return `Only root may use port ${port}. Choose a port from 1024 up with THON_PORTS.`
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return `DASHBOARD_HOST ${host} is not an address of this machine.`
  return `Cannot listen on ${host}:${port}: ${error.message}`
}
