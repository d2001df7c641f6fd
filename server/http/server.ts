import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clients } from './client.ts'
import type { Gate } from './gate.ts'
import { endWhenLate } from './body-timeout.ts'
import { TIMEOUTS } from './timeouts.ts'
import type { Tls } from './tls.ts'

/** What serves one path and everything below it. */
export interface Route {
  /** Path such as `/graphql`; `/` takes what no other does. */
  path: string
  handle: RequestListener
  /** Largest body it takes, in bytes; refused by its declared length, before anything is read. */
  largestBody?: number
}

/** What serves the host names of sandboxes: nothing of THON is behind those. */
export interface HostedSandboxes {
  /** Whether the request is for one of them, by its Host header. */
  isFor: (request: IncomingMessage) => boolean
  serve: RequestListener
  /** Takes over a request for a WebSocket, and refuses by itself. */
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
}

/** What the HTTP server is made of. */
export interface HttpServerDeps {
  gate: Gate
  clients: Clients
  /** The certificate to serve HTTPS with; null serves plain HTTP. */
  tls: Tls | null
  sandboxes: HostedSandboxes
  /** Stands between a server and its connections; null lets it have them. */
  guard: ((server: Server) => void) | null
  routes: Route[]
  /** Takes over a request for a WebSocket; a refusal is an HTTP status, such as `401 Unauthorized`. */
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<string | null>
  /** How long the body of a request to a route may take, in milliseconds; five minutes unless said. */
  wholeBodyMs?: number
}

const WHOLE_BODY_MS = 5 * 60_000

/** Headers of a refusal in words, with which a browser is to do nothing but show it. */
const TEXT = { 'Content-Type': 'text/plain', 'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'" }

/** Everything on the same ports: each listens with the same routes. */
export class HttpServer {
  readonly #servers: Server[] = []
  readonly #behind: Server[] = []
  readonly #parts: HttpServerDeps

  constructor(parts: HttpServerDeps) {
    this.#parts = parts
  }

  /**
   * @param ports 0 picks a free one
   * @returns the URLs it can be reached at
   * @throws with a sentence for people when an address cannot be had; then it listens on none
   */
  async listen(host: string, ports: readonly number[]): Promise<string[]> {
    try {
      for (const port of ports) this.#servers.push(await this.#listenOn(host, port))
    } catch (error) {
      await this.close()
      throw error
    }
    const scheme = this.#parts.tls ? 'https' : 'http'
    return this.#servers.map((server) => urlOf(scheme, host, (server.address() as AddressInfo).port))
  }

  /**
   * Listens on a Unix socket as well, for requests that were let in elsewhere.
   * @param path of the socket, in a folder that nobody else may enter
   * @param vouch says who sent a request, before it is looked at
   */
  async listenAt(path: string, vouch: (request: IncomingMessage) => void): Promise<void> {
    const server = createServer(TIMEOUTS)
    server.on('request', (request, response) => (vouch(request), this.#serve(request, response)))
    server.on('upgrade', (request, socket, head) => (vouch(request), this.#upgrade(request, socket, head)))
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve))
    this.#behind.push(server)
  }

  /** Stops listening and ends idle connections; those with a request under way get two seconds. */
  async close(): Promise<void> {
    await Promise.all(
      [...this.#servers, ...this.#behind].map((server) => {
        const closed = new Promise<void>((resolve) => server.close(() => resolve()))
        server.closeIdleConnections()
        setTimeout(() => server.closeAllConnections(), 2_000).unref()
        return closed
      }),
    )
  }

  #listenOn(host: string, port: number): Promise<Server> {
    const server = this.#createServer()
    this.#parts.guard?.(server)
    server.on('request', (request, response) => this.#serve(request, response))
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
    return new Promise((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) =>
        reject(new Error(listenFault(error, host, port), { cause: error })),
      )
      server.listen(port, host, () => resolve(server))
    })
  }

  #createServer(): Server {
    const { tls } = this.#parts
    if (!tls) return createServer(TIMEOUTS)
    const server = createTlsServer({ ...TIMEOUTS, ...tls.options })
    tls.keepFresh(server)
    return server
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    this.#nameHost(request)
    if (this.#parts.sandboxes.isFor(request)) return void this.#parts.sandboxes.serve(request, response)
    response.setHeader('X-Content-Type-Options', 'nosniff')
    response.setHeader('Referrer-Policy', 'same-origin')
    response.setHeader('X-Frame-Options', 'DENY')
    endWhenLate(request, response, this.#parts.wholeBodyMs ?? WHOLE_BODY_MS)
    const refusal = this.#parts.gate.refusal(request)
    if (refusal) return void response.writeHead(403, TEXT).end(refusal)
    const path = pathOf(request)
    const route = this.#parts.routes.find(
      (one) => one.path === '/' || path === one.path || path.startsWith(`${one.path}/`),
    )
    const fault = route ? bodyFault(request, route.largestBody) : ([404, 'Not Found'] as const)
    if (fault) response.writeHead(fault[0], { ...TEXT, Connection: 'close' }).end(fault[1])
    else route?.handle(request, response)
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    this.#nameHost(request)
    if (this.#parts.sandboxes.isFor(request)) return this.#parts.sandboxes.upgrade(request, socket, head)
    const refused = this.#parts.gate.refusal(request)
      ? '403 Forbidden'
      : pathOf(request) === '/graphql'
        ? null
        : '404 Not Found'
    const refuse = (status: string) =>
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
    if (refused) return void refuse(refused)
    this.#parts.upgrade(request, socket, head).then(
      (refusal) => refusal && refuse(refusal),
      () => refuse('503 Service Unavailable'),
    )
  }

  /** Whoever looks at the Host of a request sees the one that people asked a trusted proxy for. */
  #nameHost(request: IncomingMessage): void {
    const { clients } = this.#parts
    if (clients.isProxied(request)) request.headers.host = clients.of(request).host
  }
}

function bodyFault(request: IncomingMessage, largest = Infinity): readonly [number, string] | null {
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

function listenFault(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'EADDRINUSE')
    return `Port ${port} of ${host} is taken by another program. Stop it, or choose other ports with THON_PORTS.`
  if (error.code === 'EACCES') return `Port ${port} may only be used by root. Choose one from 1024 up with THON_PORTS.`
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return `DASHBOARD_HOST ${host} is not an address of this machine.`
  return `Cannot listen on ${host}:${port}: ${error.message}`
}
