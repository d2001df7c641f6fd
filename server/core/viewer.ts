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

const NONE: ReadonlySet<string> = new Set()

function organizerNamed(name: string): Viewer {
  return { name, role: 'organizer', audienceKey: 'organizer', userIds: NONE, identityId: null, email: null }
}

/** Anyone who reaches a server without a login. */
export const organizer: Viewer = organizerNamed('organizer')

/** THON itself: scheduled work, and what the engine reports. */
export const system: Viewer = organizerNamed('THON')

/** Anyone who has not signed in on a server that has a login. */
export const anonymous: Viewer = { ...organizerNamed('anonymous'), role: 'anonymous', audienceKey: 'anonymous' }

/** A program with an API token of this name. */
export function tokenViewer(name: string): Viewer {
  return organizerNamed(`token ${name}`)
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
