import type { IncomingMessage } from 'node:http'
import { ActivityService } from '../activity/service.ts'
import { createAccess } from '../auth/create.ts'
import { newToken } from '../auth/tokens.ts'
import { unavailable, withAuthentication, withPageRedirects } from '../auth/with-authentication.ts'
import { closeDb, openDb, type Db } from '../db/client.ts'
import { loadKeys } from '../db/keys.ts'
import { DiskSpaceWatch } from '../db/disk-space.ts'
import { UnitOfWork } from '../db/unit-of-work.ts'
import type { Env } from '../config/env.ts'
import { TooMany } from '../core/errors.ts'
import { Events } from '../core/events.ts'
import { surviveFailures } from '../core/process-failures.ts'
import { Quotas } from '../core/quotas.ts'
import type { Services } from '../graphql/context.ts'
import { createSocket, type GraphqlSocket } from '../graphql/socket.ts'
import { createGraphql } from '../graphql/yoga.ts'
import { RequestBodies } from '../http/bodies.ts'
import { Clients } from '../http/client.ts'
import { Gate } from '../http/gate.ts'
import { RequestGuard } from '../http/guard.ts'
import { healthRoutes } from '../http/health.ts'
import { refuseUpgrade } from '../http/respond.ts'
import { HttpServer } from '../http/server.ts'
import { Tls } from '../http/tls.ts'
import { builtDashboard, devDashboard, type Dashboard } from '../http/dashboard.ts'
import { createLog, type Log } from '../core/log.ts'
import { createProxy } from '../proxy/create.ts'
import { proxyUserOf } from '../proxy/user.ts'
import { urlsOf, type Listening } from '../proxy/listening.ts'
import { acquireDatabaseLock, lockHolderOf } from '../db/lock.ts'
import { createRest } from './rest.ts'
import { chooseEngine, type EngineChoice } from '../engine/choose.ts'
import { identityOf } from './identity.ts'
import { schema } from './schema.ts'
import { createServices } from './services.ts'

/** Largest GraphQL operation in bytes: a groups file of 1 MiB, escaped as JSON, and room for the rest. */
const LARGEST_OPERATION = 3 * 1024 * 1024

/** How long a server waits for a command that has the database locked, in milliseconds. */
const LOCK_TIMEOUT_MS = 10_000

/** What tests, commands and the dev server replace. */
export interface Overrides {
  /** The sandbox engine, instead of choosing one. */
  engine?: EngineChoice['engine']
  /** `built` by default; `dev` serves the sources with hot reload; `none` serves no dashboard. */
  dashboard?: 'built' | 'dev' | 'none'
  /** Whether the proxy of sandboxes is a process of its own; true by default. */
  proxyProcess?: boolean
  /** False for a command that needs only the services: it listens on no port. */
  listens?: false
}

/** A running server. */
export interface App {
  /** Where it can be reached, one URL per port. */
  urls: string[]
  services: Services
  /** Names of the database migrations applied at this start. */
  migrated: string[]
  /** Stops it. @param keepProxy leaves the proxy running with what people have open, for a THON that starts right after */
  close(keepProxy?: boolean): Promise<void>
}

/** Another process has the database locked: two writers would undo each other's work. */
export class DatabaseLocked extends Error {
  constructor(dbPath: string) {
    const holder = lockHolderOf(dbPath)
    super(
      holder?.urls.length === 0
        ? `A thon command (process ${holder.pid}) is using the database ${dbPath}. Try again when it has finished.`
        : `Another THON is running with the database ${dbPath}${holder ? ` (process ${holder.pid}, ${holder.urls.join(' ')})` : ''}. Stop it, or set THON_DB_PATH.`,
    )
  }
}

/** Creates every part once, hands each its dependencies, and listens. */
export async function createApp(env: Env, overrides: Overrides = {}): Promise<App> {
  const log = createLog(env.logLevel)
  const events = new Events((error, topic) => log.error({ err: error }, `a listener for ${topic} failed`))
  const clients = new Clients(env.reach.trustedProxies)
  const tls = env.reach.tls && new Tls(env.reach.tls, { log, onChange: () => events.publish('engine', null) })
  const { db, applied, lock } = await openLocked(env.dbPath, overrides.listens === false ? 0 : LOCK_TIMEOUT_MS)
  const token = newToken()
  const unit = new UnitOfWork(db, events)
  const activity = new ActivityService({ db, events, unit, log })
  const choice = overrides.engine ? { engine: overrides.engine, notices: [], hostNetwork: null } : await choose(env, db)
  const disk = new DiskSpaceWatch(env.dbPath, log, () => events.publish('engine', null))
  const keys = await loadKeys(env.dbPath, db)
  const access = await createAccess({ ...{ env, db, events, unit, activity, keys }, ...{ log, token, clients } })
  const created = createServices({ ...{ access, env, db, events, unit, activity }, ...{ log, disk, tls, choice } })
  const { services, live, network, addresses } = created
  const quotas = new Quotas()
  const socket = createSocket(schema, services, quotas, log)
  const proxy = await createProxy({
    ...{ db, events, clients, quotas, addresses, authenticator: access.authenticator, tls, log },
    cookieKey: keys.pass,
    trustedProxies: env.reach.trustedProxies,
    dbPath: env.dbPath,
    listening: overrides.listens === false ? null : listeningOf(env, overrides.proxyProcess ?? true),
    ownProcess: overrides.proxyProcess ?? true,
    ...{ instances: services.instances, mySandbox: services.mySandbox },
    engineConnected: () => live.engineStatus().connected,
    participantsMayStart: () => services.settings.participantsMayStart(),
  })
  const dashboardKind = overrides.dashboard ?? 'built'
  const parts = { env, log, clients, quotas, db, services, live, addresses, access, socket, proxy, dashboardKind }
  const { http, dashboard } = await createHttp(parts)

  // A command ends by its failures instead.
  const stopSurviving =
    overrides.listens === false
      ? null
      : surviveFailures((failure) => log.error(failure, 'no handler caught an error; THON goes on'))
  let closing: Promise<void> | undefined
  const close = (keepProxy = false) => (closing ??= end(keepProxy))
  const end = async (keepProxy: boolean) => {
    await socket.close()
    access.principals.close()
    await proxy.close(keepProxy)
    await http.close()
    await dashboard?.close()
    disk.close()
    tls?.close()
    services.lemonade.close()
    await services.gateway.close()
    // First, because it asks the engine what is left.
    await network.close()
    await live.close()
    await activity.close()
    await closeDb(db)
    lock.release()
    stopSurviving?.()
  }
  try {
    await disk.start()
    await activity.start()
    await addresses.load()
    await network.start()
    await Promise.all([live.start(), services.lemonade.start()])
    await proxy.load()
    const urls = await listen(http, env, addresses, proxy)
    if (urls.length > 0) lock.announce({ urls, token })
    return { urls, services, migrated: applied, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** What answers HTTP requests is made of. */
interface HttpParts {
  env: Env
  log: Log
  clients: Clients
  quotas: Quotas
  db: Db
  services: Services
  live: ReturnType<typeof createServices>['live']
  addresses: Services['addresses']
  access: Awaited<ReturnType<typeof createAccess>>
  socket: GraphqlSocket
  proxy: Awaited<ReturnType<typeof createProxy>>
  dashboardKind: NonNullable<Overrides['dashboard']>
}

/** The HTTP server with all its routes: GraphQL, REST, the dashboard and the way to sandboxes. */
async function createHttp(parts: HttpParts): Promise<{ http: HttpServer; dashboard: Dashboard | null }> {
  const { env, log, clients, quotas, db, services, live, addresses, access, socket, proxy, dashboardKind } = parts
  const { authenticator, signIn } = access
  const bodies = new RequestBodies(clients)
  const known = { authenticator, bodies }
  const rest = withAuthentication(known, 'rest', createRest({ services, authenticator, signIn, clients, quotas, log }))
  const yoga = createGraphql(schema, services, (request) => authenticator.authenticated(request).viewer, quotas, log)
  const dashboard = await openDashboard(dashboardKind, async (request, req) => yoga.fetch(request, { req, res: null }))
  const http = new HttpServer({
    prepare: proxy.prepare,
    guard: new RequestGuard((error, where) => log.error({ err: error }, `a request failed (${where})`)),
    ...{ clients, bodies },
    gate: new Gate(env.host, env.allowedHosts, (name) => addresses.isOwn(name)),
    sandboxes: proxy.hosts,
    routes: [
      {
        path: '/graphql',
        handle: withAuthentication(known, 'page', (request, response) => yoga(request, response)),
        surface: 'graphql',
        largestBody: LARGEST_OPERATION,
      },
      { path: '/api', handle: rest, surface: 'rest' },
      { path: '/openapi.json', handle: rest, surface: 'rest' },
      { path: '/docs', handle: rest },
      { path: '/open', handle: withAuthentication(known, 'page', proxy.open) },
      ...healthRoutes(db, () => live.engineStatus().connected),
      ...(dashboard
        ? [{ path: '/', handle: withPageRedirects(known, dashboard.handle, dashboardKind === 'dev') }]
        : []),
    ],
    upgrade: async (request, duplex, head) => {
      const { viewer } = await Promise.resolve(authenticator.authenticate(request, 'page')).catch(unavailable)
      if (viewer.role === 'anonymous') return '401 Unauthorized'
      try {
        const { address } = clients.of(request)
        duplex.once('close', quotas.take('socket', viewer, address))
        socket.upgrade(request, duplex, head, { viewer, address })
      } catch (error) {
        if (!(error instanceof TooMany)) throw error
        refuseUpgrade(duplex, '429 Too Many Requests', error.message)
      }
      return null
    },
  })
  return { http, dashboard }
}

/** Opens the database for this process alone. @throws DatabaseLocked, and as `openDb` */
async function openLocked(dbPath: string, timeoutMs: number) {
  const lock = await acquireDatabaseLock(dbPath, timeoutMs)
  if (!lock) throw new DatabaseLocked(dbPath)
  try {
    return { ...(await openDb(dbPath)), lock }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Where and as whom the proxy is to listen. */
function listeningOf({ host, ports, reach }: Env, ownProcess: boolean): Listening {
  const user = ownProcess ? proxyUserOf(reach.proxyUser) : null
  return { host, ports, pathPort: reach.pathPort, tls: reach.tls !== null, user }
}

/**
 * Has the proxy listen on the configured ports and tells `addresses` which ones these are. A command listens on none: sandboxes are
 * reached where a server of this configuration will listen.
 * @returns the URLs of THON itself
 */
async function listen(
  http: HttpServer,
  env: Env,
  addresses: Services['addresses'],
  { way }: Pick<HttpParts['proxy'], 'way'>,
): Promise<string[]> {
  const { host, ports, reach } = env
  const { pathPort } = reach
  if (way) await http.listen(way.internalSocket)
  const found = (await way?.ports.start()) ?? [...ports, ...(pathPort === null ? [] : [pathPort])]
  addresses.listensAt({
    scheme: env.reach.tls ? 'https' : 'http',
    // The seed lists the dashboard's port last.
    port: found[ports.length - 1] as number,
    pathPort: pathPort === null ? null : (found.at(-1) as number),
  })
  return way ? urlsOf({ host, tls: reach.tls !== null }, found.slice(0, ports.length)) : []
}

async function choose(env: Env, db: Db): Promise<EngineChoice> {
  const identity = await identityOf(db, env)
  const inDocker = await db.instance.count({ where: { engine: 'docker', activeKey: { not: null } } })
  return chooseEngine(env, identity, inDocker > 0)
}

async function openDashboard(
  kind: 'built' | 'dev' | 'none',
  graphql: (request: Request, page: IncomingMessage) => Promise<Response>,
): Promise<Dashboard | null> {
  if (kind === 'none') return null
  return kind === 'dev' ? devDashboard() : builtDashboard(graphql)
}
