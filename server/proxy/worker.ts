import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, Server as TlsServer } from 'node:https'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createProxyServer } from 'httpxy'
import { Clients } from '../http/client.ts'
import { TIMEOUTS } from '../http/timeouts.ts'
import { crossSiteError, isNavigation } from './cross-site.ts'
import { Forwarder, type ForwardFailure } from './forward.ts'
import { answerFailure } from './messages.ts'
import { CLIENT_HEADER, type AccessRequest, type Decision, type FromWorker, type ToWorker } from './worker-protocol.ts'

/**
 * A process of its own for traffic to and from sandboxes, so that a thousand terminals and a download of a gigabyte do not
 * slow the dashboard down. THON hands it the connections that begin with a sandbox's host name. It decides nothing: it asks
 * THON who may open what, and passes on to THON every request that is not for a running sandbox.
 */

/** How long a decision counts, in milliseconds, unless THON reports a change. */
const FRESH_MS = 2_000
/** How many decisions are remembered. */
const MAX_DECISIONS = 5_000

const decisions = new Map<string, { decision: Promise<Decision> | Decision; until: number }>()
const waiting = new Map<number, (decision: Decision) => void>()
/** WebSockets and responses of sandboxes under way, and the request that opened them. */
const open = new Map<Duplex | ServerResponse, AccessRequest>()
const forwarder = new Forwarder()
let lastId = 0
let clients: Clients
let internalSocket = ''
let server: Server | null = null

const thon = createProxyServer({ prependPath: false })

process.on('message', (message: ToWorker, socket?: Socket) => {
  switch (message.kind) {
    case 'configure':
      configure(message)
      break
    case 'connection':
      if (socket) accept(socket, Buffer.from(message.firstBytes, 'base64'))
      break
    case 'decision':
      waiting.get(message.id)?.(message.decision)
      waiting.delete(message.id)
      break
    case 'invalidate':
      void invalidate(message.access)
  }
})
// THON is gone, and nothing works without it.
process.on('disconnect', () => process.exit(0))
// Ctrl-C and a service manager signal both processes; THON ends this one when it is done.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined)

function configure(message: Extract<ToWorker, { kind: 'configure' }>): void {
  internalSocket = message.internalSocket
  clients = new Clients(message.trustedProxies)
  if (server) {
    if (message.tls && server instanceof TlsServer) server.setSecureContext(message.tls)
    return
  }
  server = message.tls ? createTlsServer({ ...TIMEOUTS, ...message.tls }) : createServer(TIMEOUTS)
  server.on('request', serve)
  server.on('upgrade', upgrade)
  // It never listens, but it has to enforce the time limits of its connections as if it did.
  server.emit('listening')
  send({ kind: 'ready' })
}

function accept(socket: Socket, firstBytes: Buffer): void {
  socket.on('error', () => socket.destroy())
  socket.unshift(firstBytes)
  server?.emit('connection', socket)
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  // Only the form that browsers send: the other forms name a host of their own, or none.
  if (!request.url?.startsWith('/')) {
    response.writeHead(404, { Connection: 'close' }).end()
    return
  }
  const access = accessRequestOf(request)
  if (!access) {
    passOn(request, response)
    return
  }
  const act = ({ target }: Decision) => {
    if (!target) {
      passOn(request, response)
      return
    }
    keep(response, access)
    const failed = (failure: ForwardFailure) => answerFailure(response, failure, isNavigation(request))
    void forwarder.web(request, response, { ...target, path: '', client: clients.of(request) }, failed)
  }
  const decision = authorize(access)
  if (decision instanceof Promise) void decision.then(act)
  else act(decision)
}

function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  socket.on('error', () => socket.destroy())
  const access = accessRequestOf(request)
  if (!access) {
    passOnUpgrade(request, socket, head)
    return
  }
  void Promise.resolve(authorize(access)).then(({ target }) => {
    if (!target) {
      passOnUpgrade(request, socket, head)
      return
    }
    keep(socket, access)
    void forwarder.upgrade(request, socket, head, { ...target, path: '', client: clients.of(request) })
  })
}

function keep(stream: Duplex | ServerResponse, access: AccessRequest): void {
  open.set(stream, access)
  stream.on('close', () => open.delete(stream))
}

/** @returns null for a request that THON has to answer in any case */
function accessRequestOf(request: IncomingMessage): AccessRequest | null {
  if (clients.isProxied(request)) request.headers.host = clients.of(request).host
  const { url, headers } = request
  if (url?.startsWith('/.thon/') || headers.host === undefined) return null
  if (headers.cookie === undefined || crossSiteError(request) !== null) return null
  return { host: headers.host, cookie: headers.cookie, scheme: clients.of(request).scheme }
}

function authorize(request: AccessRequest): Decision | Promise<Decision> {
  const key = `${request.scheme} ${request.host} ${request.cookie}`
  const known = decisions.get(key)
  if (known && known.until > Date.now()) return known.decision
  const decision = askThon(request)
  const entry: { decision: Decision | Promise<Decision>; until: number } = { decision, until: Date.now() + FRESH_MS }
  if (decisions.size > MAX_DECISIONS) decisions.clear()
  decisions.set(key, entry)
  void decision.then((decided) => (entry.decision = decided))
  return decision
}

function askThon(request: AccessRequest): Promise<Decision> {
  const id = ++lastId
  send({ kind: 'authorize', id, request })
  return new Promise((resolve) => waiting.set(id, resolve))
}

/** Drops earlier decisions, and cuts off the WebSockets, downloads and uploads of people who may no longer open the sandbox. */
async function invalidate(access: boolean): Promise<void> {
  decisions.clear()
  if (!access) return
  for (const [stream, request] of open) if (!(await authorize(request)).allowed) stream.destroy()
}

/** Passes a request on to THON, over a socket that only the two processes have, with who sent it. */
function passOn(request: IncomingMessage, response: ServerResponse): void {
  request.headers[CLIENT_HEADER] = JSON.stringify(clients.of(request))
  thon.web(request, response, { target: { socketPath: internalSocket } }).catch(() => {
    if (response.headersSent) response.destroy()
    else response.writeHead(503, { 'Retry-After': '2' }).end()
  })
}

function passOnUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  request.headers[CLIENT_HEADER] = JSON.stringify(clients.of(request))
  if (socket instanceof Socket)
    thon.ws(request, socket, { target: { socketPath: internalSocket } }, head).catch(() => socket.destroy())
}

function send(message: FromWorker): void {
  // THON may be gone by now, which ends this process as well.
  if (process.connected) process.send?.(message, undefined, {}, () => undefined)
}
