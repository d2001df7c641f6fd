/** What somebody may do: everything, their own sandbox, or nothing yet. `nobody` is whoever has not signed in. */
export type Role = 'organiser' | 'participant' | 'none' | 'nobody'

/** Who asks. Every service method takes one, so that rules and the activity log know. */
export interface Viewer {
  /** The name the activity log shows. */
  readonly name: string
  readonly role: Role
  /** Equal for exactly those who are shown the same: what is made for one of them is for all. */
  readonly rights: string
  /** Ids of the users that are this person: those with their e-mail address. Asked anew each time, since addresses change. */
  readonly userIds: ReadonlySet<string>
  /** The identity that signed in; null without a login, for local programs and for tokens. */
  readonly identityId: string | null
  readonly email: string | null
}

const NONE: ReadonlySet<string> = new Set()

function everything(name: string): Viewer {
  return { name, role: 'organiser', rights: 'organiser', userIds: NONE, identityId: null, email: null }
}

/** Whoever can reach a server without a login: the organiser. */
export const organiser: Viewer = everything('organiser')

/** THON itself: sweeps, and what the engine reports. */
export const system: Viewer = everything('THON')

/** Whoever has not signed in where that is needed. */
export const nobody: Viewer = { ...everything('nobody'), role: 'nobody', rights: 'nobody' }

/** A program that holds an API token of this name. */
export function program(name: string): Viewer {
  return everything(`token ${name}`)
}

/** Somebody who has signed in. */
export interface Person {
  id: string
  displayName: string
  email: string | null
  role: Role
}

/** @param userIdsOf the users with an e-mail address, as it is when it is called */
export function viewerOf(person: Person, userIdsOf: (email: string) => ReadonlySet<string>): Viewer {
  const { id, displayName, email, role } = person
  return {
    name: displayName,
    role,
    get rights() {
      return role === 'organiser' ? 'organiser' : [id, ...this.userIds].join(' ')
    },
    get userIds() {
      return email && role === 'participant' ? userIdsOf(email) : NONE
    },
    identityId: id,
    email,
  }
}
