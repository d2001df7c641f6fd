import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { can } from '../core/permissions.ts'
import type { Events } from '../core/events.ts'
import { refuseUpgrade } from '../http/respond.ts'
import type { SandboxHandler } from '../http/server.ts'
import { crossSiteError, isNavigation } from './cross-site.ts'
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

/** How many Host headers are remembered with their labels. */
const MAX_LABELS = 2_000

/** Serves the host names of sandboxes: forwards the requests of people who may open the sandbox. */
export class SandboxHosts implements SandboxHandler {
  readonly #deps: SandboxHostsDeps
  readonly #entry: SandboxEntry
  /** WebSockets and responses under way of sandboxes, and in whose name. */
  readonly #open = new Map<Duplex | ServerResponse, { label: string; credential: string }>()
  /** Labels by Host header: every request needs one, also those for THON itself. */
  readonly #labels = new Map<string, string | null>()

  constructor(deps: SandboxHostsDeps) {
    this.#deps = deps
    this.#entry = new SandboxEntry(deps)
    deps.events.on('setting', () => this.#labels.clear())
  }

  isFor(request: IncomingMessage): boolean {
    return this.#isPathPort(request) || this.#labelOf(request.headers.host) !== null
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    const destination = this.#destinationOf(request)
    if (!destination) {
      refuse(response, 404, 'There is no sandbox at this address.')
      return
    }
    const refusal = crossSiteError(request)
    if (refusal !== null) {
      refuse(response, 403, refusal)
      return
    }
    const [path] = splitTarget(destination.rest)
    if (path === `${THON_PATHS}enter`) {
      this.#entry.enter(request, response, destination)
      return
    }
    if (path === `${THON_PATHS}begin`) {
      this.#entry.begin(request, response, destination)
      return
    }
    const serve = (holder: CookieHolder | null) => this.#serveTo(holder, request, response, destination)
    const holder = this.#holderOf(request, destination)
    if (holder instanceof Promise)
      holder.then(serve, () => refuse(response, 503, 'Something went wrong. Please try again.'))
    else serve(holder)
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
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
    const connect = (holder: CookieHolder | null) => {
      if (!holder) refuseUpgrade(socket, '401 Unauthorized')
      else if (!mayOpen(holder.viewer, sandbox)) refuseUpgrade(socket, '403 Forbidden')
      else if (!target) refuseUpgrade(socket, '503 Service Unavailable')
      else {
        this.#keep(socket, label, holder)
        const client = this.#deps.clients.of(request)
        void this.#deps.forwarder.upgrade(request, socket, head, { ...target, path, client })
      }
    }
    Promise.resolve(this.#holderOf(request, destination)).then(connect, () =>
      refuseUpgrade(socket, '503 Service Unavailable'),
    )
  }

  /** Whether a Host header names a sandbox, or could. */
  isSandbox(host: string): boolean {
    return this.#labelOf(host) !== null
  }

  /** Decides for the worker whether somebody may open a sandbox, and where it answers. */
  async authorize(request: AccessRequest): Promise<Decision> {
    const label = this.#labelOf(request.host)
    const sandbox = label === null ? null : this.#deps.directory.find(label)
    const holder = sandbox && (await this.#entry.holderOf(request, { label: sandbox.label, path: '' }))
    if (!holder || !mayOpen(holder.viewer, sandbox)) return { allowed: false, target: null }
    return { allowed: true, target: targetOf(sandbox) }
  }

  /** Cuts off the WebSockets, downloads and uploads of people who may no longer open the sandbox. */
  async recheck(): Promise<void> {
    this.#deps.statusPages.recheck()
    for (const [stream, { label, credential }] of this.#open) {
      const viewer = await this.#deps.sandboxCookies.viewerFor(credential)
      if (!viewer || !mayOpen(viewer, this.#deps.directory.find(label))) stream.destroy()
    }
  }

  /** Closes every WebSocket and stream. */
  close(): void {
    for (const stream of this.#open.keys()) stream.destroy()
    this.#deps.statusPages.close()
    this.#deps.forwarder.close()
  }

  #serveTo(
    holder: CookieHolder | null,
    request: IncomingMessage,
    response: ServerResponse,
    destination: Destination,
  ): void {
    const { sandbox, rest, path } = destination
    if (rest.startsWith(`${THON_PATHS}arrived`)) this.#entry.arrive(response, destination, holder)
    else if (!holder) this.#entry.signIn(request, response, destination)
    else if (!sandbox)
      this.#show(request, response, 404, unknownAddress(`${this.#entry.thonOrigin(request, destination)}/my`))
    else if (!mayOpen(holder.viewer, sandbox)) this.#show(request, response, 403, notYours)
    else if (rest.startsWith(THON_PATHS)) {
      const name = splitTarget(rest)[0].slice(THON_PATHS.length)
      const context = { viewer: holder.viewer, sandbox, paths: pathsOf(path, holder, sandbox) }
      this.#deps.statusPages.answer(request, response, name, context)
    } else this.#forward(holder, request, response, { sandbox, path })
  }

  #keep(stream: Duplex | ServerResponse, label: string, { credential }: CookieHolder): void {
    this.#open.set(stream, { label, credential })
    stream.on('close', () => this.#open.delete(stream))
  }

  /** Answers with the sandbox's own answer, or with how it is. */
  #forward(
    holder: CookieHolder,
    request: IncomingMessage,
    response: ServerResponse,
    { sandbox, path }: { sandbox: HostedSandbox; path: string },
  ): void {
    const { clients, forwarder, statusPages } = this.#deps
    const target = targetOf(sandbox)
    if (target) {
      this.#keep(response, sandbox.label, holder)
      const failed = (failure: ForwardFailure) => answerFailure(response, failure, isNavigation(request))
      void forwarder.web(request, response, { ...target, path, client: clients.of(request) }, failed)
    } else if (isNavigation(request)) statusPages.show(response, holder.viewer, sandbox, pathsOf(path, holder, sandbox))
    else refuse(response, 503, statusPages.view(holder.viewer, sandbox).title)
  }

  #show(request: IncomingMessage, response: ServerResponse, status: number, view: StatusView): void {
    if (isNavigation(request)) sendPage(response, status, view)
    else refuse(response, status, view.title)
  }

  #destinationOf(request: IncomingMessage): Destination | null {
    const { url, headers } = request
    // Only the form that browsers send: the other forms name a host of their own, or none.
    if (!url?.startsWith('/')) return null
    const { directory } = this.#deps
    if (!this.#isPathPort(request)) {
      const label = this.#labelOf(headers.host)
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

  #labelOf(host: string | undefined): string | null {
    if (host === undefined) return null
    const known = this.#labels.get(host)
    if (known !== undefined) return known
    const label = this.#deps.addresses.labelOf(host)
    if (this.#labels.size > MAX_LABELS) this.#labels.clear()
    this.#labels.set(host, label)
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
  return { host: '127.0.0.1', port: instance.hostPort }
}

function pathsOf(path: string, { viewer }: CookieHolder, { userId }: HostedSandbox) {
  // A page of the sandbox can send what its visitor can: it must not command in the name of an organizer who opened it.
  const mayCommand = viewer.kind === 'open' || (userId !== null && viewer.userIds.has(userId))
  return { base: `${path}/.thon`, query: '', home: `${path}/`, mayCommand }
}

function mayOpen(viewer: CookieHolder['viewer'], sandbox: HostedSandbox | null): sandbox is HostedSandbox {
  return sandbox !== null && can(viewer, 'instances.open', [sandbox.userId])
}
