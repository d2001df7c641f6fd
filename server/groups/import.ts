import type { ActivityService } from '../activity/service.ts'
import { authorize } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import { monotonicNow } from '../db/monotonic-now.ts'
import type { Tx } from '../db/unit-of-work.ts'
import type { Prisma } from '../../prisma/generated/client/client.ts'
import type { FileGroup, GroupsFile } from './model.ts'
import { oldestFirst, onUniqueViolation } from './repository.ts'
import type { GroupsDeps, InstancesForGroups } from './service.ts'
import { formatGroups, parseGroups } from './yaml.ts'

/** One line of what an import does, or would do. */
export interface ImportChange {
  kind: 'event' | 'group' | 'user'
  /** A user's name is `group/username`. */
  name: string
  action: 'create' | 'update' | 'keep'
  /** What an update changes, for people. */
  detail: string | null
}

/** What an import did, or with a dry run would do. */
export interface ImportReport {
  /** False for a dry run. */
  applied: boolean
  changes: ImportChange[]
}

/** Groups as scripts export them: by name, with the first event. */
export interface ExportedGroups {
  groups: Record<string, { users: string[]; title?: string }>
  event_id?: string
  title?: string
}

type StoredGroup = Prisma.GroupGetPayload<{ include: { users: true } }>

/** Imports and exports groups files. An import adds and updates; it never deletes. */
export class GroupsImport {
  readonly #db: Db
  readonly #activity: ActivityService
  readonly #instances: Pick<InstancesForGroups, 'assignOwner'>
  readonly #volumeFor: (group: string, username: string) => Promise<string>

  /** @param volumeFor chooses the volume of a new user */
  constructor(
    { db, activity, instances }: GroupsDeps,
    volumeFor: (group: string, username: string) => Promise<string>,
  ) {
    this.#db = db
    this.#activity = activity
    this.#instances = instances
    this.#volumeFor = volumeFor
  }

  /**
   * @param text a groups file, see `yaml.ts`
   * @param dryRun only report what would change
   * @throws InvalidInput with the line and column of every problem; then nothing is changed
   */
  async import(viewer: Viewer, text: string, dryRun: boolean): Promise<ImportReport> {
    authorize(viewer, 'groups.manage')
    const file = parseGroups(text)
    const stored = new Map((await this.#stored()).map((group) => [group.name, group]))
    const changes = await this.#plan(file, stored)
    const pending = changes.filter((change) => change.action !== 'keep')
    if (dryRun || pending.length === 0) return { applied: !dryRun, changes }
    const created = pending.filter((change) => change.action === 'create').length
    const volumes = await this.#newVolumes(file, stored)
    const target = { kind: 'event', id: null, label: file.events[0]?.eventId ?? 'groups file' } as const
    const detail = `${created} created, ${pending.length - created} updated`
    const message = 'The groups were changed at the same time. Nothing was imported. Import the file again.'
    const apply = (tx: Tx) => onUniqueViolation('groups', message, () => this.#apply(tx, file, stored, volumes))
    await this.#activity.act(viewer, 'import groups', target, apply, detail)
    return { applied: true, changes }
  }

  /** All events and groups as a groups file, which `import` reads back as the same. */
  async export(viewer: Viewer): Promise<string> {
    authorize(viewer, 'groups.manage')
    const [events, groups] = await Promise.all([this.#db.event.findMany({ orderBy: oldestFirst }), this.#stored()])
    return formatGroups({
      events: events.map(({ eventId, title }) => ({ eventId, title })),
      groups: groups.map((group) => ({
        name: group.name,
        title: group.title,
        eventId: group.eventId ?? undefined,
        users: group.users.map((user) => ({ name: user.username, email: user.email })),
      })),
    })
  }

  /** All groups by name, and the first event: what scripts export. Has no e-mail addresses and no other events. */
  async exportRecord(viewer: Viewer): Promise<ExportedGroups> {
    authorize(viewer, 'groups.manage')
    const [event, groups] = await Promise.all([this.#db.event.findFirst({ orderBy: oldestFirst }), this.#stored()])
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

  #stored(): Promise<StoredGroup[]> {
    return this.#db.group.findMany({ orderBy: oldestFirst, include: { users: { orderBy: oldestFirst } } })
  }

  async #plan(file: GroupsFile, stored: Map<string, StoredGroup>): Promise<ImportChange[]> {
    const known = new Map((await this.#db.event.findMany()).map((event) => [event.eventId, event]))
    const events = file.events.map((event) =>
      change('event', event.eventId, known.get(event.eventId), { title: event.title }),
    )
    const groups = file.groups.flatMap((group) => {
      const before = stored.get(group.name)
      return [
        change('group', group.name, before, { title: group.title, eventId: group.eventId }),
        ...group.users.map((user) =>
          change(
            'user',
            `${group.name}/${user.name}`,
            before?.users.find((one) => one.username === user.name),
            { email: user.email },
          ),
        ),
      ]
    })
    return [...events, ...groups]
  }

  async #apply(
    tx: Tx,
    file: GroupsFile,
    stored: Map<string, StoredGroup>,
    volumes: Map<string, string>,
  ): Promise<void> {
    for (const { eventId, title } of file.events)
      await tx.event.upsert({
        where: { eventId },
        create: { eventId, title: title ?? null, createdAt: monotonicNow() },
        update: { title },
      })
    for (const one of file.groups) await this.#applyGroup(tx, one, stored.get(one.name), volumes)
  }

  async #applyGroup(
    tx: Tx,
    one: FileGroup,
    before: StoredGroup | undefined,
    volumes: Map<string, string>,
  ): Promise<void> {
    const { name, title, eventId } = one
    const group = before
      ? await tx.group.update({ where: { id: before.id }, data: { title, eventId } })
      : await tx.group.create({
          data: { name, title: title ?? null, eventId: eventId ?? null, createdAt: monotonicNow() },
        })
    const known = new Map(before?.users.map((user) => [user.username, user]))
    const fresh = one.users.filter((user) => !known.has(user.name))
    const added = await tx.user.createManyAndReturn({
      data: fresh.map((user) => {
        const volume = volumes.get(`${name}/${user.name}`) as string
        return {
          groupId: group.id,
          username: user.name,
          email: user.email ?? null,
          volume,
          workspacePath: volume,
          createdAt: monotonicNow(),
        }
      }),
    })
    for (const user of one.users) {
      const was = known.get(user.name)
      if (was && user.email !== undefined && user.email !== was.email)
        await tx.user.update({ where: { id: was.id }, data: { email: user.email } })
    }
    await this.#instances.assignOwner(tx, name, added)
    tx.publish('group', { kind: before ? 'UPDATED' : 'ADDED', id: group.id, row: group })
  }

  /** Volumes of new users by `group/username`. Chosen before the transaction, which could not read what it is to write. */
  async #newVolumes(file: GroupsFile, stored: Map<string, StoredGroup>): Promise<Map<string, string>> {
    const volumes = new Map<string, string>()
    for (const group of file.groups)
      for (const { name } of group.users)
        if (!stored.get(group.name)?.users.some((user) => user.username === name))
          volumes.set(`${group.name}/${name}`, await this.#volumeFor(group.name, name))
    return volumes
  }
}

/** Compares what is stored with the file. What the file leaves out stays. */
function change<T extends Partial<Record<'title' | 'eventId' | 'email', string | null | undefined>>>(
  kind: ImportChange['kind'],
  name: string,
  before: T | undefined,
  desired: Partial<Pick<T, 'title' | 'eventId' | 'email'>>,
): ImportChange {
  if (!before) return { kind, name, action: 'create', detail: null }
  const differing = (['title', 'eventId', 'email'] as const).filter(
    (key) => desired[key] !== undefined && (desired[key] ?? null) !== (before[key] ?? null),
  )
  const detail = differing
    .map((key) => `${key === 'eventId' ? 'event' : key}: ${before[key] ?? 'none'} → ${desired[key] ?? 'none'}`)
    .join(', ')
  return { kind, name, action: differing.length > 0 ? 'update' : 'keep', detail: detail || null }
}
