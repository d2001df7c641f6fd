import { rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Gate } from './gate.ts'
import { refuseUpgrade } from './respond.ts'
import { limitBodyTime, TIMEOUTS } from './timeouts.ts'

/** What serves one path and everything below it. */
export interface Route {
  /** Path such as `/graphql`; `/` takes what no other route does. */
  path: string
  handle: RequestListener
  /** Largest body it takes, in bytes. A larger one is refused by its declared length, before anything is read. */
  largestBody?: number
}

/** Serves the host names of sandboxes. Nothing of THON itself is served there. */
export interface SandboxHandler {
  /** Whether the request is for a sandbox, by its Host header. */
  isFor: (request: IncomingMessage) => boolean
  serve: RequestListener
  /** Refuses a request for a WebSocket: the proxy passes on only those that no sandbox takes. */
  upgrade: (request: IncomingMessage, socket: Duplex) => void
}

/** What the HTTP server needs. */
export interface HttpServerDeps {
  gate: Gate
  sandboxes: SandboxHandler
  /** Reads off a request who sent it, before anything else does. */
  prepare: (request: IncomingMessage) => void
  routes: Route[]
  /** Takes over a request for a WebSocket. @returns the HTTP status of a refusal, such as `401 Unauthorized`; null without */
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<string | null>
  /** How long the body of a request to a route may take, in milliseconds; five minutes by default. */
  bodyTimeoutMs?: number
}

/** How long the proxy may take to hang up, in milliseconds. */
const LINGER_MS = 2_000
const BODY_TIMEOUT_MS = 5 * 60_000

/** Headers of a refusal as text: a browser only shows it. */
const TEXT = { 'Content-Type': 'text/plain', 'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'" }

/** THON's HTTP server. The proxy has the ports; it passes requests on over a Unix socket. */
export class HttpServer {
  readonly #server: Server
  readonly #deps: HttpServerDeps

  constructor(deps: HttpServerDeps) {
    this.#deps = deps
    this.#server = createServer(TIMEOUTS)
    this.#server.on('connection', closeGently)
    this.#server.on('request', (request, response) => this.#serve(request, response))
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
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
    const { sandboxes, gate, routes, bodyTimeoutMs } = this.#deps
    this.#deps.prepare(request)
    if (sandboxes.isFor(request)) {
      sandboxes.serve(request, response)
      return
    }
    response.setHeader('X-Content-Type-Options', 'nosniff')
    response.setHeader('Referrer-Policy', 'same-origin')
    response.setHeader('X-Frame-Options', 'DENY')
    limitBodyTime(request, response, bodyTimeoutMs ?? BODY_TIMEOUT_MS)
    const refusal = gate.refusal(request)
    if (refusal !== null) {
      response.writeHead(403, TEXT).end(refusal)
      return
    }
    const path = pathOf(request)
    const route = routes.find((one) => one.path === '/' || path === one.path || path.startsWith(`${one.path}/`))
    const error = route ? bodyError(request, route.largestBody) : ([404, 'Not Found'] as const)
    if (error) response.writeHead(error[0], { ...TEXT, Connection: 'close' }).end(error[1])
    else route?.handle(request, response)
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { sandboxes, gate, upgrade } = this.#deps
    socket.on('error', () => socket.destroy())
    this.#deps.prepare(request)
    if (sandboxes.isFor(request)) sandboxes.upgrade(request, socket)
    else if (gate.refusal(request) !== null) refuseUpgrade(socket, '403 Forbidden')
    else if (pathOf(request) !== '/graphql') refuseUpgrade(socket, '404 Not Found')
    else
      upgrade(request, socket, head).then(
        (refusal) => refusal !== null && refuseUpgrade(socket, refusal),
        () => refuseUpgrade(socket, '503 Service Unavailable'),
      )
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
