import { createHash } from 'node:crypto'
import { generateCodeVerifier, generateState } from 'arctic'
import type { Db } from '../../db/client.ts'
import { BadRequest } from '../../core/errors.ts'
import { refusal } from './ask.ts'
import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { linkedin } from './linkedin.ts'
import type { ApiRegistration, OAuthProvider, ProviderIdentity, ProviderName, Registration } from './protocol.ts'
import { safeText } from './text.ts'

/** What the service needs. */
export interface OAuthDeps {
  db: Db
  /** From `createProviders`. */
  providers: readonly OAuthProvider[]
  /** Milliseconds since 1970; the system clock unless a test passes its own. */
  now?: () => number
}

/** What a provider's callback brings: a code, or an error in its place (https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2). */
export type Callback =
  { state: string; code: string } | { state: string; error: string; errorDescription?: string | undefined }

/** The providers as the environment configures them; null for one that is not configured, or lacks its id or secret. */
export interface ProvidersConfig {
  github: ApiRegistration | null
  gitlab: Registration | null
  linkedin: ApiRegistration | null
}

/**
 * @param timeLimit milliseconds for each request to a provider; 10 s unless a test passes less
 * @returns the configured ones, in the order people see them
 */
export function createProviders(config: ProvidersConfig, timeLimit?: number): OAuthProvider[] {
  const providers: OAuthProvider[] = []
  if (config.github) providers.push(github(config.github, timeLimit))
  if (config.gitlab) providers.push(gitlab(config.gitlab, timeLimit))
  if (config.linkedin) providers.push(linkedin(config.linkedin, timeLimit))
  return providers
}

/** Milliseconds a sign-in may take, from the login page to the callback. */
const LIFETIME = 10 * 60_000

/** Sign-ins in progress. A venue has some hundred; the limit is for a client that starts them without end. */
const MOST_PENDING = 10_000

/** Sign-ins with the configured providers, from the first redirect to the person's identity. What they may do is decided elsewhere. */
export class OAuthService {
  readonly #db: Db
  readonly #providers: ReadonlyMap<string, OAuthProvider>
  readonly #now: () => number

  constructor({ db, providers, now = Date.now }: OAuthDeps) {
    this.#db = db
    this.#providers = new Map(providers.map((provider) => [provider.name, provider]))
    this.#now = now
  }

  /** The configured providers, in the order people see them. */
  names(): ProviderName[] {
    return [...this.#providers.values()].map((provider) => provider.name)
  }

  /**
   * Starts a sign-in, which has to come back within ten minutes.
   * @param redirectUri the callback, as registered with the provider
   * @param goTo path of the dashboard to open afterwards; anything else becomes `/`
   * @returns where to send the browser, and the state in that URL
   * @throws BadRequest when the provider is not configured
   */
  async begin(
    provider: string,
    { redirectUri, goTo }: { redirectUri: string; goTo: string },
  ): Promise<{ authorizationUrl: string; state: string }> {
    const at = this.#provider(provider)
    const state = generateState()
    const codeVerifier = generateCodeVerifier()
    const authorizationUrl = at.authorizationUrl({ state, codeVerifier, redirectUri }).href
    const expiresAt = new Date(this.#now() + LIFETIME)
    const pending = { id: idOf(state), provider: at.name, codeVerifier, redirectUri, goTo: pathHere(goTo), expiresAt }
    await this.#db.oAuthState.create({ data: pending })
    await this.#tidy()
    return { authorizationUrl, state }
  }

  /**
   * Finishes a sign-in. This uses up the state, also when the provider then refuses.
   * @throws BadRequest when the provider is not configured; when the state is unknown, expired, used, or of another
   *   provider (it stays valid there); when the provider or the person refuses
   * @throws UpstreamFailed when the provider is broken
   */
  async finish(provider: string, callback: Callback): Promise<{ identity: ProviderIdentity; goTo: string }> {
    const at = this.#provider(provider)
    const { codeVerifier, redirectUri, goTo } = await this.#use(at.name, callback.state)
    if ('error' in callback) throw refusal(at.label, callback.errorDescription || callback.error, [codeVerifier])
    return { identity: await at.identify({ code: callback.code, codeVerifier, redirectUri }), goTo }
  }

  #provider(name: string): OAuthProvider {
    const provider = this.#providers.get(name)
    if (!provider) throw new BadRequest(`Provider '${safeText(name)}' is not configured`)
    return provider
  }

  /** Of several callbacks with one state, the one whose delete finds the row continues. */
  async #use(provider: ProviderName, state: string) {
    const where = { id: idOf(state), provider, expiresAt: { gt: new Date(this.#now()) } }
    const pending = await this.#db.oAuthState.findFirst({ where })
    const used = pending ? (await this.#db.oAuthState.deleteMany({ where })).count : 0
    if (!pending || used !== 1) throw new BadRequest('Invalid or expired OAuth state')
    return pending
  }

  /** Deletes what has expired, and the oldest beyond the limit. */
  async #tidy(): Promise<void> {
    await this.#db.oAuthState.deleteMany({ where: { expiresAt: { lte: new Date(this.#now()) } } })
    const newestFirst = { orderBy: { expiresAt: 'desc' }, select: { id: true } } as const
    const beyond = await this.#db.oAuthState.findMany({ ...newestFirst, skip: MOST_PENDING, take: 500 })
    if (beyond.length > 0) await this.#db.oAuthState.deleteMany({ where: { id: { in: beyond.map(({ id }) => id) } } })
  }
}

/** Only a hash is stored, so that reading the database is not enough to finish a sign-in. */
function idOf(state: string): string {
  return createHash('sha256').update(state).digest('hex')
}

const HERE = 'http://here.invalid'

/**
 * The page to open after signing in, if it is on this server: a link to the login page must not lead anywhere else.
 * Browsers treat `/\` as `//` and ignore control characters.
 * @param wanted the path in the request
 * @returns path, query and fragment, in ASCII for a Location header; `/` for anything else
 */
function pathHere(wanted: string): string {
  if (!/^\/(?![/\\])/.test(wanted) || /\p{Cc}/u.test(wanted) || wanted.length > 2048) return '/'
  const url = URL.parse(wanted, HERE)
  if (url?.origin !== HERE) return '/'
  // `/.//elsewhere` is `//elsewhere` by now.
  return url.pathname.startsWith('//') ? '/' : url.pathname + url.search + url.hash
}
