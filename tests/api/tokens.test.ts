import { createHash } from 'node:crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { SETUPS, signedIn, startWith } from '../kit/access.ts'
import type { Answer, TestApp } from '../kit/app.ts'

const CREATE = `mutation ($name: String!, $days: Int) {
  createApiToken(input: { name: $name, expiresInDays: $days }) {
    token apiToken { id name createdBy expiresAt lastUsedAt }
  }
}`
const LIST = '{ apiTokens { total items { id name createdBy createdAt expiresAt lastUsedAt } } }'
const REVOKE = 'mutation ($id: ID!) { revokeApiToken(input: { id: $id }) { id name } }'
const VIEWER = '{ viewer { name role isSignedIn } }'
const DAY = 86_400_000

interface ApiToken {
  id: string
  name: string
  createdBy: string
  expiresAt: string
  lastUsedAt: string | null
}

type Headers = Record<string, string>
type Setup = keyof typeof SETUPS
const LOCKED = ['a local password', 'OAuth'] as const

/** The headers of an organizer. */
async function organizerHeaders(app: TestApp): Promise<Headers> {
  return { cookie: await signedIn(app, 'organizer') }
}

async function create(app: TestApp, headers: Headers, name = 'backup', days?: number) {
  const answer = await app.answer<{ createApiToken: { token: string; apiToken: ApiToken } }>(
    CREATE,
    { name, ...(days !== undefined && { days }) },
    headers,
  )
  if (!answer.data) throw new Error(JSON.stringify(answer))
  const { token, apiToken } = answer.data.createApiToken
  return { token, stored: apiToken, bearer: { authorization: `Bearer ${token}` } }
}

/** The answers of REST, GraphQL over HTTP and the WebSocket, through a proxy: local programs get no exception. */
async function answersOf(app: TestApp, headers: Headers): Promise<unknown[]> {
  const sent = { ...headers, 'x-forwarded-for': '10.0.0.1' }
  const rest = await fetch(`${app.url}/api/groups`, { headers: sent })
  const { data, errors } = await app.answer('{ groups { items { id } } }', {}, sent)
  return [rest.status, data ? 'allowed' : errors?.[0]?.extensions?.code, await upgraded(app, sent)]
}

const ALLOWED = [200, 'allowed', 101]
const REFUSED = [401, 'UNAUTHENTICATED', 401]

/** The status that answers an upgrade; 101 once the socket works. */
function upgraded(app: TestApp, headers: Headers): Promise<number> {
  const socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers })
  onTestFinished(() => socket.terminate())
  return new Promise((resolve, reject) => {
    socket.on('unexpected-response', (_request, response) => {
      response.resume()
      resolve(response.statusCode as number)
    })
    socket.on('error', reject)
    socket.on('open', () => socket.send('{"type":"connection_init"}'))
    socket.on('message', (data) => (data as Buffer).toString().includes('connection_ack') && resolve(101))
  })
}

/** @returns the status */
async function addAlpha(app: TestApp, headers: Headers = {}): Promise<number> {
  const sent = { ...headers, 'content-type': 'application/json' }
  return (await fetch(`${app.url}/api/groups`, { method: 'POST', headers: sent, body: '{"name":"alpha"}' })).status
}

function codeOf(answer: Answer<unknown>): string | undefined {
  return answer.errors?.[0]?.extensions?.code
}

describe.each(Object.keys(SETUPS) as Setup[])('with %s', (setup) => {
  test('a token works for REST, GraphQL and the socket', async () => {
    const app = await startWith(setup)
    const { bearer } = await create(app, await organizerHeaders(app))
    expect(await answersOf(app, bearer)).toEqual(ALLOWED)
  })
})

describe.each(LOCKED)('with %s', (setup) => {
  test('requests without a token, or with an unknown one, are refused', async () => {
    const app = await startWith(setup)
    const { token } = await create(app, await organizerHeaders(app))
    const { hash } = await app.db.apiToken.findFirstOrThrow()
    const wrong = [
      {},
      ...[`Bearer ${token}x`, `Bearer ${token.slice(0, -1)}`, 'Bearer thon_', 'Bearer', `Bearer thon_${hash}`],
      ...[`Bearer ${hash}`, `Basic ${token}`, token],
    ].map((one): Headers => (typeof one === 'string' ? { authorization: one } : one))
    for (const headers of wrong) expect(await answersOf(app, headers), JSON.stringify(headers)).toEqual(REFUSED)
  })

  test('a wrong token is refused even with a valid cookie, and on this machine', async () => {
    const app = await startWith(setup)
    const headers = { ...(await organizerHeaders(app)), authorization: 'Bearer thon_wrong' }
    expect((await fetch(`${app.url}/api/groups`, { headers })).status).toBe(401)
    expect(codeOf(await app.answer('{ groups { items { id } } }', {}, headers))).toBe('UNAUTHENTICATED')
  })

  test('a token is refused as soon as it is revoked or expired', async () => {
    const app = await startWith(setup)
    const headers = await organizerHeaders(app)
    const [revoked, expired, other] = [
      await create(app, headers),
      await create(app, headers),
      await create(app, headers),
    ]
    for (const { bearer } of [revoked, expired, other]) expect(await answersOf(app, bearer)).toEqual(ALLOWED)
    const { data } = await app.answer(REVOKE, { id: revoked.stored.id }, headers)
    expect(data).toEqual({ revokeApiToken: { id: revoked.stored.id, name: 'backup' } })
    await app.db.apiToken.update({ where: { id: expired.stored.id }, data: { expiresAt: new Date() } })
    expect(await answersOf(app, revoked.bearer)).toEqual(REFUSED)
    expect(await answersOf(app, expired.bearer)).toEqual(REFUSED)
    expect(await answersOf(app, other.bearer)).toEqual(ALLOWED)
    expect(codeOf(await app.answer(REVOKE, { id: revoked.stored.id }, headers))).toBe('NOT_FOUND')
  })

  test('only organizers create, see and revoke tokens', async () => {
    const app = await startWith(setup)
    const { stored, bearer } = await create(app, await organizerHeaders(app))
    const visitors = [
      [{ cookie: await signedIn(app, 'participant', 'ann@example.org') }, 'FORBIDDEN'],
      [{ cookie: await signedIn(app, 'waiting') }, 'FORBIDDEN'],
      [{}, 'UNAUTHENTICATED'],
    ] as const
    for (const [headers, code] of visitors)
      for (const [query, variables] of [
        [CREATE, { name: 'mine' }],
        [LIST, {}],
        [REVOKE, { id: stored.id }],
      ] as const)
        expect(codeOf(await app.answer(query, variables, headers)), query).toBe(code)
    expect(await app.db.apiToken.count()).toBe(1)
    expect(await answersOf(app, bearer)).toEqual(ALLOWED)
  })
})

test('a local program needs a token with providers, but not with a password', async () => {
  const local = await startWith('a local password')
  const oauth = await startWith('OAuth')
  expect([await addAlpha(local), await addAlpha(oauth)]).toEqual([201, 401])
  // GraphQL is for people, so local programs get no exception.
  expect(codeOf(await local.answer(CREATE, { name: 'x' }))).toBe('UNAUTHENTICATED')
  const { bearer } = await create(oauth, await organizerHeaders(oauth))
  expect(await addAlpha(oauth, bearer)).toBe(201)
})

test('a token is shown once; only its hash is stored', async () => {
  const app = await startWith('OAuth')
  const headers = await organizerHeaders(app)
  const { token, stored } = await create(app, headers)
  expect(token).toMatch(/^thon_[\w-]{43}$/)
  expect(await app.db.apiToken.findMany()).toMatchObject([
    { id: stored.id, hash: createHash('sha256').update(token).digest('hex') },
  ])
  const secret = token.slice('thon_'.length)
  expect(JSON.stringify(await app.answer(LIST, {}, headers))).not.toContain(secret)
  const tables = await app.db.$queryRawUnsafe<{ name: string }[]>("SELECT name FROM sqlite_master WHERE type = 'table'")
  expect(tables.length).toBeGreaterThan(5)
  for (const { name } of tables)
    expect(JSON.stringify(await app.db.$queryRawUnsafe(`SELECT * FROM "${name}"`)), name).not.toContain(secret)
  expect(app.logged.lines.join('')).not.toContain(secret)
})

test('two tokens can have one name', async () => {
  const app = await startWith('OAuth')
  const headers = await organizerHeaders(app)
  const [one, other] = [await create(app, headers), await create(app, headers)]
  expect(one.token).not.toBe(other.token)
  await app.answer(REVOKE, { id: one.stored.id }, headers)
  expect([await answersOf(app, one.bearer), await answersOf(app, other.bearer)]).toEqual([REFUSED, ALLOWED])
})

test('the list says who created a token, when it expires and when it was used', async () => {
  const app = await startWith('OAuth')
  const headers = await organizerHeaders(app)
  const first = await create(app, headers, '  first  ')
  const second = await create(app, headers, 'second', 365)
  await app.db.apiToken.update({ where: { id: first.stored.id }, data: { createdAt: new Date(Date.now() - DAY) } })
  const days = ({ stored }: typeof first) => Math.round((Date.parse(stored.expiresAt) - Date.now()) / DAY)
  expect([days(first), days(second)]).toEqual([30, 365])
  const list = async () =>
    (await app.answer<{ apiTokens: { items: ApiToken[] } }>(LIST, {}, headers)).data?.apiTokens.items
  expect(await list()).toMatchObject([
    { name: 'second', createdBy: 'the organizer', lastUsedAt: null },
    { name: 'first', createdBy: 'the organizer', lastUsedAt: null },
  ])
  await answersOf(app, second.bearer)
  const used = Date.parse((await list())?.[0]?.lastUsedAt ?? '')
  expect(used).toBeGreaterThan(Date.now() - DAY)
  expect((await list())?.[1]?.lastUsedAt).toBeNull()
  // To the minute: the next use writes nothing, one after a minute does.
  await answersOf(app, second.bearer)
  expect(Date.parse((await list())?.[0]?.lastUsedAt ?? '')).toBe(used)
  await app.db.apiToken.updateMany({ data: { lastUsedAt: new Date(Date.now() - 61_000) } })
  await answersOf(app, second.bearer)
  expect(Date.parse((await list())?.[0]?.lastUsedAt ?? '')).toBeGreaterThanOrEqual(used)
})

test.for([
  ['', 1, 'name', 'must not be empty'],
  ['   ', 1, 'name', 'must not be empty'],
  ['x'.repeat(101), 1, 'name', 'must be at most 100 characters'],
  ['a\nb', 1, 'name', 'must not contain control characters'],
  ['x', 0, 'expiresInDays', 'must be 1 to 365 days'],
  ['x', -1, 'expiresInDays', 'must be 1 to 365 days'],
  ['x', 366, 'expiresInDays', 'must be 1 to 365 days'],
] as const)('name %j for %d days is refused', async ([name, days, field, message]) => {
  const app = await startWith('no login')
  expect(await app.refused(CREATE, { name, days })).toMatchObject({
    code: 'INVALID_INPUT',
    fields: [{ field, message }],
  })
  expect(await app.db.apiToken.count()).toBe(0)
})

test('the activity log names tokens that are created, used and revoked', async () => {
  const app = await startWith('OAuth')
  const headers = await organizerHeaders(app)
  const { token, stored, bearer } = await create(app, headers, 'nightly')
  expect(await addAlpha(app, bearer)).toBe(201)
  await app.answer(REVOKE, { id: stored.id }, headers)
  const rows = await app.db.activity.findMany({ orderBy: { id: 'asc' } })
  expect(rows.map(({ actor, action, kind, label }) => [actor, action, kind, label])).toEqual([
    ['the organizer', 'create token', 'token', 'nightly'],
    ['token nightly', 'create group', 'group', 'alpha'],
    ['the organizer', 'revoke token', 'token', 'nightly'],
  ])
  expect(JSON.stringify(rows)).not.toContain(token.slice('thon_'.length))
})

test('a token is an organizer without a session, and can create and revoke others', async () => {
  const app = await startWith('OAuth')
  const { bearer } = await create(app, await organizerHeaders(app), 'root')
  expect((await app.answer(VIEWER, {}, bearer)).data).toEqual({
    viewer: { name: 'token root', role: 'ORGANIZER', isSignedIn: false },
  })
  const other = await create(app, bearer, 'other')
  expect(other.stored.createdBy).toBe('token root')
  expect(codeOf(await app.answer(REVOKE, { id: other.stored.id }, bearer))).toBeUndefined()
  expect(await answersOf(app, other.bearer)).toEqual(REFUSED)
  expect((await fetch(`${app.url}/api/auth/logout`, { method: 'POST', headers: bearer })).status).toBe(200)
  expect(await answersOf(app, bearer)).toEqual(ALLOWED)
})

test('a token in the address is ignored', async () => {
  const app = await startWith('OAuth')
  const { token } = await create(app, await organizerHeaders(app))
  for (const name of ['token', 'access_token', 'session_token', 'authorization'])
    expect((await fetch(`${app.url}/api/groups?${name}=${token}`)).status, name).toBe(401)
})
