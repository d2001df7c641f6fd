import type { ActivityService } from './activity/service.ts'
import type { DiskWatch } from './disk.ts'
import type { Env } from './env.ts'
import type { Events } from './events.ts'
import type { Services } from './graphql/context.ts'
import { GroupsImport } from './groups/import.ts'
import { GroupsService } from './groups/service.ts'
import { GroupStarter } from './groups/start.ts'
import { UsersService } from './groups/users.ts'
import { AwaitedInstances } from './instances/awaited.ts'
import { createInstances } from './instances/create.ts'
import type { Log } from './log.ts'
import type { Choice } from './sandbox/choose.ts'
import { EngineService } from './sandbox/service.ts'
import { Addresses } from './settings/addresses.ts'
import { ConfigFilesService } from './settings/config-files.ts'
import { SettingsService } from './settings/service.ts'

/** What all services are made of. */
export interface Means {
  env: Env
  db: Services['db']
  events: Events
  activity: ActivityService
  log: Log
  disk: DiskWatch
  choice: Choice
  access: Pick<Services, 'identities' | 'tokens' | 'signIn'>
}

/** Makes the services; features get here what they need of each other. */
export function createServices({ env, db, events, activity, log, disk, choice, access }: Means) {
  const { engine } = choice
  const placed: { users?: UsersService } = {}
  const live = createInstances({
    env,
    db,
    events,
    activity,
    engine,
    log,
    personOf: (...names) => placed.users!.personOf(...names),
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
  const addresses = new Addresses(db, events)
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
    awaited,
    addresses,
    settings: new SettingsService({ db, events, activity, addresses }),
    configFiles: new ConfigFilesService({ db, events, activity }),
    engine: new EngineService({
      engine,
      events,
      image: env.image,
      startLimit: env.startConcurrency,
      notices: () => [...(disk.notice ? [disk.notice] : []), ...choice.notices, ...env.warnings],
      status: live.engineStatus,
      queue: live.queue,
    }),
  }
  return { services, live, addresses }
}
