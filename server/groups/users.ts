import { authorize, authorizeOne } from '../core/permissions.ts'
import type { z } from 'zod'
import type { ActivityService, Target } from '../activity/service.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import { Conflict, InvalidInput, NotFound } from '../core/errors.ts'
import type { Events } from '../core/events.ts'
import { parse } from '../core/input.ts'
import { monotonicNow } from '../db/monotonic-now.ts'
import { hashedName, sandboxName } from '../core/names.ts'
import type { Group, Instance, Prisma, User } from '../../prisma/generated/client/client.ts'
import { userChanges, userInput } from './model.ts'
import { removeLinkIdentities } from './leave.ts'
import type { InstancesForGroups, WorkspacesForGroups } from './needs.ts'
import { onUniqueViolation } from './taken.ts'
import { assertVolumesFree } from './unused.ts'

/** What the service needs of its surroundings. */
export interface UsersDeps {
  db: Db
  events: Events
  activity: ActivityService
  instances: InstancesForGroups
  workspaces: WorkspacesForGroups
}

/** Names, and the volume their files are on. */
export interface Person {
  group: string
  username: string
  userId: string | null
  volume: string
}

/** A user with its group. */
export type UserWithGroup = User & { group: Group }

/** A user with the active instance, if there is one. */
export type UserNow = User & { instances: Pick<Instance, 'id' | 'state'>[] }

/** Loads the active instance with a user; the one-instance rule says that it is alone. */
export const withActive = { instances: { where: { activeKey: { not: null } }, select: { id: true, state: true } } }

/** The people in groups, and the volumes that hold their files. */
export class UsersService {
  readonly #parts: UsersDeps

  constructor(parts: UsersDeps) {
    this.#parts = parts
  }

  /** @throws NotFound */
  async get(viewer: Viewer, id: string): Promise<UserWithGroup> {
    authorizeOne(viewer, 'users.see', [id], `User ${id} not found`)
    const user = await this.#parts.db.user.findUnique({ where: { id }, include: { group: true } })
    if (!user) throw new NotFound(`User ${id} not found`)
    return user
  }

  /** Everybody in the order they were added. @param filter an empty groupId is none */
  list(viewer: Viewer, filter: { groupId?: string | undefined }): Promise<UserNow[]> {
    authorize(viewer, 'users.see')
    return this.#parts.db.user.findMany({
      where: { ...(filter.groupId && { groupId: filter.groupId }), ...ownUsers(viewer) },
      include: withActive,
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    })
  }

  /** @throws NotFound */
  async getNow(viewer: Viewer, id: string): Promise<UserNow> {
    authorizeOne(viewer, 'users.see', [id], `User ${id} not found`)
    const user = await this.#parts.db.user.findUnique({ where: { id }, include: withActive })
    if (!user) throw new NotFound(`User ${id} not found`)
    return user
  }

  /** The users that the viewer is, in the order they were added: none for organizers. @param query what to load with them */
  async mine<Q extends Omit<Prisma.UserFindManyArgs, 'where' | 'orderBy'>>(
    viewer: Viewer,
    query: Q,
  ): Promise<Prisma.UserGetPayload<Q>[]> {
    if (viewer.userIds.size === 0) return []
    const users = await this.#parts.db.user.findMany({
      ...query,
      where: { id: { in: [...viewer.userIds] } },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    })
    return users as Prisma.UserGetPayload<Q>[]
  }

  /** Before a command on a user of a group. @throws Forbidden, NotFound, also for a user of another group */
  async assertIn(viewer: Viewer, groupId: string, id: string): Promise<void> {
    authorize(viewer, 'groups.manage')
    if ((await this.#parts.db.user.count({ where: { id, groupId } })) === 0) throw new NotFound(`User ${id} not found`)
  }

  /**
   * @param within is done in the same transaction: what it throws takes the user back
   * @throws InvalidInput, NotFound, Conflict (name taken in this group)
   */
  async addUser(
    viewer: Viewer,
    groupId: string,
    raw: unknown,
    within: (tx: Prisma.TransactionClient, user: User) => Promise<unknown> = async () => undefined,
  ): Promise<User> {
    authorize(viewer, 'groups.manage')
    const { username, email, workspacePath } = parse(userInput, raw)
    const owner = await this.#group(groupId)
    return this.#recording(viewer, 'add user', user(null, owner.name, username), async () => {
      const volume = await this.volumeFor(owner.name, username)
      const { created, publish } = await onUniqueViolation(
        'username',
        `User ${username} already exists in this group`,
        () =>
          this.#parts.db.$transaction(async (tx) => {
            const shown = workspacePath === null ? null : volume
            const data = {
              groupId,
              username,
              email: email ?? null,
              volume,
              workspacePath: shown,
              createdAt: monotonicNow(),
            }
            const created = await tx.user.create({ data })
            await within(tx, created)
            return { created, publish: await this.#parts.instances.assignOwner(tx, owner.name, [created]) }
          }),
      )
      publish()
      this.#changed(owner)
      return created
    })
  }

  /**
   * Changes what is named; what is not stays. The files stay where they are, unless a workspacePath names a volume.
   * @param raw `{username?, email?, workspacePath?, storagePath?}`; a null email clears it
   * @throws InvalidInput, NotFound, Conflict (name or volume taken, or a volume changed under an active instance)
   */
  async updateUser(viewer: Viewer, id: string, raw: unknown): Promise<User> {
    authorize(viewer, 'groups.manage')
    const changes = parse(userChanges, raw)
    const before = await this.get(viewer, id)
    return this.#recording(viewer, actionOf(changes), user(id, before.group.name, before.username), async () => {
      const { username, workspacePath } = changes
      const volume = workspacePath && isVolume(workspacePath) ? workspacePath : before.volume
      if (volume !== before.volume) await this.#assertFree(before, volume)
      const message = `User ${username ?? before.username} already exists in this group`
      const { changed, publish } = await onUniqueViolation('username', message, () =>
        this.#parts.db.$transaction(async (tx) => {
          const changed = await tx.user.update({ where: { id }, data: { ...changes, volume } })
          const names = { group: before.group.name, username: changed.username }
          return { changed, publish: username ? await this.#parts.instances.syncOwner(tx, id, names) : () => undefined }
        }),
      )
      publish()
      this.#changed(before.group)
      return changed
    })
  }

  /** An active instance is ended first; if it cannot be, the user stays. The volume stays unless asked for. @throws NotFound, Unavailable */
  async removeUser(viewer: Viewer, id: string, options: { deleteWorkspaces: boolean }): Promise<User> {
    authorize(viewer, 'groups.manage')
    const before = await this.get(viewer, id)
    return this.#recording(viewer, 'remove user', user(id, before.group.name, before.username), async () => {
      if (options.deleteWorkspaces) await assertVolumesFree(this.#parts.db, [before.volume], [id])
      await this.#parts.instances.endAll(viewer, { userIds: [id] })
      if (options.deleteWorkspaces) await this.#parts.workspaces.remove(before.volume)
      const leave = await removeLinkIdentities(this.#parts, [id])
      await this.#parts.db.user.delete({ where: { id } })
      leave()
      this.#changed(before.group)
      return before
    })
  }

  /** Moves a user to another group; the files go along. @throws NotFound, Conflict (active instance, or name taken there) */
  async transferUser(viewer: Viewer, id: string, targetGroupId: string): Promise<User> {
    authorize(viewer, 'groups.manage')
    const before = await this.get(viewer, id)
    const target = await this.#group(targetGroupId)
    return this.#recording(
      viewer,
      `transfer user to ${target.name}`,
      user(id, before.group.name, before.username),
      async () => {
        const names = { group: target.name, username: before.username }
        const { moved, publish } = await onUniqueViolation(
          'groupId',
          `User ${before.username} already exists in group ${target.name}`,
          () =>
            this.#parts.db.$transaction(async (tx) => {
              const active = await tx.instance.findFirst({ where: { userId: id, activeKey: { not: null } } })
              if (active)
                throw new Conflict(`User ${before.username} has instance ${active.id}. End it before the transfer.`)
              const moved = await tx.user.update({ where: { id }, data: { groupId: targetGroupId } })
              return { moved, publish: await this.#parts.instances.syncOwner(tx, id, names) }
            }),
        )
        publish()
        this.#changed(before.group)
        this.#changed(target)
        return moved
      },
    )
  }

  /** Deletes one person's files for good. @param confirm must be the volume's name. @throws InvalidInput, NotFound, Conflict */
  async deleteWorkspace(viewer: Viewer, volume: string, confirm: string): Promise<string> {
    authorize(viewer, 'groups.manage')
    if (confirm !== volume)
      throw new InvalidInput([{ field: 'confirm', message: `must be the volume's name, ${volume}` }])
    const { db } = this.#parts
    const known = (await db.user.count({ where: { volume } })) + (await db.instance.count({ where: { volume } }))
    if (known === 0) throw new NotFound(`Workspace ${volume} not found`)
    return this.#recording(viewer, 'delete workspace', { kind: 'workspace', id: volume, label: volume }, async () => {
      await assertVolumesFree(db, [volume])
      await this.#parts.workspaces.remove(volume)
      return volume
    })
  }

  /**
   * The volume a new person of this name gets: the one of a sandbox they have already, else the plain name, unless
   * somebody who was renamed still keeps files there.
   */
  async volumeFor(groupName: string, username: string): Promise<string> {
    const theirs = await this.#parts.instances.volumeInUse(groupName, username)
    let volume = theirs ?? sandboxName('thon-workspace', groupName, username)
    for (;;) {
      const holder = await this.#parts.db.user.findUnique({ where: { volume } })
      if (!holder) return volume
      volume = hashedName('thon-workspace', groupName, username, holder.id)
    }
  }

  /** Who lives under these names: the user with their volume, or somebody the database does not know. */
  async personOf(group: string, username: string): Promise<Person> {
    const user = await this.#parts.db.user.findFirst({ where: { username, group: { name: group } } })
    const volume = user?.volume ?? (await this.volumeFor(group, username))
    return { group, username, userId: user?.id ?? null, volume }
  }

  async #assertFree(whose: User, volume: string): Promise<void> {
    const holder = await this.#parts.db.user.findUnique({ where: { volume } })
    if (holder) throw new Conflict(`Workspace ${volume} belongs to user ${holder.username} (${holder.id}).`)
    await assertVolumesFree(this.#parts.db, [whose.volume, volume])
  }

  async #group(id: string): Promise<Group> {
    const group = await this.#parts.db.group.findUnique({ where: { id } })
    if (!group) throw new NotFound(`Group ${id} not found`)
    return group
  }

  #changed(row: Group): void {
    this.#parts.events.publish('group', { kind: 'UPDATED', id: row.id, row })
  }

  #recording<T>(viewer: Viewer, action: string, target: Target, act: () => Promise<T>): Promise<T> {
    return this.#parts.activity.recording(viewer, action, target, act)
  }
}

/** Participants see themselves. @returns what to add to a query for users */
export function ownUsers({ role, userIds }: Viewer): { id?: { in: string[] } } {
  return role === 'organizer' ? {} : { id: { in: [...userIds] } }
}

/** A path of this form names a volume of an engine; any other is only shown to scripts. */
function isVolume(path: string): boolean {
  return /^thon-[\w.-]{1,200}$/.test(path)
}

function actionOf({ username, email, workspacePath, storagePath }: z.infer<typeof userChanges>): string {
  const acts = [
    ...(username === undefined ? [] : [`rename user to ${username}`]),
    ...(email === undefined ? [] : ['set e-mail']),
    ...(workspacePath === undefined && storagePath === undefined ? [] : ['set paths']),
  ]
  return acts.join(', ') || 'change nothing of user'
}

function user(id: string | null, groupName: string, username: string): Target {
  return { kind: 'user', id, label: `${groupName}/${username}` }
}
