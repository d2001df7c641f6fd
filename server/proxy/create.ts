import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { can } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import type { Events } from '../core/events.ts'
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
import { SandboxCookies, type DoorForPasses, type Entered } from './sandbox-cookies.ts'
import { watchRights } from './access-changes.ts'
import { OneTimeCodes } from './one-time-codes.ts'

/** Name under which the key of passes is kept. */
const PASS_SECRET = 'pass'

/** What the proxy needs of its surroundings. */
export interface ProxyDeps {
  db: Db
  events: Events
  clients: Clients
  tls: Tls | null
  log: Log
  trustedProxies: readonly string[]
  /** Whether sandboxes get a process of their own for what goes to and from them. */
  ownProcess: boolean
  addresses: Addresses
  door: DoorForPasses & { authenticated(request: IncomingMessage): Entered }
  engineConnected: () => boolean
  instances: {
    queuePlace(id: string): number | null
    progress(id: string): string | null
    resume(viewer: Viewer, id: string): Promise<unknown>
    recreate(viewer: Viewer, id: string): Promise<unknown>
  }
  own: { start(viewer: Viewer, userId: string): Promise<unknown> }
  /** Whether participants may start their sandbox, by the settings. */
  participantsMayStart: () => Promise<boolean>
}

/** Wires the reverse proxy: host names of sandboxes, and the way from THON to them. */
export async function createProxy(means: ProxyDeps) {
  const { db, events, clients, addresses, door, instances, own } = means
  const passes = new SandboxCookies(door, events, await keptSecret(db))
  const directory = new SandboxDirectory(db, events)
  const tickets = new OneTimeCodes()
  let participantsMayStart = await means.participantsMayStart()
  events.on('setting', () => void means.participantsMayStart().then((now) => (participantsMayStart = now)))
  const desk = new StatusPages({
    events,
    directory,
    engineConnected: means.engineConnected,
    queuePlace: (id) => instances.queuePlace(id),
    progress: (id) => instances.progress(id),
    mayStart: (viewer, userId) =>
      viewer.role === 'organizer' || (participantsMayStart && can(viewer, 'instances.start', [userId])),
    start: (viewer, { userId, instance }) =>
      userId === null && instance ? instances.recreate(viewer, instance.id) : own.start(viewer, userId ?? ''),
    resume: (viewer, id) => instances.resume(viewer, id),
  })
  const hosts = new SandboxHosts({
    ...{ addresses, directory, passes, tickets, desk, clients, events },
    forwarder: new Forwarder(),
  })
  const handOver = means.ownProcess
    ? new ConnectionRouter({
        ...{ log: means.log, tls: means.tls, trustedProxies: means.trustedProxies },
        isSandbox: (host) => hosts.isSandbox(host),
        admit: (asked) => hosts.admit(asked),
      })
    : null
  const unwatch = watchRights(events, {
    moved: () => handOver?.forget(false),
    rights: () => {
      handOver?.forget(true)
      void hosts.recheck()
    },
  })
  return {
    hosts,
    handOver,
    open: openRoute({ door, addresses, directory, tickets, desk, clients }),
    load: () => directory.load(),
    close: () => {
      handOver?.close()
      unwatch()
      hosts.close()
    },
  }
}

/** Takes the worker's word for who sent a request that it passes on. */
export function vouchedBy(clients: Clients): (request: IncomingMessage) => void {
  return (request) => {
    const said = request.headers[CLIENT_HEADER]
    Reflect.deleteProperty(request.headers, CLIENT_HEADER)
    if (typeof said === 'string') clients.assume(request, JSON.parse(said) as Client)
  }
}

/** Made once, and kept: passes outlive the server. */
async function keptSecret(db: Db): Promise<string> {
  const made = { name: PASS_SECRET, value: randomBytes(32).toString('hex') }
  const { value } = await db.secret.upsert({ where: { name: PASS_SECRET }, create: made, update: {} })
  return value
}
