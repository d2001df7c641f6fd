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
  readonly #origins = new Map<string, { origin: string; until: number }>()

  /**
   * Remembers at which of THON's addresses a browser is signed in, for its way back from the sandbox's host name. An address in the
   * URL itself could be anyone's.
   * @returns what `originOf` knows it by
   */
  rememberOrigin(origin: string): string {
    prune(this.#origins)
    const key = randomBytes(12).toString('base64url')
    this.#origins.set(key, { origin, until: Date.now() + LIFETIME_MS })
    return key
  }

  /** The origin that was remembered under this key; null when it is unknown or expired. */
  originOf(key: string): string | null {
    const found = this.#origins.get(key)
    return found && found.until > Date.now() ? found.origin : null
  }

  /**
   * @param browser the hash that the browser brought from the sandbox's host name
   * @returns the code
   */
  issue(label: string, browser: string, pass: SandboxPass): string {
    prune(this.#codes)
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
}

function prune(entries: Map<string, { until: number }>): void {
  const now = Date.now()
  // They are in the order of their issue, so expired ones come first.
  for (const [key, { until }] of entries) {
    if (until > now && entries.size < MAX_CODES) break
    entries.delete(key)
  }
}
