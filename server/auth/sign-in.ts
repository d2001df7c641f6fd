import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'
import { BadRequest, TooMany } from '../core/errors.ts'
import type { Callback, OAuthService } from './oauth/service.ts'
import type { IdentitiesService } from './identities.ts'
import type { LocalPassword } from './password.ts'
import type { Sessions } from './sessions.ts'

/** A provider that people may choose. */
export interface Choice {
  /** As in addresses: `github`. */
  name: string
  /** As people know it: `GitHub`. */
  label: string
}

/** What signing in is made of. */
export interface SignInDeps {
  sessions: Sessions
  identities: IdentitiesService
  /** Null when there is none. */
  password: LocalPassword | null
  oauth: OAuthService
  /** The providers to choose from, in the order in which people see them. */
  choices: readonly Choice[]
  /** Whether providers are asked at all. */
  enabled: boolean
  /** Where people reach THON; null is wherever they asked. */
  publicUrl: string | null
}

/** Sign-ins that one address may begin in ten minutes: a venue of 200 people is one address. */
const BEGUN_AN_ADDRESS = 1_000

/** The ways in, for browsers: each ends in the cookie of a session. */
export class SignIn {
  readonly #parts: SignInDeps
  readonly #begun = new RateLimiterMemory({ points: BEGUN_AN_ADDRESS, duration: 600 })

  constructor(parts: SignInDeps) {
    this.#parts = parts
  }

  /** Whether sign-in at providers is switched on. */
  get enabled(): boolean {
    return this.#parts.enabled
  }

  /** Whether there is a local password. */
  get hasPassword(): boolean {
    return this.#parts.password !== null
  }

  /** The providers to choose from, in the order in which people see them. */
  get choices(): readonly Choice[] {
    return this.#parts.choices
  }

  /** @returns the session's cookie. @throws InvalidInput, WrongPassword, TooMany, BadRequest (there is no password) */
  async byPassword(raw: unknown, address: string): Promise<string> {
    const { password } = this.#parts
    if (!password) throw new BadRequest('There is no local password here.')
    return password.signIn(raw, address)
  }

  /**
   * Sends somebody to a provider.
   * @param goTo path of the dashboard to go on to afterwards
   * @param origin where the browser reaches this server, unless a public URL is configured
   * @param address who begins, for the limit
   * @throws BadRequest for a provider that is not configured, TooMany
   */
  async begin(
    provider: string,
    goTo: string,
    origin: string,
    address: string,
  ): Promise<{ authorizationUrl: string; state: string }> {
    await this.#begun.consume(address).catch((seen: unknown) => {
      if (seen instanceof Error) throw seen
      const seconds = Math.max(1, Math.ceil((seen as RateLimiterRes).msBeforeNext / 1000))
      throw new TooMany('Too many sign-ins were begun. Try again in a few minutes.', seconds)
    })
    const redirectUri = `${this.#parts.publicUrl ?? origin}/api/auth/callback/${provider}`
    return this.#parts.oauth.begin(provider, { redirectUri, goTo })
  }

  /**
   * Somebody comes back from a provider.
   * @returns the session's cookie, and where to go on
   * @throws BadRequest (state or sign-in refused), UpstreamFailed (the provider is broken)
   */
  async finish(provider: string, answer: Callback): Promise<{ cookie: string; goTo: string }> {
    const { oauth, identities, sessions } = this.#parts
    const { identity, goTo } = await oauth.finish(provider, answer)
    const { id } = await identities.admit(identity)
    return { cookie: await sessions.begin(id), goTo }
  }

  /** @returns the cookie that signs the browser out */
  signOut(sessionId: string | null): Promise<string> {
    return this.#parts.sessions.end(sessionId)
  }
}
