import { randomBytes } from 'node:crypto'

/** How long a code is valid, in milliseconds. */
const LIFETIME_MS = 30_000
/** How many codes are valid at once. The oldest ones make room for more. */
const MAX_CODES = 10_000

interface OneTimeCode {
  label: string
  credential: string
  until: number
}

/**
 * A one-time code carries the right to open a sandbox from THON's host name to the sandbox's, where the session cookie is
 * never sent. It is valid once, for one sandbox and for thirty seconds: an address that contains one is soon worthless.
 */
export class OneTimeCodes {
  readonly #codes = new Map<string, OneTimeCode>()

  /**
   * @param credential see `sandbox-cookies.ts`
   * @returns the code
   */
  issue(label: string, credential: string): string {
    this.#prune()
    const code = randomBytes(24).toString('base64url')
    this.#codes.set(code, { label, credential, until: Date.now() + LIFETIME_MS })
    return code
  }

  /** Uses a code up. @returns its credential; null for a code that is unknown, used, expired or for another sandbox */
  redeem(code: string, label: string): string | null {
    const found = this.#codes.get(code)
    // A code shown at another sandbox has leaked, so it is used up as well.
    this.#codes.delete(code)
    return found && found.label === label && found.until > Date.now() ? found.credential : null
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
