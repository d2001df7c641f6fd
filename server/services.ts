import type { ActivityService } from './activity/service.ts'
import type { Sessions } from './auth/sessions.ts'
import type { DiskWatch } from './disk.ts'
import type { Env } from './env.ts'
import type { Events } from './events.ts'
import type { Services } from './graphql/context.ts'
import { GroupsImport } from './groups/import.ts'
import { GroupsService } from './groups/service.ts'
import { GroupStarter } from './groups/start.ts'
import { UsersService } from './groups/users.ts'
import type { Tls } from './http/tls.ts'
import { AwaitedInstances } from './instances/awaited.ts'
import { createInstances } from './instances/create.ts'
import { OwnSandbox } from './instances/own.ts'
import { LemonadeService } from './lemonade/service.ts'
import { LinkEntry } from './links/enter.ts'
import { LinksService } from './links/service.ts'
import type { Log } from './log.ts'
import type { Choice } from './sandbox/choose.ts'
import type { SandboxEngine } from './sandbox/engine.ts'
import { Addresses } from './proxy/addresses.ts'
import { SandboxNetwork } from './sandbox/network.ts'
import { EngineService } from './sandbox/service.ts'
import { ConfigFilesService } from './settings/config-files.ts'
import { SandboxFiles } from './settings/sandbox-files.ts'
import { SettingsService } from './settings/service.ts'

/** What all services are made of. */
export interface Means {
  env: Env
  db: Services['db']
  events: Events
  activity: ActivityService
  log: Log
  disk: DiskWatch
  /** Null where plain HTTP is served. */
  tls: Tls | null
  choice: Choice
  access: Pick<Services, 'identities' | 'tokens' | 'signIn'> & { sessions: Sessions }
}

/** What is asked of the servers of language models, and how sandboxes reach them. */
function createAi({ env, activity, engine }: Pick<Means, 'env' | 'activity'> & { engine: SandboxEngine }) {
  const host = engine.kind === 'docker' ? 'host.docker.internal' : '127.0.0.1'
  const { url, apiKey } = env.lemonade
  return {
    lemonade: new LemonadeService({ env: env.lemonade, path: env.path, activity }),
    // A client of OpenAI has to send some key, also where none is asked for.
    accessOf: async () => ({ key: apiKey ?? 'none', baseUrl: `http://${host}:${new URL(url).port}/v1` }),
  }
}

/** Makes the services; features get here what they need of each other. */
export function createServices({ env, db, events, activity, log, disk, tls, choice, access }: Means) {
  const { engine } = choice
  const placed: { users?: UsersService } = {}
  const ai = createAi({ env, activity, engine })
  const sandboxFiles = new SandboxFiles({ db, accessOf: ai.accessOf })
  const live = createInstances({
    env,
    db,
    events,
    activity,
    engine,
    log,
    personOf: (...names) => placed.users!.personOf(...names),
    filesFor: (userId) => sandboxFiles.for(userId),
  })
  const workspaces = {
    remove: async (volume: string) => {
      live.instances.assertEngine()
      await live.removeVolume(volume)
    },
  }
  const parts = { db, events, activity, instances: live.forGroups, workspaces }
  const users = new UsersService(parts)
  const awaited = new AwaitedInstances(live.instances)
  placed.users = users
  const addresses = new Addresses(db, events, env.reach, env.allowedHosts)
  const network = new SandboxNetwork({
    ...{ env, events, log, ground: choice.ground },
    peers: async () => (await db.group.findMany({ where: { peerAccess: true } })).map(({ name }) => name),
    isConnected: () => live.engineStatus().connected,
  })
  const settings = new SettingsService({ db, events, activity, addresses })
  const forLinks = { db, events, activity, sessions: access.sessions }
  const services: Services = {
    identities: access.identities,
    tokens: access.tokens,
    signIn: access.signIn,
    db,
    events,
    activity,
    users,
    groups: new GroupsService(parts),
    starter: new GroupStarter(db, live.instances, awaited.started.bind(awaited)),
    groupsImport: new GroupsImport(parts, (group, username) => users.volumeFor(group, username)),
    instances: live.instances,
    ownSandbox: new OwnSandbox({
      ...{ db, instances: live.instances },
      participantsMayStart: () => settings.participantsMayStart(),
    }),
    lemonade: ai.lemonade,
    links: new LinksService(forLinks),
    linkEntry: new LinkEntry({ ...forLinks, identities: access.identities, users }),
    awaited,
    addresses,
    settings,
    configFiles: new ConfigFilesService({ db, events, activity }),
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
        ...env.warnings,
      ],
      status: live.engineStatus,
      queue: live.queue,
      network: () => network.view(),
    }),
  }
  return { services, live, network, addresses }
}
