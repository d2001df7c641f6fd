import type { ActivityService } from '../activity/service.ts'
import type { Db } from '../db/client.ts'
import { Conflict, Forbidden, InvalidInput, NotFound } from '../core/errors.ts'
import type { Change, Channel, Events, Ready } from '../core/events.ts'
import type { Identity, Prisma } from '../../prisma/generated/client/client.ts'
import type { UserDirectory } from './user-directory.ts'
import { authorize } from '../core/permissions.ts'
import { linkIdentity, system, type Viewer } from '../core/viewer.ts'
import type { Role } from '../../prisma/generated/client/client.ts'

/** Somebody as a provider knows them. */
export interface KnownPerson {
  /** `<provider>:<id>` */
  id: string
  provider: string
  displayName: string
  /** Verified, in lower case. */
  email: string | null
}

/** The id of whoever knows the local password. */
export const LOCAL = 'local'

/** The provider of those who came by a link. */
const LINK = 'link'

/** What the service needs of its surroundings. */
export interface IdentitiesDeps {
  db: Db
  events: Events
  activity: ActivityService
  directory: UserDirectory
  /** Ids and e-mail addresses of those who are always organizers, in lower case. */
  admins: readonly string[]
}

/** Everybody who ever signed in, and what they may do. */
export class IdentitiesService {
  readonly #parts: IdentitiesDeps

  constructor(parts: IdentitiesDeps) {
    this.#parts = parts
  }

  /** Those who wait to be let in first, then by the time they were last seen. @throws Forbidden */
  async list(viewer: Viewer): Promise<Identity[]> {
    authorize(viewer, 'access.manage')
    const rows = await this.#parts.db.identity.findMany({ orderBy: [{ lastSeenAt: 'desc' }, { id: 'asc' }] })
    return [...rows.filter((row) => row.role === 'waiting'), ...rows.filter((row) => row.role !== 'waiting')]
  }

  /** Every change from now on, after one READY. @throws Forbidden */
  changes(viewer: Viewer): Channel<Change<Identity> | Ready> {
    authorize(viewer, 'access.manage')
    return this.#parts.events.changes('identity')
  }

  /**
   * Somebody signed in. The first organizer is whoever `AUTH_ADMINS` names, or without it whoever comes first; somebody
   * with the e-mail address of a user is that participant; everybody else waits for an organizer.
   */
  async admit(person: KnownPerson): Promise<Identity> {
    const { db, events, activity } = this.#parts
    const { before, row } = await db.$transaction(async (tx) => {
      const before = await tx.identity.findUnique({ where: { id: person.id } })
      const role = await this.#roleOf(tx, person, before?.role)
      const seen = { ...person, role, lastSeenAt: new Date() }
      const row = await tx.identity.upsert({ where: { id: person.id }, create: seen, update: seen })
      return { before, row }
    })
    events.publish('identity', { kind: before ? 'UPDATED' : 'ADDED', id: row.id, row })
    const target = { kind: 'identity', id: row.id, label: row.displayName } as const
    await activity.add({ actor: system, action: 'sign in', target, outcome: 'done', detail: `as ${row.role}` })
    return row
  }

  /**
   * Somebody comes by a link, as a user: a participant, whatever they are elsewhere.
   * @param user who they are from now on. @throws Forbidden for whom an organizer put out
   */
  async admitByLink(user: { id: string; username: string; group: string }): Promise<Identity> {
    const { db, events } = this.#parts
    const id = linkIdentity(user.id)
    const before = await db.identity.findUnique({ where: { id } })
    assertNotOut(before)
    const seen = { displayName: `${user.username} of ${user.group}`, lastSeenAt: new Date() }
    const row = await db.identity.upsert({
      where: { id },
      create: { id, provider: LINK, userId: user.id, role: 'participant', ...seen },
      update: seen,
    })
    // In the middle of it an organizer may have put them out.
    assertNotOut(row)
    events.publish('identity', { kind: before ? 'UPDATED' : 'ADDED', id, row })
    return row
  }

  /** Before somebody comes by a link as this user. @throws Forbidden for whom an organizer put out */
  async assertMayEnter(userId: string): Promise<void> {
    assertNotOut(await this.#parts.db.identity.findUnique({ where: { id: linkIdentity(userId) } }))
  }

  /**
   * Lets somebody in, or out. Their sessions stay; what they may do is asked for anew with every request.
   * @throws InvalidInput, NotFound, Forbidden, Conflict (named in AUTH_ADMINS, the last organizer, or an organizer by a
   *   link)
   */
  async setRole(viewer: Viewer, id: string, role: string): Promise<Identity> {
    authorize(viewer, 'access.manage')
    if (!isRole(role)) throw new InvalidInput([{ field: 'role', message: 'must be organizer, participant or waiting' }])
    const { db, events } = this.#parts
    const before = await db.identity.findUnique({ where: { id } })
    if (!before) throw new NotFound(`Identity ${id} not found`)
    const target = { kind: 'identity', id, label: before.displayName } as const
    return this.#parts.activity.recording(viewer, `make ${role}`, target, async () => {
      if (role === 'organizer' && before.provider === LINK)
        throw new Conflict(`${before.displayName} came by a link, and whoever does is a participant.`)
      const row = await db.$transaction(async (tx) => {
        if (role !== 'organizer') await this.#assertDispensable(tx, before)
        return tx.identity.update({ where: { id }, data: { role } })
      })
      if (before.role !== role) events.publish('session', { identityId: id })
      events.publish('identity', { kind: 'UPDATED', id, row })
      return row
    })
  }

  async #roleOf(tx: Prisma.TransactionClient, person: KnownPerson, before: Role | undefined): Promise<Role> {
    if (person.id === LOCAL || this.#isAdmin(person)) return 'organizer'
    if (before && before !== 'waiting') return before
    const { admins, directory } = this.#parts
    if (admins.length === 0 && (await tx.identity.count({ where: { id: { not: LOCAL }, role: 'organizer' } })) === 0)
      return 'organizer'
    // Whom an organizer put out stays out.
    if (before) return before
    return person.email && directory.usersOf(person.email).size > 0 ? 'participant' : 'waiting'
  }

  async #assertDispensable(tx: Prisma.TransactionClient, row: Identity): Promise<void> {
    if (row.id === LOCAL) throw new Conflict('Whoever knows the local password is an organizer.')
    if (this.#isAdmin(row)) throw new Conflict(`${row.displayName} is named in AUTH_ADMINS.`)
    const others = await tx.identity.count({ where: { role: 'organizer', id: { not: row.id } } })
    if (row.role === 'organizer' && others === 0) throw new Conflict(`${row.displayName} is the last organizer.`)
  }

  #isAdmin({ id, email }: { id: string; email: string | null }): boolean {
    const { admins } = this.#parts
    return admins.includes(id.toLowerCase()) || (email !== null && admins.includes(email.toLowerCase()))
  }
}

/** @throws Forbidden */
function assertNotOut(row: Identity | null): void {
  if (row?.role === 'waiting') throw new Forbidden('You are not let in any more. Ask the organizer.')
}

function isRole(text: string): text is Role {
  return text === 'organizer' || text === 'participant' || text === 'waiting'
}
