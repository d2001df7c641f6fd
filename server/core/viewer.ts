import type { Role } from '../../prisma/generated/client/client.ts'

/** Who asks. Every service method takes one, for its permissions and for the activity log. */
export interface Viewer {
  /** The name the activity log shows. */
  readonly name: string
  /** What they may do; `anonymous` has not signed in on a server that has a login. */
  readonly role: Role | 'anonymous'
  /** Equal for exactly those viewers who may see the same: they share answers and pushed events. */
  readonly audienceKey: string
  /**
   * Ids of the users that this person is: those with their e-mail address, and the one whose link they joined by. Computed
   * on every read, since addresses change.
   */
  readonly userIds: ReadonlySet<string>
  /** The identity that signed in; null without a login, for local programs and for API tokens. */
  readonly identityId: string | null
  readonly email: string | null
}

/**
 * What a request was authenticated as: a viewer, and the credential that makes them one. Whatever outlives a request is kept
 * under the id, and ends with it (topic `principal` of `events.ts`).
 */
export interface Principal extends Viewer {
  /** Names the credential, and opens nothing: `sessionPrincipal`, `tokenPrincipal`, or the kind of those that never end. */
  readonly id: string
  readonly kind: PrincipalKind
  /** When it ends by itself, as far as known now; null for those that do not. */
  readonly expiresAt: Date | null
}

/**
 * `account`: a session of a sign-in with a provider or the local password. `link`: a session that a link opened. `token`: an
 * API token. `local`: a program on this machine. `open`: anyone, on a server without a login. `anonymous`: nobody yet.
 */
export type PrincipalKind = 'account' | 'link' | 'token' | 'local' | 'open' | 'anonymous'

/** Whether a credential still counts. All principals that were made of it share this. */
export interface Standing {
  expiresAt: Date
  /** It was revoked, it expired, or its rights changed. */
  isOver: boolean
}

/** A person who has signed in. */
export interface SignedInPerson {
  id: string
  displayName: string
  email: string | null
  role: Role
  /** The user whose link they joined by; null for accounts. */
  userId: string | null
}

const NONE: ReadonlySet<string> = new Set()

const ORGANIZER = { role: 'organizer', audienceKey: 'organizer', userIds: NONE, identityId: null, email: null } as const

/** Anyone who reaches a server without a login. */
export const organizer: Principal = { ...ORGANIZER, name: 'organizer', id: 'open', kind: 'open', expiresAt: null }

/** A program on this machine, which may use REST without a login. */
export const localProgram: Principal = { ...organizer, id: 'local', kind: 'local' }

/** THON itself: scheduled work, and what the engine reports. */
export const system: Viewer = { ...ORGANIZER, name: 'THON' }

/** Anyone who has not signed in on a server that has a login. */
export const anonymous: Principal = {
  ...{ ...organizer, name: 'anonymous', role: 'anonymous', audienceKey: 'anonymous' },
  ...{ id: 'anonymous', kind: 'anonymous' },
}

/** Id of the principal behind a session, by the id that the database has of it. */
export function sessionPrincipal(sessionId: string): string {
  return `session:${sessionId}`
}

/** Id of the principal behind an API token, by the id of its row. */
export function tokenPrincipal(tokenId: string): string {
  return `token:${tokenId}`
}

/** Id of the identity that signs in by the link of this user. */
export function linkIdentity(userId: string): string {
  return `link:${userId}`
}

/** @param userIdsOf the users with an e-mail address right now */
export function viewerOf(person: SignedInPerson, userIdsOf: (email: string) => ReadonlySet<string>): Viewer {
  const { id, displayName, email, role, userId } = person
  const byLink: ReadonlySet<string> = userId === null ? NONE : new Set([userId])
  return {
    name: displayName,
    role,
    get audienceKey() {
      return role === 'organizer' ? 'organizer' : [id, ...this.userIds].join(' ')
    },
    get userIds() {
      if (role !== 'participant') return NONE
      if (email === null) return byLink
      return userId === null ? userIdsOf(email) : new Set([...userIdsOf(email), userId])
    },
    identityId: id,
    email,
  }
}

/** The principal of an API token. */
export function tokenViewer(token: { id: string; name: string }, standing: Standing): Principal {
  const viewer: Viewer = { ...ORGANIZER, name: `token ${token.name}` }
  return new CredentialHolder(tokenPrincipal(token.id), 'token', viewer, standing)
}

/** The principal of a session. @param userIdsOf the users with an e-mail address right now */
export function sessionViewer(
  sessionId: string,
  person: SignedInPerson,
  userIdsOf: (email: string) => ReadonlySet<string>,
  standing: Standing,
): Principal {
  const kind = person.userId === null ? 'account' : 'link'
  return new CredentialHolder(sessionPrincipal(sessionId), kind, viewerOf(person, userIdsOf), standing)
}

/** Loses its rights with its credential, also in the middle of a long command. */
class CredentialHolder implements Principal {
  readonly id: string
  readonly kind: PrincipalKind
  readonly name: string
  readonly identityId: string | null
  readonly email: string | null
  readonly #viewer: Viewer
  readonly #standing: Standing

  constructor(id: string, kind: PrincipalKind, viewer: Viewer, standing: Standing) {
    this.id = id
    this.kind = kind
    this.name = viewer.name
    this.identityId = viewer.identityId
    this.email = viewer.email
    this.#viewer = viewer
    this.#standing = standing
  }

  get role(): Viewer['role'] {
    return this.#standing.isOver ? 'anonymous' : this.#viewer.role
  }

  get audienceKey(): string {
    return this.#standing.isOver ? anonymous.audienceKey : this.#viewer.audienceKey
  }

  get userIds(): ReadonlySet<string> {
    return this.#standing.isOver ? NONE : this.#viewer.userIds
  }

  get expiresAt(): Date {
    return this.#standing.expiresAt
  }
}
