import type { IncomingMessage } from 'node:http'
import type { Sessions } from './sessions.ts'
import type { TokensService } from './tokens.ts'
import { anonymous, organizer, viewerOf, type Viewer } from '../core/viewer.ts'

/** Who came in, and what is to be said back. */
export interface AuthResult {
  viewer: Viewer
  /** The session that let them in; null where another thing did. */
  session: { id: string; expiresAt: Date } | null
  /** A cookie to send along. */
  cookie: string | null
}

/** What the door is made of. */
export interface AuthenticatorDeps {
  sessions: Sessions
  tokens: TokensService
  usersOf: (email: string) => ReadonlySet<string>
  /** Whether anybody has to sign in. */
  locked: boolean
  /** Whether programs on this machine may use REST without. */
  localPrograms: boolean
}

/** What proxies add: with one of these the sender is not who opened the connection. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via']

/** Decides who sends a request. */
export class Authenticator {
  readonly #parts: AuthenticatorDeps
  readonly #entries = new WeakMap<IncomingMessage, AuthResult>()

  constructor(parts: AuthenticatorDeps) {
    this.#parts = parts
  }

  /**
   * Finds out who sends a request; `of` knows it afterwards. At once where nothing has to be looked up.
   * @param kind `rest` for programs, which may be let in by where they are
   */
  authenticate(request: IncomingMessage, kind: 'rest' | 'page'): AuthResult | Promise<AuthResult> {
    const keep = (entry: AuthResult) => {
      this.#entries.set(request, entry)
      return entry
    }
    // Where nobody has to sign in, nobody is less than the organizer, but for those who came by a link.
    if (!this.#parts.locked) {
      const cookie = this.#cookieOf(request)
      return cookie === null ? keep(OPEN) : this.#bySession(cookie).then((entry) => keep(entry ?? OPEN))
    }
    const { authorization } = request.headers
    if (authorization !== undefined) return this.#byHeader(authorization).then(keep)
    const cookie = this.#cookieOf(request)
    if (cookie !== null) return this.#bySession(cookie).then((entry) => keep(entry ?? this.#stranger(request, kind)))
    return keep(this.#stranger(request, kind))
  }

  /** Whether anybody has to sign in. */
  get locked(): boolean {
    return this.#parts.locked
  }

  /** Who sent a request that has entered. */
  authenticated(request: IncomingMessage): AuthResult {
    const entry = this.#entries.get(request)
    if (!entry) throw new Error('a request was served that did not come in by the door')
    return entry
  }

  /** Whether a session still lets somebody in, and as whom. */
  async reauthenticate(sessionId: string): Promise<AuthResult | null> {
    const session = await this.#parts.sessions.recheck(sessionId)
    return session && this.#entryOf(session)
  }

  async #byHeader(authorization: string): Promise<AuthResult> {
    const [scheme, credentials] = authorization.trim().split(/\s+/, 2)
    if (scheme?.toLowerCase() !== 'bearer' || !credentials) return CLOSED
    if (credentials.startsWith('v1:')) return (await this.#bySession(credentials)) ?? CLOSED
    const viewer = await this.#parts.tokens.check(credentials)
    return viewer ? { viewer, session: null, cookie: null } : CLOSED
  }

  async #bySession(value: string): Promise<AuthResult | null> {
    const session = await this.#parts.sessions.check(value)
    return session && this.#entryOf(session)
  }

  #entryOf(session: NonNullable<Awaited<ReturnType<Sessions['check']>>>): AuthResult {
    const { id, expiresAt, person, cookie } = session
    return { viewer: viewerOf(person, this.#parts.usersOf), session: { id, expiresAt }, cookie }
  }

  /** @returns null also where there are two: a page of another host of the domain may have set the other one */
  #cookieOf(request: IncomingMessage): string | null {
    const { cookie } = request.headers
    if (cookie === undefined) return null
    const values: string[] = []
    for (const pair of cookie.split(';')) {
      const [name, value] = pair.trim().split('=', 2)
      if (name === this.#parts.sessions.cookieName) values.push(value ?? '')
    }
    return values.length === 1 ? values[0] || null : null
  }

  #stranger(request: IncomingMessage, kind: 'rest' | 'page'): AuthResult {
    return this.#parts.localPrograms && kind === 'rest' && isHere(request) ? OPEN : CLOSED
  }
}

const OPEN: AuthResult = { viewer: organizer, session: null, cookie: null }
const CLOSED: AuthResult = { viewer: anonymous, session: null, cookie: null }

/** Whether a program on this machine sent it, and nobody through it. */
function isHere(request: IncomingMessage): boolean {
  const address = request.socket.remoteAddress ?? ''
  const loopback = address === '::1' || /^(::ffff:)?127\./.test(address)
  // A proxy that adds none of these headers may still pass on the name that people asked for.
  const named = /^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/i.test(request.headers.host ?? '')
  return loopback && named && FORWARDED.every((header) => request.headers[header] === undefined)
}
