import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createProviders, OAuthService } from '../../server/auth/oauth/service.ts'
import { PROVIDERS, redirectUriOf, refused, startFlow } from '../kit/oauth-flow.ts'
import { person } from '../kit/oauth-people.ts'

const INVALID = { code: 'BAD_REQUEST', message: 'Invalid or expired OAuth state' }
const MINUTE = 60_000

describe('a whole sign-in', () => {
  test.for([
    [
      'github',
      'github:4711',
      ['/login/oauth/authorize', '/login/oauth/access_token', '/api/v3/user', '/api/v3/user/emails'],
    ],
    ['gitlab', 'gitlab:4711', ['/gitlab/oauth/authorize', '/gitlab/oauth/token', '/gitlab/api/v4/user']],
    ['linkedin', 'linkedin:Li-4711', ['/oauth/v2/authorization', '/oauth/v2/accessToken', '/v2/userinfo']],
  ] as const)('%s identifies the person, who gets the page they asked for', async ([provider, id, paths]) => {
    const flow = await startFlow()
    const answer = await flow.service.finish(provider, await flow.visitProvider(provider, '/groups?q=a#b'))
    expect(answer).toEqual({
      identity: { id, provider, displayName: 'Ada Lovelace', email: 'ada@example.org' },
      goTo: '/groups?q=a#b',
    })
    expect(flow.at.requests.map(({ path }) => path)).toEqual(paths)
    expect(flow.at.complaints).toEqual([])
    expect(await flow.db.oAuthState.count()).toBe(0)
  })

  test.for(PROVIDERS)('the authorization URL of %s holds challenge and state, and no secret', async (provider) => {
    const { service, db, at } = await startFlow()
    const begun = await service.begin(provider, { redirectUri: redirectUriOf(provider), goTo: '/' })
    const pending = await db.oAuthState.findFirstOrThrow()
    const challenge = createHash('sha256').update(pending.codeVerifier).digest('base64url')
    expect(Object.fromEntries(new URL(begun.authorizationUrl).searchParams)).toEqual({
      response_type: 'code',
      client_id: `${provider}-client`,
      redirect_uri: redirectUriOf(provider),
      state: begun.state,
      code_challenge_method: 'S256',
      code_challenge: challenge,
      scope: { github: 'read:user user:email', gitlab: 'read_user', linkedin: 'openid profile email' }[provider],
    })
    expect(begun.authorizationUrl).not.toContain(pending.codeVerifier)
    expect(pending.id).toBe(createHash('sha256').update(begun.state).digest('hex'))
    expect(JSON.stringify(pending)).not.toContain(begun.state)
    expect(at.requests).toEqual([])
  })

  test('only configured providers are offered, in a fixed order', async () => {
    const { db, at } = await startFlow()
    const { github, gitlab, linkedin } = at.config()
    const names = (providers: Parameters<typeof createProviders>[0]) =>
      new OAuthService({ db, providers: createProviders(providers) }).names()
    expect(names({ linkedin, gitlab, github })).toEqual(['github', 'gitlab', 'linkedin'])
    expect(names({ linkedin, gitlab: null, github })).toEqual(['github', 'linkedin'])
    expect(names({ linkedin: null, gitlab: null, github: null })).toEqual([])
  })

  test.for(['nope', '', '__proto__', 'GitHub'])('a provider named %j is not configured', async (name) => {
    const { service } = await startFlow()
    const refusal = { code: 'BAD_REQUEST', message: `Provider '${name}' is not configured` }
    expect(await refused(service.begin(name, { redirectUri: 'https://x.example/', goTo: '/' }))).toMatchObject(refusal)
    expect(await refused(service.finish(name, { code: 'c', state: 's' }))).toMatchObject(refusal)
  })

  test('pressing Cancel is reported, and needs a new sign-in', async () => {
    const flow = await startFlow()
    flow.at.denies = true
    const { authorizationUrl } = await flow.service.begin('gitlab', { redirectUri: redirectUriOf('gitlab'), goTo: '/' })
    const back = (await flow.at.visit(authorizationUrl)).searchParams
    const [state, error, errorDescription] = ['state', 'error', 'error_description'].map((name) => back.get(name)!)
    const callback = { state: state!, error: error!, errorDescription }
    expect(await refused(flow.service.finish('github', callback))).toMatchObject(INVALID)
    expect(await refused(flow.service.finish('gitlab', callback))).toMatchObject({
      code: 'BAD_REQUEST',
      message: 'GitLab refused the sign-in: The user has denied your application access.',
    })
    expect(await refused(flow.service.finish('gitlab', callback))).toMatchObject(INVALID)
  })
})

describe('states', () => {
  test('a state is used up by its callback', async () => {
    const flow = await startFlow()
    const callback = await flow.visitProvider('github')
    await flow.service.finish('github', callback)
    expect(await refused(flow.service.finish('github', callback))).toMatchObject(INVALID)
  })

  test('a state is used up even when the provider then fails', async () => {
    const flow = await startFlow()
    const callback = await flow.visitProvider('github')
    flow.at.fail('github', 'token', 'error')
    expect((await refused(flow.service.finish('github', callback))).code).toBe('UPSTREAM_FAILED')
    flow.at.heal()
    expect(await refused(flow.service.finish('github', callback))).toMatchObject(INVALID)
  })

  test.for(['', 'forged', 'ä'.repeat(10_000), '\0'])('a forged state is refused (%#)', async (state) => {
    const flow = await startFlow()
    const { code } = await flow.visitProvider('github')
    const asked = flow.at.requests.length
    expect(await refused(flow.service.finish('github', { code, state }))).toMatchObject(INVALID)
    expect(flow.at.requests).toHaveLength(asked)
  })

  test('the stored form of a state does not work as a state', async () => {
    const flow = await startFlow()
    const { code } = await flow.visitProvider('github')
    const { id } = await flow.db.oAuthState.findFirstOrThrow()
    expect(await refused(flow.service.finish('github', { code, state: id }))).toMatchObject(INVALID)
  })

  test('the callback of another provider is refused and does not use it up', async () => {
    const flow = await startFlow()
    const callback = await flow.visitProvider('github')
    expect(await refused(flow.service.finish('gitlab', callback))).toMatchObject(INVALID)
    expect(await refused(flow.service.finish('linkedin', callback))).toMatchObject(INVALID)
    expect((await flow.service.finish('github', callback)).identity.id).toBe('github:4711')
  })

  test('a state lives for ten minutes', async () => {
    const flow = await startFlow()
    const [early, late] = [await flow.visitProvider('github'), await flow.visitProvider('github')]
    flow.later(10 * MINUTE - 5_000)
    expect((await flow.service.finish('github', early)).goTo).toBe('/')
    flow.later(5_000)
    expect(await refused(flow.service.finish('github', late))).toMatchObject(INVALID)
  })

  test('of many callbacks at once, one wins and the provider is asked once', async () => {
    const flow = await startFlow()
    const callback = await flow.visitProvider('gitlab')
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => flow.service.finish('gitlab', callback)))
    const lost = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(lost).toHaveLength(7)
    for (const { reason } of lost) expect(reason).toMatchObject(INVALID)
    expect(flow.at.requests.filter(({ path }) => path.endsWith('/token'))).toHaveLength(1)
  })

  test('expired states are deleted when the next sign-in begins', async () => {
    const flow = await startFlow()
    await flow.visitProvider('github')
    await flow.visitProvider('gitlab')
    flow.later(11 * MINUTE)
    await flow.visitProvider('linkedin')
    expect(await flow.db.oAuthState.findMany({ select: { provider: true } })).toEqual([{ provider: 'linkedin' }])
  })

  test('at most 10,000 are kept; the oldest are deleted', async () => {
    const flow = await startFlow()
    const rest = { provider: 'github', codeVerifier: 'v', redirectUri: 'r', goTo: '/' }
    const soon = Date.now() + MINUTE
    const data = Array.from({ length: 10_003 }, (_, n) => ({ ...rest, id: `${n}`, expiresAt: new Date(soon + n) }))
    await flow.db.oAuthState.createMany({ data })
    const callback = await flow.visitProvider('github')
    expect(await flow.db.oAuthState.count()).toBe(10_000)
    expect(await flow.db.oAuthState.findMany({ where: { id: { in: ['0', '3', '4'] } }, select: { id: true } })).toEqual(
      [{ id: '4' }],
    )
    expect((await flow.service.finish('github', callback)).identity.provider).toBe('github')
  })

  test('a code does not finish another sign-in, since the verifier differs', async () => {
    const flow = await startFlow()
    const [stolen, own] = [await flow.visitProvider('github'), await flow.visitProvider('github')]
    const refusal = await refused(flow.service.finish('github', { code: stolen.code, state: own.state }))
    expect(refusal.message).toBe('GitHub refused the sign-in: token: code_challenge')
  })
})

describe('the identity', () => {
  const of = (email: string, primary: boolean, verified: boolean) => ({ email, primary, verified })

  test.for([
    [
      'github',
      'none in the profile: the primary verified one',
      { email: null, emails: [of('B@x.org', false, true), of('A@x.org', true, true)] },
      'a@x.org',
    ],
    [
      'github',
      'the one in the profile before the primary one',
      { email: 'B@x.org', emails: [of('a@x.org', true, true), of('b@x.org', false, true)] },
      'b@x.org',
    ],
    [
      'github',
      'one in the profile that has lost its verification',
      { email: 'B@x.org', emails: [of('a@x.org', true, true), of('b@X.org', false, false)] },
      'a@x.org',
    ],
    [
      'github',
      'a primary one that is not verified',
      { email: null, emails: [of('a@x.org', true, false), of('b@x.org', false, true)] },
      null,
    ],
    ['github', 'none at all', { email: null, emails: [] }, null],
    ['gitlab', 'a confirmed one', { email: 'Ada@X.org' }, 'ada@x.org'],
    ['gitlab', 'one that is not confirmed', { email: 'ada@x.org', verified: false }, null],
    ['gitlab', 'none', { email: null }, null],
    ['linkedin', 'a verified one', { email: 'ADA@x.org' }, 'ada@x.org'],
    ['linkedin', 'one that is not verified', { email: 'ada@x.org', verified: false }, null],
    ['linkedin', 'none', { email: null }, null],
    ['gitlab', 'no address', { email: 'ada' }, null],
    ['gitlab', 'two addresses', { email: 'ada@x.org,root@x.org' }, null],
    ['gitlab', 'the Kelvin sign, which would become a k', { email: '\u212aai@x.org' }, null],
  ] as const)('%s, e-mail: %s', async ([provider, , known, email]) => {
    const flow = await startFlow()
    flow.at.who = person(known as Parameters<typeof person>[0])
    expect((await flow.service.finish(provider, await flow.visitProvider(provider))).identity.email).toBe(email)
  })

  test.for([
    ['github', { name: null, login: 'ada' }, 'ada'],
    ['gitlab', { name: '   ', login: 'ada' }, 'ada'],
    ['linkedin', { name: null }, 'Li-4711'],
    ['linkedin', { name: 'Günther 🦄' }, 'Günther 🦄'],
    ['github', { name: ' Eve\u202e\u0000\n(organizer)\u001b[31m ' }, 'Eve (organizer) [31m'],
    ['github', { name: '🦄'.repeat(300) }, '🦄'.repeat(100)],
  ] as const)('%s, name: %o', async ([provider, known, shown]) => {
    const flow = await startFlow()
    flow.at.who = person(known)
    expect((await flow.service.finish(provider, await flow.visitProvider(provider))).identity.displayName).toBe(shown)
  })
})

describe('the page to open afterwards', () => {
  test.for([
    ['/', '/'],
    ['/groups/a%20b?x=1&y=//z#top', '/groups/a%20b?x=1&y=//z#top'],
    ['/groups/Größe und Maß', '/groups/Gr%C3%B6%C3%9Fe%20und%20Ma%C3%9F'],
    ['', '/'],
    ['groups', '/'],
    ['https://evil.example/', '/'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['\\\\evil.example', '/'],
    ['/\t/evil.example', '/'],
    ['/\n/evil.example', '/'],
    ['/groups\r\nSet-Cookie: a=b', '/'],
    ['/groups\u0085', '/'],
    [' //evil.example', '/'],
    ['/.//evil.example', '/'],
    ['/a/..//evil.example', '/'],
    ['/a\\..\\..\\\\evil.example', '/'],
    ['javascript:alert(1)', '/'],
    [`/${'a'.repeat(3000)}`, '/'],
  ] as const)('%j opens %j', async ([requested, goTo]) => {
    const flow = await startFlow()
    expect((await flow.service.finish('gitlab', await flow.visitProvider('gitlab', requested))).goTo).toBe(goTo)
  })
})
