import { rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { RequestBodies } from './bodies.ts'
import type { Clients } from './client.ts'
import { enterDoor } from './door.ts'
import type { Gate } from './gate.ts'
import type { Handler, RequestGuard, Surface } from './guard.ts'
import { refuseUpgrade } from './respond.ts'
import { TIMEOUTS } from './timeouts.ts'
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
  /** Refuses a request for a WebSocket: the proxy passes on only those that no sandbox takes. */
  upgrade: (request: IncomingMessage, socket: Duplex) => unknown
}

/** What the HTTP server needs. */
export interface HttpServerDeps {
  guard: RequestGuard
  gate: Gate
  clients: Clients
  bodies: RequestBodies
  sandboxes: SandboxHandler
  /** Reads off a request who sent it, before anything else does. */
  prepare: (request: IncomingMessage) => void
  routes: Route[]
  /** Takes over a request for a WebSocket. @returns the HTTP status of a refusal, such as `401 Unauthorized`; null without */
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<string | null>
}

/** How long the proxy may take to hang up, in milliseconds. */
const LINGER_MS = 2_000

/** Headers of a refusal as text: a browser only shows it. */
const TEXT = { 'Content-Type': 'text/plain', 'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'" }

/** THON's HTTP server. The proxy has the ports; it passes requests on over a Unix socket. */
export class HttpServer {
  readonly #server: Server
  readonly #deps: HttpServerDeps

  constructor(deps: HttpServerDeps) {
    this.#deps = deps
    const { guard, prepare } = deps
    this.#server = createServer({ ...TIMEOUTS, shouldUpgradeCallback })
    this.#server.on('connection', closeGently)
    this.#server.on('request', (request, response) =>
      guard.serve('page', request, response, () => {
        prepare(request)
        this.#serve(request, response)
      }),
    )
    this.#server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => socket.destroy())
      guard.upgrade('page', socket, () => {
        prepare(request)
        this.#upgrade(request, socket, head)
      })
    })
  }

  /** @param path of the Unix socket, in a folder that nobody else may enter */
  async listen(path: string): Promise<void> {
    // One that an earlier THON left: there is no other, since the database is locked.
    rmSync(path, { force: true })
    await new Promise<void>((resolve, reject) => {
      // The proxy may be another user.
      this.#server.once('error', reject).listen({ path, readableAll: true, writableAll: true }, resolve)
    })
  }

  /** Stops listening and closes idle connections. Requests under way get two seconds. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeIdleConnections()
    setTimeout(() => this.#server.closeAllConnections(), 2_000).unref()
    await closed
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
    else if (sandboxes.isFor(request)) guard.upgrade('sandbox', socket, () => sandboxes.upgrade(request, socket))
    else if (gate.refusal(request, clients.of(request).host) !== null) refuseUpgrade(socket, '403 Forbidden')
    else if (pathOf(request) !== '/graphql') refuseUpgrade(socket, '404 Not Found')
    else
      guard.upgrade('graphql', socket, async () => {
        const refusal = await upgrade(request, socket, head)
        if (refusal !== null) refuseUpgrade(socket, refusal)
      })
  }
}

/**
 * Lets the proxy hang up first. THON may refuse a body that is still on its way, and the proxy would lose the answer if the
 * connection were gone before it has read it.
 */
function closeGently(socket: Socket): void {
  socket.destroySoon = () => {
    socket.end()
    const end = setTimeout(() => socket.destroy(), LINGER_MS).unref()
    socket.once('close', () => clearTimeout(end))
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
