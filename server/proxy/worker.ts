import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createProxyServer } from 'httpxy'
import { Clients } from '../http/client.ts'
import { TIMEOUTS } from '../http/timeouts.ts'
import { Forwarder, type Failure } from './forward.ts'
import { CLIENT_HEADER, type Decision, type Asked, type FromWorker, type ToWorker } from './worker-protocol.ts'
import { isNavigation, crossSiteError } from './cross-site.ts'
import { answerFailure } from './messages.ts'

/**
 * A process of its own for what goes to and from sandboxes, so that a thousand terminals and a gigabyte that somebody fetches
 * do not keep the dashboard waiting. The server hands it the connections that begin with a sandbox's host name. It knows
 * nothing by itself: it asks who may go where, and whatever is not for a sandbox that answers, it passes on to the server.
 */

/** How long an admission is gone by, in milliseconds, unless it is said that something has changed. */
const FRESH = 2_000

const admissions = new Map<string, { admission: Promise<Decision> | Decision; until: number }>()
const asking = new Map<number, (admission: Decision) => void>()
const sockets = new Map<Duplex, Asked>()
const forwarder = new Forwarder()
let asks = 0
let clients: Clients
let backDoor = ''
let server: Server

const thon = createProxyServer({ prependPath: false })

process.on('message', (message: ToWorker, socket?: Socket) => {
  switch (message.kind) {
    case 'begin':
      return begin(message)
    case 'connection':
      return take(socket, Buffer.from(message.first, 'base64'))
    case 'admission':
      asking.get(message.id)?.(message.admission)
      return void asking.delete(message.id)
    case 'forget':
      return void forget(message.rights)
  }
})
// The server is gone: nobody is left to ask.
process.on('disconnect', () => process.exit(0))
// Ctrl-C and a service manager reach both; the server ends this one when it is done.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined)

function begin(message: Extract<ToWorker, { kind: 'begin' }>): void {
  backDoor = message.backDoor
  clients = new Clients(message.trustedProxies)
  if (server && message.tls) return void (server as ReturnType<typeof createTlsServer>).setSecureContext(message.tls)
  server = message.tls ? createTlsServer({ ...TIMEOUTS, ...message.tls }) : createServer(TIMEOUTS)
  server.on('request', serve)
  server.on('upgrade', upgrade)
  // It never listens, but has to watch over its connections as if it did.
  server.emit('listening')
  say({ kind: 'ready' })
}

function take(socket: Socket | undefined, first: Buffer): void {
  if (!socket) return
  socket.on('error', () => socket.destroy())
  socket.unshift(first)
  server.emit('connection', socket)
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  // Only the form that browsers send: others name a host of their own, or none.
  if (!request.url?.startsWith('/')) return void response.writeHead(404, { Connection: 'close' }).end()
  const asked = knock(request)
  const go = ({ target }: Decision) => {
    if (!target) return passOn(request, response)
    const failed = (why: Failure) => answerFailure(response, why, isNavigation(request))
    void forwarder.web(request, response, { ...target, path: '', client: clients.of(request) }, failed)
  }
  if (!asked) return passOn(request, response)
  const admission = admit(asked)
  if (admission instanceof Promise) void admission.then(go)
  else go(admission)
}

function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  socket.on('error', () => socket.destroy())
  const asked = knock(request)
  const go = ({ target }: Decision) => {
    if (!target || !asked) return passOnUpgrade(request, socket, head)
    sockets.set(socket, asked)
    socket.on('close', () => sockets.delete(socket))
    void forwarder.upgrade(request, socket as Socket, head, { ...target, path: '', client: clients.of(request) })
  }
  if (asked) void Promise.resolve(admit(asked)).then(go)
  else go({ allowed: false, target: null })
}

/** @returns null for what is THON's own affair, whoever sends it */
function knock(request: IncomingMessage): Asked | null {
  if (clients.isProxied(request)) request.headers.host = clients.of(request).host
  const { url = '', headers } = request
  if (url.startsWith('/.thon/') || headers.host === undefined) return null
  if (headers.cookie === undefined || crossSiteError(request)) return null
  return { host: headers.host, cookie: headers.cookie, scheme: clients.of(request).scheme }
}

function admit(asked: Asked): Decision | Promise<Decision> {
  const key = `${asked.scheme} ${asked.host} ${asked.cookie}`
  const known = admissions.get(key)
  if (known && known.until > Date.now()) return known.admission
  const entry = { admission: ask(asked) as Decision | Promise<Decision>, until: Date.now() + FRESH }
  if (admissions.size > 5_000) admissions.clear()
  admissions.set(key, entry)
  void Promise.resolve(entry.admission).then((admission) => (entry.admission = admission))
  return entry.admission
}

function ask(asked: Asked): Promise<Decision> {
  const id = ++asks
  say({ kind: 'asked', id, asked })
  return new Promise((resolve) => asking.set(id, resolve))
}

/** Whoever has a WebSocket open, and may not any more, is cut off. */
async function forget(rights: boolean): Promise<void> {
  admissions.clear()
  if (!rights) return
  for (const [socket, asked] of sockets) if (!(await admit(asked)).allowed) socket.destroy()
}

/** To THON itself, by a way that nobody else has, with the word of who sent it. */
function passOn(request: IncomingMessage, response: ServerResponse): void {
  request.headers[CLIENT_HEADER] = JSON.stringify(clients.of(request))
  thon.web(request, response, { target: { socketPath: backDoor } }).catch(() => {
    if (response.headersSent) response.destroy()
    else response.writeHead(503, { 'Retry-After': '2' }).end()
  })
}

function passOnUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  request.headers[CLIENT_HEADER] = JSON.stringify(clients.of(request))
  thon.ws(request, socket as Socket, { target: { socketPath: backDoor } }, head).catch(() => socket.destroy())
}

function say(message: FromWorker): void {
  // The server may be gone by now, which ends this process, too.
  if (process.connected) process.send?.(message, undefined, {}, () => undefined)
}
