import type { IncomingMessage } from 'node:http'
import { cookiesNamed } from '../http/cookies.ts'
import type { CheckedSession, Sessions } from './sessions.ts'
import type { CheckedToken, TokensService } from './tokens.ts'
import type { Events } from '../core/events.ts'
import { Principals } from './principals.ts'
import {
  anonymous,
  localProgram,
  organizer,
  sessionPrincipal,
  sessionViewer,
  tokenPrincipal,
  tokenViewer,
  type Principal,
} from '../core/viewer.ts'

/** Who sent a request, and what the response has to carry. */
export interface AuthResult {
  viewer: Principal
  /** A Set-Cookie header to send along. */
  cookie: string | null
}

/** What the authenticator needs. */
export interface AuthenticatorDeps {
  events: Events
  sessions: Sessions
  tokens: TokensService
  /** Ids of the users with an e-mail address. */
  usersOf: (email: string) => ReadonlySet<string>
  /** Whether people have to sign in. */
  locked: () => boolean
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
  /** What was authenticated and still counts. */
  readonly principals: Principals

  constructor(deps: AuthenticatorDeps) {
    this.#deps = deps
    const { events } = deps
    this.principals = new Principals({ events, find: (id) => this.#find(id) })
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
    if (!this.locked) {
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
    return this.#deps.locked()
  }

  /** Who sent a request that was authenticated before. */
  authenticated(request: IncomingMessage): AuthResult {
    const result = this.#results.get(request)
    if (!result) throw new Error('a request was served before it was authenticated')
    return result
  }

  /** Whether a principal still counts, with the rights it has now; null when it does not. */
  reauthenticate(principalId: string): Promise<Principal | null> {
    return this.#current(() => this.#find(principalId))
  }

  async #byHeader(authorization: string): Promise<AuthResult> {
    const [scheme, credentials] = authorization.trim().split(/\s+/, 2)
    if (scheme?.toLowerCase() !== 'bearer' || !credentials) return CLOSED
    if (credentials.startsWith('v1:')) return (await this.#bySession(credentials)) ?? CLOSED
    const viewer = await this.#current(async () => this.#holderOf(await this.#deps.tokens.check(credentials)))
    return viewer ? { viewer, cookie: null } : CLOSED
  }

  #bySession(value: string): Promise<AuthResult | null> {
    return this.#current(async () => {
      const session = await this.#deps.sessions.check(value)
      return session && { viewer: this.#personOf(session), cookie: session.cookie }
    })
  }

  async #find(principalId: string): Promise<Principal | null> {
    const [kind, id = ''] = principalId.split(':', 2)
    if (kind === 'token') return this.#holderOf(await this.#deps.tokens.recheck(id))
    if (kind !== 'session') return principalId === organizer.id && !this.locked ? organizer : null
    const session = await this.#deps.sessions.recheck(id)
    return session && this.#personOf(session)
  }

  /** Reads again what changed while it was read: the one who gets the result listens for changes from now on. */
  async #current<T>(read: () => Promise<T>): Promise<T> {
    for (;;) {
      const before = this.principals.changes
      const result = await read()
      if (before === this.principals.changes) return result
    }
  }

  #personOf({ id, expiresAt, person }: CheckedSession): Principal {
    const standing = this.principals.standing(sessionPrincipal(id), expiresAt)
    return sessionViewer(id, person, this.#deps.usersOf, standing)
  }

  #holderOf(token: CheckedToken | null): Principal | null {
    return token && tokenViewer(token, this.principals.standing(tokenPrincipal(token.id), token.expiresAt))
  }

  /** @returns null also for two different ones of ours: a page of another host of the domain may have set the other one */
  #cookieOf(request: IncomingMessage): string | null {
    const { sessions } = this.#deps
    const given = cookiesNamed(request.headers.cookie, sessions.cookieName).filter((value) => sessions.isOurs(value))
    const [value, ...others] = new Set(given)
    return value !== undefined && others.length === 0 ? value : null
  }

  #unknown(request: IncomingMessage, kind: 'rest' | 'page'): AuthResult {
    return this.#deps.localPrograms && kind === 'rest' && isLocal(request, this.#deps.addressOf(request))
      ? LOCAL
      : CLOSED
  }
}

const OPEN: AuthResult = { viewer: organizer, cookie: null }
const LOCAL: AuthResult = { viewer: localProgram, cookie: null }
const CLOSED: AuthResult = { viewer: anonymous, cookie: null }

/** Whether a program on this machine sent it directly, not through a proxy. */
function isLocal(request: IncomingMessage, address: string): boolean {
  const loopback = address === '::1' || /^127\./.test(address)
  // A proxy that adds none of these headers may still pass on the host name that people asked for.
  const named = /^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/i.test(request.headers.host ?? '')
  return loopback && named && FORWARDED.every((header) => request.headers[header] === undefined)
}
