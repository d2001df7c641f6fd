import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

const ATTEMPTS_PER_MINUTE = 20

/** Who may use the editor: everyone when there is no password, else those with a cookie of a successful login. */
export class Access {
  readonly #password: string | null
  readonly #cookie: string
  /** New at every start, so that cookies reveal nothing about the password and do not outlive the process. */
  readonly #key = randomBytes(32)
  #failures: number[] = []

  /** @param port part of the cookie's name, because browsers share cookies among all ports of a host */
  constructor(password: string | null, port: number) {
    this.#password = password
    this.#cookie = `session-${port}`
  }

  /** Whether the sender of a request is logged in, or needs no login. */
  allows(request: IncomingMessage): boolean {
    if (this.#password === null) return true
    const cookies = (request.headers.cookie ?? '').split(';').map((cookie) => cookie.trim())
    return cookies.some((cookie) => this.#same(cookie, `${this.#cookie}=${this.#mac(this.#password ?? '')}`))
  }

  /** @returns a Set-Cookie header for the right password, else `wrong`, or `busy` after too many wrong ones */
  logIn(password: string): { cookie: string } | 'wrong' | 'busy' {
    const now = Date.now()
    this.#failures = this.#failures.filter((time) => now - time < 60_000)
    if (this.#failures.length >= ATTEMPTS_PER_MINUTE) return 'busy'
    if (this.#password !== null && this.#same(password, this.#password)) {
      return { cookie: `${this.#cookie}=${this.#mac(password)}; HttpOnly; SameSite=Lax; Path=/` }
    }
    this.#failures.push(now)
    return 'wrong'
  }

  #mac(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('hex')
  }

  /** Compares in constant time; the MACs hide the lengths too. */
  #same(a: string, b: string): boolean {
    return timingSafeEqual(Buffer.from(this.#mac(a)), Buffer.from(this.#mac(b)))
  }
}

/** Whether a request is for this host. Another name that leads here is DNS rebinding: a foreign page posing as the editor. */
export function isOurHost(request: IncomingMessage): boolean {
  const name = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase()
  return name === 'localhost' || name === '127.0.0.1' || name === '[::1]' || name.endsWith('.localhost')
}

/** Whether a request comes from the editor's own page. Browsers send the origin with every request that changes something. */
export function isOurOrigin(request: IncomingMessage): boolean {
  const origin = request.headers.origin ?? ''
  return URL.canParse(origin) && new URL(origin).host === (request.headers.host ?? '').toLowerCase()
}
