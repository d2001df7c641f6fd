import type { Viewer } from '../auth/viewer.ts'
import type { Db } from '../db.ts'
import type { AppError } from '../errors.ts'
import { NotFound } from '../errors.ts'
import type { Group, Instance, User } from '../../prisma/generated/client/client.ts'

/** What starting needs of instances. */
export interface Starter {
  startMany(
    viewer: Viewer,
    people: { group: string; username: string; userId: string; volume: string }[],
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

  constructor(db: Db, instances: Starter) {
    this.#db = db
    this.#instances = instances
  }

  /** @throws NotFound, Unavailable */
  async startUser(viewer: Viewer, userId: string): Promise<StartResult> {
    const user = await this.#db.user.findUnique({ where: { id: userId }, include: { group: true } })
    if (!user) throw new NotFound(`User ${userId} not found`)
    const [result] = await this.#start(viewer, user.group, [user])
    return result as StartResult
  }

  /** Everybody in the group at once, each on their own volume; whoever has an active instance is skipped with a warning. @throws NotFound, Unavailable */
  async startGroup(viewer: Viewer, groupId: string): Promise<StartResult[]> {
    const group = await this.#db.group.findUnique({
      where: { id: groupId },
      include: { users: { orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] } },
    })
    if (!group) throw new NotFound(`Group ${groupId} not found`)
    return this.#start(viewer, group, group.users)
  }

  async #start(viewer: Viewer, group: Group, users: User[]): Promise<StartResult[]> {
    const people = users.map((user) => ({
      group: group.name,
      username: user.username,
      userId: user.id,
      volume: user.volume,
    }))
    const results = await this.#instances.startMany(viewer, people)
    return users.map((user, index) => ({
      user,
      instance: results[index]?.row ?? null,
      warning: results[index]?.error?.message ?? null,
    }))
  }
}
