import { z } from 'zod'
import type { ActivityService } from '../activity/service.ts'
import type { Db } from '../db/client.ts'
import type { Tx, UnitOfWork } from '../db/unit-of-work.ts'
import { Conflict, Forbidden, NotFound } from '../core/errors.ts'
import type { Change, Channel, Events, Ready } from '../core/events.ts'
import { pageInput, parse, rowsOf } from '../core/input.ts'
import { Role, type Identity, type Prisma } from '../../prisma/generated/client/client.ts'
import type { UserDirectory } from './user-directory.ts'
import { authorize } from '../core/permissions.ts'
import { linkIdentity, system, type Viewer } from '../core/viewer.ts'

/** A person as their sign-in provider describes them. */
export interface SignInProfile {
  /** `<provider>:<id>` */
  id: string
  provider: string
  displayName: string
  /** Verified, in lower case. */
  email: string | null
}

/** The id of the identity that everyone who knows the local password shares. */
export const LOCAL = 'local'

/** The provider of people who joined by a link. */
const LINK = 'link'

const listInput = z.object({
  filter: z.object({ roles: z.array(z.enum(Role)).nullish() }).nullish(),
  page: pageInput,
})

const updateInput = z.object({
  id: z.string(),
  role: z.enum(Role, 'must be organizer, participant or waiting'),
})

/** One page of the people who signed in. */
export interface IdentityPage {
  items: Identity[]
  /** People who match the filter, on all pages. */
  total: number
  number: number
  size: number
}

/** What the service needs. */
export interface IdentitiesDeps {
  db: Db
  events: Events
  unit: UnitOfWork
  activity: ActivityService
  directory: UserDirectory
  /** To be called after the rights of an identity changed. */
  rightsChanged: (tx: Tx, identityId: string) => Promise<void>
  /** Ids and e-mail addresses of people who are always organizers, in lower case. */
  admins: readonly string[]
}

/** Everyone who ever signed in, and what they may do. */
export class IdentitiesService {
  readonly #deps: IdentitiesDeps

  constructor(deps: IdentitiesDeps) {
    this.#deps = deps
  }

  /**
   * A page of the people who signed in, the most recent sign-in first.
   * @param raw `{filter?: {roles?}, page?: {number?, size?}}`
   * @throws InvalidInput, Forbidden
   */
  async list(viewer: Viewer, raw: unknown = {}): Promise<IdentityPage> {
    authorize(viewer, 'access.manage')
    const { filter, page } = parse(listInput, raw)
    const where: Prisma.IdentityWhereInput = filter?.roles?.length ? { role: { in: filter.roles } } : {}
    const { identity } = this.#deps.db
    const [items, total] = await Promise.all([
      identity.findMany({ where, orderBy: [{ lastSeenAt: 'desc' }, { id: 'asc' }], ...rowsOf(page) }),
      identity.count({ where }),
    ])
    return { items, total, ...page }
  }

  /** Every change from now on, after one READY. @throws Forbidden */
  changes(viewer: Viewer): Channel<Change<Identity> | Ready> {
    authorize(viewer, 'access.manage')
    return this.#deps.events.changes('identity')
  }

  /**
   * Records a sign-in. Organizers are those whom `AUTH_ADMINS` names, or without it the first person to sign in. A person
   * with the e-mail address of a user is that participant. Everyone else waits for an organizer.
   */
  async signIn(profile: SignInProfile): Promise<Identity> {
    const { unit, activity } = this.#deps
    return unit.write(async (tx) => {
      const before = await tx.identity.findUnique({ where: { id: profile.id } })
      const role = await this.#roleOf(tx, profile, before?.role)
      const seen = { ...profile, role, lastSeenAt: new Date() }
      const row = await tx.identity.upsert({ where: { id: profile.id }, create: seen, update: seen })
      tx.publish('identity', { kind: before ? 'UPDATED' : 'ADDED', id: row.id, row })
      const detail = `as ${row.role}`
      await activity.record(tx, { actor: system, action: 'sign in', target: targetOf(row), outcome: 'done', detail })
      return row
    })
  }

  /**
   * Records that a person joins by a link: as a participant, whatever they are elsewhere.
   * @param tx the transaction that uses the link
   * @param user who they are from now on
   * @throws Forbidden when an organizer suspended them
   */
  async signInByLink(tx: Tx, user: { id: string; username: string; group: string }): Promise<Identity> {
    const id = linkIdentity(user.id)
    const before = await tx.identity.findUnique({ where: { id } })
    if (before?.role === 'waiting') throw new Forbidden('Your access was suspended. Ask an organizer.')
    const seen = { displayName: `${user.username} of ${user.group}`, lastSeenAt: new Date() }
    const row = await tx.identity.upsert({
      where: { id },
      create: { id, provider: LINK, userId: user.id, role: 'participant', ...seen },
      update: seen,
    })
    tx.publish('identity', { kind: before ? 'UPDATED' : 'ADDED', id, row })
    return row
  }

  /**
   * Approves, promotes, demotes or suspends (`waiting`) a person. Their sessions stay; their open sockets reconnect with
   * the new role.
   * @param raw `{id, role}`
   * @throws InvalidInput, NotFound, Forbidden, Conflict (named in AUTH_ADMINS, the last organizer, or joined by a link and
   *   to become an organizer)
   */
  async update(viewer: Viewer, raw: unknown): Promise<Identity> {
    authorize(viewer, 'access.manage')
    const { id, role } = parse(updateInput, raw)
    const seen = await this.#deps.db.identity.findUnique({ where: { id } })
    if (!seen) throw new NotFound('This person does not exist.')
    return this.#deps.activity.act(viewer, actionOf(seen.role, role), targetOf(seen), async (tx) => {
      const before = await tx.identity.findUnique({ where: { id } })
      if (!before) throw new NotFound('This person does not exist.')
      if (role === 'organizer' && before.provider === LINK)
        throw new Conflict(`${before.displayName} joined by a link. People who do are always participants.`)
      if (role !== 'organizer') await this.#assertDispensable(tx, before)
      const row = await tx.identity.update({ where: { id }, data: { role } })
      if (before.role !== role) await this.#deps.rightsChanged(tx, id)
      tx.publish('identity', { kind: 'UPDATED', id, row })
      return row
    })
  }

  async #roleOf(tx: Prisma.TransactionClient, profile: SignInProfile, before: Role | undefined): Promise<Role> {
    if (profile.id === LOCAL || this.#isAdmin(profile)) return 'organizer'
    if (before && before !== 'waiting') return before
    const { admins, directory } = this.#deps
    if (admins.length === 0 && (await tx.identity.count({ where: { id: { not: LOCAL }, role: 'organizer' } })) === 0)
      return 'organizer'
    // A suspended person stays suspended, also with the address of a user.
    if (before) return before
    return profile.email && directory.usersOf(profile.email).size > 0 ? 'participant' : 'waiting'
  }

  async #assertDispensable(tx: Prisma.TransactionClient, row: Identity): Promise<void> {
    if (row.id === LOCAL) throw new Conflict('Everyone who knows the local password is an organizer.')
    if (this.#isAdmin(row)) throw new Conflict(`${row.displayName} is named in AUTH_ADMINS and stays an organizer.`)
    const others = await tx.identity.count({ where: { role: 'organizer', id: { not: row.id } } })
    if (row.role === 'organizer' && others === 0)
      throw new Conflict(`${row.displayName} is the last organizer. Make another person organizer first.`)
  }

  #isAdmin({ id, email }: { id: string; email: string | null }): boolean {
    const { admins } = this.#deps
    return admins.includes(id.toLowerCase()) || (email !== null && admins.includes(email.toLowerCase()))
  }
}

function targetOf({ id, displayName }: Identity) {
  return { kind: 'identity', id, label: displayName } as const
}

/** The change of a role, for the activity log. */
function actionOf(before: Role, role: Role): string {
  if (role === 'waiting') return 'suspend'
  return before === 'waiting' ? `approve as ${role}` : `make ${role}`
}
