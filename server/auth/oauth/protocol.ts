import { CodeChallengeMethod, OAuth2Client, OAuth2Tokens } from 'arctic'
import { z } from 'zod'
import { BadRequest, UpstreamFailed } from '../../core/errors.ts'
import { askProvider, type Asking } from './ask.ts'

/** A provider's name in paths, cookies and configuration. */
export type ProviderName = 'github' | 'gitlab' | 'linkedin'

/** A person, as their provider describes them. */
export interface ProviderIdentity {
  /** `github:<id>`, `gitlab:<id>` or `linkedin:<sub>`: stays the same when they rename themselves, and is never given to another person. */
  id: string
  provider: ProviderName
  displayName: string
  /** In lower case, and only when the provider has verified that the mailbox is theirs. */
  email: string | null
}

/** What goes into an authorization URL. */
export interface AuthorizationParts {
  state: string
  codeVerifier: string
  redirectUri: string
}

/** What a callback brought, and what was stored when the sign-in started. */
export interface CodeParts {
  code: string
  codeVerifier: string
  redirectUri: string
}

/** A service that people can sign in with. */
export interface OAuthProvider {
  readonly name: ProviderName
  /** The name people know. */
  readonly label: string
  /** Where to send the browser. The URL holds the challenge, never the verifier. */
  authorizationUrl(parts: AuthorizationParts): URL
  /**
   * Exchanges the code for a token, and asks with it who this is. The token is not kept.
   * @throws BadRequest when the provider refuses, UpstreamFailed when it is broken; neither message holds a secret
   */
  identify(parts: CodeParts): Promise<ProviderIdentity>
}

/** THON's registration with a provider, and the provider's address. */
export interface Registration {
  clientId: string
  clientSecret: string
  /** The provider's web site, without a slash at the end; may have a path, as a GitLab under a relative URL has. */
  url: string
}

/** A registration with a provider whose API has its own host. */
export interface ApiRegistration extends Registration {
  apiUrl: string
}

/** How the code flow works at one provider. */
interface Flow {
  label: string
  registration: Registration
  scopes: string[]
  authorizePath: string
  tokenPath: string
  /** The provider may answer 401 to an application that has a secret and also sends a verifier. */
  mayRefuseVerifier?: boolean
}

/** The code flow of OAuth 2.0 with PKCE S256: https://www.rfc-editor.org/rfc/rfc6749#section-4.1, https://www.rfc-editor.org/rfc/rfc7636 */
export class CodeFlow {
  readonly #flow: Flow
  readonly #timeLimit: number | undefined

  /** @param timeLimit milliseconds for each request; see `askProvider` */
  constructor(flow: Flow, timeLimit?: number) {
    this.#flow = flow
    this.#timeLimit = timeLimit
  }

  /** @returns the URL to send the browser to */
  authorizationUrl({ state, codeVerifier, redirectUri }: AuthorizationParts): URL {
    const { registration, authorizePath, scopes } = this.#flow
    const client = new OAuth2Client(registration.clientId, null, redirectUri)
    const endpoint = registration.url + authorizePath
    return client.createAuthorizationURLWithPKCE(endpoint, state, CodeChallengeMethod.S256, codeVerifier, scopes)
  }

  /**
   * Exchanges the code. The secret goes into the body: LinkedIn accepts it nowhere else, and the manuals of GitHub and
   * GitLab show it there.
   * @returns a function that asks the provider on behalf of the person who signed in
   * @throws BadRequest when the provider refuses the code, UpstreamFailed when it is broken or sends no usable token
   */
  async exchange({ code, codeVerifier, redirectUri }: CodeParts): Promise<AskAs> {
    const { label, registration, tokenPath, mayRefuseVerifier = false } = this.#flow
    const { clientId, clientSecret } = registration
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      code_verifier: codeVerifier,
      client_id: clientId,
      client_secret: clientSecret,
    })
    const asking = { label, timeLimit: this.#timeLimit, hidden: [clientSecret, code, codeVerifier] }
    const url = registration.url + tokenPath
    const answer = await askProvider({ ...asking, url, body }, z.looseObject({})).catch((error: unknown) => {
      if (!mayRefuseVerifier || !(error instanceof BadRequest)) throw error
      body.delete('code_verifier')
      // If this fails as well, the first refusal says more.
      return askProvider({ ...asking, url, body }, z.looseObject({})).catch(() => {
        throw error
      })
    })
    const token = usableToken(answer, label)
    const headers = { Authorization: `Bearer ${token}` }
    return (url, schema) => askProvider({ ...asking, hidden: [...asking.hidden, token], url, headers }, schema)
  }
}

/** Asks a URL with the token of the person who signed in. @throws as `askProvider` */
export type AskAs = <T>(url: Asking['url'], schema: z.ZodType<T>) => Promise<T>

/** What may stand in a header: https://www.rfc-editor.org/rfc/rfc6750#section-2.1, and anything else that is printable. */
const TOKEN = /^[\x21-\x7e]{1,8192}$/

function usableToken(answer: object, label: string): string {
  try {
    const token = new OAuth2Tokens(answer).accessToken()
    if (TOKEN.test(token)) return token
  } catch {}
  throw new UpstreamFailed(`${label} sent no usable token`)
}
