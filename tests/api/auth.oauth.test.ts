import { describe, expect, test } from 'vitest'
import { begin, cookieHeader, get, signIn, startSignIn, visitProvider } from '../kit/oauth-browser.ts'
import type { ProviderFault } from '../kit/oauth-faults.ts'
import { PROVIDERS } from '../kit/oauth-flow.ts'
import { person } from '../kit/oauth-people.ts'

const INVALID = { detail: 'Invalid or expired OAuth state' }
const ME = '/api/auth/me'

describe('a whole sign-in', () => {
  test.for([
    ['github', 'github:4711'],
    ['gitlab', 'gitlab:4711'],
    ['linkedin', 'linkedin:Li-4711'],
  ] as const)('%s signs people in and opens the page they asked for', async ([provider, id]) => {
    const { app, at } = await startSignIn()
    const callback = await get(app.url + (await visitProvider(app, at, provider, '/groups?q=a#b')))
    expect([callback.status, callback.headers.get('location'), callback.body]).toEqual([303, '/groups?q=a#b', ''])
    expect(callback.headers.get('cache-control')).toBe('no-store')
    expect(callback.cookies).toEqual([
      expect.stringMatching(/^session=v1:[a-z0-9]+:[0-9a-f]{16}; HttpOnly; Max-Age=86400; Path=\/; SameSite=lax$/),
    ])
    expect((await get(app.url + ME, { cookie: cookieHeader(callback.cookies) })).body).toEqual({
      authenticated: true,
      user_id: id,
      display_name: 'Ada Lovelace',
      email: 'ada@example.org',
      provider,
    })
    expect(at.complaints).toEqual([])
  })

  test('a path on another server opens the dashboard', async () => {
    const { app, at } = await startSignIn()
    for (const to of ['https://evil.example/', '//evil.example', '/\\evil.example']) {
      const { headers } = await get(app.url + (await visitProvider(app, at, 'gitlab', to)))
      expect(headers.get('location'), to).toBe('/')
    }
  })

  test('a second sign-in adds a session and updates the name', async () => {
    const { app, at } = await startSignIn()
    const first = await signIn(app, at)
    at.who = person({ name: 'Ada King' })
    const second = await signIn(app, at)
    expect(first).not.toBe(second)
    for (const cookie of [first, second])
      expect((await get(app.url + ME, { cookie })).body).toMatchObject({ display_name: 'Ada King' })
    expect([await app.db.identity.count(), await app.db.session.count()]).toEqual([1, 2])
  })
})

describe('the callback address', () => {
  const redirectOf = ({ url }: { url: URL }) => url.searchParams.get('redirect_uri')

  test.for(PROVIDERS)('is the public URL for %s, and the cookie stays off plain http', async (provider) => {
    const { app, at } = await startSignIn({ THON_PUBLIC_URL: 'https://thon.example/' })
    const begun = await begin(app, provider)
    expect(redirectOf(begun)).toBe(`https://thon.example/api/auth/callback/${provider}`)
    const back = await at.visit(begun.url)
    expect(back.origin).toBe('https://thon.example')
    const { cookies } = await get(app.url + back.pathname + back.search)
    expect(cookies).toEqual([expect.stringMatching(/^__Host-session=v1:.*; Secure$/)])
  })

  test('is the requested host without a public URL, ignoring proxy headers', async () => {
    const { app } = await startSignIn()
    const localhost = app.url.replace('127.0.0.1', 'localhost')
    const forwarded = {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'host=evil.example',
    }
    for (const from of [app.url, localhost])
      expect(redirectOf(await begin(app, 'github', '/', forwarded, from))).toBe(`${from}/api/auth/callback/github`)
  })
})

test('the first person is the organizer, who has to approve the second', async () => {
  const { app, at } = await startSignIn()
  const ada = await signIn(app, at)
  at.who = person({ id: 1, login: 'bob' })
  const bob = await signIn(app, at, 'gitlab')
  const message = 'An organizer has to approve you first. Ask one.'
  const rest = () => get(`${app.url}/api/groups`, { cookie: bob })
  const graphql = () => app.answer('{ groups { items { id } } }', {}, { cookie: bob })
  expect((await get(`${app.url}/api/groups`, { cookie: ada })).status).toBe(200)
  expect(await rest()).toMatchObject({ status: 403, body: { detail: message } })
  expect((await graphql()).errors).toMatchObject([{ message, extensions: { code: 'FORBIDDEN' } }])
  // They may see who they are.
  expect((await get(app.url + ME, { cookie: bob })).body).toMatchObject({ authenticated: true, user_id: 'gitlab:1' })
  const approve = 'mutation { updateIdentity(input: { id: "gitlab:1", role: ORGANIZER }) { role } }'
  expect((await app.answer(approve, {}, { cookie: ada })).errors).toBeUndefined()
  expect((await rest()).status).toBe(200)
  expect((await graphql()).errors).toBeUndefined()
})

describe('refusals', () => {
  test('pressing Cancel is reported', async () => {
    const { app, at } = await startSignIn()
    at.denies = true
    for (const [provider, label] of [['github', 'GitHub'] as const, ['linkedin', 'LinkedIn'] as const])
      expect(await get(app.url + (await visitProvider(app, at, provider)))).toMatchObject({
        status: 400,
        body: { detail: `${label} refused the sign-in: The user has denied your application access.` },
        cookies: [],
      })
  })

  const BROKEN: [ProviderFault, string][] = [
    ['huge', 'GitLab sent too long an answer'],
    ['error', 'GitLab answered with HTTP 500'],
    ['text', 'GitLab sent an unreadable answer'],
    ['redirect', 'GitLab answered with a redirect'],
    ['slow', 'GitLab did not answer within 10 s'],
  ]

  test.for(BROKEN)('%s: 502, and the reason', async ([fault, detail]) => {
    const { app, at } = await startSignIn()
    at.fail('gitlab', 'profile', fault)
    const answer = await get(app.url + (await visitProvider(app, at, 'gitlab')))
    expect(answer).toMatchObject({ status: 502, body: { detail }, cookies: [] })
    expect([await app.db.identity.count(), await app.db.session.count()]).toEqual([0, 0])
  })

  test('a provider that is down: 502, and the reason', async () => {
    const { app, at } = await startSignIn()
    const callback = await visitProvider(app, at, 'linkedin')
    await at.close()
    expect(await get(app.url + callback)).toMatchObject({
      status: 502,
      body: { detail: 'LinkedIn cannot be reached (ECONNREFUSED)' },
    })
  })

  test('too many started sign-ins from one address are answered 429', async () => {
    const { app } = await startSignIn()
    const login = (headers = {}) => get(`${app.url}/api/auth/login/github`, headers)
    for (let begun = 0; begun < 999; begun++)
      await app.services.signIn.begin('none', '/', app.url, '127.0.0.1').catch(() => undefined)
    expect((await login()).status).toBe(200)
    for (const headers of [{}, { 'x-forwarded-for': '10.0.0.1' }]) {
      const answer = await login(headers)
      expect(answer.status).toBe(429)
      expect((answer.body as { detail: string }).detail).toMatch(/^Too many sign-ins were started/)
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    }
    const elsewhere = await app.services.signIn.begin('github', '/', app.url, '10.0.0.1')
    expect(elsewhere.authorizationUrl).toContain('state=')
  })
})

describe('states', () => {
  test('a callback signs in once', async () => {
    const { app, at } = await startSignIn()
    const callback = await visitProvider(app, at, 'github')
    expect((await get(app.url + callback)).status).toBe(303)
    expect(await get(app.url + callback)).toMatchObject({ status: 400, body: INVALID, cookies: [] })
    expect(await app.db.session.count()).toBe(1)
  })

  test('an expired or forged one is refused without asking the provider', async () => {
    const { app, at } = await startSignIn()
    const callback = await visitProvider(app, at, 'github')
    const asked = at.requests.length
    const forged = callback.replace(/state=[\w-]+/, `state=${'x'.repeat(43)}`)
    expect(await get(app.url + forged)).toMatchObject({ status: 400, body: INVALID })
    expect(await get(`${app.url}${forged.replace(/x{43}/, '')}`)).toMatchObject({ status: 400, body: INVALID })
    await app.db.oAuthState.updateMany({ data: { expiresAt: new Date() } })
    expect(await get(app.url + callback)).toMatchObject({ status: 400, body: INVALID })
    expect(at.requests).toHaveLength(asked)
  })

  test('the callback of another provider is refused and does not use it up', async () => {
    const { app, at } = await startSignIn()
    const callback = await visitProvider(app, at, 'github')
    for (const other of ['gitlab', 'linkedin'])
      expect(await get(app.url + callback.replace('/github', `/${other}`))).toMatchObject({
        status: 400,
        body: INVALID,
      })
    const nope = await get(app.url + callback.replace('/github', '/nope'))
    expect(nope).toMatchObject({ status: 400, body: { detail: "Provider 'nope' is not configured" } })
    expect((await get(app.url + callback)).status).toBe(303)
  })

  test('a callback without code or state names what is missing', async () => {
    const { app } = await startSignIn()
    const missing = async (query: string) => {
      const { status, body } = await get(`${app.url}/api/auth/callback/github?${query}`)
      expect(status).toBe(422)
      return (body as { detail: { loc: string[] }[] }).detail.map(({ loc }) => loc.join('.'))
    }
    expect(await missing('')).toEqual(['query.code', 'query.state'])
    expect(await missing('code=c')).toEqual(['query.state'])
    expect(await missing('state=s')).toEqual(['query.code'])
    expect(await missing('error=access_denied')).toEqual(['query.state'])
  })

  test('of many callbacks at once with one state, one signs in', async () => {
    const { app, at } = await startSignIn()
    const callback = await visitProvider(app, at, 'linkedin')
    const answers = await Promise.all(Array.from({ length: 8 }, () => get(app.url + callback)))
    expect(answers.map(({ status }) => status).sort()).toEqual([303, ...Array<number>(7).fill(400)].sort())
    expect(await app.db.session.count()).toBe(1)
  })
})

test('no secret gets into log, activity or answers, even if a provider repeats it', async () => {
  const { app, at } = await startSignIn({ THON_LOG_LEVEL: 'trace' })
  app.logged.expect(/./)
  const secrets: string[] = []
  const answers: unknown[] = []
  for (const provider of PROVIDERS)
    for (const endpoint of [null, 'token', 'profile'] as const) {
      at.heal()
      if (endpoint) at.fail(provider, endpoint, 'echo')
      const callback = await visitProvider(app, at, provider)
      const { codeVerifier } = await app.db.oAuthState.findFirstOrThrow()
      const { clientSecret } = at.config()[provider]
      const code = /code=([\w-]+)/.exec(callback)?.[1] as string
      const { body, cookies } = await get(app.url + callback)
      answers.push(body)
      const token = at.requests.at(-1)?.headers.authorization?.slice('Bearer '.length)
      const [, id, signature] = cookies[0]?.split(/[:;]/) ?? []
      secrets.push(codeVerifier, clientSecret, encodeURIComponent(clientSecret), code)
      secrets.push(...[token, id, signature].filter((one) => one !== undefined))
    }
  expect(answers.filter((answer) => JSON.stringify(answer).includes('You sent'))).toHaveLength(6)
  expect(secrets.length).toBeGreaterThan(9 * 4 + 6)
  const activity = JSON.stringify(await app.db.activity.findMany())
  expect(activity).toContain('sign in')
  const everything = [activity, JSON.stringify(answers), ...app.logged.lines].join('\n')
  for (const secret of secrets) expect(everything).not.toContain(secret)
})

test('visitors who have not signed in do not learn which operations exist', async () => {
  const { app, at } = await startSignIn()
  const cookie = await signIn(app, at)
  const status = async (method: string, path: string, headers = {}) =>
    (await fetch(app.url + path, { method, headers, redirect: 'manual' })).status
  for (const [method, path, expected] of [
    ['GET', '/api/nothing', 404],
    ['PATCH', '/api/groups', 405],
    ['HEAD', '/api/groups', 405],
    ['GET', '/api/groups/', 307],
    ['GET', '/api/auth%2f..%2fgroups', 404],
  ] as const) {
    expect(await status(method, path), `${method} ${path}`).toBe(401)
    expect(await status(method, path, { cookie }), `${method} ${path}, signed in`).toBe(expected)
  }
  expect([await status('GET', '/api/auth/nothing'), await status('POST', '/api/auth/me')]).toEqual([404, 405])
})
