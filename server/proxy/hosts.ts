import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { can } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Events } from '../core/events.ts'
import type { Clients } from '../http/client.ts'
import type { HostedSandboxes } from '../http/server.ts'
import type { Addresses } from './addresses.ts'
import { cookiesNamed } from './cookies.ts'
import type { StatusPages } from './status-pages.ts'
import type { Hosted, SandboxDirectory } from './directory.ts'
import type { Failure, Forwarder } from './forward.ts'
import type { Decision, Asked } from './worker-protocol.ts'
import { sendPage, sendText } from './html.ts'
import type { SandboxCookies } from './sandbox-cookies.ts'
import { isNavigation, isPath, crossSiteError } from './cross-site.ts'
import type { OneTimeCodes } from './one-time-codes.ts'
import { answerFailure, CAME_BACK, notTheirs, unknownAddress, withoutCookies } from './messages.ts'

/** What the host names of sandboxes are served by. */
export interface SandboxHostsDeps {
  addresses: Addresses
  directory: SandboxDirectory
  passes: SandboxCookies
  tickets: OneTimeCodes
  forwarder: Forwarder
  desk: StatusPages
  clients: Clients
  events: Events
}

/** Below this path of a sandbox's own host name THON answers itself; everything else is the sandbox's. */
const OURS = '/.thon/'
/** A browser keeps a pass for so many seconds; what it is worth is asked with every request. */
const PASS_SECONDS = 7 * 24 * 3600

/** The place that a request is for. */
interface Place {
  label: string
  sandbox: Hosted | null
  /** Path that is the sandbox's, such as `/32768`; '' where it has a host name of its own. */
  path: string
  /** The rest of the request's target, from its slash on. */
  rest: string
}

/** Somebody who may open the sandbox, and by what right. */
interface Holder {
  viewer: Viewer
  grant: string
}

/** Serves the host names of sandboxes: lets those in who may open one, and sends their requests on. */
export class SandboxHosts implements HostedSandboxes {
  readonly #parts: SandboxHostsDeps
  readonly #sockets = new Map<Duplex, { label: string; grant: string }>()
  /** Labels by Host header: asked for with every request to THON, too. */
  readonly #labels = new Map<string, string | null>()

  constructor(parts: SandboxHostsDeps) {
    this.#parts = parts
    const { events } = parts
    events.on('setting', () => this.#labels.clear())
  }

  isFor(request: IncomingMessage): boolean {
    return this.#isPathPort(request) || this.#labelOf(request.headers.host) !== null
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    const place = this.#placeOf(request)
    const refusal = place ? crossSiteError(request) : 'There is no sandbox at this address.'
    if (!place || refusal) return refuse(response, place ? 403 : 404, refusal as string)
    const [path = '', query = ''] = split(place.rest)
    if (path === `${OURS}enter`) return this.#enter(request, response, place, new URLSearchParams(query))
    const holder = this.#holder(this.#asked(request), place)
    const go = (found: Holder | null) => this.#serveTo(found, request, response, place)
    if (holder instanceof Promise) holder.then(go, () => sendText(response, 503, 'The database does not answer.'))
    else go(holder)
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refuse = (status: string) =>
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
    const place = this.#placeOf(request)
    if (!place) return void refuse('404 Not Found')
    if (crossSiteError(request) || place.rest.startsWith(OURS)) return void refuse('403 Forbidden')
    const go = (holder: Holder | null) => {
      const { sandbox } = place
      if (!holder) return refuse('401 Unauthorized')
      if (!mayOpen(holder.viewer, sandbox)) return refuse('403 Forbidden')
      const hostPort = sandbox?.instance?.state === 'Running' ? sandbox.instance.hostPort : null
      if (hostPort === null) return refuse('503 Service Unavailable')
      this.#sockets.set(socket, { label: place.label, grant: holder.grant })
      socket.on('close', () => this.#sockets.delete(socket))
      const client = this.#parts.clients.of(request)
      return void this.#parts.forwarder.upgrade(request, socket as Socket, head, {
        ...published(hostPort),
        path: place.path,
        client,
      })
    }
    Promise.resolve(this.#holder(this.#asked(request), place)).then(go, () => refuse('503 Service Unavailable'))
  }

  /** Whether a Host header names a sandbox, or could. */
  isSandbox(host: string): boolean {
    return this.#labelOf(host) !== null
  }

  /** Who may open what, for those who send requests on themselves. */
  async admit(asked: Asked): Promise<Decision> {
    const label = this.#labelOf(asked.host)
    const sandbox = label === null ? null : this.#parts.directory.find(label)
    const holder = sandbox && (await this.#holder(asked, { label: sandbox.label, sandbox, path: '', rest: '/' }))
    if (!holder || !mayOpen(holder.viewer, sandbox)) return { allowed: false, target: null }
    const hostPort = sandbox.instance?.state === 'Running' ? sandbox.instance.hostPort : null
    return { allowed: true, target: hostPort === null ? null : published(hostPort) }
  }

  /** Cuts the WebSockets of those who may not open the sandbox any more. */
  async recheck(): Promise<void> {
    for (const [socket, { label, grant }] of this.#sockets) {
      const viewer = await this.#parts.passes.holder(grant)
      if (!viewer || !mayOpen(viewer, this.#parts.directory.find(label))) socket.destroy()
    }
  }

  /** Cuts every WebSocket and stream. */
  close(): void {
    for (const socket of this.#sockets.keys()) socket.destroy()
    this.#parts.desk.close()
    this.#parts.forwarder.close()
  }

  #serveTo(holder: Holder | null, request: IncomingMessage, response: ServerResponse, place: Place): void {
    const { sandbox, rest } = place
    if (rest.startsWith(`${OURS}arrived`)) return this.#arrived(response, place, holder)
    if (!holder) return this.#stranger(request, response, place)
    const { viewer } = holder
    if (!sandbox) return this.#say(request, response, 404, unknownAddress)
    if (!mayOpen(viewer, sandbox)) return this.#say(request, response, 403, notTheirs)
    const paths = { base: `${place.path}/.thon`, query: '', home: `${place.path}/` }
    if (rest.startsWith(OURS)) {
      const what = split(rest)[0]!.slice(OURS.length)
      return this.#parts.desk.answer(request, response, what, { viewer, sandbox, paths })
    }
    const { instance } = sandbox
    if (instance?.state === 'Running' && instance.hostPort !== null)
      return this.#forward(request, response, instance.hostPort, place.path)
    if (isNavigation(request)) this.#parts.desk.show(response, viewer, sandbox, paths)
    else refuse(response, 503, this.#parts.desk.view(viewer, sandbox).title)
  }

  #forward(request: IncomingMessage, response: ServerResponse, hostPort: number, path: string): void {
    const client = this.#parts.clients.of(request)
    const failed = (why: Failure) => answerFailure(response, why, isNavigation(request))
    void this.#parts.forwarder.web(request, response, { ...published(hostPort), path, client }, failed)
  }

  /** A ticket becomes a pass. The address it stands in is left at once, and is worth nothing any more. */
  #enter(request: IncomingMessage, response: ServerResponse, place: Place, query: URLSearchParams): void {
    const grant = this.#parts.tickets.redeem(query.get('ticket') ?? '', place.label)
    const to = query.get('to') ?? '/'
    const goal = isPath(to) ? to : '/'
    // Gone back to, or opened again: whoever has a pass already needs no ticket.
    if (grant === null) return redirect(response, `${place.path}${goal}`)
    const { scheme } = this.#parts.clients.of(request)
    const pass = this.#parts.passes.sign(place.label, grant)
    response.setHeader(
      'Set-Cookie',
      `${cookieName(scheme, place.path)}=${pass}; Path=${place.path || '/'}; HttpOnly; SameSite=Lax; Max-Age=${PASS_SECONDS}${scheme === 'https' ? '; Secure' : ''}`,
    )
    redirect(response, `${place.path}${OURS}arrived?to=${encodeURIComponent(goal)}`)
  }

  /** Only now is it sure that the browser has kept the pass: without it people would be sent to and fro for ever. */
  #arrived(response: ServerResponse, { rest, path }: Place, holder: Holder | null): void {
    const to = new URLSearchParams(split(rest)[1]).get('to') ?? '/'
    if (holder) redirect(response, `${path}${isPath(to) ? to : '/'}`)
    else sendPage(response, 403, withoutCookies, { who: null, desk: null })
  }

  /** Somebody without a pass: THON's own host name knows whether they may have one. */
  #stranger(request: IncomingMessage, response: ServerResponse, place: Place): void {
    if (!isNavigation(request)) return refuse(response, 401, CAME_BACK)
    const { scheme, host } = this.#parts.clients.of(request)
    const { addresses } = this.#parts
    const origin = this.#isPathPort(request)
      ? addresses.thonOriginOfPath({ scheme, host })
      : addresses.thonOrigin(place.label, { scheme, host })
    const to = isPath(place.rest) && !place.rest.startsWith(OURS) ? place.rest : '/'
    redirect(response, `${origin}/open?sandbox=${place.label}&to=${encodeURIComponent(to)}`)
  }

  #say(request: IncomingMessage, response: ServerResponse, status: number, view: Parameters<typeof sendPage>[2]): void {
    if (isNavigation(request)) sendPage(response, status, view, { who: null, desk: null })
    else refuse(response, status, view.title)
  }

  #placeOf(request: IncomingMessage): Place | null {
    const { url = '', headers } = request
    // Only the form that browsers send: others name a host of their own, or none.
    if (!url.startsWith('/')) return null
    const { directory } = this.#parts
    if (!this.#isPathPort(request)) {
      const label = this.#labelOf(headers.host)
      return label === null ? null : { label, sandbox: directory.find(label), path: '', rest: url }
    }
    const [, port, rest] = /^\/(\d{1,5})(?=[/?]|$)(.*)$/s.exec(url) ?? []
    const sandbox = port === undefined ? null : directory.byPort(Number(port))
    return (
      sandbox && { label: sandbox.label, sandbox, path: `/${port}`, rest: rest?.startsWith('/') ? rest : `/${rest}` }
    )
  }

  #holder(asked: Pick<Asked, 'cookie' | 'scheme'>, place: Place): Holder | null | Promise<Holder | null> {
    const { passes } = this.#parts
    // A page of another sandbox may have set one more for the whole domain: the one that is ours counts.
    const values = cookiesNamed(asked.cookie, cookieName(asked.scheme, place.path))
    const grants = values.flatMap((value) => passes.read(value, place.label) ?? [])
    const grant = grants[0]
    if (grant === undefined) return null
    const found = (viewer: Viewer | null) => viewer && { viewer, grant }
    const viewer = passes.holder(grant)
    return viewer instanceof Promise ? viewer.then(found) : found(viewer)
  }

  #asked(request: IncomingMessage): Pick<Asked, 'cookie' | 'scheme'> {
    return { cookie: request.headers.cookie, scheme: this.#parts.clients.of(request).scheme }
  }

  #labelOf(host: string | undefined): string | null {
    if (host === undefined) return null
    const known = this.#labels.get(host)
    if (known !== undefined) return known
    const label = this.#parts.addresses.labelOf(host)
    if (this.#labels.size > 2_000) this.#labels.clear()
    this.#labels.set(host, label)
    return label
  }

  #isPathPort({ socket }: IncomingMessage): boolean {
    const { pathPort } = this.#parts.addresses
    return pathPort !== null && socket.localPort === pathPort
  }
}

/** Sandboxes are published on this machine alone. */
function published(hostPort: number): { host: string; port: number } {
  return { host: '127.0.0.1', port: hostPort }
}

function cookieName(scheme: string, path: string): string {
  if (path) return `thon-pass-${path.slice(1)}`
  // The prefix keeps other host names of the domain from setting it; browsers take it over https alone.
  return scheme === 'https' ? '__Host-thon-pass' : 'thon-pass'
}

function mayOpen(viewer: Viewer, sandbox: Hosted | null): boolean {
  return sandbox !== null && can(viewer, 'instances.open', [sandbox.userId])
}

/** What is not read is not taken, either: the connection ends with the answer. */
function refuse(response: ServerResponse, status: number, text: string): void {
  response.setHeader('Connection', 'close')
  sendText(response, status, text)
}

function redirect(response: ServerResponse, to: string): void {
  response.writeHead(303, { Location: to, 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' }).end()
}

function split(target: string): [path: string, query: string] {
  const at = target.indexOf('?')
  return at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)]
}
