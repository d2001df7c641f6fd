import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'
import type { ActivityService } from '../activity/service.ts'
import { system, viewerOf, type Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import { Conflict, InvalidInput, TooMany } from '../core/errors.ts'
import type { Events } from '../core/events.ts'
import { parse } from '../core/input.ts'
import type { AccessLink, Group, Identity, Prisma, User } from '../../prisma/generated/client/client.ts'
import { claim, nameTaken, over, unclaimed, use } from './claims.ts'
import { hashOf, isOpen, nameInput, secretInput, type LinkView } from './model.ts'
import type { SessionsForLinks } from './service.ts'

type Tx = Prisma.TransactionClient
type Found = AccessLink & { group: Group | null; user: (User & { group: Group }) | null }
type Comer = User & { group: Group }

/** What coming in needs of its surroundings. */
export interface LinkEntryDeps {
  db: Db
  events: Events
  activity: ActivityService
  sessions: SessionsForLinks
  identities: {
    /** Before somebody comes by a link as this user. @throws Forbidden for whom an organizer put out */
    assertNotSuspended(userId: string): Promise<void>
    signInByLink(user: { id: string; username: string; group: string }): Promise<Identity>
  }
  users: {
    /** @param within is done in the same transaction: what it throws takes the user back. @throws InvalidInput, Conflict */
    addUser(
      viewer: Viewer,
      groupId: string,
      raw: { username: string },
      within: (tx: Tx, user: User) => Promise<void>,
    ): Promise<User>
  }
}

const WINDOW = 600
/** Secrets of no link that one address may send in ten minutes: cards get lost, and a venue is one address. */
const WRONG_AN_ADDRESS = 1_000
/** People who may come in by one link in ten minutes. By the link: a troublemaker shuts nobody out who holds another. */
const COMERS_A_LINK = 1_000

/** The ways in without an account: whoever holds a link is let in by it. Open to everybody. */
export class LinkEntry {
  readonly #parts: LinkEntryDeps
  readonly #wrong = new RateLimiterMemory({ points: WRONG_AN_ADDRESS, duration: WINDOW })
  readonly #comers = new RateLimiterMemory({ points: COMERS_A_LINK, duration: WINDOW })

  constructor(parts: LinkEntryDeps) {
    this.#parts = parts
  }

  /**
   * What a link is; asking uses nothing up.
   * @param raw `{secret}`
   * @param address who asks, for the limit
   * @throws InvalidInput, NotFound (unknown, over or used up), TooMany
   */
  async look(raw: unknown, address: string): Promise<LinkView> {
    const { group, user, ...link } = await this.#open(raw, address)
    if (user) {
      const { name, title } = user.group
      return { kind: 'person', group: name, title, username: user.username }
    }
    const { id: groupId, name, title } = group as Group
    const free = link.allowExistingUsers ? await unclaimed(this.#parts.db, { groupId }) : []
    const names = free.map(({ username }) => username)
    return { kind: 'group', group: name, title, names, allowNewUsers: link.allowNewUsers, expiresAt: link.expiresAt }
  }

  /**
   * Comes in.
   * @param raw `{secret, username?}`; the username is needed for a join link
   * @param address who comes, for the limit
   * @returns the cookie that signs the browser in
   * @throws InvalidInput, NotFound (as `look`), Conflict (the name is taken, or not to be had), Forbidden (whom an
   *   organizer put out), TooMany
   */
  async enter(raw: unknown, address: string): Promise<string> {
    const link = await this.#open(raw, address)
    await this.#assertPatience(link)
    const comer = link.user ? await this.#byOwn(link, link.user) : await this.#join(link, link.group as Group, raw)
    const { id, username, group } = comer
    const identity = await this.#parts.identities.signInByLink({ id, username, group: group.name })
    const cookie = await this.#parts.sessions.create(identity.id)
    await this.#comers.penalty(link.id)
    await this.#assertStill(link, identity.id)
    await this.#tell(link, comer, identity)
    return cookie
  }

  async #open(raw: unknown, address: string): Promise<Found> {
    const { secret } = parse(secretInput, raw)
    const link = await this.#parts.db.accessLink.findUnique({
      where: { hash: hashOf(secret) },
      include: { group: true, user: { include: { group: true } } },
    })
    if (link && isOpen(link) && (link.user ?? link.group)) return link
    // Only wrong ones count, so that nobody is kept out by others.
    await this.#wrong.consume(address).catch((seen: unknown) => {
      if (seen instanceof Error) throw seen
      throw tooMany('Too many links that are not valid. Try again in a few minutes.', seen as RateLimiterRes)
    })
    throw over()
  }

  async #assertPatience(link: Found): Promise<void> {
    const seen: RateLimiterRes | null = await this.#comers.get(link.id)
    if (seen && seen.consumedPoints >= COMERS_A_LINK)
      throw tooMany('Too many people came by this link. Try again in a few minutes.', seen)
  }

  async #byOwn(link: Found, user: Comer): Promise<Comer> {
    await this.#parts.identities.assertNotSuspended(user.id)
    await this.#parts.db.$transaction(async (tx) => {
      await use(tx, link)
      await claim(tx, user.id)
    })
    return user
  }

  async #join(link: Found, group: Group, raw: unknown): Promise<Comer> {
    const { username } = parse(nameInput, raw)
    const { db } = this.#parts
    const user = await db.user.findUnique({ where: { groupId_username: { groupId: group.id, username } } })
    if (!user) return { ...(await this.#add(link, group, username)), group }
    const [free] = link.allowExistingUsers ? await unclaimed(db, { id: user.id }) : []
    if (!free) throw nameTaken(link, username)
    await this.#parts.identities.assertNotSuspended(user.id)
    await db.$transaction(async (tx) => {
      if (!(await claim(tx, user.id))) throw nameTaken(link, username)
      await use(tx, link)
    })
    return { ...user, group }
  }

  async #add(link: Found, group: Group, username: string): Promise<User> {
    if (!link.allowNewUsers)
      throw new InvalidInput([{ field: 'username', message: 'must be one of the names on the list' }])
    try {
      return await this.#parts.users.addUser(system, group.id, { username }, async (tx, user) => {
        // Files and sandboxes of somebody who went by this name are not for whoever thinks of it: an organizer gives them on.
        const before = await tx.instance.count({
          where: { OR: [{ volume: user.volume }, { group: group.name, username }] },
        })
        if (before > 0) throw nameTaken(link, username)
        await claim(tx, user.id)
        await use(tx, link)
      })
    } catch (error) {
      // Somebody of the same name came first.
      throw error instanceof Conflict ? nameTaken(link, username) : error
    }
  }

  /** An organizer may have replaced a personal link while somebody came by it: they have ended what sessions there were. */
  async #assertStill(link: Found, identityId: string): Promise<void> {
    if (link.userId === null) return
    if ((await this.#parts.db.accessLink.count({ where: { id: link.id, hash: link.hash } })) > 0) return
    await this.#parts.sessions.revokeAllOf([identityId])
    throw over()
  }

  async #tell(link: Found, { id, username, group }: Comer, identity: Identity): Promise<void> {
    const { activity, events } = this.#parts
    const person = { ...identity, role: 'participant' as const }
    await activity.add({
      actor: viewerOf(person, () => new Set()),
      action: link.userId === null ? 'join by link' : 'enter by link',
      target: { kind: 'user', id, label: `${group.name}/${username}` },
      outcome: 'done',
    })
    events.publish('group', { kind: 'UPDATED', id: group.id, row: group })
  }
}

function tooMany(message: string, { msBeforeNext }: RateLimiterRes): TooMany {
  return new TooMany(message, Math.max(1, Math.ceil(msBeforeNext / 1000)))
}
