import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

const ATTEMPTS_PER_MINUTE = 20

/** Who may use the page: everybody without a password, else those whose cookie shows that they knew it. */
export class Access {
  readonly #password: string | null
  readonly #cookie: string
  /** New at every start, so a cookie says nothing about the password and does not outlive the process. */
  readonly #key = randomBytes(32)
  #failures: number[] = []

  /** `port` goes into the cookie's name: browsers share cookies among all ports of a host. */
  constructor(password: string | null, port: number) {
    this.#password = password
    this.#cookie = `session-${port}`
  }

  /** Whether a request comes from somebody who is in. */
  allows(request: IncomingMessage): boolean {
    if (this.#password === null) return true
    const cookies = (request.headers.cookie ?? '').split(';').map((cookie) => cookie.trim())
    return cookies.some((cookie) => this.#same(cookie, `${this.#cookie}=${this.#mac(this.#password ?? '')}`))
  }

  /** A Set-Cookie for the right password; `wrong`, or `busy` after very many wrong ones, otherwise. */
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

  /** Compares in a time that tells nothing, lengths included. */
  #same(a: string, b: string): boolean {
    return timingSafeEqual(Buffer.from(this.#mac(a)), Buffer.from(this.#mac(b)))
  }
}

/** Whether a request names us as its host. Other names that lead here are DNS rebinding: a foreign page posing as ours. */
export function isOurHost(request: IncomingMessage): boolean {
  const name = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase()
  return name === 'localhost' || name === '127.0.0.1' || name === '[::1]' || name.endsWith('.localhost')
}

/** Whether a request was made by our own page: every browser says so with what changes something. */
export function isOurOrigin(request: IncomingMessage): boolean {
  const origin = request.headers.origin ?? ''
  return URL.canParse(origin) && new URL(origin).host === (request.headers.host ?? '').toLowerCase()
}
