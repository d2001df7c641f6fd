import { Agent, createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, Server as TlsServer } from 'node:https'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createProxyServer } from 'httpxy'
import { surviveFailures } from '../core/process-failures.ts'
import { Clients } from '../http/client.ts'
import { enterDoor } from '../http/door.ts'
import { RequestGuard } from '../http/guard.ts'
import { hostText } from '../http/host.ts'
import { refuseUpgrade } from '../http/respond.ts'
import { TIMEOUTS } from '../http/timeouts.ts'
import { shouldUpgradeCallback } from '../http/upgrades.ts'
import { crossSiteError, isNavigation } from './cross-site.ts'
import { Forwarder, withoutConnectionHeaders, type ForwardFailure } from './forward.ts'
import { refuse } from './html.ts'
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
const sockets = new Map<Duplex, AccessRequest>()
const forwarder = new Forwarder({ report: (sandbox, fault) => send({ kind: 'badAnswer', sandbox, fault }) })
const guard = new RequestGuard((error, where) => {
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  send({ kind: 'requestFailed', where, message, stack })
})
let lastId = 0
let clients: Clients
let internalSocket = ''
let server: Server | null = null

/** Without a ceiling of sockets: requests that strangers hold must not keep those of others waiting. */
const agent = new Agent({ keepAlive: true, maxFreeSockets: 64, timeout: 30_000 })
const thon = createProxyServer({ prependPath: false, agent })
/** A connection for each WebSocket. */
const thonSockets = createProxyServer({ prependPath: false })

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
surviveFailures((failure) => send({ kind: 'processFailed', failure }))
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
  server = message.tls
    ? createTlsServer({ ...TIMEOUTS, shouldUpgradeCallback, ...message.tls })
    : createServer({ ...TIMEOUTS, shouldUpgradeCallback })
  server.on('request', (request, response) => guard.serve('sandbox', request, response, serve))
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    guard.upgrade('sandbox', socket, () => upgrade(request, socket, head))
  })
  // It never listens, but it has to enforce the time limits of its connections as if it did.
  server.emit('listening')
  send({ kind: 'ready' })
}

function accept(socket: Socket, firstBytes: Buffer): void {
  socket.on('error', () => socket.destroy())
  socket.unshift(firstBytes)
  server?.emit('connection', socket)
}

function serve(request: IncomingMessage, response: ServerResponse): void | Promise<void> {
  const fault = enterDoor(request, clients)
  if (fault !== null) return refuse(response, 400, fault)
  const access = accessRequestOf(request)
  if (!access) return passOn(request, response)
  const act = ({ target }: Decision) => {
    if (!target) return passOn(request, response)
    const failed = (failure: ForwardFailure) => answerFailure(response, failure, isNavigation(request))
    return forwarder.web(request, response, { ...target, path: '', client: clients.of(request) }, failed)
  }
  const decision = authorize(access)
  return decision instanceof Promise ? decision.then(act) : act(decision)
}

async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
  if (enterDoor(request, clients) !== null) {
    refuseUpgrade(socket, '400 Bad Request')
    return
  }
  const access = accessRequestOf(request)
  const target = access && (await authorize(access)).target
  if (!access || !target) {
    passOnUpgrade(request, socket, head)
    return
  }
  sockets.set(socket, access)
  socket.on('close', () => sockets.delete(socket))
  await forwarder.upgrade(request, socket, head, { ...target, path: '', client: clients.of(request) })
}

/** @returns null for a request that THON has to answer in any case */
function accessRequestOf(request: IncomingMessage): AccessRequest | null {
  const { url, headers } = request
  if (url?.startsWith('/.thon/') || headers.cookie === undefined || crossSiteError(request) !== null) return null
  // Only THON knows which ones are allowed.
  if (headers['service-worker'] !== undefined) return null
  const { host, scheme } = clients.of(request)
  return { host: hostText(host), cookie: headers.cookie, scheme }
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

/** Drops earlier decisions, and closes the WebSockets of people who may no longer open the sandbox. */
async function invalidate(access: boolean): Promise<void> {
  decisions.clear()
  if (!access) return
  for (const [socket, request] of sockets) if (!(await authorize(request)).allowed) socket.destroy()
}

/** Passes a request on to THON, over a socket that only the two processes have, with who sent it. */
function passOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
  withoutConnectionHeaders(request)
  request.headers[CLIENT_HEADER] = JSON.stringify(clients.of(request))
  return thon.web(request, response, { target: { socketPath: internalSocket } }).catch(() => {
    if (response.headersSent) response.destroy()
    else response.writeHead(503, { 'Retry-After': '2' }).end()
  })
}

function passOnUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  request.headers[CLIENT_HEADER] = JSON.stringify(clients.of(request))
  if (socket instanceof Socket)
    thonSockets.ws(request, socket, { target: { socketPath: internalSocket } }, head).catch(() => socket.destroy())
}

function send(message: FromWorker): void {
  // THON may be gone by now, which ends this process as well.
  if (process.connected) process.send?.(message, undefined, {}, () => undefined)
}
