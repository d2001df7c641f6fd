import PQueue from 'p-queue'
import type { ActivityService } from '../activity/service.ts'
import { Conflict, InvalidInput } from '../core/errors.ts'
import { authorize } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import { EngineUnavailable, EngineRefused, type SandboxEngine } from '../engine/engine.ts'
import { settle, type Result } from './bulk.ts'
import { engineUnavailable, wrongState } from './errors.ts'
import { written, type InstanceIntents } from './intents.ts'
import { isActive } from './sync/lifecycle.ts'
import { BULK_LIMIT, labelOf, targetOf, type InstanceRow } from './model.ts'
import type { InstanceRepository } from './repository.ts'
import type { InstancesService } from './service.ts'
import type { LaunchFiles } from './sync/launcher.ts'

/** Sandboxes that are written to at the same time. */
const CONCURRENCY = 8

/** What writing files depends on. */
export interface InstanceFilesDeps {
  instances: InstancesService
  intents: InstanceIntents
  repository: InstanceRepository
  engine: SandboxEngine
  activity: ActivityService
  /** The configuration files of a sandbox; never throws. */
  filesFor: (row: InstanceRow, keysOnly: boolean) => Promise<LaunchFiles>
}

/** Writes the stored configuration files into running sandboxes. */
export class InstanceFiles {
  readonly #deps: InstanceFilesDeps

  constructor(deps: InstanceFilesDeps) {
    this.#deps = deps
  }

  /**
   * One result per id, in their order. A file that someone changed in their sandbox is kept as `<name>.bak`.
   * @param keysOnly writes only the file with the person's key
   * @throws InvalidInput
   */
  async update(viewer: Viewer, ids: readonly string[], keysOnly: boolean): Promise<Result<InstanceRow>[]> {
    authorize(viewer, 'instances.manage')
    if (ids.length > BULK_LIMIT)
      throw new InvalidInput([{ field: 'ids', message: `must be at most ${BULK_LIMIT} ids` }])
    const queue = new PQueue({ concurrency: CONCURRENCY })
    return queue.addAll(ids.map((id) => () => settle(id, () => this.#update(viewer, id, keysOnly))))
  }

  async #update(viewer: Viewer, id: string, keysOnly: boolean): Promise<InstanceRow> {
    const { activity, engine, filesFor, instances, intents, repository } = this.#deps
    const row = await instances.get(viewer, id)
    return activity.outside(viewer, keysOnly ? 'give key' : 'update files', targetOf(row), {
      work: async () => {
        intents.assertEngine(viewer, row.engine)
        if (row.state !== 'Running' || row.ref === null) throw wrongState(row, 'update the files of')
        const { files, notice } = await filesFor(row, keysOnly)
        await engine.update(row.ref, files).catch((error: unknown) => {
          if (error instanceof EngineRefused) throw new Conflict(error.message)
          throw error instanceof EngineUnavailable ? engineUnavailable(viewer, error.message) : error
        })
        return notice
      },
      finish: async (tx, notice) => {
        const now = await intents.now(tx, viewer, id)
        if (now.ref !== row.ref || !isActive(now.state))
          throw new Conflict(`${labelOf(row)} stopped while its files were written. Start it again: it gets them.`)
        return written(await repository.amend(tx, now, { notice }))
      },
      unwritten: `The files of ${labelOf(row)} were updated, but the database could not be written: its notice may be an old one.`,
    })
  }
}
