import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'
import type { ActivityService } from '../activity/service.ts'
import { Conflict, InvalidInput, TooMany } from '../core/errors.ts'
import { parse } from '../core/input.ts'
import { networkOf } from '../core/networks.ts'
import { linkIdentity, system, viewerOf, type Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import type { Tx, UnitOfWork } from '../db/unit-of-work.ts'
import type { AccessLink, Group, Identity, User } from '../../prisma/generated/client/client.ts'
import { claim, countUse, nameTaken, noSuchLink, unclaimed } from './claims.ts'
import { hashOf, isOpen, nameInput, secretInput, type LinkView } from './model.ts'
import type { SessionsForLinks } from './service.ts'

type LinkWithOwner = AccessLink & { group: Group | null; user: (User & { group: Group }) | null }
type JoiningUser = User & { group: Group }

/** What signing in by a link depends on. */
export interface LinkEntryDeps {
  db: Db
  unit: UnitOfWork
  activity: ActivityService
  sessions: SessionsForLinks
  identities: {
    /** @throws Forbidden when an organizer suspended them */
    signInByLink(tx: Tx, user: { id: string; username: string; group: string }): Promise<Identity>
  }
  users: {
    /** @param within runs in the same transaction: when it throws, the user is not created. @throws InvalidInput, Conflict */
    createUser(
      viewer: Viewer,
      groupId: string,
      raw: { username: string },
      within: (tx: Tx, user: User) => Promise<void>,
    ): Promise<User>
  }
}

/** In seconds. */
const WINDOW = 600
/** Wrong secrets that one address may send in a window: cards get lost, and a whole venue may have one address. */
const MAX_WRONG_PER_ADDRESS = 1_000
/** People who may sign in by one link in a window. Counted by link, so that abuse of one link locks out no other. */
const MAX_ENTRIES_PER_LINK = 1_000

/** Signing in without an account: anyone who has the secret of a link may. */
export class LinkEntry {
  readonly #deps: LinkEntryDeps
  readonly #wrong = new RateLimiterMemory({ points: MAX_WRONG_PER_ADDRESS, duration: WINDOW })
  readonly #entries = new RateLimiterMemory({ points: MAX_ENTRIES_PER_LINK, duration: WINDOW })

  constructor(deps: LinkEntryDeps) {
    this.#deps = deps
  }

  /**
   * Says what a link is for. It does not count as a use.
   * @param raw `{secret}`
   * @param address of the client, for the limit
   * @throws InvalidInput, NotFound (unknown, revoked, expired or used up), TooMany
   */
  async inspect(raw: unknown, address: string): Promise<LinkView> {
    const { group, user, ...link } = await this.#open(raw, address)
    if (user) {
      const { name, title } = user.group
      return { kind: 'person', group: name, title, username: user.username }
    }
    const { id: groupId, name, title } = group as Group
    const free = link.allowExistingUsers ? await unclaimed(this.#deps.db, { groupId }) : []
    const names = free.map(({ username }) => username)
    return { kind: 'group', group: name, title, names, allowNewUsers: link.allowNewUsers, expiresAt: link.expiresAt }
  }

  /**
   * Signs in.
   * @param raw `{secret, username?}`; a join link needs the username
   * @param address of the client, for the limit
   * @returns the cookie that signs the browser in
   * @throws InvalidInput, NotFound (as `inspect`), Conflict (the name is taken), Forbidden (an organizer suspended the
   *   user), TooMany
   */
  async enter(raw: unknown, address: string): Promise<string> {
    const link = await this.#open(raw, address)
    await this.#assertNotTooMany(link)
    const { id } = link.user ? await this.#enterAs(link, link.user) : await this.#join(link, link.group as Group, raw)
    const identityId = linkIdentity(id)
    const cookie = await this.#deps.sessions.create(identityId)
    await this.#entries.penalty(link.id)
    await this.#assertNotReplaced(link, identityId)
    return cookie
  }

  async #open(raw: unknown, address: string): Promise<LinkWithOwner> {
    const { secret } = parse(secretInput, raw)
    const link = await this.#deps.db.accessLink.findUnique({
      where: { hash: hashOf(secret) },
      include: { group: true, user: { include: { group: true } } },
    })
    if (link && isOpen(link) && (link.user ?? link.group)) return link
    // Only wrong secrets count, so that the limit never stops a person with the right one.
    await this.#wrong.consume(networkOf(address)).catch((limit: unknown) => {
      if (limit instanceof Error) throw limit
      throw tooMany(
        "Your network sent too many links that don't work. Try again in a few minutes.",
        limit as RateLimiterRes,
      )
    })
    throw noSuchLink()
  }

  async #assertNotTooMany(link: LinkWithOwner): Promise<void> {
    const limit: RateLimiterRes | null = await this.#entries.get(link.id)
    if (limit && limit.consumedPoints >= MAX_ENTRIES_PER_LINK)
      throw tooMany('Too many people are joining by this link. Try again in a few minutes.', limit)
  }

  async #enterAs(link: LinkWithOwner, user: JoiningUser): Promise<User> {
    await this.#deps.unit.write(async (tx) => {
      await countUse(tx, link)
      await claim(tx, user.id)
      await this.#signIn(tx, link, user)
    })
    return user
  }

  async #join(link: LinkWithOwner, group: Group, raw: unknown): Promise<User> {
    const { username } = parse(nameInput, raw)
    const { db } = this.#deps
    const user = await db.user.findUnique({ where: { groupId_username: { groupId: group.id, username } } })
    if (!user) return this.#add(link, group, username)
    const [free] = link.allowExistingUsers ? await unclaimed(db, { id: user.id }) : []
    if (!free) throw nameTaken(link, username)
    await this.#deps.unit.write(async (tx) => {
      if (!(await claim(tx, user.id))) throw nameTaken(link, username)
      await countUse(tx, link)
      await this.#signIn(tx, link, { ...user, group })
    })
    return user
  }

  async #add(link: LinkWithOwner, group: Group, username: string): Promise<User> {
    if (!link.allowNewUsers)
      throw new InvalidInput([{ field: 'username', message: 'must be one of the names on the list' }])
    try {
      return await this.#deps.users.createUser(system, group.id, { username }, async (tx, user) => {
        // Files and sandboxes left under this name belong to someone: only an organizer may give them to another person.
        const before = await tx.instance.count({
          where: { OR: [{ volume: user.volume }, { group: group.name, username }] },
        })
        if (before > 0) throw nameTaken(link, username)
        await claim(tx, user.id)
        await countUse(tx, link)
        await this.#signIn(tx, link, { ...user, group })
      })
    } catch (error) {
      // Another person took the name in the meantime.
      throw error instanceof Conflict ? nameTaken(link, username) : error
    }
  }

  /** Replacing a personal link closes its sessions. One that was replaced during this sign-in must not leave this one open. */
  async #assertNotReplaced(link: LinkWithOwner, identityId: string): Promise<void> {
    if (link.userId === null) return
    if ((await this.#deps.db.accessLink.count({ where: { id: link.id, hash: link.hash } })) > 0) return
    await this.#deps.unit.write((tx) => this.#deps.sessions.revokeAllOf(tx, [identityId]))
    throw noSuchLink()
  }

  /** With the use of the link, so that neither is there without the other. */
  async #signIn(tx: Tx, link: LinkWithOwner, { id, username, group }: JoiningUser): Promise<void> {
    const { activity, identities } = this.#deps
    const identity = await identities.signInByLink(tx, { id, username, group: group.name })
    const person = { ...identity, role: 'participant' as const }
    await activity.record(tx, {
      actor: viewerOf(person, () => new Set()),
      action: link.userId === null ? 'join by link' : 'sign in by link',
      target: { kind: 'user', id, label: `${group.name}/${username}` },
      outcome: 'done',
    })
    tx.publish('group', { kind: 'UPDATED', id: group.id, row: group })
  }
}

function tooMany(message: string, { msBeforeNext }: RateLimiterRes): TooMany {
  return new TooMany(message, Math.max(1, Math.ceil(msBeforeNext / 1000)))
}
