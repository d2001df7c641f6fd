import type { ActivityService } from '../activity/service.ts'
import type { Db } from '../db/client.ts'
import type { UnitOfWork } from '../db/unit-of-work.ts'
import type { Env } from '../config/env.ts'
import { Conflict } from '../core/errors.ts'
import type { Events } from '../core/events.ts'
import type { Log } from '../core/log.ts'
import { system } from '../core/viewer.ts'
import { EngineUnavailable, EngineRefused, type SandboxEngine } from '../engine/engine.ts'
import { EngineWatcher, type EngineStatus } from '../engine/watcher.ts'
import { engineUnavailable } from './errors.ts'
import { InstanceFiles } from './files.ts'
import { InstanceIntents } from './intents.ts'
import type { InstanceRow, SandboxOwner } from './model.ts'
import { assignOwner, setVolume, syncOwner } from './owners.ts'
import { InstanceRepository } from './repository.ts'
import { InstancesService } from './service.ts'
import { InstanceController } from './sync/controller.ts'
import { ExpiryReaper } from './sync/expiry-reaper.ts'
import type { LaunchFiles } from './sync/launcher.ts'
import type { Observation } from './sync/lifecycle.ts'
import { Reconciler } from './sync/reconciler.ts'
import { StartQueuePublisher } from './sync/start-queue.ts'

/** What the whole feature depends on. */
export interface InstancesDeps {
  env: Env
  db: Db
  events: Events
  unit: UnitOfWork
  activity: ActivityService
  engine: SandboxEngine
  log: Log
  personOf: (group: string, username: string) => Promise<SandboxOwner>
  /** The configuration files of a sandbox; never throws. */
  filesFor: (instance: InstanceRow, keysOnly?: boolean) => Promise<LaunchFiles>
}

/** Wires the services, and the parts of `sync/` that keep the engine and the database in agreement. */
export function createInstances(deps: InstancesDeps) {
  const { env, db, events, unit, activity, engine, log, personOf, filesFor } = deps
  const repository = new InstanceRepository(db, events)
  const publisher = new StartQueuePublisher(repository, events, () => controller.queue.waitingIds())
  const report = (id: string, observation: Observation) => reconciler.report(id, observation)
  const controller: InstanceController = new InstanceController({
    ...{ repository, unit, engine, log, report, filesFor },
    setVolume: async (row, volume) => (volume === row.volume ? row : unit.write((tx) => setVolume(tx, row, volume))),
    limits: env.limits,
    startConcurrency: env.startConcurrency,
    readySeconds: env.readySeconds,
    onQueueMove: () => publisher.moved(),
    onUnreachable: () => watcher.recheck(),
  })
  const reconciler: Reconciler = new Reconciler({
    ...{ repository, unit, engine, activity, controller, log },
    memoryBytes: env.limits.memoryBytes,
    onLost: () => watcher.recheck(),
  })
  const watcher = new EngineWatcher(engine, reconciler, events, log)
  const engineStatus = (): EngineStatus => watcher.status
  const intents = new InstanceIntents({
    ...{ events, unit, repository, controller, engine, engineStatus },
    image: env.image,
    ttlMinutes: env.ttlMinutes,
  })
  const instances = new InstancesService({
    ...{ events, repository, controller, intents, engine, activity, personOf },
    vscode: env.vscode,
  })
  const reaper = new ExpiryReaper({
    ...{ db, log, controller, instances, activity, report },
    engineSince: () => (watcher.status.connected ? watcher.status.since : null),
  })

  return {
    instances,
    instanceFiles: new InstanceFiles({ instances, intents, repository, engine, activity, filesFor }),
    engineStatus,
    queue: () => ({ waiting: controller.queue.waiting, running: controller.queue.running }),
    forGroups: {
      endAll: instances.endAll.bind(instances),
      syncOwner,
      assignOwner,
      volumeInUse: async (group: string, username: string) =>
        (await repository.active(group, username))?.volume ?? null,
    },
    /** Deletes a volume. @throws Conflict while a sandbox uses it, Unavailable */
    removeVolume: async (volume: string) => {
      intents.assertEngine()
      await controller.clearVolume(volume)
      await engine.removeVolume(volume).catch((error: unknown) => {
        if (error instanceof EngineRefused) throw new Conflict(error.message)
        throw error instanceof EngineUnavailable ? engineUnavailable(system, error.message) : error
      })
    },
    start: async () => {
      await watcher.start()
      reaper.start()
    },
    close: async () => {
      await reaper.close()
      publisher.close()
      controller.close()
      await watcher.close()
      await reconciler.idle()
      await engine.close()
      if (engine.cannot.includes('survival')) await repository.stopAll(engine.kind)
    },
  }
}
