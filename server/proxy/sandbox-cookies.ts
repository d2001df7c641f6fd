import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Events } from '../core/events.ts'
import { organizer, type Viewer } from '../core/viewer.ts'

/** How long what was found out about a session is taken for true, in milliseconds, unless it is said that it changed. */
const FRESH = 5_000

/** The right of somebody whom nobody asks who they are. */
export const OPEN_GRANT = 'open'

/** Somebody who has come in by the door, and the session that let them in. */
export interface Entered {
  viewer: Viewer
  session: { id: string } | null
}

/** What passes need of the door. */
export interface DoorForPasses {
  /** Whether anybody has to sign in. */
  readonly locked: boolean
  /** Whether a session still lets somebody in, and as whom. */
  reauthenticate(sessionId: string): Promise<Entered | null>
}

/** By what right somebody opens a sandbox: their session, or that nobody has to sign in. */
export function grantOf({ session, viewer }: Entered, locked: boolean): string | null {
  if (session) return `session ${session.id}`
  return !locked && viewer.role === 'organizer' ? OPEN_GRANT : null
}

/** The session that a right hangs on; null when it hangs on none. */
function sessionOf(grant: string): string | null {
  return grant.startsWith('session ') ? grant.slice('session '.length) : null
}

/**
 * A pass is what a browser shows at a sandbox's host name: signed, for that sandbox alone, and worth as much as the right it
 * was given for is worth now. It outlives a restart of the server, as sessions do.
 */
export class SandboxCookies {
  readonly #door: DoorForPasses
  readonly #secret: string
  readonly #known = new Map<string, { viewer: Promise<Viewer | null>; until: number }>()

  /** @param secret signs passes; nobody but this server knows it */
  constructor(door: DoorForPasses, events: Events, secret: string) {
    this.#door = door
    this.#secret = secret
    // Ended sessions, and other rights: whoever it is, they are all asked for anew.
    events.on('session', () => this.#known.clear())
  }

  /** @returns the pass, fit for a cookie */
  sign(label: string, grant: string): string {
    const payload = Buffer.from(JSON.stringify([label, grant])).toString('base64url')
    return `${payload}.${this.#mac(payload)}`
  }

  /** @returns the right it was given for; null when it is forged, or for another sandbox */
  read(pass: string, label: string): string | null {
    const [payload = '', mac = ''] = pass.split('.')
    const [given, right] = [Buffer.from(mac), Buffer.from(this.#mac(payload))]
    if (given.length !== right.length || !timingSafeEqual(given, right)) return null
    const [its, grant] = JSON.parse(Buffer.from(payload, 'base64url').toString()) as [string, string]
    return its === label ? grant : null
  }

  /** Who has this right now; null when it is worth nothing any more. */
  holder(grant: string): Viewer | null | Promise<Viewer | null> {
    if (grant === OPEN_GRANT) return this.#door.locked ? null : organizer
    const session = sessionOf(grant)
    if (session === null) return null
    const known = this.#known.get(session)
    if (known && known.until > Date.now()) return known.viewer
    const viewer = this.#door.reauthenticate(session).then((entry) => entry?.viewer ?? null)
    this.#known.set(session, { viewer, until: Date.now() + FRESH })
    viewer.catch(() => this.#known.delete(session))
    if (this.#known.size > 5_000) this.#known.clear()
    return viewer
  }

  #mac(payload: string): string {
    return createHmac('sha256', this.#secret).update(payload).digest('base64url')
  }
}
