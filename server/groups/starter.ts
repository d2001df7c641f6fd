import { NotFound, type AppError } from '../core/errors.ts'
import { authorize } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import type { Group, Instance, User } from '../../prisma/generated/client/client.ts'
import { oldestFirst } from './repository.ts'
import { withActive } from './users.ts'

/** What starting needs of instances. */
export interface InstancesForStarter {
  /** Stops every active sandbox of these users, and waits until they are stopped. */
  endAll(viewer: Viewer, whose: { userIds: string[] }): Promise<void>
  /** Starts one sandbox for each, all at once. @returns one result for each, in their order */
  startMany(
    viewer: Viewer,
    people: { group: string; username: string; userId: string; volume: string }[],
    options?: unknown,
  ): Promise<{ row: Instance | null; error: AppError | null }[]>
}

/** The result of one user's start: an instance or an error. */
export interface StartResult {
  user: User
  instance: Instance | null
  /** Why nothing was started: most often, the user has an active sandbox already. */
  error: AppError | null
}

/** Starts the sandboxes of users who are in the database. */
export class GroupStarter {
  readonly #db: Db
  readonly #instances: InstancesForStarter
  readonly #untilRunning: (id: string) => Promise<unknown>

  /** @param untilRunning resolves when that instance runs, and throws UpstreamFailed when it fails to start */
  constructor(db: Db, instances: InstancesForStarter, untilRunning: (id: string) => Promise<unknown>) {
    this.#db = db
    this.#instances = instances
    this.#untilRunning = untilRunning
  }

  /** @param options as `startOptions` of instances. @throws InvalidInput, NotFound, Unavailable */
  async startUser(viewer: Viewer, userId: string, options?: unknown): Promise<StartResult> {
    authorize(viewer, 'instances.manage')
    const user = await this.#user(userId)
    const [result] = await this.#start(viewer, user.group, [user], options)
    return result as StartResult
  }

  /**
   * As `startUser`, but waits until the sandbox runs.
   * @throws NotFound, Conflict (has an active sandbox), Unavailable, UpstreamFailed (fails to start)
   */
  async launch(viewer: Viewer, userId: string): Promise<void> {
    authorize(viewer, 'instances.manage')
    const user = await this.#user(userId)
    const [result] = await this.#instances.startMany(viewer, [ownerOf(user.group, user)])
    if (!result?.row) throw result?.error ?? new NotFound(`User ${userId} not found`)
    await this.#untilRunning(result.row.id)
  }

  /** Stops a user's sandbox, and waits until it is stopped. @throws NotFound (also without a sandbox), Unavailable */
  async stop(viewer: Viewer, userId: string): Promise<void> {
    authorize(viewer, 'instances.manage')
    const user = await this.#user(userId)
    if (user.instances.length === 0) throw new NotFound('User has no running instance')
    await this.#instances.endAll(viewer, { userIds: [userId] })
  }

  /**
   * Starts a sandbox for each user of a group, each on their own volume.
   * @returns one result per user; those who have an active sandbox get a Conflict as the error
   * @throws InvalidInput, NotFound, Unavailable
   */
  async startGroup(viewer: Viewer, groupId: string, options?: unknown): Promise<StartResult[]> {
    authorize(viewer, 'instances.manage')
    const group = await this.#db.group.findUnique({
      where: { id: groupId },
      include: { users: { orderBy: oldestFirst } },
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
      users.map((user) => ownerOf(group, user)),
      options ?? {},
    )
    return users.map((user, index) => ({
      user,
      instance: results[index]?.row ?? null,
      error: results[index]?.error ?? null,
    }))
  }
}

function ownerOf(group: Group, user: User) {
  return { group: group.name, username: user.username, userId: user.id, volume: user.volume }
}
