import type { Role } from '../../prisma/generated/client/client.ts'

/** Who asks. Every service method takes one, so that rules and the activity log know. */
export interface Viewer {
  /** The name the activity log shows. */
  readonly name: string
  /** What they may do; `anonymous` has not signed in where that is needed. */
  readonly role: Role | 'anonymous'
  /** Equal for exactly those who are shown the same: what is made for one of them is for all. */
  readonly audienceKey: string
  /**
   * Ids of the users that are this person: those with their e-mail address, and the one whose link they came by. Asked
   * anew each time, since addresses change.
   */
  readonly userIds: ReadonlySet<string>
  /** The identity that signed in; null without a login, for local programs and for tokens. */
  readonly identityId: string | null
  readonly email: string | null
}

const NONE: ReadonlySet<string> = new Set()

function organizerNamed(name: string): Viewer {
  return { name, role: 'organizer', audienceKey: 'organizer', userIds: NONE, identityId: null, email: null }
}

/** Whoever can reach a server without a login: the organizer. */
export const organizer: Viewer = organizerNamed('organizer')

/** THON itself: sweeps, and what the engine reports. */
export const system: Viewer = organizerNamed('THON')

/** Whoever has not signed in where that is needed. */
export const anonymous: Viewer = { ...organizerNamed('anonymous'), role: 'anonymous', audienceKey: 'anonymous' }

/** A program that holds an API token of this name. */
export function tokenViewer(name: string): Viewer {
  return organizerNamed(`token ${name}`)
}

/** Somebody who has signed in. */
export interface SignedInPerson {
  id: string
  displayName: string
  email: string | null
  role: Role
  /** The user whose link they came by; null for accounts. */
  userId: string | null
}

/** The identity of whoever comes by a link as this user. */
export function linkIdentity(userId: string): string {
  return `link:${userId}`
}

/** @param userIdsOf the users with an e-mail address, as it is when it is called */
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
