import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { can } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Events } from '../core/events.ts'
import { parseHost } from '../http/host.ts'
import { refuseUpgrade } from '../http/respond.ts'
import type { SandboxHandler } from '../http/server.ts'
import { crossSiteError, isNavigation, serviceWorkerError } from './cross-site.ts'
import type { HostedSandbox, SandboxDirectory } from './directory.ts'
import {
  SandboxEntry,
  splitTarget,
  THON_PATHS,
  type CookieHolder,
  type Destination,
  type SandboxEntryDeps,
} from './entry.ts'
import type { ForwardFailure, Forwarder } from './forward.ts'
import { refuse, sendPage } from './html.ts'
import { answerFailure, notYours, unknownAddress } from './messages.ts'
import type { StatusPages } from './status-pages.ts'
import type { StatusView } from './status-view.ts'
import type { AccessRequest, Decision } from './worker-protocol.ts'

/** What serving the host names of sandboxes needs. */
export interface SandboxHostsDeps extends SandboxEntryDeps {
  directory: SandboxDirectory
  forwarder: Forwarder
  statusPages: StatusPages
  events: Events
}

/** How many host names are remembered with their labels. */
const MAX_LABELS = 2_000

/** Serves the host names of sandboxes: forwards the requests of people who may open the sandbox. */
export class SandboxHosts implements SandboxHandler {
  readonly #deps: SandboxHostsDeps
  readonly #entry: SandboxEntry
  readonly #sockets = new Map<Duplex, { label: string; credential: string }>()
  /** Labels by host name: every request needs one, also those for THON itself. */
  readonly #labels = new Map<string, string | null>()

  constructor(deps: SandboxHostsDeps) {
    this.#deps = deps
    this.#entry = new SandboxEntry(deps)
    deps.events.on('setting', () => this.#labels.clear())
  }

  isFor(request: IncomingMessage): boolean {
    return this.#isPathPort(request) || this.#labelFor(request) !== null
  }

  serve(request: IncomingMessage, response: ServerResponse): void | Promise<void> {
    const destination = this.#destinationOf(request)
    if (!destination) return refuse(response, 404, 'There is no sandbox at this address.')
    const refusal = crossSiteError(request) ?? serviceWorkerError(request, destination.rest, THON_PATHS)
    if (refusal !== null) return refuse(response, 403, refusal)
    const [path] = splitTarget(destination.rest)
    if (path === `${THON_PATHS}enter`) return this.#entry.enter(request, response, destination)
    const serve = (holder: CookieHolder | null) => this.#serveTo(holder, request, response, destination)
    const holder = this.#holderOf(request, destination)
    return holder instanceof Promise ? holder.then(serve) : serve(holder)
  }

  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const destination = this.#destinationOf(request)
    if (!destination) {
      refuseUpgrade(socket, '404 Not Found')
      return
    }
    const { label, sandbox, path, rest } = destination
    if (crossSiteError(request) !== null || rest.startsWith(THON_PATHS)) {
      refuseUpgrade(socket, '403 Forbidden')
      return
    }
    const target = targetOf(sandbox)
    const holder = await this.#holderOf(request, destination)
    if (!holder) refuseUpgrade(socket, '401 Unauthorized')
    else if (!mayOpen(holder.viewer, sandbox)) refuseUpgrade(socket, '403 Forbidden')
    else if (!target) refuseUpgrade(socket, '503 Service Unavailable')
    else {
      this.#sockets.set(socket, { label, credential: holder.credential })
      socket.on('close', () => this.#sockets.delete(socket))
      const client = this.#deps.clients.of(request)
      await this.#deps.forwarder.upgrade(request, socket, head, { ...target, path, client })
    }
  }

  /** Whether a Host header names a sandbox, or could. */
  isSandbox(host: string): boolean {
    const parsed = parseHost(host)
    return parsed !== null && this.#labelOf(parsed.hostname) !== null
  }

  /** Decides for the worker whether somebody may open a sandbox, and where it answers. */
  async authorize(request: AccessRequest): Promise<Decision> {
    const host = parseHost(request.host)
    const label = host && this.#labelOf(host.hostname)
    const sandbox = label === null ? null : this.#deps.directory.find(label)
    const holder = sandbox && (await this.#entry.holderOf(request, { label: sandbox.label, path: '' }))
    if (!holder || !mayOpen(holder.viewer, sandbox)) return { allowed: false, target: null }
    return { allowed: true, target: targetOf(sandbox) }
  }

  /** Closes the WebSockets of people who may no longer open the sandbox. */
  async recheck(): Promise<void> {
    for (const [socket, { label, credential }] of this.#sockets) {
      const viewer = await this.#deps.sandboxCookies.viewerFor(credential)
      if (!viewer || !mayOpen(viewer, this.#deps.directory.find(label))) socket.destroy()
    }
  }

  /** Closes every WebSocket and stream. */
  close(): void {
    for (const socket of this.#sockets.keys()) socket.destroy()
    this.#deps.statusPages.close()
    this.#deps.forwarder.close()
  }

  #serveTo(
    holder: CookieHolder | null,
    request: IncomingMessage,
    response: ServerResponse,
    destination: Destination,
  ): void | Promise<void> {
    const { sandbox, rest, path } = destination
    if (rest.startsWith(`${THON_PATHS}arrived`)) return this.#entry.arrive(response, destination, holder)
    if (!holder) return this.#entry.signIn(request, response, destination)
    if (!sandbox)
      return this.#show(request, response, 404, unknownAddress(`${this.#entry.thonOrigin(request, destination)}/my`))
    if (!mayOpen(holder.viewer, sandbox)) return this.#show(request, response, 403, notYours)
    if (!rest.startsWith(THON_PATHS)) return this.#forward(holder.viewer, request, response, { sandbox, path })
    const name = splitTarget(rest)[0].slice(THON_PATHS.length)
    const context = { viewer: holder.viewer, sandbox, paths: pathsOf(path) }
    return this.#deps.statusPages.answer(request, response, name, context)
  }

  /** Answers with the sandbox's own answer, or with how it is. */
  #forward(
    viewer: Viewer,
    request: IncomingMessage,
    response: ServerResponse,
    { sandbox, path }: { sandbox: HostedSandbox; path: string },
  ): void | Promise<void> {
    const { clients, forwarder, statusPages } = this.#deps
    const target = targetOf(sandbox)
    if (target) {
      const failed = (failure: ForwardFailure) => answerFailure(response, failure, isNavigation(request))
      return forwarder.web(request, response, { ...target, path, client: clients.of(request) }, failed)
    }
    if (isNavigation(request)) return statusPages.show(response, viewer, sandbox, pathsOf(path))
    return refuse(response, 503, statusPages.view(viewer, sandbox).title)
  }

  #show(request: IncomingMessage, response: ServerResponse, status: number, view: StatusView): void {
    if (isNavigation(request)) sendPage(response, status, view)
    else refuse(response, status, view.title)
  }

  #destinationOf(request: IncomingMessage): Destination | null {
    const { url = '/' } = request
    const { directory } = this.#deps
    if (!this.#isPathPort(request)) {
      const label = this.#labelFor(request)
      return label === null ? null : { label, sandbox: directory.find(label), path: '', rest: url }
    }
    const [, port, rest = ''] = /^\/(\d{1,5})(?=[/?]|$)(.*)$/s.exec(url) ?? []
    const sandbox = port === undefined ? null : directory.byPort(Number(port))
    return (
      sandbox && { label: sandbox.label, sandbox, path: `/${port}`, rest: rest.startsWith('/') ? rest : `/${rest}` }
    )
  }

  #holderOf(request: IncomingMessage, destination: Destination): CookieHolder | null | Promise<CookieHolder | null> {
    const { scheme } = this.#deps.clients.of(request)
    return this.#entry.holderOf({ cookie: request.headers.cookie, scheme }, destination)
  }

  #labelFor(request: IncomingMessage): string | null {
    return this.#labelOf(this.#deps.clients.of(request).host.hostname)
  }

  #labelOf(hostname: string): string | null {
    const known = this.#labels.get(hostname)
    if (known !== undefined) return known
    const label = this.#deps.addresses.labelOf(hostname)
    if (this.#labels.size > MAX_LABELS) this.#labels.clear()
    this.#labels.set(hostname, label)
    return label
  }

  #isPathPort({ socket }: IncomingMessage): boolean {
    const { pathPort } = this.#deps.addresses
    return pathPort !== null && socket.localPort === pathPort
  }
}

/** Where a sandbox answers; null while it does not run. Sandboxes are published on this machine only. */
function targetOf(sandbox: HostedSandbox | null): Decision['target'] {
  const instance = sandbox?.instance
  if (instance?.state !== 'Running' || instance.hostPort === null) return null
  return { name: `${sandbox?.group}/${sandbox?.username}`, host: '127.0.0.1', port: instance.hostPort }
}

function pathsOf(path: string) {
  return { base: `${path}/.thon`, query: '', home: `${path}/` }
}

function mayOpen(viewer: Viewer, sandbox: HostedSandbox | null): sandbox is HostedSandbox {
  return sandbox !== null && can(viewer, 'instances.open', [sandbox.userId])
}
