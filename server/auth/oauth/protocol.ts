import { CodeChallengeMethod, OAuth2Client, OAuth2Tokens } from 'arctic'
import { z } from 'zod'
import { BadRequest, UpstreamFailed } from '../../core/errors.ts'
import { askProvider, type Asking } from './ask.ts'

/** A provider as paths, cookies and configuration name it. */
export type ProviderName = 'github' | 'gitlab' | 'linkedin'

/** Who somebody is, in the words of their provider. */
export interface ProviderIdentity {
  /** `github:<id>`, `gitlab:<id>` or `linkedin:<sub>`: never given to anybody else, whatever they rename themselves to. */
  id: string
  provider: ProviderName
  displayName: string
  /** In lower case, and only when the provider says that the mailbox is theirs. */
  email: string | null
}

/** What an authorization URL is made of. */
export interface AuthorizationParts {
  state: string
  codeVerifier: string
  redirectUri: string
}

/** What a callback brought, with what was kept since the sign-in began. */
export interface CodeParts {
  code: string
  codeVerifier: string
  redirectUri: string
}

/** One place where people can sign in. */
export interface OAuthProvider {
  readonly name: ProviderName
  /** Its name for people. */
  readonly label: string
  /** Where to send the browser. The challenge is in it, the verifier is not. */
  authorizationUrl(parts: AuthorizationParts): URL
  /**
   * Exchanges the code for a token, and asks with it who this is. The token is forgotten then.
   * @throws BadRequest when the provider refuses, UpstreamFailed when it is broken; neither holds a secret
   */
  identify(parts: CodeParts): Promise<ProviderIdentity>
}

/** THON as the provider knows it, and where the provider is. */
export interface Registration {
  clientId: string
  clientSecret: string
  /** Its web site, without a slash at the end; may have a path, as a GitLab under a relative URL has. */
  url: string
}

/** A registration at a provider whose API is on a host of its own. */
export interface ApiRegistration extends Registration {
  apiUrl: string
}

/** Where in a provider the code flow takes place. */
interface Flow {
  label: string
  registration: Registration
  scopes: string[]
  authorizePath: string
  tokenPath: string
  /** It refuses, by a 401, whoever is an application with a secret and sends a verifier. */
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
   * Exchanges the code. The secret goes in the body: LinkedIn takes it nowhere else, and GitHub's and GitLab's manuals
   * have it there too.
   * @returns asks the provider as the one who signed in
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
      // What is wrong then as well was said better the first time.
      return askProvider({ ...asking, url, body }, z.looseObject({})).catch(() => {
        throw error
      })
    })
    const token = usableToken(answer, label)
    const headers = { Authorization: `Bearer ${token}` }
    return (url, schema) => askProvider({ ...asking, hidden: [...asking.hidden, token], url, headers }, schema)
  }
}

/** Asks a URL with the token of whoever signed in. @throws as `askProvider` */
export type AskAs = <T>(url: Asking['url'], schema: z.ZodType<T>) => Promise<T>

/** What may stand in a header: https://www.rfc-editor.org/rfc/rfc6750#section-2.1, and whatever else is printable. */
const TOKEN = /^[\x21-\x7e]{1,8192}$/

function usableToken(answer: object, label: string): string {
  try {
    const token = new OAuth2Tokens(answer).accessToken()
    if (TOKEN.test(token)) return token
  } catch {}
  throw new UpstreamFailed(`${label} sent no usable token`)
}
