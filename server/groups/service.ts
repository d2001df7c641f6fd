import type { z } from 'zod'
import type { Target } from '../activity/model.ts'
import type { ActivityService } from '../activity/service.ts'
import { NotFound } from '../core/errors.ts'
import type { Change, Channel, Events, Ready } from '../core/events.ts'
import { fold, parse, rowsOf } from '../core/input.ts'
import { authorize } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import { monotonicNow } from '../db/monotonic-now.ts'
import type { Tx } from '../db/unit-of-work.ts'
import type { Event, Group, Prisma } from '../../prisma/generated/client/client.ts'
import { eventList, groupChanges, groupInput, groupList, type Paged } from './model.ts'
import { assertVolumesFree, oldestFirst, onUniqueViolation, removeLinkIdentities, stillListed } from './repository.ts'

/** What groups need of instances. */
export interface InstancesForGroups {
  /** Stops every active sandbox of these users, and waits until they are stopped. */
  endAll(viewer: Viewer, whose: { userIds: string[] }): Promise<void>
  /** Gives active sandboxes that were started under the names of new users to them. */
  assignOwner(tx: Tx, group: string, users: { id: string; username: string }[]): Promise<void>
  /** Volume of the active sandbox under these names; null without one. */
  volumeInUse(group: string, username: string): Promise<string | null>
  /** Carries a user's new names over to their instances. */
  syncOwner(tx: Tx, userId: string, names: { group: string; username: string }): Promise<void>
}

/** What the services of groups and users depend on. */
export interface GroupsDeps {
  db: Db
  events: Events
  activity: ActivityService
  instances: InstancesForGroups
  workspaces: {
    /** Deletes a volume with all its files. @throws Unavailable */
    remove(volume: string): Promise<void>
  }
}

/** Groups and their events. */
export class GroupsService {
  readonly #deps: GroupsDeps

  constructor(deps: GroupsDeps) {
    this.#deps = deps
  }

  /**
   * One page of groups.
   * @param raw `{filter?: {search?}, sort?: {field, descending?}, page?}`; search finds part of a name or title of a
   *   group, or of a username, in any case
   * @param query what to load with them
   * @throws InvalidInput
   */
  async list<Q extends Omit<Prisma.GroupFindManyArgs, 'where' | 'orderBy' | 'skip' | 'take'>>(
    viewer: Viewer,
    raw: unknown,
    query: Q,
  ): Promise<Paged<Prisma.GroupGetPayload<Q>>> {
    authorize(viewer, 'groups.see')
    const { filter, sort, page } = parse(groupList, raw)
    const ids = filter?.search ? await this.#matching(filter.search) : null
    const where = { ...(ids && { id: { in: ids } }), ...ownGroups(viewer) }
    const direction = sort?.descending ? ('desc' as const) : ('asc' as const)
    const [items, total] = await Promise.all([
      this.#deps.db.group.findMany({
        ...query,
        where,
        orderBy: [{ [sort?.field ?? 'createdAt']: direction }, { id: direction }],
        ...rowsOf(page),
      }),
      this.#deps.db.group.count({ where }),
    ])
    return { items: items as Prisma.GroupGetPayload<Q>[], total, ...page }
  }

  /** All groups in the order they were created. @param query what to load with them */
  async all<Q extends Omit<Prisma.GroupFindManyArgs, 'where' | 'orderBy'>>(
    viewer: Viewer,
    query: Q,
  ): Promise<Prisma.GroupGetPayload<Q>[]> {
    authorize(viewer, 'groups.see')
    const groups = await this.#deps.db.group.findMany({ ...query, where: ownGroups(viewer), orderBy: oldestFirst })
    return groups as Prisma.GroupGetPayload<Q>[]
  }

  /** Case does not matter in any script, which SQLite's LIKE cannot do; names are few. */
  async #matching(search: string): Promise<string[]> {
    const searched = fold(search)
    const groups = await this.#deps.db.group.findMany({
      select: { id: true, name: true, title: true, users: { select: { username: true } } },
    })
    return groups
      .filter((group) =>
        [group.name, group.title ?? '', ...group.users.map((user) => user.username)].some((text) =>
          fold(text).includes(searched),
        ),
      )
      .map((group) => group.id)
  }

  /** Every change from now on, after one READY. */
  changes(viewer: Viewer): Channel<Change<Group> | Ready> {
    authorize(viewer, 'groups.manage')
    return this.#deps.events.changes('group')
  }

  /** One group; null when it does not exist or is not theirs. @param query what to load with it */
  async find<Q extends Omit<Prisma.GroupFindUniqueArgs, 'where'>>(
    viewer: Viewer,
    id: string,
    query: Q,
  ): Promise<Prisma.GroupGetPayload<Q> | null> {
    authorize(viewer, 'groups.see')
    const where = { id, ...ownGroups(viewer) } as Prisma.GroupWhereUniqueInput
    return (await this.#deps.db.group.findUnique({ ...query, where })) as Prisma.GroupGetPayload<Q> | null
  }

  /** As `find`. @throws NotFound */
  async get<Q extends Omit<Prisma.GroupFindUniqueArgs, 'where'>>(
    viewer: Viewer,
    id: string,
    query: Q = {} as Q,
  ): Promise<Prisma.GroupGetPayload<Q>> {
    const group = await this.find(viewer, id, query)
    if (!group) throw new NotFound(`Group ${id} not found`)
    return group
  }

  /**
   * One page of events.
   * @param raw `{filter?: {search?}, sort?: {field, descending?}, page?}`; search finds part of the short name or title
   * @param query what to load with them
   * @throws InvalidInput
   */
  async events(
    viewer: Viewer,
    raw: unknown = {},
    query: Omit<Prisma.EventFindManyArgs, 'where' | 'orderBy' | 'skip' | 'take'> = {},
  ): Promise<Paged<Event>> {
    authorize(viewer, 'groups.manage')
    const { filter, sort, page } = parse(eventList, raw)
    const searched = fold(filter?.search ?? '')
    const known = await this.#deps.db.event.findMany({ select: { id: true, eventId: true, title: true } })
    const ids = known
      .filter(({ eventId, title }) => fold(`${eventId}\n${title ?? ''}`).includes(searched))
      .map(({ id }) => id)
    const direction = sort?.descending ? ('desc' as const) : ('asc' as const)
    const items = await this.#deps.db.event.findMany({
      ...query,
      where: { id: { in: ids } },
      orderBy: [{ [sort?.field ?? 'createdAt']: direction }, { id: direction }],
      ...rowsOf(page),
    })
    return { items, total: ids.length, ...page }
  }

  /** All events in the order they were created. */
  allEvents(viewer: Viewer): Promise<Event[]> {
    authorize(viewer, 'groups.manage')
    return this.#deps.db.event.findMany({ orderBy: oldestFirst })
  }

  /** @param eventId its short name. @throws NotFound */
  async event(viewer: Viewer, eventId: string): Promise<Event> {
    authorize(viewer, 'groups.manage')
    const event = await this.#deps.db.event.findUnique({ where: { eventId } })
    if (!event) throw new NotFound(`Event '${eventId}' not found`)
    return event
  }

  /** @param raw `{name, title?, eventId?}`. @throws InvalidInput, Conflict (name taken), NotFound (unknown event) */
  async create(viewer: Viewer, raw: unknown): Promise<Group> {
    authorize(viewer, 'groups.manage')
    const { name, title, eventId } = parse(groupInput, raw)
    return this.#deps.activity.act(viewer, 'create group', targetOf(null, name), async (tx) => {
      if (eventId && !(await tx.event.findUnique({ where: { eventId } })))
        throw new NotFound(`Event '${eventId}' not found`)
      const created = await onUniqueViolation('name', `Group '${name}' already exists`, () =>
        tx.group.create({
          data: { name, title: title ?? null, eventId: eventId ?? null, createdAt: monotonicNow() },
        }),
      )
      tx.publish('group', { kind: 'ADDED', id: created.id, row: created })
      return created
    })
  }

  /**
   * Changes what is given. With another name, users, volumes and sandboxes stay what they are; instances show the new one.
   * @param raw `{name?, title?, peerAccess?}`; a null title clears it, peerAccess lets sandboxes of the group reach each
   *   other over the network
   * @param query what to load with the updated group
   * @throws InvalidInput, Conflict (name taken), NotFound
   */
  async update<Q extends Omit<Prisma.GroupFindUniqueArgs, 'where'>>(
    viewer: Viewer,
    id: string,
    raw: unknown,
    query: Q = {} as Q,
  ): Promise<Prisma.GroupGetPayload<Q>> {
    authorize(viewer, 'groups.manage')
    const changes = parse(groupChanges, raw)
    const before = await this.get(viewer, id)
    await this.#deps.activity.act(viewer, actionOf(changes), targetOf(id, before.name), (tx) =>
      onUniqueViolation(
        'name',
        `Group '${changes.name ?? before.name}' already exists, or a sandbox runs under a new name of one of its users.`,
        () => this.#update(tx, id, changes),
      ),
    )
    return this.get(viewer, id, query)
  }

  async #update(tx: Tx, id: string, { name, title, peerAccess }: z.infer<typeof groupChanges>): Promise<void> {
    // Deleted since it was read.
    if ((await tx.group.count({ where: { id } })) === 0) throw new NotFound(`Group ${id} not found`)
    const data = { title, ...(name && { name }), ...(typeof peerAccess === 'boolean' && { peerAccess }) }
    const { users, ...row } = await tx.group.update({ where: { id }, data, include: { users: true } })
    if (name)
      for (const user of users)
        await this.#deps.instances.syncOwner(tx, user.id, { group: name, username: user.username })
    tx.publish('group', { kind: 'UPDATED', id, row })
  }

  /**
   * Deletes a group and its users. Active sandboxes are stopped first; if one cannot be stopped, nothing is deleted.
   * Volumes are kept unless `deleteWorkspaces`.
   * @throws NotFound, Unavailable, Conflict (the sandbox of another user uses one of the volumes)
   */
  async delete(viewer: Viewer, id: string, options: { deleteWorkspaces: boolean }): Promise<Group> {
    authorize(viewer, 'groups.manage')
    const { activity, db, instances, workspaces } = this.#deps
    const before = await this.get(viewer, id)
    return activity.outside(viewer, 'delete group', targetOf(id, before.name), {
      work: async () => {
        const users = await db.user.findMany({ where: { groupId: id } })
        const userIds = users.map((user) => user.id)
        const volumes = options.deleteWorkspaces ? users.map((user) => user.volume) : []
        await assertVolumesFree(db, volumes, userIds)
        await instances.endAll(viewer, { userIds })
        for (const volume of volumes) await workspaces.remove(volume)
      },
      finish: async (tx) => {
        const users = await tx.user.findMany({ where: { groupId: id }, select: { id: true } })
        await removeLinkIdentities(
          tx,
          users.map((user) => user.id),
        )
        await tx.group.deleteMany({ where: { id } })
        tx.publish('group', { kind: 'REMOVED', id, row: before })
        return before
      },
      unwritten: stillListed(`group ${before.name}`, options.deleteWorkspaces),
    })
  }
}

/** Participants see the groups they are in. @returns what to add to a query for groups */
export function ownGroups({ role, userIds }: Viewer): Prisma.GroupWhereInput {
  return role === 'organizer' ? {} : { users: { some: { id: { in: [...userIds] } } } }
}

/** An update as the activity log words it. */
function actionOf({ name, title, peerAccess }: z.infer<typeof groupChanges>): string {
  const actions = [
    ...(name ? [`rename group to ${name}`] : []),
    ...(title === undefined ? [] : [title === null ? 'clear title' : `set title to ${title}`]),
    ...(typeof peerAccess === 'boolean' ? [peerAccess ? 'allow peer access' : 'forbid peer access'] : []),
  ]
  return actions.join(', ') || 'update group'
}

function targetOf(id: string | null, label: string): Target {
  return { kind: 'group', id, label }
}
