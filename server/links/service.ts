import type { ActivityService, Target } from '../activity/service.ts'
import { authorize } from '../core/permissions.ts'
import { linkIdentity, type Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import { NotFound } from '../core/errors.ts'
import type { Events } from '../core/events.ts'
import { parse } from '../core/input.ts'
import type { AccessLink, Group, Prisma, User } from '../../prisma/generated/client/client.ts'
import { hashOf, joinInput, newSecret, personalInput, type NewJoinLink, type PersonalLink } from './model.ts'

/** What links need of sessions. */
export interface SessionsForLinks {
  /** @returns the cookie that signs the browser in */
  create(identityId: string): Promise<string>
  /** Ends every session of these, at once. */
  revokeAllOf(identityIds: string[]): Promise<void>
}

/** What the service needs of its surroundings. */
export interface LinksDeps {
  db: Db
  events: Events
  activity: ActivityService
  sessions: SessionsForLinks
}

type Known = User & { group: Group; link: AccessLink | null }
type Made = PersonalLink & { user: Known }
type JoinLink = AccessLink & { group: Group }

/** Ways in without an account, as organizers make them and take them back. Secrets are shown once; the database has hashes. */
export class LinksService {
  readonly #parts: LinksDeps

  constructor(parts: LinksDeps) {
    this.#parts = parts
  }

  /**
   * Makes a personal link for each user, for cards to be printed. One that is replaced lets nobody in any more, and the
   * sessions that came by it end at once.
   * @param raw `{userIds, replace?}`; without `replace` whoever has a link keeps it
   * @returns one for each user, in their order
   * @throws InvalidInput, NotFound (one of them; then none is made), Forbidden
   */
  async personal(viewer: Viewer, raw: unknown): Promise<PersonalLink[]> {
    authorize(viewer, 'links.manage')
    const { userIds, replace } = parse(personalInput, raw)
    const made = await this.#parts.db.$transaction((tx) => this.#make(tx, viewer, [...new Set(userIds)], replace))
    const fresh = [...made.values()].filter((one) => one.secret !== null)
    const replaced = fresh.filter((one) => one.user.link)
    await this.#parts.sessions.revokeAllOf(replaced.map((one) => linkIdentity(one.user.id)))
    await this.#parts.activity.add(
      ...fresh.map(({ user }) => ({
        actor: viewer,
        action: user.link ? 'replace link' : 'make link',
        target: targetOf(user),
        outcome: 'done' as const,
      })),
    )
    this.#changed(fresh.map((one) => one.user.group))
    return userIds.map((id) => {
      const { user, ...result } = made.get(id) as Made
      return { ...result, user: plain(user) }
    })
  }

  /** It lets nobody in any more, and the sessions that came by it end at once. @throws NotFound (also where there is none), Forbidden */
  async revokePersonal(viewer: Viewer, userId: string): Promise<User> {
    authorize(viewer, 'links.manage')
    const user = await this.#parts.db.user.findUnique({ where: { id: userId }, include: { group: true, link: true } })
    if (!user) throw new NotFound(`User ${userId} not found`)
    return this.#parts.activity.recording(viewer, 'revoke link', targetOf(user), async () => {
      const { count } = await this.#parts.db.accessLink.deleteMany({ where: { userId } })
      if (count === 0) throw new NotFound(`User ${user.username} has no link`)
      await this.#parts.sessions.revokeAllOf([linkIdentity(userId)])
      this.#changed([user.group])
      return plain(user)
    })
  }

  /**
   * Makes a link that leads into a group: by a name of the group that nobody has taken, by a new one, or both.
   * @param raw `{allowExistingUsers, allowNewUsers, expiresInHours?, maxUses?}`
   * @throws InvalidInput, NotFound, Forbidden
   */
  async createJoin(viewer: Viewer, groupId: string, raw: unknown): Promise<NewJoinLink> {
    authorize(viewer, 'links.manage')
    const { expiresInHours, maxUses, ...kinds } = parse(joinInput, raw)
    const group = await this.#parts.db.group.findUnique({ where: { id: groupId } })
    if (!group) throw new NotFound(`Group ${groupId} not found`)
    return this.#parts.activity.recording(viewer, 'make join link', targetOfGroup(group), async () => {
      const secret = newSecret()
      const expiresAt = new Date(Date.now() + expiresInHours * 3_600_000)
      const data = { ...kinds, groupId, expiresAt, maxUses: maxUses ?? null, createdBy: viewer.name }
      const link = await this.#parts.db.accessLink.create({ data: { ...data, hash: hashOf(secret) } })
      this.#changed([group])
      return { secret, link }
    })
  }

  /** Gives a join link another address: the old one lets nobody in any more. Its rules, time and uses stay. @throws NotFound, Forbidden */
  async rotateJoin(viewer: Viewer, id: string): Promise<NewJoinLink> {
    authorize(viewer, 'links.manage')
    const before = await this.#join(id)
    return this.#parts.activity.recording(viewer, 'replace join link', targetOfGroup(before.group), async () => {
      const secret = newSecret()
      const [link] = await this.#parts.db.accessLink.updateManyAndReturn({
        where: { id },
        data: { hash: hashOf(secret) },
      })
      if (!link) throw missing(id)
      this.#changed([before.group])
      return { secret, link }
    })
  }

  /** It lets nobody else in; whoever came by it stays. @throws NotFound, Forbidden */
  async revokeJoin(viewer: Viewer, id: string): Promise<AccessLink> {
    authorize(viewer, 'links.manage')
    const { group, ...link } = await this.#join(id)
    return this.#parts.activity.recording(viewer, 'revoke join link', targetOfGroup(group), async () => {
      await this.#parts.db.accessLink.deleteMany({ where: { id } })
      this.#changed([group])
      return link
    })
  }

  async #make(tx: Prisma.TransactionClient, viewer: Viewer, ids: string[], replace: boolean) {
    const known = await tx.user.findMany({ where: { id: { in: ids } }, include: { group: true, link: true } })
    const users = new Map<string, Known>(known.map((user) => [user.id, user]))
    for (const id of ids) if (!users.has(id)) throw new NotFound(`User ${id} not found`)
    const due = known.filter((user) => replace || !user.link)
    const secrets = new Map(due.map((user) => [user.id, newSecret()]))
    // All at once: one by one, a whole hall would keep everybody else waiting for the database.
    await tx.accessLink.deleteMany({ where: { userId: { in: due.map((user) => user.id) } } })
    const rows = await tx.accessLink.createManyAndReturn({
      data: due.map(({ id, link }) => ({
        ...(link && { id: link.id }),
        userId: id,
        hash: hashOf(secrets.get(id) as string),
        createdBy: viewer.name,
      })),
    })
    const links = new Map(rows.map((row) => [row.userId, row]))
    return new Map(
      known.map((user) => {
        const link = (links.get(user.id) ?? user.link) as AccessLink
        return [user.id, { user, secret: secrets.get(user.id) ?? null, link }]
      }),
    )
  }

  async #join(id: string): Promise<JoinLink> {
    const link = await this.#parts.db.accessLink.findUnique({ where: { id }, include: { group: true } })
    if (!link?.group) throw missing(id)
    return link as JoinLink
  }

  /** Links are shown with users and groups. */
  #changed(groups: Group[]): void {
    for (const row of new Map(groups.map((group) => [group.id, group])).values())
      this.#parts.events.publish('group', { kind: 'UPDATED', id: row.id, row })
  }
}

/** The row alone: what was loaded with it is as it was before. */
function plain({ group: _group, link: _link, ...user }: Known): User {
  return user
}

function missing(id: string): NotFound {
  return new NotFound(`Join link ${id} not found`)
}

function targetOf(user: User & { group: Group }): Target {
  return { kind: 'user', id: user.id, label: `${user.group.name}/${user.username}` }
}

function targetOfGroup(group: Group): Target {
  return { kind: 'group', id: group.id, label: group.name }
}
