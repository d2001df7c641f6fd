import type { IncomingMessage } from 'node:http'
import { cookiesNamed } from '../http/cookies.ts'
import type { CheckedSession, Sessions } from './sessions.ts'
import type { TokensService } from './tokens.ts'
import { anonymous, organizer, viewerOf, type Viewer } from '../core/viewer.ts'

/** Who sent a request, and what the response has to carry. */
export interface AuthResult {
  viewer: Viewer
  /** The session they signed in with; null for tokens, local programs and servers without a login. */
  session: { id: string; expiresAt: Date } | null
  /** A Set-Cookie header to send along. */
  cookie: string | null
}

/** What the authenticator needs. */
export interface AuthenticatorDeps {
  sessions: Sessions
  tokens: TokensService
  /** Ids of the users with an e-mail address. */
  usersOf: (email: string) => ReadonlySet<string>
  /** Whether a login is configured. */
  locked: boolean
  /** Whether programs on this machine may use REST without a login. */
  localPrograms: boolean
  /** Address of who sent a request. */
  addressOf: (request: IncomingMessage) => string
}

/** Headers that proxies add. With one of these, the peer of the connection is not the sender. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via']

/** Decides who sends a request: by API token, by session, or by where the request comes from. */
export class Authenticator {
  readonly #deps: AuthenticatorDeps
  readonly #results = new WeakMap<IncomingMessage, AuthResult>()

  constructor(deps: AuthenticatorDeps) {
    this.#deps = deps
  }

  /**
   * Finds out who sends a request; `authenticated` knows it afterwards. Synchronous when nothing has to be looked up.
   * @param kind `rest` for programs, which may be allowed by where they run
   */
  authenticate(request: IncomingMessage, kind: 'rest' | 'page'): AuthResult | Promise<AuthResult> {
    const keep = (result: AuthResult) => {
      this.#results.set(request, result)
      return result
    }
    // Without a login everyone is the organizer, except people who joined by a link.
    if (!this.#deps.locked) {
      const cookie = this.#cookieOf(request)
      return cookie === null ? keep(OPEN) : this.#bySession(cookie).then((result) => keep(result ?? OPEN))
    }
    const { authorization } = request.headers
    if (authorization !== undefined) return this.#byHeader(authorization).then(keep)
    const cookie = this.#cookieOf(request)
    if (cookie !== null) return this.#bySession(cookie).then((result) => keep(result ?? this.#unknown(request, kind)))
    return keep(this.#unknown(request, kind))
  }

  /** Whether a login is configured. */
  get locked(): boolean {
    return this.#deps.locked
  }

  /** Who sent a request that was authenticated before. */
  authenticated(request: IncomingMessage): AuthResult {
    const result = this.#results.get(request)
    if (!result) throw new Error('a request was served before it was authenticated')
    return result
  }

  /** Whether a session is still good, and for whom. */
  async reauthenticate(sessionId: string): Promise<AuthResult | null> {
    const session = await this.#deps.sessions.recheck(sessionId)
    return session && this.#resultOf(session)
  }

  async #byHeader(authorization: string): Promise<AuthResult> {
    const [scheme, credentials] = authorization.trim().split(/\s+/, 2)
    if (scheme?.toLowerCase() !== 'bearer' || !credentials) return CLOSED
    if (credentials.startsWith('v1:')) return (await this.#bySession(credentials)) ?? CLOSED
    const viewer = await this.#deps.tokens.check(credentials)
    return viewer ? { viewer, session: null, cookie: null } : CLOSED
  }

  async #bySession(value: string): Promise<AuthResult | null> {
    const session = await this.#deps.sessions.check(value)
    return session && this.#resultOf(session)
  }

  #resultOf({ id, expiresAt, person, cookie }: CheckedSession): AuthResult {
    return { viewer: viewerOf(person, this.#deps.usersOf), session: { id, expiresAt }, cookie }
  }

  /** @returns null also for two of them: a page of another host of the domain may have set the other one */
  #cookieOf(request: IncomingMessage): string | null {
    const [value, ...others] = cookiesNamed(request.headers.cookie, this.#deps.sessions.cookieName)
    return value && others.length === 0 ? value : null
  }

  #unknown(request: IncomingMessage, kind: 'rest' | 'page'): AuthResult {
    return this.#deps.localPrograms && kind === 'rest' && isLocal(request, this.#deps.addressOf(request)) ? OPEN : CLOSED
  }
}

const OPEN: AuthResult = { viewer: organizer, session: null, cookie: null }
const CLOSED: AuthResult = { viewer: anonymous, session: null, cookie: null }

/** Whether a program on this machine sent it directly, not through a proxy. */
function isLocal(request: IncomingMessage, address: string): boolean {
  const loopback = address === '::1' || /^127\./.test(address)
  // A proxy that adds none of these headers may still pass on the host name that people asked for.
  const named = /^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/i.test(request.headers.host ?? '')
  return loopback && named && FORWARDED.every((header) => request.headers[header] === undefined)
}
