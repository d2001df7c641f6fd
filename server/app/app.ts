import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { ActivityService } from '../activity/service.ts'
import { createAccess } from '../auth/create.ts'
import { newToken } from '../auth/tokens.ts'
import { withAuthentication, withPageRedirects } from '../auth/with-authentication.ts'
import { closeDb, openDb } from '../db/client.ts'
import { DiskWatch } from '../db/disk-space.ts'
import type { Env } from '../config/env.ts'
import { Events } from '../core/events.ts'
import type { Services } from '../graphql/context.ts'
import { createSocket } from '../graphql/socket.ts'
import { createGraphql } from '../graphql/yoga.ts'
import { Clients } from '../http/client.ts'
import { Gate } from '../http/gate.ts'
import { healthRoutes } from '../http/health.ts'
import { HttpServer } from '../http/server.ts'
import { Tls } from '../http/tls.ts'
import { builtDashboard, devDashboard, type Dashboard } from '../http/web.ts'
import { createLog } from '../core/log.ts'
import { createProxy, vouchedBy } from '../proxy/create.ts'
import { acquireDatabaseLock, lockHolderOf } from '../db/lock.ts'
import { createRest } from './rest.ts'
import { chooseEngine, type EngineChoice } from '../engine/choose.ts'
import { schema } from './schema.ts'
import { createServices } from './services.ts'

/** A groups file of 1 MiB, escaped as JSON, and room for the operation. */
const LARGEST_OPERATION = 3 * 1024 * 1024

/** How long a server waits for a command that has the database, in milliseconds. */
const PATIENCE = 10_000

/** What tests and the dev server put in place of the usual. */
export interface Overrides {
  /** The sandbox engine, instead of choosing one. */
  engine?: EngineChoice['engine']
  /** `built` by default; `dev` serves the sources with hot reload; `none` serves no dashboard. */
  dashboard?: 'built' | 'dev' | 'none'
  /** Whether the sandboxes' proxy is a process of its own; it is, unless said otherwise. */
  proxyProcess?: boolean
  /** False for a command that only needs the services: nothing is listened to. */
  listens?: false
}

/** A running server. */
export interface App {
  /** Where it can be reached, one URL per port. */
  urls: string[]
  services: Services
  /** Names of the database migrations applied at this start. */
  migrated: string[]
  close(): Promise<void>
}

/** Somebody else writes to the database: two at once would each undo what the other does. */
export class DatabaseLocked extends Error {
  constructor(dbPath: string) {
    const owner = lockHolderOf(dbPath)
    super(
      owner?.urls.length === 0
        ? `a thon command (process ${owner.pid}) is at work with the database ${dbPath}. Try again when it has ended`
        : `another THON runs with the database ${dbPath}${owner ? ` (process ${owner.pid}, ${owner.urls.join(' ')})` : ''}. End that one, or set THON_DB_PATH`,
    )
  }
}

/** Makes everything once, hands each part what it needs, and listens. */
export async function createApp(env: Env, overrides: Overrides = {}): Promise<App> {
  const log = createLog(env.logLevel)
  const events = new Events()
  const clients = new Clients(env.reach.trustedProxies)
  const tls = env.reach.tls && new Tls(env.reach.tls, { log, onChange: () => events.publish('engine', null) })
  const { db, applied, ownership } = await openOwnDb(env.dbPath, overrides.listens === false ? 0 : PATIENCE)
  const token = newToken()
  const activity = new ActivityService(db, events)
  const choice = overrides.engine ? { engine: overrides.engine, notices: [], hostNetwork: null } : await choose(env, db)

  const disk = new DiskWatch(env.dbPath, () => events.publish('engine', null))
  const access = await createAccess({ env, db, events, activity, token })
  const made = createServices({ ...{ access, env, db, events, activity }, ...{ log, disk, tls, choice } })
  const { services, live, network, addresses } = made
  const { door, signIn } = access
  const rest = withAuthentication(door, 'rest', createRest({ services, door, signIn, clients, log }))
  const yoga = createGraphql(schema, services, (request) => door.authenticated(request).viewer, log)
  const socket = createSocket(schema, services, (sessionId) => door.reauthenticate(sessionId), log)
  const dashboard = await openDashboard(overrides.dashboard ?? 'built', async (request, req) =>
    yoga.fetch(request, { req }),
  )
  const proxy = await createProxy({
    ...{ db, events, clients, addresses, door, tls, log },
    trustedProxies: env.reach.trustedProxies,
    ownProcess: overrides.proxyProcess ?? true,
    ...{ instances: services.instances, own: services.mySandbox },
    engineConnected: () => live.engineStatus().connected,
    participantsMayStart: () => services.settings.participantsMayStart(),
  })
  const http = new HttpServer({
    clients,
    tls,
    gate: new Gate(env.host, env.allowedHosts, (name) => addresses.isOurs(name)),
    sandboxes: proxy.hosts,
    guard: proxy.handOver && ((server) => proxy.handOver?.guard(server)),
    routes: [
      { path: '/graphql', handle: withAuthentication(door, 'page', yoga), largestBody: LARGEST_OPERATION },
      { path: '/api', handle: rest },
      { path: '/openapi.json', handle: rest },
      { path: '/docs', handle: rest },
      { path: '/open', handle: withAuthentication(door, 'page', proxy.open) },
      ...healthRoutes(db, () => live.engineStatus().connected),
      ...(dashboard
        ? [{ path: '/', handle: withPageRedirects(door, dashboard.handle, overrides.dashboard === 'dev') }]
        : []),
    ],
    upgrade: async (request, duplex, head) => {
      const pass = await door.authenticate(request, 'page')
      if (pass.viewer.role !== 'anonymous') socket.upgrade(request, duplex, head, pass)
      return pass.viewer.role === 'anonymous' ? '401 Unauthorized' : null
    },
  })

  let closing: Promise<void> | undefined
  const close = () => (closing ??= end())
  const end = async () => {
    await socket.close()
    proxy.close()
    await http.close()
    await dashboard?.close()
    disk.close()
    tls?.close()
    services.lemonade.close()
    await services.gateway.close()
    await Promise.all([network.close(), live.close()])
    await closeDb(db)
    ownership.release()
  }
  try {
    await disk.start()
    await addresses.load()
    await network.start()
    await Promise.all([live.start(), services.lemonade.start()])
    await proxy.load()
    if (proxy.handOver) await http.listenAt(proxy.handOver.backDoor, vouchedBy(clients))
    await proxy.handOver?.start()
    const urls = await listen(http, env, addresses, overrides.listens !== false)
    if (urls.length > 0) ownership.announce({ urls, token })
    return { urls, services, migrated: applied, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Opens the database, for this process alone. @throws DatabaseTaken, and as `openDb` */
async function openOwnDb(dbPath: string, patience: number) {
  const ownership = await acquireDatabaseLock(dbPath, patience)
  if (!ownership) throw new DatabaseLocked(dbPath)
  try {
    return { ...(await openDb(dbPath)), ownership }
  } catch (error) {
    ownership.release()
    throw error
  }
}

/**
 * Listens, and lets it be known where sandboxes are reached.
 * @param really false for a command: they are reached where a server of this configuration will listen
 * @returns the URLs of THON itself
 */
async function listen(
  http: HttpServer,
  { host, ports, reach }: Env,
  addresses: Services['addresses'],
  really: boolean,
): Promise<string[]> {
  const wanted = [...ports, ...(reach.pathPort === null ? [] : [reach.pathPort])]
  const urls = really ? await http.listen(host, wanted) : []
  const found = really ? urls.map((url) => Number(new URL(url).port) || (reach.tls ? 443 : 80)) : wanted
  addresses.listensAt({
    scheme: reach.tls ? 'https' : 'http',
    // The last one is the dashboard's, by the seed's order.
    port: found[ports.length - 1] as number,
    pathPort: reach.pathPort === null ? null : (found.at(-1) as number),
  })
  return urls.slice(0, ports.length)
}

async function choose(env: Env, db: Services['db']): Promise<EngineChoice> {
  // Another database is another THON: each knows its sandboxes on a shared engine by the database they are written in.
  const node = createHash('sha256').update(env.dbPath).digest('hex').slice(0, 12)
  const inDocker = await db.instance.count({ where: { engine: 'docker', activeKey: { not: null } } })
  return chooseEngine(env, node, inDocker > 0)
}

async function openDashboard(
  kind: 'built' | 'dev' | 'none',
  graphql: (request: Request, page: IncomingMessage) => Promise<Response>,
): Promise<Dashboard | null> {
  if (kind === 'none') return null
  return kind === 'dev' ? devDashboard() : builtDashboard(graphql)
}
