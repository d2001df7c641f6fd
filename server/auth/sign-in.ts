import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'
import { BadRequest, TooMany } from '../core/errors.ts'
import type { Callback, OAuthService } from './oauth/service.ts'
import type { IdentitiesService } from './identities.ts'
import type { LocalPassword } from './password.ts'
import { networkOf } from '../core/networks.ts'
import type { Principal, Viewer } from '../core/viewer.ts'
import type { Principals } from './principals.ts'
import type { Sessions } from './sessions.ts'
import type { UnitOfWork } from '../db/unit-of-work.ts'
import type { StoredPassword } from './stored-password.ts'

/** A provider that people can sign in with. */
export interface SignInProvider {
  /** As in addresses: `github`. */
  name: string
  /** As people know it: `GitHub`. */
  label: string
}

/** What signing in needs. */
export interface SignInDeps {
  unit: UnitOfWork
  principals: Pick<Principals, 'revoke' | 'revokeAllOf'>
  sessions: Sessions
  identities: IdentitiesService
  password: LocalPassword
  /** Whether the environment sets a local password. */
  hasConfiguredPassword: boolean
  /** The one that was generated on the dashboard, if any. */
  storedPassword: StoredPassword
  oauth: OAuthService
  /** The configured providers, in the order people see them. */
  providers: readonly SignInProvider[]
  /** Whether `AUTH_ENABLED` is set. */
  enabled: boolean
  /** Where people reach THON; null means the address they asked for. */
  publicUrl: string | null
}

/** Sign-ins that one address may start in ten minutes: a venue of 200 people is one address. */
const STARTS_PER_ADDRESS = 1_000

/** The ways to sign in with a browser. Each ends in a session cookie. */
export class SignIn {
  readonly #deps: SignInDeps
  readonly #starts = new RateLimiterMemory({ points: STARTS_PER_ADDRESS, duration: 600 })

  constructor(deps: SignInDeps) {
    this.#deps = deps
  }

  /** Whether sign-in with providers is switched on. */
  get enabled(): boolean {
    return this.#deps.enabled
  }

  /** Whether there is a local password. */
  get hasPassword(): boolean {
    return this.#deps.hasConfiguredPassword || this.#deps.storedPassword.isSet
  }

  /** The configured providers, in the order people see them. */
  get providers(): readonly SignInProvider[] {
    return this.#deps.providers
  }

  /**
   * @param viewer who they are so far
   * @returns the session cookie
   * @throws InvalidInput, WrongPassword, TooMany, BadRequest (there is no password)
   */
  async byPassword(raw: unknown, address: string, viewer: Principal): Promise<string> {
    const { password } = this.#deps
    if (!this.hasPassword) throw new BadRequest('There is no local password here.')
    return password.signIn(raw, address, viewer.kind === 'account' && viewer.role === 'organizer')
  }

  /**
   * Generates a local password on a server without a login, and signs in who did it.
   * @returns the password, shown only now, and the session cookie
   * @throws Conflict when there is a login already, Forbidden
   */
  async createPassword(viewer: Viewer): Promise<{ password: string; cookie: string }> {
    const password = await this.#deps.storedPassword.create(viewer)
    return { password, cookie: await this.#deps.password.open() }
  }

  /**
   * Starts a sign-in with a provider.
   * @param goTo path of the dashboard to open afterwards
   * @param origin where the browser reaches this server; a configured public URL takes precedence
   * @param address who starts it, for the limit
   * @throws BadRequest for a provider that is not configured, TooMany
   */
  async begin(
    provider: string,
    goTo: string,
    origin: string,
    address: string,
  ): Promise<{ authorizationUrl: string; state: string }> {
    await this.#starts.consume(networkOf(address)).catch((seen: unknown) => {
      if (seen instanceof Error) throw seen
      const seconds = Math.max(1, Math.ceil((seen as RateLimiterRes).msBeforeNext / 1000))
      throw new TooMany('Too many sign-ins were started. Try again in a few minutes.', seconds)
    })
    const redirectUri = `${this.#deps.publicUrl ?? origin}/api/auth/callback/${provider}`
    return this.#deps.oauth.begin(provider, { redirectUri, goTo })
  }

  /**
   * Finishes a sign-in with what the provider sent back.
   * @returns the session cookie, and the page to open
   * @throws BadRequest (state or sign-in refused), UpstreamFailed (the provider is broken)
   */
  async finish(provider: string, answer: Callback): Promise<{ cookie: string; goTo: string }> {
    const { oauth, identities, sessions } = this.#deps
    const { identity, goTo } = await oauth.finish(provider, answer)
    const { id } = await identities.signIn(identity)
    return { cookie: await sessions.create(id), goTo }
  }

  /**
   * Ends a session; API tokens stay.
   * @param everywhere ends every session of the same person, or everyone's who signed in with the local password
   * @returns the cookie that signs the browser out
   */
  async signOut({ id, kind, identityId }: Principal, everywhere = false): Promise<string> {
    const { principals, sessions, unit } = this.#deps
    if (everywhere && identityId !== null) await unit.write((tx) => principals.revokeAllOf(tx, [identityId]))
    else if (kind === 'account' || kind === 'link') await unit.write((tx) => principals.revoke(tx, [id]))
    return sessions.clearedCookie
  }
}
