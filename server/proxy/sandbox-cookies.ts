import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Events } from '../core/events.ts'
import { organizer, type Principal } from '../core/viewer.ts'
import type { SandboxPass } from './one-time-codes.ts'

/** How long a principal that was just checked counts, in milliseconds, unless an event says that it changed. */
const FRESH_MS = 5_000
/** How many checked principals are remembered. */
const MAX_CHECKED = 5_000

/** Checks principals for sandbox cookies. */
export interface PrincipalChecker {
  /** Whether people have to sign in. */
  readonly locked: boolean
  /** A principal with the rights it has now; null if it no longer counts. */
  reauthenticate(principalId: string): Promise<Principal | null>
}

/** What a sandbox cookie stands for: the principal of a browser. Null for API tokens and programs. */
export function credentialOf({ id, kind }: Principal): string | null {
  return kind === 'account' || kind === 'link' || kind === 'open' ? id : null
}

/**
 * The cookie that a browser sends to a sandbox's host name: signed, valid for that sandbox only, and worth what its
 * credential is worth at the time of the request. It survives a restart of the server, as sessions do.
 */
export class SandboxCookies {
  readonly #principals: PrincipalChecker
  readonly #secret: string
  readonly #checked = new Map<string, { viewer: Promise<Principal | null>; until: number }>()

  /** @param secret signs cookies; only this server knows it */
  constructor(principals: PrincipalChecker, events: Events, secret: string) {
    this.#principals = principals
    this.#secret = secret
    events.on('principal', ({ ids }) => {
      for (const id of ids) this.#checked.delete(id)
    })
  }

  /** @returns the value of a cookie that is valid for `seconds` */
  sign(label: string, { credential, seconds }: SandboxPass): string {
    const payload = Buffer.from(JSON.stringify([label, credential, Date.now() + seconds * 1_000])).toString('base64url')
    return `${payload}.${this.#mac(payload)}`
  }

  /** @returns the credential in a cookie; null when it is forged, expired, or for another sandbox */
  read(value: string, label: string): string | null {
    const [payload = '', mac = ''] = value.split('.')
    const [given, expected] = [Buffer.from(mac), Buffer.from(this.#mac(payload))]
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null
    const signed = JSON.parse(Buffer.from(payload, 'base64url').toString()) as [string, string, number?]
    const [signedLabel, credential, until = 0] = signed
    return signedLabel === label && until > Date.now() ? credential : null
  }

  /** Who a credential belongs to right now; null if it is no longer valid. */
  viewerFor(credential: string): Principal | null | Promise<Principal | null> {
    if (credential === organizer.id) return this.#principals.locked ? null : organizer
    const checked = this.#checked.get(credential)
    if (checked && checked.until > Date.now()) return checked.viewer
    const viewer = this.#principals.reauthenticate(credential)
    this.#checked.set(credential, { viewer, until: Date.now() + FRESH_MS })
    viewer.catch(() => this.#checked.delete(credential))
    if (this.#checked.size > MAX_CHECKED) this.#checked.clear()
    return viewer
  }

  #mac(payload: string): string {
    return createHmac('sha256', this.#secret).update(payload).digest('base64url')
  }
}
