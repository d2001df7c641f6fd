import type { Viewer } from '../core/viewer.ts'
import { AppError, UpstreamFailed } from '../core/errors.ts'
import { isActive, type State } from './sync/lifecycle.ts'
import type { InstanceRow } from './model.ts'
import type { Result } from './bulk.ts'
import type { InstancesService } from './service.ts'

/** Seconds that a caller waits for a start, its turn and the pull of its image included; it goes on without them. */
const START = 120
/** Seconds that a caller waits for anything else. */
const COMMAND = 60

/**
 * The commands for callers who are told once, when it is done: scripts. Each resolves with the row as it is then; a start
 * that takes too long, with the row still Pending.
 */
export class SyncInstanceCommands {
  readonly #instances: InstancesService

  constructor(instances: InstancesService) {
    this.#instances = instances
  }

  /** @throws as `InstancesService.create`, and UpstreamFailed when it does not come up */
  async create(viewer: Viewer, raw: unknown): Promise<InstanceRow> {
    return this.started((await this.#instances.create(viewer, raw)).id)
  }

  /** @throws as `InstancesService.recreate`, and UpstreamFailed when it does not come up */
  async recreate(viewer: Viewer, id: string): Promise<InstanceRow> {
    return this.started((await this.#instances.recreate(viewer, id)).id)
  }

  /** @throws as `InstancesService.pause`, and UpstreamFailed when it ends otherwise */
  async pause(viewer: Viewer, id: string): Promise<InstanceRow> {
    return this.#done(await this.#instances.pause(viewer, id), 'pause')
  }

  /** @throws as `InstancesService.resume`, and UpstreamFailed when it ends otherwise */
  async resume(viewer: Viewer, id: string): Promise<InstanceRow> {
    return this.#done(await this.#instances.resume(viewer, id), 'resume')
  }

  /** @throws as `InstancesService.kill`, and UpstreamFailed when it ends otherwise */
  async kill(viewer: Viewer, id: string): Promise<InstanceRow> {
    return this.#done(await this.#instances.kill(viewer, id), 'kill')
  }

  /** One result per id, in their order; one that fails keeps no other back. @throws InvalidInput */
  async bulk(viewer: Viewer, command: Bulk, ids: string[]): Promise<Result<InstanceRow>[]> {
    const results = await this.#instances.bulk(viewer, { command, ids })
    return Promise.all(
      results.map(async (result) => {
        if (!result.row) return result
        try {
          return { ...result, row: await this.#done(result.row, command) }
        } catch (error) {
          if (error instanceof AppError) return { ...result, row: null, error }
          throw error
        }
      }),
    )
  }

  /** Waits for a start that was asked for. @throws UpstreamFailed when it does not come up */
  async started(id: string): Promise<InstanceRow> {
    const now = await this.#instances.settled(id, START)
    if (!now || !isActive(now.state))
      throw new UpstreamFailed(`Failed to create instance ${id}: ${now?.reason ?? 'it is ended already'}`)
    return now
  }

  async #done(row: InstanceRow, command: Bulk): Promise<InstanceRow> {
    const now = (await this.#instances.settled(row.id, COMMAND)) ?? row
    if (now.state !== DONE[command])
      throw new UpstreamFailed(
        `Failed to ${command} instance ${row.id}: it is ${now.state}${now.reason ? `, ${now.reason}` : ''}`,
      )
    return now
  }
}

type Bulk = 'pause' | 'resume' | 'kill'

const DONE = { pause: 'Paused', resume: 'Running', kill: 'Terminated' } as const satisfies Record<Bulk, State>
