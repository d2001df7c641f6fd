import { authorizeOne, can } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import { Conflict, Forbidden } from '../core/errors.ts'
import { userNotFound } from './errors.ts'
import type { InstanceRow } from './model.ts'
import type { InstancesService } from './service.ts'
import { isActive } from './sync/lifecycle.ts'

/** What the service depends on. */
export interface MySandboxDeps {
  db: Db
  instances: InstancesService
  /** The setting `participants_may_start`. */
  participantsMayStart: () => Promise<boolean>
}

/** How long a start waits for a sandbox that is being paused or stopped, in seconds. */
const SETTLE_SECONDS = 15

/** A person's own sandbox, which runs once they open their page. */
export class MySandboxService {
  readonly #deps: MySandboxDeps

  constructor(deps: MySandboxDeps) {
    this.#deps = deps
  }

  /** Whether they may start one now. Permissions are pure and say who may at all; the setting is a row, and read here. */
  async mayStart(viewer: Viewer): Promise<boolean> {
    if (!can(viewer, 'instances.start')) return false
    return viewer.role === 'organizer' || this.#deps.participantsMayStart()
  }

  /**
   * Gets the user's sandbox running: starts one if none is active, resumes a paused one, leaves a running one alone.
   * @returns the instance as it is now, usually Pending
   * @throws NotFound (not theirs), Forbidden (participants may not start one now), Conflict, Unavailable
   */
  async start(viewer: Viewer, userId: string): Promise<InstanceRow> {
    authorizeOne(viewer, 'instances.start', [userId], userNotFound().message)
    const { db, instances } = this.#deps
    const user = await db.user.findUnique({ where: { id: userId }, include: { group: true } })
    if (!user) throw userNotFound()
    const active = await this.#active(userId)
    if (active) return active.state === 'Paused' ? instances.resume(viewer, active.id) : active
    if (!(await this.mayStart(viewer)))
      throw new Forbidden('Starting sandboxes is switched off right now. Ask your organizer.')
    const { username, volume, group } = user
    const [result] = await instances.startMany(viewer, [{ group: group.name, username, userId, volume }])
    if (result?.row) return result.row
    // Two pages of one person, and the other one came first.
    const other = result?.error instanceof Conflict ? await this.#active(userId) : null
    if (!other) throw result?.error ?? userNotFound()
    return other
  }

  /** The active instance, once it is no longer being paused or stopped. */
  async #active(userId: string): Promise<InstanceRow | null> {
    const { db, instances } = this.#deps
    const row = await db.instance.findFirst({ where: { userId, activeKey: { not: null } } })
    if (row?.state !== 'Pausing' && row?.state !== 'Stopping') return row
    const settled = await instances.settled(row.id, SETTLE_SECONDS)
    return settled && isActive(settled.state) ? settled : null
  }
}
