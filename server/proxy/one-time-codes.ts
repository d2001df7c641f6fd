import { randomBytes } from 'node:crypto'

/** How long a code is valid, in milliseconds. */
const LIFETIME_MS = 30_000
/** How many codes are valid at once. The oldest ones make room for more. */
const MAX_CODES = 10_000

/** What a code is exchanged for. */
export interface SandboxPass {
  /** See `sandbox-cookies.ts`. */
  credential: string
  /** How long the cookie lasts, in seconds. */
  seconds: number
}

interface OneTimeCode extends SandboxPass {
  label: string
  /** Hash of a secret that only the browser and the sandbox's host name have. */
  browser: string
  until: number
}

/**
 * A one-time code carries the right to open a sandbox from THON's host name to the sandbox's, where the session cookie is
 * never sent. It is valid once, for one sandbox, in one browser and for thirty seconds: who reads an address that contains one,
 * such as a service worker of the sandbox, cannot use it elsewhere.
 */
export class OneTimeCodes {
  readonly #codes = new Map<string, OneTimeCode>()

  /**
   * @param browser the hash that the browser brought from the sandbox's host name
   * @returns the code
   */
  issue(label: string, browser: string, pass: SandboxPass): string {
    this.#prune()
    const code = randomBytes(24).toString('base64url')
    this.#codes.set(code, { ...pass, label, browser, until: Date.now() + LIFETIME_MS })
    return code
  }

  /**
   * Uses a code up.
   * @param browsers hashes of the secrets that the browser has
   * @returns null for a code that is unknown, used, expired, or for another sandbox or browser
   */
  redeem(code: string, label: string, browsers: readonly string[]): SandboxPass | null {
    const found = this.#codes.get(code)
    // A code shown elsewhere has leaked, so it is used up as well.
    this.#codes.delete(code)
    if (found?.label !== label || found.until <= Date.now() || !browsers.includes(found.browser)) return null
    return { credential: found.credential, seconds: found.seconds }
  }

  #prune(): void {
    const now = Date.now()
    // They are in the order of their issue, so expired ones come first.
    for (const [code, { until }] of this.#codes) {
      if (until > now && this.#codes.size < MAX_CODES) break
      this.#codes.delete(code)
    }
  }
}
