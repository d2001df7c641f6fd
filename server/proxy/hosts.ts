import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { can } from '../core/permissions.ts'
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
import { refuse, sendPage } from './html.ts'
import { notYours, unknownAddress } from './messages.ts'
import type { StatusPages } from './status-pages.ts'
import type { StatusView } from './status-view.ts'
import type { AccessRequest, Decision } from './protocol.ts'

/** What serving the host names of sandboxes needs. */
export interface SandboxHostsDeps extends SandboxEntryDeps {
  directory: SandboxDirectory
  statusPages: StatusPages
  events: Events
}

/** How many host names are remembered with their labels. */
const MAX_LABELS = 2_000

/**
 * Decides for the proxy who may open which sandbox, and serves what the proxy passes on: the way in, status pages, refusals. It never
 * forwards to a sandbox.
 */
export class SandboxHosts implements SandboxHandler {
  readonly #deps: SandboxHostsDeps
  readonly #entry: SandboxEntry
  /** Requests that came to the port where paths tell sandboxes apart. */
  readonly #byPath = new WeakSet<IncomingMessage>()
  /** Labels by host name: every request needs one, also those for THON itself. */
  readonly #labels = new Map<string, string | null>()

  constructor(deps: SandboxHostsDeps) {
    this.#deps = deps
    this.#entry = new SandboxEntry(deps)
    deps.events.on('setting', () => this.#labels.clear())
  }

  /** Notes that a request came to the port where paths tell sandboxes apart. */
  cameByPath(request: IncomingMessage): void {
    this.#byPath.add(request)
  }

  isFor(request: IncomingMessage): boolean {
    return this.#byPath.has(request) || this.#labelFor(request) !== null
  }

  serve(request: IncomingMessage, response: ServerResponse): void | Promise<void> {
    const destination = this.#destinationOf(request)
    if (!destination) return refuse(response, 404, 'There is no sandbox at this address.')
    const refusal = crossSiteError(request) ?? serviceWorkerError(request, destination.rest, THON_PATHS)
    if (refusal !== null) return refuse(response, 403, refusal)
    const [path] = splitTarget(destination.rest)
    if (path === `${THON_PATHS}enter`) return this.#entry.enter(request, response, destination)
    if (path === `${THON_PATHS}begin`) return this.#entry.begin(request, response, destination)
    const serve = (holder: CookieHolder | null) => this.#serveTo(holder, request, response, destination)
    const holder = this.#holderOf(request, destination)
    return holder instanceof Promise ? holder.then(serve) : serve(holder)
  }

  async upgrade(request: IncomingMessage, socket: Duplex): Promise<void> {
    const destination = this.#destinationOf(request)
    if (!destination) {
      refuseUpgrade(socket, '404 Not Found')
      return
    }
    const { sandbox, rest } = destination
    if (crossSiteError(request) !== null || rest.startsWith(THON_PATHS)) {
      refuseUpgrade(socket, '403 Forbidden')
      return
    }
    const holder = await this.#holderOf(request, destination)
    if (!holder) refuseUpgrade(socket, '401 Unauthorized')
    else if (!mayOpen(holder.viewer, sandbox)) refuseUpgrade(socket, '403 Forbidden')
    // It does not run, or has begun to just now: the proxy connects the next try.
    else refuseUpgrade(socket, '503 Service Unavailable')
  }

  /** Decides for the proxy whether somebody may open a sandbox, and where it answers. */
  async authorize(request: AccessRequest): Promise<Decision> {
    const { path } = request
    const sandbox = path ? this.#deps.directory.byPort(Number(path.slice(1))) : this.#sandboxAt(request.host)
    const holder = sandbox && (await this.#entry.holderOf(request, { label: sandbox.label, path }))
    if (!holder || !mayOpen(holder.viewer, sandbox)) return { allowed: false, target: null }
    return { allowed: true, target: targetOf(sandbox) }
  }

  /** Ends every stream. */
  close(): void {
    this.#deps.statusPages.close()
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
    if (!rest.startsWith(THON_PATHS)) return this.#showStatus(holder, request, response, { sandbox, path })
    const name = splitTarget(rest)[0].slice(THON_PATHS.length)
    const context = { viewer: holder.viewer, sandbox, paths: pathsOf(path, holder, sandbox) }
    return this.#deps.statusPages.answer(request, response, name, context)
  }

  /** Answers for a sandbox that does not run. If it has begun to just now, the page loads again by itself. */
  #showStatus(
    holder: CookieHolder,
    request: IncomingMessage,
    response: ServerResponse,
    { sandbox, path }: { sandbox: HostedSandbox; path: string },
  ): void {
    const { statusPages } = this.#deps
    if (isNavigation(request)) statusPages.show(response, holder.viewer, sandbox, pathsOf(path, holder, sandbox))
    else refuse(response, 503, statusPages.view(holder.viewer, sandbox).title)
  }

  #show(request: IncomingMessage, response: ServerResponse, status: number, view: StatusView): void {
    if (isNavigation(request)) sendPage(response, status, view)
    else refuse(response, status, view.title)
  }

  #destinationOf(request: IncomingMessage): Destination | null {
    const { url = '/' } = request
    const { directory } = this.#deps
    if (!this.#byPath.has(request)) {
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
    return this.#entry.holderOf({ cookie: request.headers.cookie ?? '', scheme }, destination)
  }

  #sandboxAt(host: string): HostedSandbox | null {
    const parsed = parseHost(host)
    const label = parsed && this.#labelOf(parsed.hostname)
    return label === null ? null : this.#deps.directory.find(label)
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
}

/** Where a sandbox answers; null while it does not run. Sandboxes are published on this machine only. */
function targetOf(sandbox: HostedSandbox | null): Decision['target'] {
  const instance = sandbox?.instance
  if (instance?.state !== 'Running' || instance.hostPort === null) return null
  return { name: `${sandbox?.group}/${sandbox?.username}`, host: '127.0.0.1', port: instance.hostPort }
}

function pathsOf(path: string, { viewer }: CookieHolder, { userId }: HostedSandbox) {
  // A page of the sandbox can send what its visitor can: it must not command in the name of an organizer who opened it.
  const mayCommand = viewer.kind === 'open' || (userId !== null && viewer.userIds.has(userId))
  return { base: `${path}/.thon`, query: '', home: `${path}/`, mayCommand }
}

function mayOpen(viewer: CookieHolder['viewer'], sandbox: HostedSandbox | null): sandbox is HostedSandbox {
  return sandbox !== null && can(viewer, 'instances.open', [sandbox.userId])
}
