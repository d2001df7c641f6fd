import type { ActivityService } from '../activity/service.ts'
import type { Principals } from '../auth/principals.ts'
import type { Sessions } from '../auth/sessions.ts'
import type { DiskSpaceWatch } from '../db/disk-space.ts'
import type { Tx, UnitOfWork } from '../db/unit-of-work.ts'
import type { Env } from '../config/env.ts'
import { isLoopback } from '../config/rules.ts'
import { Conflict } from '../core/errors.ts'
import type { Events } from '../core/events.ts'
import { describeProblem } from '../core/syntax.ts'
import type { Services } from '../graphql/context.ts'
import { GatewayService } from '../gateway/service.ts'
import { GatewaySettingsService } from '../gateway/settings.ts'
import { GroupsImport } from '../groups/import.ts'
import { GroupsService } from '../groups/service.ts'
import { GroupStarter } from '../groups/starter.ts'
import { UsersService } from '../groups/users.ts'
import type { Tls } from '../http/tls.ts'
import { SyncInstanceCommands } from '../instances/sync-commands.ts'
import { createInstances } from '../instances/create.ts'
import { MySandboxService } from '../instances/my-sandbox.ts'
import { LegacyImport } from '../legacy/service.ts'
import { LemonadeService } from '../lemonade/service.ts'
import { LinkEntry } from '../links/entry.ts'
import { LinksService } from '../links/service.ts'
import type { Log } from '../core/log.ts'
import type { EngineChoice } from '../engine/choose.ts'
import type { SandboxEngine } from '../engine/engine.ts'
import { Addresses } from '../proxy/addresses.ts'
import { SandboxNetwork } from '../engine/network/sandbox-network.ts'
import { EngineService } from '../engine/service.ts'
import { ConfigFilesService } from '../settings/config-files.ts'
import { settingInput } from '../settings/model.ts'
import { SandboxFiles } from '../settings/sandbox-files.ts'
import { SettingsService } from '../settings/service.ts'

/** What all services depend on. */
export interface ServicesDeps {
  env: Env
  db: Services['db']
  events: Events
  unit: UnitOfWork
  activity: ActivityService
  log: Log
  disk: DiskSpaceWatch
  /** Null for plain HTTP. */
  tls: Tls | null
  choice: EngineChoice
  access: Pick<Services, 'identities' | 'tokens' | 'signIn'> & {
    sessions: Sessions
    principals: Principals
    authenticator: { locked: boolean }
  }
}

/** The services of the language model servers, and how sandboxes reach these. */
function createAi(means: Pick<ServicesDeps, 'env' | 'db' | 'events' | 'activity' | 'log'> & { engine: SandboxEngine }) {
  const { env, db, events, activity, log, engine } = means
  const hostInSandbox = engine.kind === 'docker' ? 'host.docker.internal' : '127.0.0.1'
  const { url, apiKey } = env.lemonade
  const gatewaySettings = new GatewaySettingsService({
    ...{ db, activity, hostInSandbox },
    ...{ env: env.gateway, lemonadeUrl: url },
  })
  const gateway = new GatewayService({ ...{ db, events, activity, log }, env: env.gateway, settings: gatewaySettings })
  const accessNow = async (userId: string | null) => {
    if (!(await gateway.isEnabled()))
      // OpenAI clients insist on sending a key, even where none is needed.
      return { key: apiKey ?? 'none', baseUrl: `http://${hostInSandbox}:${new URL(url).port}/v1` }
    return userId === null ? 'only users in the database have keys' : gateway.myKeys.find(userId)
  }
  return {
    gateway,
    gatewaySettings,
    lemonade: new LemonadeService({ env: env.lemonade, path: env.path, db, activity }),
    /** How a user's sandbox reaches the models: through the gateway when it is on, else directly. */
    accessOf: async (userId: string | null) => {
      const access = await accessNow(userId)
      const isOfGateway = typeof access !== 'string' && 'username' in access
      if (userId !== null) await gateway.myKeys.recordIssued(userId, isOfGateway ? access.key : null)
      return access
    },
  }
}

function createLegacy({
  db,
  groupsImport,
  users,
  settings,
  configFiles,
}: Pick<Services, 'db' | 'groupsImport' | 'users' | 'settings' | 'configFiles'>): LegacyImport {
  return new LegacyImport({
    db,
    importGroups: groupsImport.import.bind(groupsImport),
    updateUser: users.updateUser.bind(users),
    findSetting: settings.get.bind(settings),
    checkSetting: (key, value) => settingInput(key).safeParse({ value }).error?.issues[0]?.message ?? null,
    storeSetting: settings.update.bind(settings),
    getConfigFile: configFiles.get.bind(configFiles),
    putConfigFile: configFiles.update.bind(configFiles),
    checkConfigFile: (...file) => configFiles.check(...file).map(describeProblem)[0] ?? null,
  })
}

/** Whether other machines may reach the dashboard: directly, or through a reverse proxy. */
function isReachable({ host, allowedHosts, reach }: Env): boolean {
  return !isLoopback(host) || allowedHosts.length > 0 || reach.trustedProxies.length > 0
}

/** Refuses links while a person who puts theirs aside would be an organizer. */
function linkGuard(env: Env, { authenticator }: ServicesDeps['access']): () => void {
  return () => {
    if (authenticator.locked || !isReachable(env)) return
    throw new Conflict(
      'Nothing guards the dashboard from other machines: anyone who opens it without a link is an organizer. Set a password under Settings first, or AUTH_LOCAL_PASSWORD.',
    )
  }
}

function sessionsOf({ sessions, principals }: ServicesDeps['access']) {
  return {
    create: (identityId: string) => sessions.create(identityId),
    revokeAllOf: (tx: Tx, identityIds: string[]) => principals.revokeAllOf(tx, identityIds),
  }
}

/** Creates the services, and hands features what they need of each other. */
export function createServices(deps: ServicesDeps) {
  const { env, db, events, unit, activity, log, disk, tls, choice, access } = deps
  const { engine } = choice
  const ai = createAi({ ...{ env, db, events, activity, log }, engine })
  const sandboxFiles = new SandboxFiles({ db, accessOf: ai.accessOf })
  const live = createInstances({
    ...{ env, db, events, unit, activity, engine, log },
    // Instances start before users exist, but ask for them only later.
    personOf: (...names) => users.ownerOf(...names),
    filesFor: (instance, keysOnly) => sandboxFiles.for(instance, keysOnly),
  })
  const workspaces = {
    remove: async (volume: string) => {
      await live.removeVolume(volume)
    },
  }
  const parts = { db, events, activity, instances: live.forGroups, workspaces }
  const users = new UsersService(parts)
  const syncCommands = new SyncInstanceCommands(live.instances)
  const addresses = new Addresses(db, events, env.reach, env.allowedHosts)
  const network = new SandboxNetwork({
    ...{ env, events, log, hostNetwork: choice.hostNetwork },
    peers: async () => (await db.group.findMany({ where: { peerAccess: true } })).map(({ name }) => name),
    isConnected: () => live.engineStatus().connected,
    gateway: () => ai.gatewaySettings.proxyTarget(),
  })
  const settings = new SettingsService({ db, events, activity, addresses })
  const forLinks = { db, activity, sessions: sessionsOf(access), assertGuarded: linkGuard(env, access) }
  const groupsImport = new GroupsImport(parts, (group, username) => users.volumeFor(group, username))
  const configFiles = new ConfigFilesService({ db, events, activity })
  const services: Services = {
    identities: access.identities,
    tokens: access.tokens,
    signIn: access.signIn,
    db,
    events,
    activity,
    users,
    groups: new GroupsService(parts),
    starter: new GroupStarter(db, live.instances, syncCommands.untilRunning.bind(syncCommands)),
    groupsImport,
    instances: live.instances,
    instanceFiles: live.instanceFiles,
    mySandbox: new MySandboxService({
      ...{ db, instances: live.instances },
      participantsMayStart: () => settings.participantsMayStart(),
    }),
    lemonade: ai.lemonade,
    gateway: ai.gateway,
    gatewaySettings: ai.gatewaySettings,
    links: new LinksService(forLinks),
    linkEntry: new LinkEntry({ ...forLinks, unit, identities: access.identities, users }),
    syncCommands,
    addresses,
    settings,
    configFiles,
    legacy: createLegacy({ db, groupsImport, users, settings, configFiles }),
    engine: new EngineService({
      engine,
      events,
      image: env.image,
      startLimit: env.startConcurrency,
      notices: () => [
        ...(disk.notice ? [disk.notice] : []),
        ...(tls?.notices ?? []),
        ...network.warnings(),
        ...choice.notices,
        // It was true when the server started; a password may have been set on the dashboard since.
        ...env.warnings
          .filter((one) => !(access.authenticator.locked && one.includes('there is no login')))
          .map((one) => `${one}.`),
      ],
      status: live.engineStatus,
      queue: live.queue,
      network: () => network.view(),
    }),
  }
  return { services, live, network, addresses }
}
