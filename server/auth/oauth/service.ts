import { createHash } from 'node:crypto'
import { generateCodeVerifier, generateState } from 'arctic'
import type { Db } from '../../db/client.ts'
import { BadRequest } from '../../core/errors.ts'
import { refusal } from './ask.ts'
import { pathHere } from './return-path.ts'
import type { OAuthProvider, ProviderIdentity, ProviderName } from './protocol.ts'
import { words } from './text.ts'

/** What the service needs of its surroundings. */
export interface OAuthDeps {
  db: Db
  /** As `createProviders` makes them. */
  providers: readonly OAuthProvider[]
  /** Milliseconds since 1970; the clock, unless a test has its own. */
  now?: () => number
}

/** What a provider's callback says: here is a code, or there will be none (https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2). */
export type Callback =
  { state: string; code: string } | { state: string; error: string; errorDescription?: string | undefined }

/** Milliseconds from the login page to the callback. */
const LIFETIME = 10 * 60_000

/** Sign-ins under way. A hall has some hundred; the limit is for whoever begins them without end. */
const MOST_PENDING = 10_000

/** Sign-ins at the configured providers, from the first redirect to knowing who it is. Whether they are let in is not its concern. */
export class OAuthService {
  readonly #db: Db
  readonly #providers: ReadonlyMap<string, OAuthProvider>
  readonly #now: () => number

  constructor({ db, providers, now = Date.now }: OAuthDeps) {
    this.#db = db
    this.#providers = new Map(providers.map((provider) => [provider.name, provider]))
    this.#now = now
  }

  /** The configured providers, in the order in which people see them. */
  names(): ProviderName[] {
    return [...this.#providers.values()].map((provider) => provider.name)
  }

  /**
   * Begins a sign-in, which has ten minutes to come back.
   * @param redirectUri the callback, as it is registered at the provider
   * @param goTo path of the dashboard to go on to; anything else becomes `/`
   * @returns where to send the browser, and the state that is in it
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
   * Ends a sign-in. The state is used up by it, also when the provider refuses then.
   * @throws BadRequest when the provider is not configured; when the state is unknown, expired, used, or another
   *   provider's (it stays for that one); when the provider refuses, or the person did
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
    if (!provider) throw new BadRequest(`Provider '${words(name)}' is not configured`)
    return provider
  }

  /** Of several callbacks with one state, the one whose delete finds the row goes on. */
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

/** Whoever reads the database cannot go on with a sign-in. */
function idOf(state: string): string {
  return createHash('sha256').update(state).digest('hex')
}
