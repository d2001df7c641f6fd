import { authorize } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import type { AppError } from '../core/errors.ts'
import { NotFound } from '../core/errors.ts'
import type { Group, Instance, User } from '../../prisma/generated/client/client.ts'
import { withActive } from './users.ts'

/** What starting needs of instances. */
export interface Starter {
  /** Ends every active instance of these users, and waits for it. */
  endAll(viewer: Viewer, whose: { userIds: string[] }): Promise<void>
  startMany(
    viewer: Viewer,
    people: { group: string; username: string; userId: string; volume: string }[],
    options?: unknown,
  ): Promise<{ row: Instance | null; error: AppError | null }[]>
}

/** What became of one user's start. */
export interface StartResult {
  user: User
  instance: Instance | null
  /** Why it was skipped: the user has an active instance, most often. */
  warning: string | null
}

/** Starts the sandboxes of users who are in the database. */
export class GroupStarter {
  readonly #db: Db
  readonly #instances: Starter
  readonly #started: (id: string) => Promise<unknown>

  /** @param started resolves when that instance runs, and throws UpstreamFailed when it does not come up */
  constructor(db: Db, instances: Starter, started: (id: string) => Promise<unknown>) {
    this.#db = db
    this.#instances = instances
    this.#started = started
  }

  /** @param options as `startOptions` of instances. @throws InvalidInput, NotFound, Unavailable */
  async startUser(viewer: Viewer, userId: string, options?: unknown): Promise<StartResult> {
    authorize(viewer, 'instances.manage')
    const user = await this.#user(userId)
    const [result] = await this.#start(viewer, user.group, [user], options)
    return result as StartResult
  }

  /**
   * As `startUser`, for callers who are told once, when it runs.
   * @throws NotFound, Conflict (has an active instance), Unavailable, UpstreamFailed (does not come up)
   */
  async launch(viewer: Viewer, userId: string): Promise<void> {
    authorize(viewer, 'instances.manage')
    const user = await this.#user(userId)
    const [result] = await this.#instances.startMany(viewer, [personOf(user.group, user)])
    if (!result?.row) throw result?.error ?? new NotFound(`User ${userId} not found`)
    await this.#started(result.row.id)
  }

  /** Ends a user's instance, and waits for it. @throws NotFound (also when there is none), Unavailable */
  async stop(viewer: Viewer, userId: string): Promise<void> {
    authorize(viewer, 'instances.manage')
    const user = await this.#user(userId)
    if (user.instances.length === 0) throw new NotFound('User has no running instance')
    await this.#instances.endAll(viewer, { userIds: [userId] })
  }

  /** Everybody in the group at once, each on their own volume; whoever has an active instance is skipped with a warning. @throws InvalidInput, NotFound, Unavailable */
  async startGroup(viewer: Viewer, groupId: string, options?: unknown): Promise<StartResult[]> {
    authorize(viewer, 'instances.manage')
    const group = await this.#db.group.findUnique({
      where: { id: groupId },
      include: { users: { orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] } },
    })
    if (!group) throw new NotFound(`Group ${groupId} not found`)
    return this.#start(viewer, group, group.users, options)
  }

  async #user(id: string) {
    const user = await this.#db.user.findUnique({ where: { id }, include: { group: true, ...withActive } })
    if (!user) throw new NotFound(`User ${id} not found`)
    return user
  }

  async #start(viewer: Viewer, group: Group, users: User[], options: unknown): Promise<StartResult[]> {
    const results = await this.#instances.startMany(
      viewer,
      users.map((user) => personOf(group, user)),
      options ?? {},
    )
    return users.map((user, index) => ({
      user,
      instance: results[index]?.row ?? null,
      warning: results[index]?.error?.message ?? null,
    }))
  }
}

function personOf(group: Group, user: User) {
  return { group: group.name, username: user.username, userId: user.id, volume: user.volume }
}
