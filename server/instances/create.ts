import type { ActivityService } from '../activity/service.ts'
import type { Db } from '../db/client.ts'
import type { Env } from '../config/env.ts'
import { Conflict, Unavailable } from '../core/errors.ts'
import type { Events } from '../core/events.ts'
import type { Log } from '../core/log.ts'
import type { Prisma } from '../../prisma/generated/client/client.ts'
import { EngineAway, EngineRefused, type SandboxEngine } from '../engine/engine.ts'
import { EngineWatcher, type EngineStatus } from '../engine/watcher.ts'
import { InstanceController } from './sync/controller.ts'
import { assignOwner, syncOwner } from './owner.ts'
import type { Observation } from './sync/lifecycle.ts'
import { StartQueuePublisher } from './sync/start-queue-publisher.ts'
import { Reconciler } from './sync/reconciler.ts'
import type { FilesFor } from './sync/launcher.ts'
import type { InstanceRow } from './model.ts'
import { InstancesService, type Person } from './service.ts'
import { InstanceRepository } from './repository.ts'
import { ExpiryReaper } from './sync/expiry-reaper.ts'

/** What instances need of their surroundings. */
export interface InstancesEnvironment {
  env: Env
  db: Db
  events: Events
  activity: ActivityService
  engine: SandboxEngine
  log: Log
  personOf: (group: string, username: string) => Promise<Person>
  /** What goes into a sandbox. */
  filesFor: (instance: InstanceRow, keysOnly?: boolean) => Promise<FilesFor>
}

/** Wires the parts that keep instances true: commands, conductor, reconciler, watcher and sweep. */
export function createInstances({ env, db, events, activity, engine, log, personOf, filesFor }: InstancesEnvironment) {
  const store = new InstanceRepository(db, events)
  const news = new StartQueuePublisher(store, events, () => conductor.queue.waitingIds())
  const tell = (id: string, observation: Observation) => reconciler.tell(id, observation)
  const conductor: InstanceController = new InstanceController({
    ...{ store, engine, log, tell },
    limits: env.limits,
    startConcurrency: env.startConcurrency,
    readySeconds: env.readySeconds,
    files: filesFor,
    onQueue: () => news.moved(),
    onAway: () => watcher.recheck(),
  })
  const reconciler: Reconciler = new Reconciler({
    ...{ store, engine, activity, conductor, log },
    onLost: () => watcher.recheck(),
  })
  const watcher = new EngineWatcher(engine, reconciler, events, log)
  const engineStatus = (): EngineStatus => watcher.status
  const instances = new InstancesService({
    ...{ db, events, store, conductor, engine, engineStatus, activity, personOf, filesFor },
    image: env.image,
    ttlMinutes: env.ttlMinutes,
    vscode: env.vscode,
  })
  const sweep = new ExpiryReaper({
    ...{ db, log, conductor, instances, activity, tell },
    engineSince: () => (watcher.status.connected ? watcher.status.since : null),
  })

  return {
    instances,
    engineStatus,
    queue: () => ({ waiting: conductor.queue.waiting, running: conductor.queue.running }),
    forGroups: {
      endAll: instances.endAll.bind(instances),
      syncOwner: (tx: Prisma.TransactionClient, userId: string, names: { group: string; username: string }) =>
        syncOwner(tx, events, userId, names),
      assignOwner: (tx: Prisma.TransactionClient, group: string, users: { id: string; username: string }[]) =>
        assignOwner(tx, events, group, users),
      volumeInUse: async (group: string, username: string) => (await store.active(group, username))?.volume ?? null,
    },
    /** Deletes a volume. @throws Conflict while a sandbox uses it */
    removeVolume: async (volume: string) => {
      await conductor.clearVolume(volume)
      await engine.removeVolume(volume).catch((error: unknown) => {
        if (error instanceof EngineRefused) throw new Conflict(error.message)
        throw error instanceof EngineAway ? new Unavailable(`Sandbox server unavailable. ${error.message}`) : error
      })
    },
    start: async () => {
      await watcher.start()
      sweep.start()
    },
    close: async () => {
      await sweep.close()
      news.close()
      conductor.close()
      await watcher.close()
      await reconciler.idle()
      await engine.close()
      if (engine.cannot.includes('survival')) await store.endTogether(engine.kind)
    },
  }
}
