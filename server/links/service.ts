import type { Target } from '../activity/model.ts'
import type { ActivityService } from '../activity/service.ts'
import { NotFound } from '../core/errors.ts'
import { parse } from '../core/input.ts'
import { authorize } from '../core/permissions.ts'
import { linkIdentity, type Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import type { Tx } from '../db/unit-of-work.ts'
import type { AccessLink, Group, User } from '../../prisma/generated/client/client.ts'
import { hashOf, joinInput, newSecret, personalInput, type NewJoinLink, type PersonalLinkResult } from './model.ts'

/** What links need of sessions. */
export interface SessionsForLinks {
  /** @returns the cookie that signs the browser in */
  create(identityId: string): Promise<string>
  /** Ends every session of these identities with the transaction, and all that is open in their name. */
  revokeAllOf(tx: Tx, identityIds: string[]): Promise<void>
}

/** What the service depends on. */
export interface LinksDeps {
  db: Db
  activity: ActivityService
  sessions: SessionsForLinks
  /** @throws Conflict while nothing guards the dashboard from other machines: people could put their link aside */
  assertGuarded: () => void
}

type LinkedUser = User & { group: Group; link: AccessLink | null }
type CreatedLink = PersonalLinkResult & { user: LinkedUser }
type JoinLink = AccessLink & { group: Group }

/** Links to sign in without an account, as organizers manage them. A secret is shown once; the database has its hash. */
export class LinksService {
  readonly #deps: LinksDeps

  constructor(deps: LinksDeps) {
    this.#deps = deps
  }

  /**
   * Creates a personal link for each user, such as for printed cards.
   * @param raw `{userIds, replace?}`; without `replace`, users who have a link keep it. A replaced link stops working,
   *   and its sessions are closed.
   * @returns one result for each id, in their order
   * @throws InvalidInput, NotFound (one of the users; then no link is created), Forbidden
   */
  async createPersonalLinks(viewer: Viewer, raw: unknown): Promise<PersonalLinkResult[]> {
    authorize(viewer, 'links.manage')
    this.#deps.assertGuarded()
    const { userIds, replace } = parse(personalInput, raw)
    const created = await this.#deps.activity.batch(async (tx, record) => {
      const all = await this.#create(tx, viewer, [...new Set(userIds)], replace)
      const fresh = [...all.values()].filter((one) => one.secret !== null)
      const replaced = fresh.filter((one) => one.user.link)
      await this.#deps.sessions.revokeAllOf(
        tx,
        replaced.map((one) => linkIdentity(one.user.id)),
      )
      for (const { user } of fresh)
        record({ actor: viewer, action: user.link ? 'replace link' : 'create link', target: userTarget(user) })
      changed(
        tx,
        fresh.map((one) => one.user.group),
      )
      return all
    })
    return userIds.map((id) => {
      const { user, ...result } = created.get(id) as CreatedLink
      return { ...result, user: plain(user) }
    })
  }

  /** Revokes a personal link and closes its sessions. @throws NotFound (also without a link), Forbidden */
  async revokePersonalLink(viewer: Viewer, userId: string): Promise<User> {
    authorize(viewer, 'links.manage')
    const user = await this.#deps.db.user.findUnique({ where: { id: userId }, include: { group: true, link: true } })
    if (!user) throw new NotFound(`User ${userId} not found`)
    return this.#deps.activity.act(viewer, 'revoke link', userTarget(user), async (tx) => {
      const { count } = await tx.accessLink.deleteMany({ where: { userId } })
      if (count === 0) throw new NotFound(`User ${user.username} does not have a link.`)
      await this.#deps.sessions.revokeAllOf(tx, [linkIdentity(userId)])
      changed(tx, [user.group])
      return plain(user)
    })
  }

  /**
   * Creates a link to join a group: as a user of the group whom no one has joined as, as a new user, or both.
   * @param raw `{allowExistingUsers, allowNewUsers, expiresInHours?, maxUses?}`
   * @throws InvalidInput, NotFound, Forbidden
   */
  async createJoinLink(viewer: Viewer, groupId: string, raw: unknown): Promise<NewJoinLink> {
    authorize(viewer, 'links.manage')
    this.#deps.assertGuarded()
    const { expiresInHours, maxUses, ...kinds } = parse(joinInput, raw)
    const group = await this.#deps.db.group.findUnique({ where: { id: groupId } })
    if (!group) throw new NotFound(`Group ${groupId} not found`)
    return this.#deps.activity.act(viewer, 'create join link', groupTarget(group), async (tx) => {
      const secret = newSecret()
      const expiresAt = new Date(Date.now() + expiresInHours * 3_600_000)
      const data = { ...kinds, groupId, expiresAt, maxUses: maxUses ?? null, createdBy: viewer.name }
      const link = await tx.accessLink.create({ data: { ...data, hash: hashOf(secret) } })
      changed(tx, [group])
      return { secret, link }
    })
  }

  /** Gives a join link a new secret; the old one stops working. Rules, expiry and uses stay. @throws NotFound, Forbidden */
  async rotateJoinLink(viewer: Viewer, id: string): Promise<NewJoinLink> {
    authorize(viewer, 'links.manage')
    this.#deps.assertGuarded()
    const before = await this.#find(id)
    return this.#deps.activity.act(viewer, 'replace join link', groupTarget(before.group), async (tx) => {
      const secret = newSecret()
      const [link] = await tx.accessLink.updateManyAndReturn({ where: { id }, data: { hash: hashOf(secret) } })
      if (!link) throw noSuchJoinLink()
      changed(tx, [before.group])
      return { secret, link }
    })
  }

  /** Revokes a join link. People who joined by it stay. @throws NotFound, Forbidden */
  async revokeJoinLink(viewer: Viewer, id: string): Promise<AccessLink> {
    authorize(viewer, 'links.manage')
    const { group, ...link } = await this.#find(id)
    return this.#deps.activity.act(viewer, 'revoke join link', groupTarget(group), async (tx) => {
      const { count } = await tx.accessLink.deleteMany({ where: { id } })
      if (count === 0) throw noSuchJoinLink()
      changed(tx, [group])
      return link
    })
  }

  async #create(tx: Tx, viewer: Viewer, ids: string[], replace: boolean) {
    const users = await tx.user.findMany({ where: { id: { in: ids } }, include: { group: true, link: true } })
    const found = new Set(users.map((user) => user.id))
    for (const id of ids) if (!found.has(id)) throw new NotFound(`User ${id} not found`)
    const receivers = users.filter((user) => replace || !user.link)
    const secrets = new Map(receivers.map((user) => [user.id, newSecret()]))
    // In two statements: one for each user would block the database for too long in a large event.
    await tx.accessLink.deleteMany({ where: { userId: { in: receivers.map((user) => user.id) } } })
    const rows = await tx.accessLink.createManyAndReturn({
      data: receivers.map(({ id, link }) => ({
        ...(link && { id: link.id }),
        userId: id,
        hash: hashOf(secrets.get(id) as string),
        createdBy: viewer.name,
      })),
    })
    const links = new Map(rows.map((row) => [row.userId, row]))
    return new Map<string, CreatedLink>(
      users.map((user) => {
        const link = (links.get(user.id) ?? user.link) as AccessLink
        return [user.id, { user, secret: secrets.get(user.id) ?? null, link }]
      }),
    )
  }

  async #find(id: string): Promise<JoinLink> {
    const link = await this.#deps.db.accessLink.findUnique({ where: { id }, include: { group: true } })
    if (!link?.group) throw noSuchJoinLink()
    return link as JoinLink
  }
}

/** Links are shown with their groups, and have no topic of their own. */
function changed(tx: Tx, groups: Group[]): void {
  for (const row of new Map(groups.map((group) => [group.id, group])).values())
    tx.publish('group', { kind: 'UPDATED', id: row.id, row })
}

/** Without the relations, which were loaded before the change. */
function plain({ group: _group, link: _link, ...user }: LinkedUser): User {
  return user
}

function noSuchJoinLink(): NotFound {
  return new NotFound('This join link does not exist. It may have been revoked.')
}

function userTarget(user: User & { group: Group }): Target {
  return { kind: 'user', id: user.id, label: `${user.group.name}/${user.username}` }
}

function groupTarget(group: Group): Target {
  return { kind: 'group', id: group.id, label: group.name }
}
