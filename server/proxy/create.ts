import type { IncomingMessage } from 'node:http'
import { can } from '../core/permissions.ts'
import type { Principal, Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import type { Events } from '../core/events.ts'
import type { Quotas } from '../core/quotas.ts'
import type { Instance } from '../../prisma/generated/client/client.ts'
import type { Client, Clients } from '../http/client.ts'
import type { Tls } from '../http/tls.ts'
import type { Log } from '../core/log.ts'
import type { Addresses } from './addresses.ts'
import { StatusPages } from './status-pages.ts'
import { SandboxDirectory } from './directory.ts'
import { Forwarder } from './forward.ts'
import { SandboxHosts } from './hosts.ts'
import { ConnectionRouter } from './connection-router.ts'
import { CLIENT_HEADER } from './worker-protocol.ts'
import { openRoute } from './open.ts'
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
  /** Whether traffic of sandboxes has a process of its own. */
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

/** Wires the reverse proxy: the host names of sandboxes, and the way from THON to them. */
export async function createProxy(deps: ProxyDeps) {
  const { db, events, clients, addresses, authenticator, instances, mySandbox } = deps
  const sandboxCookies = new SandboxCookies(authenticator, events, deps.cookieKey)
  const directory = new SandboxDirectory(db, events)
  const oneTimeCodes = new OneTimeCodes()
  let participantsMayStart = await deps.participantsMayStart()
  events.on('setting', () => void deps.participantsMayStart().then((now) => (participantsMayStart = now)))
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
    forwarder: new Forwarder(),
  })
  const router = deps.ownProcess
    ? new ConnectionRouter({
        ...{ log: deps.log, tls: deps.tls, trustedProxies: deps.trustedProxies },
        isSandbox: (host) => hosts.isSandbox(host),
        authorize: (request) => hosts.authorize(request),
      })
    : null
  const stopWatching = watchAccessChanges(events, {
    targetsChanged: () => router?.invalidate(false),
    accessChanged: () => {
      router?.invalidate(true)
      void hosts.recheck()
    },
  })
  return {
    hosts,
    router,
    open: openRoute({ authenticator, addresses, directory, oneTimeCodes, statusPages, clients }),
    load: () => directory.load(),
    close: () => {
      router?.close()
      stopWatching()
      hosts.close()
    },
  }
}

/** Reads who sent a request off the header that the worker adds; for requests on the internal socket only. */
export function readInternalClient(clients: Clients): (request: IncomingMessage) => void {
  return (request) => {
    const client = request.headers[CLIENT_HEADER]
    Reflect.deleteProperty(request.headers, CLIENT_HEADER)
    if (typeof client === 'string') clients.assume(request, JSON.parse(client) as Client)
  }
}
