import { describe, expect, test } from 'vitest'
import { createProviders, OAuthService } from '../../server/auth/oauth/service.ts'
import { PROVIDERS, redirectUriOf, refused, startFlow } from '../kit/oauth-flow.ts'
import type { Endpoint, ProviderFault } from '../kit/oauth-faults.ts'

const LABELS = { github: 'GitHub', gitlab: 'GitLab', linkedin: 'LinkedIn' }
const REASON = 'The code is incorrect or expired.'
const TIME_LIMIT = 400

const FAULTS: [ProviderFault, code: string, message: string][] = [
  ['refuse', 'BAD_REQUEST', `refused the sign-in: ${REASON}`],
  ['forbid', 'BAD_REQUEST', 'refused the sign-in: HTTP 403'],
  ['error', 'UPSTREAM_FAILED', 'answered with HTTP 500'],
  ['unavailable', 'UPSTREAM_FAILED', 'answered with HTTP 503'],
  ['text', 'UPSTREAM_FAILED', 'sent an unreadable answer'],
  ['list', 'UPSTREAM_FAILED', 'sent an unreadable answer'],
  ['latin', 'UPSTREAM_FAILED', 'sent an unreadable answer'],
  ['huge', 'UPSTREAM_FAILED', 'sent too long an answer'],
  ['redirect', 'UPSTREAM_FAILED', 'answered with a redirect'],
  ['silent', 'UPSTREAM_FAILED', 'did not answer within 0.4 s'],
  ['slow', 'UPSTREAM_FAILED', 'did not answer within 0.4 s'],
  ['cut', 'UPSTREAM_FAILED', 'cannot be reached (UND_ERR_SOCKET)'],
]

const ENDPOINTS = PROVIDERS.flatMap((provider) =>
  (['token', 'profile', ...(provider === 'github' ? ['emails' as const] : [])] as Endpoint[]).map(
    (endpoint) => [provider, endpoint] as const,
  ),
)

describe.for(ENDPOINTS)('%s, %s', ([provider, endpoint]) => {
  const missing = endpoint === 'token' ? 'sent no usable token' : 'sent an unreadable answer'
  const fieldless: typeof FAULTS = (['empty', 'wrong', 'header'] as const).map((fault) => [
    fault,
    'UPSTREAM_FAILED',
    missing,
  ])

  test.for([...FAULTS, ...fieldless])('%s ends in %s', async ([fault, code, message]) => {
    const flow = await startFlow(fault === 'silent' || fault === 'slow' ? TIME_LIMIT : undefined)
    const callback = await flow.visitProvider(provider)
    flow.at.fail(provider, endpoint, fault)
    const refusal = await refused(flow.service.finish(provider, callback))
    expect(refusal).toMatchObject({ code, message: `${LABELS[provider]} ${message}` })
    expect(refusal.cause).toBeUndefined()
    // A megabyte, and what the network holds on the way.
    expect(flow.at.poured).toBeLessThan(16 * 1024 * 1024)
    expect(flow.at.requests.map(({ path }) => path)).not.toContain('/elsewhere')
    flow.at.heal()
    const again = await flow.service.finish(provider, await flow.visitProvider(provider))
    expect(again.identity.email).toBe('ada@example.org')
  })

  test('a provider that repeats what it was sent reveals no secret', async () => {
    const flow = await startFlow()
    const callback = await flow.visitProvider(provider)
    const { codeVerifier } = await flow.db.oAuthState.findFirstOrThrow()
    flow.at.fail(provider, endpoint, 'echo')
    const { message } = await refused(flow.service.finish(provider, callback))
    const { body, headers } = flow.at.requests.at(-1)!
    expect(message).toMatch(/refused the sign-in: You sent .*\[hidden\]/)
    const secret = `${provider}-secret+/=é%`
    const token = headers.authorization?.replace('Bearer ', '') ?? 'none yet'
    for (const leak of [callback.code, codeVerifier, secret, encodeURIComponent(secret), token])
      expect(message).not.toContain(leak)
    // The secrets really were in what it repeated.
    expect(endpoint === 'token' ? new URLSearchParams(body).get('client_secret') : token).toMatch(
      endpoint === 'token' ? secret : /^token-/,
    )
  })
})

test.for(PROVIDERS)('%s is named with the reason when it is down', async (provider) => {
  const flow = await startFlow()
  const callback = await flow.visitProvider(provider)
  await flow.at.close()
  expect(await refused(flow.service.finish(provider, callback))).toMatchObject({
    code: 'UPSTREAM_FAILED',
    message: `${LABELS[provider]} cannot be reached (ECONNREFUSED)`,
  })
})

test('an impostor of a provider is sent nothing', async () => {
  const flow = await startFlow()
  const { gitlab } = flow.at.config()
  // The certificate is not for this name.
  const elsewhere = { ...gitlab, url: gitlab.url.replace('127.0.0.1', 'localhost') }
  const providers = createProviders({ github: null, gitlab: elsewhere, linkedin: null })
  const callback = await flow.visitProvider('gitlab')
  const asked = flow.at.requests.length
  const refusal = await refused(new OAuthService({ db: flow.db, providers }).finish('gitlab', callback))
  expect(refusal.message).toBe('GitLab cannot be reached (ERR_TLS_CERT_ALTNAME_INVALID)')
  expect(flow.at.requests).toHaveLength(asked)
})

test('a wrong client secret is refused by all providers, and not shown', async () => {
  const flow = await startFlow()
  const { github, gitlab, linkedin } = flow.at.config()
  const wrong = { clientSecret: 'somebody-elses' }
  const config = {
    github: { ...github, ...wrong },
    gitlab: { ...gitlab, ...wrong },
    linkedin: { ...linkedin, ...wrong },
  }
  const service = new OAuthService({ db: flow.db, providers: createProviders(config) })
  for (const provider of PROVIDERS) {
    const refusal = await refused(service.finish(provider, await flow.visitProvider(provider)))
    expect(refusal.message).toBe(`${LABELS[provider]} refused the sign-in: token: client authentication`)
  }
})

test('the error of a callback is shortened and cleaned of control characters', async () => {
  const { service } = await startFlow()
  const { state } = await service.begin('linkedin', { redirectUri: redirectUriOf('linkedin'), goTo: '/' })
  const error = `\u001b[2Jno\r\n\u202e${'x'.repeat(500)}`
  const { message } = await refused(service.finish('linkedin', { state, error }))
  expect(message).toBe(`LinkedIn refused the sign-in: [2Jno ${'x'.repeat(200 - '[2Jno '.length)}`)
})

test('an unregistered redirect URI is not visited', async () => {
  const { service, at } = await startFlow()
  const { authorizationUrl } = await service.begin('github', { redirectUri: 'https://evil.example/', goTo: '/' })
  await expect(at.visit(authorizationUrl)).rejects.toThrow('authorize: redirect_uri')
})
