import type { Viewer } from '../core/viewer.ts'
import { UpstreamFailed } from '../core/errors.ts'
import { settle, type Result } from './bulk.ts'
import type { InstanceRow } from './model.ts'
import { reasonFor } from './reason.ts'
import type { InstancesService } from './service.ts'
import { isActive, type State } from './sync/lifecycle.ts'

/** How long a caller waits for a start, in seconds; its place in line and the pull of its image are part of it. */
const START_SECONDS = 120
/** How long a caller waits for any other command, in seconds. */
const COMMAND_SECONDS = 60

/**
 * The commands for scripts, which get one answer when the command is done. Each resolves with the row as it is then; a
 * start that takes too long, with a row that is still Pending.
 */
export class SyncInstanceCommands {
  readonly #instances: InstancesService

  constructor(instances: InstancesService) {
    this.#instances = instances
  }

  /** @throws as `InstancesService.create`, and UpstreamFailed when it does not start */
  async create(viewer: Viewer, raw: unknown): Promise<InstanceRow> {
    return this.untilRunning((await this.#instances.create(viewer, raw)).id)
  }

  /** @throws as `InstancesService.recreate`, and UpstreamFailed when it does not start */
  async recreate(viewer: Viewer, id: string): Promise<InstanceRow> {
    return this.untilRunning((await this.#instances.recreate(viewer, id)).id)
  }

  /** @throws as `InstancesService.pause`, and UpstreamFailed when it settles in another state */
  async pause(viewer: Viewer, id: string): Promise<InstanceRow> {
    return this.#settled(viewer, await this.#instances.pause(viewer, id), 'pause')
  }

  /** @throws as `InstancesService.resume`, and UpstreamFailed when it settles in another state */
  async resume(viewer: Viewer, id: string): Promise<InstanceRow> {
    return this.#settled(viewer, await this.#instances.resume(viewer, id), 'resume')
  }

  /** @throws as `InstancesService.kill`, and UpstreamFailed when it settles in another state */
  async kill(viewer: Viewer, id: string): Promise<InstanceRow> {
    return this.#settled(viewer, await this.#instances.kill(viewer, id), 'kill')
  }

  /** One result per id, in their order. @throws InvalidInput */
  async bulk(viewer: Viewer, command: BulkCommand, ids: string[]): Promise<Result<InstanceRow>[]> {
    const results = await this.#instances.bulk(viewer, { command, ids })
    return Promise.all(
      results.map(async (result) => {
        const { row } = result
        return row ? await settle(result.id, () => this.#settled(viewer, row, command)) : result
      }),
    )
  }

  /** Waits until an instance that is starting runs. @throws UpstreamFailed when it does not start */
  async untilRunning(id: string): Promise<InstanceRow> {
    const now = await this.#instances.settled(id, START_SECONDS)
    if (!now || !isActive(now.state))
      throw new UpstreamFailed(`Failed to create instance ${id}: ${now?.reason ?? 'it was stopped already'}`)
    return now
  }

  async #settled(viewer: Viewer, row: InstanceRow, command: BulkCommand): Promise<InstanceRow> {
    const now = (await this.#instances.settled(row.id, COMMAND_SECONDS)) ?? row
    if (now.state === SETTLED[command]) return now
    const reason = reasonFor(viewer, now)
    throw new UpstreamFailed(
      `Failed to ${command} instance ${row.id}: it is ${now.state}${reason ? `, ${reason}` : ''}`,
    )
  }
}

type BulkCommand = 'pause' | 'resume' | 'kill'

/** The state that each command ends in. */
const SETTLED = { pause: 'Paused', resume: 'Running', kill: 'Terminated' } as const satisfies Record<BulkCommand, State>
