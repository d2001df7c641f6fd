import { authorize } from '../core/permissions.ts'
import type { ActivityService, Target } from '../activity/service.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import { NotFound } from '../core/errors.ts'
import type { Change, Channel, Events, Ready } from '../core/events.ts'
import { fold, parse } from '../core/input.ts'
import { monotonicNow } from '../db/monotonic-now.ts'
import type { Event, Group, Prisma } from '../../prisma/generated/client/client.ts'
import { removeLinkIdentities } from './leave.ts'
import type { InstancesForGroups, WorkspacesForGroups } from './needs.ts'
import { groupInput } from './model.ts'
import { onUniqueViolation } from './taken.ts'
import { assertVolumesFree } from './unused.ts'

/** What the service needs of its surroundings. */
export interface GroupsDeps {
  db: Db
  events: Events
  activity: ActivityService
  instances: InstancesForGroups
  workspaces: WorkspacesForGroups
}

/** Groups as a groups file has them. */
export interface ExportedGroups {
  groups: Record<string, { users: string[]; title?: string }>
  event_id?: string
  title?: string
}

/** Groups and their events. */
export class GroupsService {
  readonly #parts: GroupsDeps

  constructor(parts: GroupsDeps) {
    this.#parts = parts
  }

  /**
   * Groups in the order they were made.
   * @param filter search finds part of a group's or one of its users' names, in any case
   * @param query what to load with them
   */
  async list<Q extends Omit<Prisma.GroupFindManyArgs, 'where' | 'orderBy'>>(
    viewer: Viewer,
    filter: { search?: string | null },
    query: Q,
  ): Promise<Prisma.GroupGetPayload<Q>[]> {
    authorize(viewer, 'groups.see')
    const ids = filter.search?.trim() ? await this.#matching(filter.search) : null
    const groups = await this.#parts.db.group.findMany({
      ...query,
      where: { ...(ids && { id: { in: ids } }), ...ownGroups(viewer) },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    })
    return groups as Prisma.GroupGetPayload<Q>[]
  }

  /** Case does not matter in any script, which SQLite's LIKE cannot do; names are few. */
  async #matching(search: string): Promise<string[]> {
    const wanted = fold(search.trim())
    const groups = await this.#parts.db.group.findMany({
      select: { id: true, name: true, title: true, users: { select: { username: true } } },
    })
    return groups
      .filter((group) =>
        [group.name, group.title ?? '', ...group.users.map((user) => user.username)].some((text) =>
          fold(text).includes(wanted),
        ),
      )
      .map((group) => group.id)
  }

  /** Every change from now on, after one READY. */
  changes(viewer: Viewer): Channel<Change<Group> | Ready> {
    authorize(viewer, 'groups.manage')
    return this.#parts.events.changes('group')
  }

  /** @throws NotFound */
  async get<Q extends Omit<Prisma.GroupFindUniqueArgs, 'where'>>(
    viewer: Viewer,
    id: string,
    query: Q = {} as Q,
  ): Promise<Prisma.GroupGetPayload<Q>> {
    authorize(viewer, 'groups.see')
    const group = await this.#parts.db.group.findUnique({
      ...query,
      where: { id, ...ownGroups(viewer) } as Prisma.GroupWhereUniqueInput,
    })
    if (!group) throw new NotFound(`Group ${id} not found`)
    return group as Prisma.GroupGetPayload<Q>
  }

  /** Events in the order they were made. */
  events(viewer: Viewer, query: Omit<Prisma.EventFindManyArgs, 'where' | 'orderBy'> = {}): Promise<Event[]> {
    authorize(viewer, 'groups.manage')
    return this.#parts.db.event.findMany({ ...query, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] })
  }

  /** @param eventId its short name. @throws NotFound */
  async event(viewer: Viewer, eventId: string): Promise<Event> {
    authorize(viewer, 'groups.manage')
    const event = await this.#parts.db.event.findUnique({ where: { eventId } })
    if (!event) throw new NotFound(`Event '${eventId}' not found`)
    return event
  }

  /** All groups by name as a groups file has them, and the first event that there is. */
  async exported(viewer: Viewer): Promise<ExportedGroups> {
    authorize(viewer, 'groups.manage')
    const [[event], groups] = await Promise.all([
      this.events(viewer, { take: 1 }),
      this.list(viewer, {}, { include: { users: { orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] } } }),
    ])
    return {
      groups: Object.fromEntries(
        groups.map(({ name, title, users }) => [
          name,
          { users: users.map((user) => user.username), ...(title && { title }) },
        ]),
      ),
      ...(event && { event_id: event.eventId, ...(event.title && { title: event.title }) }),
    }
  }

  /** @throws InvalidInput, Conflict (name taken), NotFound (no such event) */
  async create(viewer: Viewer, raw: unknown): Promise<Group> {
    authorize(viewer, 'groups.manage')
    const { name, title, eventId } = parse(groupInput, raw)
    return this.#recording(viewer, 'create group', group(null, name), async () => {
      if (eventId && !(await this.#parts.db.event.findUnique({ where: { eventId } })))
        throw new NotFound(`Event '${eventId}' not found`)
      const created = await onUniqueViolation('name', `Group '${name}' already exists`, () =>
        this.#parts.db.group.create({
          data: { name, title: title ?? null, eventId: eventId ?? null, createdAt: monotonicNow() },
        }),
      )
      this.#publish('ADDED', created)
      return created
    })
  }

  /**
   * Its users, volumes and instances stay as they are; only the name changes.
   * @param query what to load with the renamed group
   * @throws InvalidInput, Conflict, NotFound
   */
  async rename<Q extends Omit<Prisma.GroupFindUniqueArgs, 'where'>>(
    viewer: Viewer,
    id: string,
    raw: unknown,
    query: Q = {} as Q,
  ): Promise<Prisma.GroupGetPayload<Q>> {
    authorize(viewer, 'groups.manage')
    const { name } = parse(groupInput.pick({ name: true }), raw)
    const before = await this.get(viewer, id)
    return this.#recording(viewer, `rename group to ${name}`, group(id, before.name), async () => {
      const { renamed, after } = await onUniqueViolation(
        'name',
        `Group '${name}' already exists, or one of its users has an instance by hand`,
        () =>
          this.#parts.db.$transaction(async (tx) => {
            const renamed = await tx.group.update({ where: { id }, data: { name }, include: { users: true } })
            const after = []
            for (const user of renamed.users)
              after.push(await this.#parts.instances.syncOwner(tx, user.id, { group: name, username: user.username }))
            return { renamed, after }
          }),
      )
      for (const publish of after) publish()
      this.#publish('UPDATED', renamed)
      return this.get(viewer, id, query)
    })
  }

  /** Whether the sandboxes of a group may reach each other; whoever keeps the rules hears of it. @throws NotFound */
  async setPeerAccess(viewer: Viewer, id: string, allowed: boolean): Promise<Group> {
    authorize(viewer, 'groups.manage')
    const before = await this.get(viewer, id)
    const action = allowed ? 'allow peer access' : 'forbid peer access'
    return this.#recording(viewer, action, group(id, before.name), async () => {
      const updated = await this.#parts.db.group.update({ where: { id }, data: { peerAccess: allowed } })
      this.#publish('UPDATED', updated)
      return updated
    })
  }

  /**
   * Deletes a group and its users. Active instances are ended first; if one cannot be, nothing is deleted. Volumes stay
   * unless asked for.
   * @throws NotFound, Unavailable, Conflict (somebody else's instance uses one of the volumes)
   */
  async remove(viewer: Viewer, id: string, options: { deleteWorkspaces: boolean }): Promise<Group> {
    authorize(viewer, 'groups.manage')
    const before = await this.get(viewer, id)
    return this.#recording(viewer, 'delete group', group(id, before.name), async () => {
      const users = await this.#parts.db.user.findMany({ where: { groupId: id } })
      const userIds = users.map((user) => user.id)
      if (options.deleteWorkspaces) {
        const volumes = users.map((user) => user.volume)
        await assertVolumesFree(this.#parts.db, volumes, userIds)
      }
      await this.#parts.instances.endAll(viewer, { userIds })
      if (options.deleteWorkspaces) for (const user of users) await this.#parts.workspaces.remove(user.volume)
      const leave = await removeLinkIdentities(this.#parts, userIds)
      await this.#parts.db.group.delete({ where: { id } })
      leave()
      this.#publish('REMOVED', before)
      return before
    })
  }

  #publish(kind: 'ADDED' | 'UPDATED' | 'REMOVED', row: Group): void {
    this.#parts.events.publish('group', { kind, id: row.id, row })
  }

  #recording<T>(viewer: Viewer, action: string, target: Target, act: () => Promise<T>): Promise<T> {
    return this.#parts.activity.recording(viewer, action, target, act)
  }
}

/** Participants see the groups they are in. @returns what to add to a query for groups */
export function ownGroups({ role, userIds }: Viewer): Prisma.GroupWhereInput {
  return role === 'organizer' ? {} : { users: { some: { id: { in: [...userIds] } } } }
}

function group(id: string | null, label: string): Target {
  return { kind: 'group', id, label }
}
