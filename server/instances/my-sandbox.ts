import { authorizeOne, can } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import { Conflict, Forbidden, NotFound } from '../core/errors.ts'
import { isActive } from './sync/lifecycle.ts'
import type { InstanceRow } from './model.ts'
import type { InstancesService } from './service.ts'

/** What the service needs of its surroundings. */
export interface MySandboxDeps {
  db: Db
  instances: InstancesService
  /** The organizers' switch. */
  participantsMayStart: () => Promise<boolean>
}

/** How long a sandbox that is being paused or ended is waited for, in seconds. */
const PATIENCE = 15

/** One's own sandbox, by a link or an account: whoever opens their page has it run. */
export class MySandboxService {
  readonly #parts: MySandboxDeps

  constructor(parts: MySandboxDeps) {
    this.#parts = parts
  }

  /**
   * Whether they may start one at present. The policy is pure and says for whom it is theirs; the switch is a row, which
   * is read here, where it is gone by.
   */
  async mayStart(viewer: Viewer): Promise<boolean> {
    if (!can(viewer, 'instances.start')) return false
    return viewer.role === 'organizer' || this.#parts.participantsMayStart()
  }

  /**
   * Has the user's sandbox run: starts one where there is none, lets a paused one go on, leaves a running one alone.
   * @returns the instance as it is now, Pending most often
   * @throws NotFound (another's), Forbidden (participants may not start any at present), Conflict, Unavailable
   */
  async start(viewer: Viewer, userId: string): Promise<InstanceRow> {
    authorizeOne(viewer, 'instances.start', [userId], `User ${userId} not found`)
    const { db, instances } = this.#parts
    const user = await db.user.findUnique({ where: { id: userId }, include: { group: true } })
    if (!user) throw new NotFound(`User ${userId} not found`)
    const there = await this.#there(userId)
    if (there) return there.state === 'Paused' ? instances.resume(viewer, there.id) : there
    if (!(await this.mayStart(viewer)))
      throw new Forbidden('Participants may not start sandboxes at present. Ask the organizer.')
    const { username, volume, group } = user
    const [result] = await instances.startMany(viewer, [{ group: group.name, username, userId, volume }])
    if (result?.row) return result.row
    // Two pages of one person: the other one came first.
    const others = result?.error instanceof Conflict ? await this.#there(userId) : null
    if (!others) throw result?.error ?? new NotFound(`User ${userId} not found`)
    return others
  }

  /** The active instance, once it is clear where it is going. */
  async #there(userId: string): Promise<InstanceRow | null> {
    const { db, instances } = this.#parts
    const row = await db.instance.findFirst({ where: { userId, activeKey: { not: null } } })
    if (row?.state !== 'Pausing' && row?.state !== 'Stopping') return row
    const settled = await instances.settled(row.id, PATIENCE)
    return settled && isActive(settled.state) ? settled : null
  }
}
