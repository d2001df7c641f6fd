import type { z } from 'zod'
import type { Target } from '../activity/model.ts'
import { Conflict, InvalidInput, NotFound } from '../core/errors.ts'
import { parse } from '../core/input.ts'
import { hashedName, sandboxName } from '../core/names.ts'
import { authorize, authorizeOne } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import { monotonicNow } from '../db/monotonic-now.ts'
import type { Tx } from '../db/unit-of-work.ts'
import type { Group, Instance, Prisma, User } from '../../prisma/generated/client/client.ts'
import { userChanges, userInput } from './model.ts'
import { assertVolumesFree, oldestFirst, onUniqueViolation, removeLinkIdentities, stillListed } from './repository.ts'
import type { GroupsDeps } from './service.ts'

/** Who a sandbox is for, and the volume with their files. */
interface SandboxOwner {
  group: string
  username: string
  /** Null when the database has no such user. */
  userId: string | null
  volume: string
}

/** A user and the group. */
export type UserWithGroup = User & { group: Group }

/** A user and the active instance; at most one. */
export type UserWithActive = User & { instances: Pick<Instance, 'id' | 'state'>[] }

/** Loads the active instance with a user. The one-instance rule allows no second one. */
export const withActive = { instances: { where: { activeKey: { not: null } }, select: { id: true, state: true } } }

/** Users of groups, and the volumes with their files. */
export class UsersService {
  readonly #deps: GroupsDeps

  constructor(deps: GroupsDeps) {
    this.#deps = deps
  }

  /** @throws NotFound */
  async get(viewer: Viewer, id: string): Promise<UserWithGroup> {
    authorizeOne(viewer, 'users.see', [id], `User ${id} not found`)
    const user = await this.#deps.db.user.findUnique({ where: { id }, include: { group: true } })
    if (!user) throw new NotFound(`User ${id} not found`)
    return user
  }

  /** Users in the order they were added. @param filter an empty groupId lists those of all groups */
  list(viewer: Viewer, filter: { groupId?: string | undefined }): Promise<UserWithActive[]> {
    authorize(viewer, 'users.see')
    return this.#deps.db.user.findMany({
      where: { ...(filter.groupId && { groupId: filter.groupId }), ...ownUsers(viewer) },
      include: withActive,
      orderBy: oldestFirst,
    })
  }

  /** @throws NotFound */
  async getWithActive(viewer: Viewer, id: string): Promise<UserWithActive> {
    authorizeOne(viewer, 'users.see', [id], `User ${id} not found`)
    const user = await this.#deps.db.user.findUnique({ where: { id }, include: withActive })
    if (!user) throw new NotFound(`User ${id} not found`)
    return user
  }

  /** The users that the viewer is, in the order they were added; empty for organizers. @param query what to load with them */
  async mine<Q extends Omit<Prisma.UserFindManyArgs, 'where' | 'orderBy'>>(
    viewer: Viewer,
    query: Q,
  ): Promise<Prisma.UserGetPayload<Q>[]> {
    if (viewer.userIds.size === 0) return []
    const users = await this.#deps.db.user.findMany({
      ...query,
      where: { id: { in: [...viewer.userIds] } },
      orderBy: oldestFirst,
    })
    return users as Prisma.UserGetPayload<Q>[]
  }

  /** Checks that a user is in a group. @throws Forbidden, NotFound (also for a user of another group) */
  async assertIn(viewer: Viewer, groupId: string, id: string): Promise<void> {
    authorize(viewer, 'groups.manage')
    if ((await this.#deps.db.user.count({ where: { id, groupId } })) === 0) throw new NotFound(`User ${id} not found`)
  }

  /**
   * @param raw `{username, email?, workspacePath?}`
   * @param within runs in the same transaction: when it throws, the user is not created
   * @throws InvalidInput, NotFound, Conflict (name taken in this group)
   */
  async createUser(
    viewer: Viewer,
    groupId: string,
    raw: unknown,
    within: (tx: Tx, user: User) => Promise<unknown> = () => Promise.resolve(),
  ): Promise<User> {
    authorize(viewer, 'groups.manage')
    const { username, email, workspacePath } = parse(userInput, raw)
    const owner = await this.#group(groupId)
    const volume = await this.volumeFor(owner.name, username)
    const target = targetOf(null, owner.name, username)
    return this.#deps.activity.act(viewer, 'create user', target, async (tx) => {
      const shown = workspacePath === null ? null : volume
      const data = { groupId, username, email: email ?? null, volume, workspacePath: shown, createdAt: monotonicNow() }
      const created = await onUniqueViolation('username', `User ${username} already exists in this group`, () =>
        tx.user.create({ data }),
      )
      await within(tx, created)
      await this.#deps.instances.assignOwner(tx, owner.name, [created])
      changed(tx, owner)
      return created
    })
  }

  /**
   * Changes what is given. The files stay where they are, unless a workspacePath names a volume.
   * @param raw `{username?, email?, workspacePath?, storagePath?}`; a null email clears it
   * @throws InvalidInput, NotFound, Conflict (name or volume taken, or an active sandbox uses the volume)
   */
  async updateUser(viewer: Viewer, id: string, raw: unknown): Promise<User> {
    authorize(viewer, 'groups.manage')
    const changes = parse(userChanges, raw)
    const before = await this.get(viewer, id)
    const target = targetOf(id, before.group.name, before.username)
    return this.#deps.activity.act(viewer, actionOf(changes), target, async (tx) => {
      const now = await userNow(tx, id)
      const { username, workspacePath } = changes
      const volume = workspacePath && isVolume(workspacePath) ? workspacePath : now.volume
      if (volume !== now.volume) await assertFree(tx, now, volume)
      return onUniqueViolation(
        'username',
        `User ${username ?? now.username} already exists in this group`,
        async () => {
          const row = await tx.user.update({ where: { id }, data: { ...changes, volume } })
          if (username) await this.#deps.instances.syncOwner(tx, id, { group: now.group.name, username })
          changed(tx, now.group)
          return row
        },
      )
    })
  }

  /**
   * Deletes a user. An active sandbox is stopped first; if it cannot be stopped, the user stays. The volume is kept unless
   * `deleteWorkspaces`.
   * @throws NotFound, Unavailable, Conflict (the sandbox of another user uses the volume)
   */
  async deleteUser(viewer: Viewer, id: string, options: { deleteWorkspaces: boolean }): Promise<User> {
    authorize(viewer, 'groups.manage')
    const { activity, db, instances, workspaces } = this.#deps
    const before = await this.get(viewer, id)
    return activity.outside(viewer, 'delete user', targetOf(id, before.group.name, before.username), {
      work: async () => {
        if (options.deleteWorkspaces) await assertVolumesFree(db, [before.volume], [id])
        await instances.endAll(viewer, { userIds: [id] })
        if (options.deleteWorkspaces) await workspaces.remove(before.volume)
      },
      finish: async (tx) => {
        await removeLinkIdentities(tx, [id])
        await tx.user.deleteMany({ where: { id } })
        changed(tx, before.group)
        return before
      },
      unwritten: stillListed(`user ${before.group.name}/${before.username}`, options.deleteWorkspaces),
    })
  }

  /** Moves a user to another group, with the files. @throws NotFound, Conflict (active sandbox, or name taken there) */
  async transferUser(viewer: Viewer, id: string, targetGroupId: string): Promise<User> {
    authorize(viewer, 'groups.manage')
    const before = await this.get(viewer, id)
    const target = await this.#group(targetGroupId)
    const label = targetOf(id, before.group.name, before.username)
    return this.#deps.activity.act(viewer, `transfer user to ${target.name}`, label, async (tx) => {
      const now = await userNow(tx, id)
      const active = await tx.instance.findFirst({ where: { userId: id, activeKey: { not: null } } })
      if (active)
        throw new Conflict(`The sandbox of ${now.group.name}/${now.username} is active. Stop it before the transfer.`)
      const message = `User ${now.username} already exists in group ${target.name}.`
      return onUniqueViolation('groupId', message, async () => {
        const row = await tx.user.update({ where: { id }, data: { groupId: targetGroupId } })
        await this.#deps.instances.syncOwner(tx, id, { group: target.name, username: now.username })
        changed(tx, now.group)
        changed(tx, target)
        return row
      })
    })
  }

  /**
   * Deletes a volume with all its files, for good.
   * @param confirm has to repeat the name of the volume
   * @throws InvalidInput, NotFound, Conflict (a sandbox uses it)
   */
  async deleteWorkspace(viewer: Viewer, volume: string, confirm: string): Promise<string> {
    authorize(viewer, 'groups.manage')
    if (confirm !== volume)
      throw new InvalidInput([{ field: 'confirm', message: `must be the name of the volume, ${volume}` }])
    const { db } = this.#deps
    const known = (await db.user.count({ where: { volume } })) + (await db.instance.count({ where: { volume } }))
    if (known === 0) throw new NotFound(`Workspace ${volume} not found.`)
    const target = { kind: 'workspace', id: volume, label: volume } as const
    return this.#deps.activity.outside(viewer, 'delete workspace', target, {
      work: async () => {
        await assertVolumesFree(db, [volume])
        await this.#deps.workspaces.remove(volume)
        return volume
      },
    })
  }

  /**
   * The volume for a new user of this name: the one of their active sandbox, if any, else the plain name, unless a user
   * who was renamed still has files there.
   */
  async volumeFor(groupName: string, username: string): Promise<string> {
    const inUse = await this.#deps.instances.volumeInUse(groupName, username)
    let volume = inUse ?? sandboxName('thon-workspace', groupName, username)
    for (;;) {
      const holder = await this.#deps.db.user.findUnique({ where: { volume } })
      if (!holder) return volume
      volume = hashedName('thon-workspace', groupName, username, holder.id)
    }
  }

  /** Who a sandbox of these names belongs to. Names that the database does not know get a volume, and no user. */
  async ownerOf(group: string, username: string): Promise<SandboxOwner> {
    const user = await this.#deps.db.user.findFirst({ where: { username, group: { name: group } } })
    const volume = user?.volume ?? (await this.volumeFor(group, username))
    return { group, username, userId: user?.id ?? null, volume }
  }

  async #group(id: string): Promise<Group> {
    const group = await this.#deps.db.group.findUnique({ where: { id } })
    if (!group) throw new NotFound(`Group ${id} not found`)
    return group
  }
}

/** As it is now: it may have changed since it was read. @throws NotFound */
async function userNow(tx: Tx, id: string): Promise<UserWithGroup> {
  const user = await tx.user.findUnique({ where: { id }, include: { group: true } })
  if (!user) throw new NotFound(`User ${id} not found`)
  return user
}

/** @throws Conflict when the volume belongs to someone, or a sandbox uses it or that of the user */
async function assertFree(tx: Tx, user: User, volume: string): Promise<void> {
  const holder = await tx.user.findUnique({ where: { volume }, include: { group: true } })
  if (holder) throw new Conflict(`Workspace ${volume} belongs to ${holder.group.name}/${holder.username}.`)
  await assertVolumesFree(tx, [user.volume, volume])
}

/** A change of a user is published as a change of the group. */
function changed(tx: Tx, row: Group): void {
  tx.publish('group', { kind: 'UPDATED', id: row.id, row })
}

/** Participants see themselves. @returns what to add to a query for users */
export function ownUsers({ role, userIds }: Viewer): { id?: { in: string[] } } {
  return role === 'organizer' ? {} : { id: { in: [...userIds] } }
}

/** A path of this form is the name of a volume; any other path is only stored, for scripts. */
function isVolume(path: string): boolean {
  return /^thon-[\w.-]{1,200}$/.test(path)
}

/** An update as the activity log words it. */
function actionOf({ username, email, workspacePath, storagePath }: z.infer<typeof userChanges>): string {
  const actions = [
    ...(username === undefined ? [] : [`rename user to ${username}`]),
    ...(email === undefined ? [] : [email ? 'set e-mail address' : 'clear e-mail address']),
    ...(workspacePath === undefined && storagePath === undefined ? [] : ['set paths']),
  ]
  return actions.join(', ') || 'update user'
}

function targetOf(id: string | null, groupName: string, username: string): Target {
  return { kind: 'user', id, label: `${groupName}/${username}` }
}
