import type { IncomingMessage } from 'node:http'
import { can } from '../core/permissions.ts'
import type { Principal, Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import type { Events } from '../core/events.ts'
import type { Quotas } from '../core/quotas.ts'
import type { Instance } from '../../prisma/generated/client/client.ts'
import { Refresher } from '../core/background.ts'
import type { Clients } from '../http/client.ts'
import type { Tls } from '../http/tls.ts'
import type { Log } from '../core/log.ts'
import type { Addresses } from './addresses.ts'
import { StatusPages } from './status-pages.ts'
import { SandboxDirectory } from './directory.ts'
import { openProxyFolder } from './folder.ts'
import { SandboxHosts } from './hosts.ts'
import type { Listening } from './listening.ts'
import { openRoute } from './open.ts'
import { PortsInProcess } from './ports.ts'
import { ProxyProcess } from './proxy-process.ts'
import { CLIENT_HEADER, type PassedOn } from './protocol.ts'
import { SandboxCookies, type PrincipalChecker } from './sandbox-cookies.ts'
import { watchAccessChanges } from './access-changes.ts'
import { OneTimeCodes } from './one-time-codes.ts'

/** What the proxy needs. */
export interface ProxyDeps {
  db: Db
  events: Events
  clients: Clients
  quotas: Quotas
  /** Signs sandbox cookies. */
  cookieKey: string
  tls: Tls | null
  log: Log
  trustedProxies: readonly string[]
  /** Absolute path of the database: the next start finds the proxy by it. */
  dbPath: string
  /** Where the proxy listens; null for a command, which listens on no port. */
  listening: Listening | null
  /** Whether the proxy has a process of its own. */
  ownProcess: boolean
  addresses: Addresses
  authenticator: PrincipalChecker & { authenticated(request: IncomingMessage): { viewer: Principal } }
  engineConnected: () => boolean
  instances: {
    queuePlace(id: string): number | null
    progress(id: string): string | null
    reasonFor(viewer: Viewer, instance: Instance): string | null
    resume(viewer: Viewer, id: string): Promise<unknown>
    recreate(viewer: Viewer, id: string): Promise<unknown>
  }
  mySandbox: { start(viewer: Viewer, userId: string): Promise<unknown> }
  /** Whether participants may start their sandbox, by the settings. */
  participantsMayStart: () => Promise<boolean>
}

/** Wires what the proxy needs of THON, and the proxy itself: the public ports and the host names of sandboxes. */
export async function createProxy(deps: ProxyDeps) {
  const { db, events, clients, addresses, authenticator, instances, mySandbox, log } = deps
  const sandboxCookies = new SandboxCookies(authenticator, events, deps.cookieKey)
  const directory = new SandboxDirectory(db, events, log)
  const oneTimeCodes = new OneTimeCodes()
  let participantsMayStart = await deps.participantsMayStart()
  const rights = new Refresher(
    async () => {
      participantsMayStart = await deps.participantsMayStart()
    },
    log,
    'reading who may start sandboxes',
  )
  events.on('setting', () => rights.soon())
  const statusPages = new StatusPages({
    events,
    directory,
    countStream: (viewer, request) => deps.quotas.take('stream', viewer, clients.of(request).address),
    engineConnected: deps.engineConnected,
    queuePlace: (id) => instances.queuePlace(id),
    progress: (id) => instances.progress(id),
    reasonFor: (viewer, instance) => instances.reasonFor(viewer, instance),
    mayStart: (viewer, userId) =>
      viewer.role === 'organizer' || (participantsMayStart && can(viewer, 'instances.start', [userId])),
    start: (viewer, { userId, instance }) =>
      userId === null && instance ? instances.recreate(viewer, instance.id) : mySandbox.start(viewer, userId ?? ''),
    resume: (viewer, id) => instances.resume(viewer, id),
  })
  const hosts = new SandboxHosts({
    ...{ addresses, directory, sandboxCookies, oneTimeCodes, statusPages, clients, events },
  })
  const way = deps.listening && createPorts(deps, deps.listening, hosts)
  const stopWatching = watchAccessChanges(events, {
    targetsChanged: () => way?.ports.invalidate(false),
    accessChanged: () => {
      way?.ports.invalidate(true)
      statusPages.recheck()
    },
  })
  return {
    hosts,
    way,
    /** Reads off a request that the proxy passed on who sent it, before anything else does. */
    prepare: (request: IncomingMessage) => prepare(request, clients, hosts),
    open: openRoute({ authenticator, addresses, directory, oneTimeCodes, statusPages, clients }),
    load: () => directory.load(),
    /** Frees the ports. @param keep leaves the proxy running for the next THON */
    close: async (keep: boolean) => {
      stopWatching()
      rights.close()
      directory.close()
      hosts.close()
      await way?.ports.close(keep)
    },
  }
}

/** The public ports, and the internal socket on which the proxy passes requests on. */
function createPorts(deps: ProxyDeps, listening: Listening, hosts: SandboxHosts) {
  const folder = openProxyFolder(deps.dbPath)
  const { log, tls, trustedProxies } = deps
  const authorize = hosts.authorize.bind(hosts)
  const forPorts = { log, tls, trustedProxies, folder, listening, authorize }
  const ports = deps.ownProcess ? new ProxyProcess(forPorts) : new PortsInProcess(forPorts)
  return { ports, internalSocket: folder.internal }
}

function prepare(request: IncomingMessage, clients: Clients, hosts: SandboxHosts): void {
  const header = request.headers[CLIENT_HEADER]
  Reflect.deleteProperty(request.headers, CLIENT_HEADER)
  if (typeof header !== 'string') return
  const { client, byPath } = JSON.parse(header) as PassedOn
  clients.assume(request, client)
  if (byPath) hosts.cameByPath(request)
}
