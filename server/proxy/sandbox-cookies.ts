import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Events } from '../core/events.ts'
import { organizer, type Viewer } from '../core/viewer.ts'

/** How long a session that was just checked counts as valid, in milliseconds, unless an event says that it changed. */
const FRESH_MS = 5_000
/** How many checked sessions are remembered. */
const MAX_SESSIONS = 5_000

/** The credential of people on a server without a login. */
export const OPEN_CREDENTIAL = 'open'

/** Somebody who was authenticated, and the session that did it. */
export interface AuthenticatedViewer {
  viewer: Viewer
  session: { id: string } | null
}

/** Checks sessions for sandbox cookies. */
export interface SessionChecker {
  /** Whether people have to sign in. */
  readonly locked: boolean
  /** Who a session belongs to; null if it is no longer valid. */
  reauthenticate(sessionId: string): Promise<AuthenticatedViewer | null>
}

/** What a sandbox cookie stands for: a session, or a server without a login. Null for API tokens. */
export function credentialOf({ session, viewer }: AuthenticatedViewer, locked: boolean): string | null {
  if (session) return `session ${session.id}`
  return !locked && viewer.role === 'organizer' ? OPEN_CREDENTIAL : null
}

function sessionOf(credential: string): string | null {
  return credential.startsWith('session ') ? credential.slice('session '.length) : null
}

/**
 * The cookie that a browser sends to a sandbox's host name: signed, valid for that sandbox only, and worth what its
 * credential is worth at the time of the request. It survives a restart of the server, as sessions do.
 */
export class SandboxCookies {
  readonly #sessions: SessionChecker
  readonly #secret: string
  readonly #checked = new Map<string, { viewer: Promise<Viewer | null>; until: number }>()

  /** @param secret signs cookies; only this server knows it */
  constructor(sessions: SessionChecker, events: Events, secret: string) {
    this.#sessions = sessions
    this.#secret = secret
    // A session ended, or somebody's rights changed. The event does not say whose, so all are checked again.
    events.on('session', () => this.#checked.clear())
  }

  /** @returns the value of a cookie */
  sign(label: string, credential: string): string {
    const payload = Buffer.from(JSON.stringify([label, credential])).toString('base64url')
    return `${payload}.${this.#mac(payload)}`
  }

  /** @returns the credential in a cookie; null when it is forged, or for another sandbox */
  read(value: string, label: string): string | null {
    const [payload = '', mac = ''] = value.split('.')
    const [given, expected] = [Buffer.from(mac), Buffer.from(this.#mac(payload))]
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null
    const [signedLabel, credential] = JSON.parse(Buffer.from(payload, 'base64url').toString()) as [string, string]
    return signedLabel === label ? credential : null
  }

  /** Who a credential belongs to right now; null if it is no longer valid. */
  viewerFor(credential: string): Viewer | null | Promise<Viewer | null> {
    if (credential === OPEN_CREDENTIAL) return this.#sessions.locked ? null : organizer
    const session = sessionOf(credential)
    if (session === null) return null
    const checked = this.#checked.get(session)
    if (checked && checked.until > Date.now()) return checked.viewer
    const viewer = this.#sessions.reauthenticate(session).then((authenticated) => authenticated?.viewer ?? null)
    this.#checked.set(session, { viewer, until: Date.now() + FRESH_MS })
    viewer.catch(() => this.#checked.delete(session))
    if (this.#checked.size > MAX_SESSIONS) this.#checked.clear()
    return viewer
  }

  #mac(payload: string): string {
    return createHmac('sha256', this.#secret).update(payload).digest('base64url')
  }
}
