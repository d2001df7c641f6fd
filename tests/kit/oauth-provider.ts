/**
 * GitHub, GitLab and LinkedIn for tests: one HTTPS server on loopback that checks what it is sent.
 *
 *     const at = await OAuthStandIn.start()                      // close() it yourself, or use oauthStandIn() in a test
 *     createProviders(at.config())                               // for services in this process
 *     startApp({ AUTH_ENABLED: 'true', AUTH_SESSION_SECRET: …, ...at.environment() })   // for an app in this process
 *     spawn(node, [server], { env: { ...at.environment(), ...at.trust() } })            // for one in its own process
 *     at.who = person({ login: 'bob', email: null })             // the visitor from now on
 *     at.denies = true                                           // … who presses Cancel
 *     at.nextCode = 'thecode'                                    // for the next visitor, when a test has to know the code
 *     const callback = await at.visit(authorizationUrl)          // as a browser; returns the URL it is sent back to
 *     at.fail('github', 'token', 'slow'); at.heal()
 *     at.requests; at.complaints                                 // what came, and what was wrong with it (also in the 4xx)
 *
 * The process that starts it trusts its certificate from then on. Chromium needs `--ignore-certificate-errors` to visit it. Redirect URIs must end in /api/auth/callback/<provider>.
 */
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import tls from 'node:tls'
import { generate } from 'selfsigned'
import { onTestFinished } from 'vitest'
import type { ProviderName } from '../../server/auth/oauth/protocol.ts'
import type { ProvidersConfig } from '../../server/auth/oauth/service.ts'
import { failWith, type Endpoint, type ProviderFault } from './oauth-faults.ts'
import { person, profileOf, type OAuthPerson } from './oauth-people.ts'

const SCOPES = { github: 'read:user user:email', gitlab: 'read_user', linkedin: 'openid profile email' }

/** Where everything is. GitLab has a path, as a self-managed one may; GitHub's API too, as in GitHub Enterprise. */
const PATHS: Record<string, [ProviderName, 'authorize' | Endpoint]> = {
  '/login/oauth/authorize': ['github', 'authorize'],
  '/login/oauth/access_token': ['github', 'token'],
  '/api/v3/user': ['github', 'profile'],
  '/api/v3/user/emails': ['github', 'emails'],
  '/gitlab/oauth/authorize': ['gitlab', 'authorize'],
  '/gitlab/oauth/token': ['gitlab', 'token'],
  '/gitlab/api/v4/user': ['gitlab', 'profile'],
  '/oauth/v2/authorization': ['linkedin', 'authorize'],
  '/oauth/v2/accessToken': ['linkedin', 'token'],
  '/v2/userinfo': ['linkedin', 'profile'],
}

/** One request that came. */
export interface SeenRequest {
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: string
}

interface Grant {
  provider: ProviderName
  redirectUri: string
  challenge: string
  who: OAuthPerson
}

/** See the top of the file. */
export class OAuthStandIn {
  /** The visitor from now on. Codes and tokens stay valid for the person who got them. */
  who: OAuthPerson = person()
  /** Whether the visitor presses Cancel. */
  denies = false
  /** The code that the next visitor gets; null for a random one. */
  nextCode: string | null = null
  readonly requests: SeenRequest[] = []
  readonly complaints: string[] = []
  /** Bytes sent in answers that never end. */
  poured = 0
  readonly origin: string
  /** The certificate, for NODE_EXTRA_CA_CERTS. */
  readonly caFile: string
  readonly #server: Server
  readonly #codes = new Map<string, Grant>()
  readonly #tokens = new Map<string, Grant>()
  readonly #faults = new Map<string, ProviderFault>()

  readonly #credentials: Credentials

  private constructor(server: Server, caFile: string, registered: Credentials) {
    this.#server = server
    this.#credentials = registered
    this.origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    this.caFile = caFile
    server.on('request', (request, response) => void this.#answer(request, response))
  }

  /** Starts one on a free port, trusted by this process. @param registered the client ids and secrets it accepts */
  static async start(registered: Credentials = credentials): Promise<OAuthStandIn> {
    const pems = await (certificate ??= makeCertificate())
    const caFile = join(mkdtempSync(join(tmpdir(), 'thon-oauth-')), 'ca.pem')
    writeFileSync(caFile, pems.cert)
    const server = createServer({ key: pems.private, cert: pems.cert })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new OAuthStandIn(server, caFile, registered)
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
    rmSync(join(this.caFile, '..'), { recursive: true, force: true })
  }

  /** All three, for `createProviders`. */
  config() {
    const registered = (name: ProviderName, url = this.origin) => ({ ...this.#credentials(name), url })
    return {
      github: { ...registered('github'), apiUrl: `${this.origin}/api/v3` },
      gitlab: registered('gitlab', `${this.origin}/gitlab`),
      linkedin: { ...registered('linkedin'), apiUrl: this.origin },
    } satisfies ProvidersConfig
  }

  /** All three, for the environment of a server. */
  environment(): Record<string, string> {
    const { github, gitlab, linkedin } = this.config()
    return {
      AUTH_GITHUB_CLIENT_ID: github.clientId,
      AUTH_GITHUB_CLIENT_SECRET: github.clientSecret,
      AUTH_GITHUB_URL: github.url,
      AUTH_GITHUB_API_URL: github.apiUrl,
      AUTH_GITLAB_CLIENT_ID: gitlab.clientId,
      AUTH_GITLAB_CLIENT_SECRET: gitlab.clientSecret,
      AUTH_GITLAB_URL: gitlab.url,
      AUTH_LINKEDIN_CLIENT_ID: linkedin.clientId,
      AUTH_LINKEDIN_CLIENT_SECRET: linkedin.clientSecret,
      AUTH_LINKEDIN_URL: linkedin.url,
      AUTH_LINKEDIN_API_URL: linkedin.apiUrl,
    }
  }

  /** The environment with which another Node trusts it. */
  trust(): Record<string, string> {
    return { NODE_EXTRA_CA_CERTS: this.caFile }
  }

  /** Makes an endpoint fail from now on. */
  fail(provider: ProviderName, endpoint: Endpoint, fault: ProviderFault): void {
    this.#faults.set(`${provider} ${endpoint}`, fault)
  }

  /** Makes every endpoint work again. */
  heal(): void {
    this.#faults.clear()
  }

  /** Visits the provider as a browser would. @returns the URL it is sent back to. @throws when the provider shows a page */
  async visit(authorizationUrl: string | URL): Promise<URL> {
    const response = await fetch(authorizationUrl, { redirect: 'manual' })
    const back = response.headers.get('location')
    if (response.status !== 302 || !back) throw new Error(`the provider shows: ${await response.text()}`)
    return new URL(back)
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const url = new URL(request.url ?? '/', this.origin)
    const body = await text(request).catch(() => '')
    this.requests.push({ method: request.method ?? '', path: url.pathname, headers: request.headers, body })
    const [provider, endpoint] = PATHS[url.pathname] ?? []
    const fault = this.#faults.get(`${provider} ${endpoint}`)
    if (!provider || !endpoint) return json(response, 404, { message: 'Not Found' })
    if (endpoint === 'authorize') return this.#authorize(provider, url.searchParams, response)
    if (fault) {
      const refusalStatus = endpoint !== 'token' ? 401 : provider === 'github' ? 200 : 400
      const sent = (bytes: number) => void (this.poured += bytes)
      return failWith(fault, { response, request, received: body, refusalStatus, sent })
    }
    if (endpoint === 'token') return this.#exchange(provider, request, new URLSearchParams(body), response)
    const grant = this.#tokens.get(/^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '')
    if (grant?.provider !== provider || request.headers['user-agent'] !== 'THON')
      return this.#complain(response, 401, 'profile: no token, another token, or no User-Agent')
    return json(response, 200, endpoint === 'emails' ? grant.who.emails : profileOf(provider, grant.who))
  }

  #authorize(provider: ProviderName, asked: URLSearchParams, response: ServerResponse): unknown {
    const redirectUri = asked.get('redirect_uri') ?? ''
    const state = asked.get('state') ?? ''
    const challenge = asked.get('code_challenge') ?? ''
    const wrong = [
      asked.get('client_id') !== this.#credentials(provider).clientId && 'client_id',
      !URL.parse(redirectUri)?.pathname.endsWith(`/api/auth/callback/${provider}`) && 'redirect_uri',
      asked.get('response_type') !== 'code' && 'response_type',
      asked.get('scope') !== SCOPES[provider] && 'scope',
      !/^[\w-]{43,}$/.test(state) && 'state',
      asked.get('code_challenge_method') !== 'S256' && 'code_challenge_method',
      !/^[\w-]{43}$/.test(challenge) && 'code_challenge',
    ].filter(Boolean)
    if (wrong.length > 0) return this.#complain(response, 400, `authorize: ${wrong.join(', ')}`)
    const back = new URL(redirectUri)
    if (this.denies) {
      back.searchParams.set('error', 'access_denied')
      back.searchParams.set('error_description', 'The user has denied your application access.')
    } else {
      const code = this.nextCode ?? `code-${randomBytes(12).toString('hex')}`
      this.nextCode = null
      this.#codes.set(code, { provider, redirectUri, challenge, who: structuredClone(this.who) })
      back.searchParams.set('code', code)
    }
    back.searchParams.set('state', state)
    return response.writeHead(302, { Location: back.href }).end()
  }

  #exchange(
    provider: ProviderName,
    request: IncomingMessage,
    asked: URLSearchParams,
    response: ServerResponse,
  ): unknown {
    const grant = this.#codes.get(asked.get('code') ?? '')
    // The attempt uses it up, as the RFC recommends.
    this.#codes.delete(asked.get('code') ?? '')
    const verifier = asked.get('code_verifier') ?? ''
    const wrong = [
      request.method !== 'POST' && 'method',
      request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') !== true && 'content-type',
      request.headers.accept !== 'application/json' && 'accept',
      asked.get('grant_type') !== 'authorization_code' && 'grant_type',
      !isClient(provider, request, asked, this.#credentials(provider)) && 'client authentication',
      grant?.provider !== provider && 'code',
      grant?.redirectUri !== asked.get('redirect_uri') && 'redirect_uri',
      !/^[\w.~-]{43,128}$/.test(verifier) && 'code_verifier',
      grant?.challenge !== createHash('sha256').update(verifier).digest('base64url') && 'code_challenge',
    ].filter(Boolean)
    if (!grant || wrong.length > 0)
      return this.#complain(response, provider === 'github' ? 200 : 400, `token: ${wrong.join(', ')}`)
    const token = `token-${randomBytes(20).toString('hex')}`
    this.#tokens.set(token, grant)
    return json(response, 200, { access_token: token, token_type: 'Bearer', scope: SCOPES[provider], expires_in: 7200 })
  }

  #complain(response: ServerResponse, status: number, what: string): unknown {
    this.complaints.push(what)
    return json(response, status, { error: 'invalid_request', error_description: what })
  }
}

/** One for the whole process: OpenSSL picks the wrong one of several with the same name. */
let certificate: ReturnType<typeof makeCertificate> | undefined

async function makeCertificate() {
  const pems = await generate([{ name: 'commonName', value: `THON test providers ${process.pid}` }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  })
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), pems.cert])
  return pems
}

/** A stand-in that closes with the test. @param registered the client ids and secrets it accepts */
export async function oauthStandIn(registered?: Credentials): Promise<OAuthStandIn> {
  const at = await OAuthStandIn.start(registered)
  onTestFinished(() => at.close())
  return at
}

/** THON's registration with each provider. */
type Credentials = (provider: ProviderName) => { clientId: string; clientSecret: string }

function credentials(provider: ProviderName): ReturnType<Credentials> {
  return { clientId: `${provider}-client`, clientSecret: `${provider}-secret+/=é%` }
}

/** HTTP Basic or the body, never both; LinkedIn only accepts the body. */
function isClient(
  provider: ProviderName,
  request: IncomingMessage,
  asked: URLSearchParams,
  { clientId, clientSecret }: ReturnType<Credentials>,
): boolean {
  const basic = request.headers.authorization
  if (basic === undefined) return asked.get('client_id') === clientId && asked.get('client_secret') === clientSecret
  if (provider === 'linkedin' || asked.has('client_secret')) return false
  return basic === `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`
}

function json(response: ServerResponse, status: number, body: unknown): unknown {
  return response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' }).end(JSON.stringify(body))
}
