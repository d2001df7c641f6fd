import { createHash } from 'node:crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { SETUPS, signedIn, startWith } from '../kit/access.ts'
import type { Answer, TestApp } from '../kit/app.ts'

const CREATE = `mutation ($name: String!, $days: Int) {
  createApiToken(name: $name, expiresInDays: $days) { token apiToken { id name createdBy expiresAt lastUsedAt } }
}`
const LIST = '{ apiTokens { id name createdBy createdAt expiresAt lastUsedAt } }'
const REVOKE = 'mutation ($id: ID!) { revokeApiToken(id: $id) { id name } }'
const VIEWER = '{ viewer { name role isSignedIn } }'
const DAY = 86_400_000

interface Shown {
  id: string
  name: string
  createdBy: string
  expiresAt: string
  lastUsedAt: string | null
}

type Headers = Record<string, string>
type Setup = keyof typeof SETUPS
const LOCKED = ['a local password', 'OAuth'] as const

/** What lets an organizer in. */
async function boss(app: TestApp): Promise<Headers> {
  return { cookie: await signedIn(app, 'organizer') }
}

async function make(app: TestApp, headers: Headers, name = 'backup', days?: number) {
  const answer = await app.answer<{ createApiToken: { token: string; apiToken: Shown } }>(
    CREATE,
    { name, ...(days !== undefined && { days }) },
    headers,
  )
  if (!answer.data) throw new Error(JSON.stringify(answer))
  const { token, apiToken } = answer.data.createApiToken
  return { token, shown: apiToken, bearer: { authorization: `Bearer ${token}` } }
}

/** How REST, GraphQL over HTTP, and the WebSocket answer; a proxy is in between, so that being here helps nobody. */
async function ways(app: TestApp, headers: Headers): Promise<unknown[]> {
  const sent = { ...headers, 'x-forwarded-for': '10.0.0.1' }
  const rest = await fetch(`${app.url}/api/groups`, { headers: sent })
  const { data, errors } = await app.answer('{ groups { items { id } } }', {}, sent)
  return [rest.status, data ? 'let in' : errors?.[0]?.extensions?.code, await upgraded(app, sent)]
}

const LET_IN = [200, 'let in', 101]
const KEPT_OUT = [401, 'UNAUTHENTICATED', 401]

/** The status that an upgrade is answered with; 101 once the socket serves. */
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
    socket.on('message', (data) => String(data).includes('connection_ack') && resolve(101))
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
  test('a token opens REST, GraphQL and the socket', async () => {
    const app = await startWith(setup)
    const { bearer } = await make(app, await boss(app))
    expect(await ways(app, bearer)).toEqual(LET_IN)
  })
})

describe.each(LOCKED)('with %s', (setup) => {
  test('without a token, or with one that was never made, nobody is let in', async () => {
    const app = await startWith(setup)
    const { token } = await make(app, await boss(app))
    const { hash } = await app.db.apiToken.findFirstOrThrow()
    const wrong = [
      {},
      ...[`Bearer ${token}x`, `Bearer ${token.slice(0, -1)}`, 'Bearer thon_', 'Bearer', `Bearer thon_${hash}`],
      ...[`Bearer ${hash}`, `Basic ${token}`, token],
    ].map((one): Headers => (typeof one === 'string' ? { authorization: one } : one))
    for (const headers of wrong) expect(await ways(app, headers), JSON.stringify(headers)).toEqual(KEPT_OUT)
  })

  test('a wrong token is refused also where a right cookie comes along, and on this machine', async () => {
    const app = await startWith(setup)
    const headers = { ...(await boss(app)), authorization: 'Bearer thon_wrong' }
    expect((await fetch(`${app.url}/api/groups`, { headers })).status).toBe(401)
    expect(codeOf(await app.answer('{ groups { items { id } } }', {}, headers))).toBe('UNAUTHENTICATED')
  })

  test('a token is refused from the moment it is revoked, or has expired', async () => {
    const app = await startWith(setup)
    const headers = await boss(app)
    const [revoked, expired, other] = [await make(app, headers), await make(app, headers), await make(app, headers)]
    for (const { bearer } of [revoked, expired, other]) expect(await ways(app, bearer)).toEqual(LET_IN)
    const { data } = await app.answer(REVOKE, { id: revoked.shown.id }, headers)
    expect(data).toEqual({ revokeApiToken: { id: revoked.shown.id, name: 'backup' } })
    await app.db.apiToken.update({ where: { id: expired.shown.id }, data: { expiresAt: new Date() } })
    expect(await ways(app, revoked.bearer)).toEqual(KEPT_OUT)
    expect(await ways(app, expired.bearer)).toEqual(KEPT_OUT)
    expect(await ways(app, other.bearer)).toEqual(LET_IN)
    expect(codeOf(await app.answer(REVOKE, { id: revoked.shown.id }, headers))).toBe('NOT_FOUND')
  })

  test('participants, those who wait, and strangers neither make, see nor revoke tokens', async () => {
    const app = await startWith(setup)
    const { shown, bearer } = await make(app, await boss(app))
    const visitors = [
      [{ cookie: await signedIn(app, 'participant', 'ann@example.org') }, 'FORBIDDEN'],
      [{ cookie: await signedIn(app, 'waiting') }, 'FORBIDDEN'],
      [{}, 'UNAUTHENTICATED'],
    ] as const
    for (const [headers, code] of visitors)
      for (const [query, variables] of [
        [CREATE, { name: 'mine' }],
        [LIST, {}],
        [REVOKE, { id: shown.id }],
      ] as const)
        expect(codeOf(await app.answer(query, variables, headers)), query).toBe(code)
    expect(await app.db.apiToken.count()).toBe(1)
    expect(await ways(app, bearer)).toEqual(LET_IN)
  })
})

test('a program on this machine needs no token where a password is all there is, but at providers it does', async () => {
  const local = await startWith('a local password')
  const oauth = await startWith('OAuth')
  expect([await addAlpha(local), await addAlpha(oauth)]).toEqual([201, 401])
  // GraphQL is for people: being here is not enough.
  expect(codeOf(await local.answer(CREATE, { name: 'x' }))).toBe('UNAUTHENTICATED')
  const { bearer } = await make(oauth, await boss(oauth))
  expect(await addAlpha(oauth, bearer)).toBe(201)
})

test('a token is shown once; from then on there is only its hash', async () => {
  const app = await startWith('OAuth')
  const headers = await boss(app)
  const { token, shown } = await make(app, headers)
  expect(token).toMatch(/^thon_[\w-]{43}$/)
  expect(await app.db.apiToken.findMany()).toMatchObject([
    { id: shown.id, hash: createHash('sha256').update(token).digest('hex') },
  ])
  const secret = token.slice('thon_'.length)
  expect(JSON.stringify(await app.answer(LIST, {}, headers))).not.toContain(secret)
  const tables = await app.db.$queryRawUnsafe<{ name: string }[]>("SELECT name FROM sqlite_master WHERE type = 'table'")
  expect(tables.length).toBeGreaterThan(5)
  for (const { name } of tables)
    expect(JSON.stringify(await app.db.$queryRawUnsafe(`SELECT * FROM "${name}"`)), name).not.toContain(secret)
  expect(app.logged.lines.join('')).not.toContain(secret)
})

test('two tokens of one name are two', async () => {
  const app = await startWith('OAuth')
  const headers = await boss(app)
  const [one, other] = [await make(app, headers), await make(app, headers)]
  expect(one.token).not.toBe(other.token)
  await app.answer(REVOKE, { id: one.shown.id }, headers)
  expect([await ways(app, one.bearer), await ways(app, other.bearer)]).toEqual([KEPT_OUT, LET_IN])
})

test('whoever made it, how long it works and when it was last used are listed, the newest first', async () => {
  const app = await startWith('OAuth')
  const headers = await boss(app)
  const first = await make(app, headers, '  first  ')
  const second = await make(app, headers, 'second', 365)
  await app.db.apiToken.update({ where: { id: first.shown.id }, data: { createdAt: new Date(Date.now() - DAY) } })
  const days = ({ shown }: typeof first) => Math.round((Date.parse(shown.expiresAt) - Date.now()) / DAY)
  expect([days(first), days(second)]).toEqual([30, 365])
  const list = async () => (await app.answer<{ apiTokens: Shown[] }>(LIST, {}, headers)).data?.apiTokens
  expect(await list()).toMatchObject([
    { name: 'second', createdBy: 'the organizer', lastUsedAt: null },
    { name: 'first', createdBy: 'the organizer', lastUsedAt: null },
  ])
  await ways(app, second.bearer)
  const used = Date.parse((await list())?.[0]?.lastUsedAt ?? '')
  expect(Math.abs(used - Date.now())).toBeLessThan(10_000)
  expect((await list())?.[1]?.lastUsedAt).toBeNull()
  // To the minute: not written again at once, but after.
  await ways(app, second.bearer)
  expect(Date.parse((await list())?.[0]?.lastUsedAt ?? '')).toBe(used)
  await app.db.apiToken.updateMany({ data: { lastUsedAt: new Date(Date.now() - 61_000) } })
  await ways(app, second.bearer)
  expect(Date.parse((await list())?.[0]?.lastUsedAt ?? '')).toBeGreaterThanOrEqual(used)
})

test.for([
  ['', 1, 'name', 'must not be empty'],
  ['   ', 1, 'name', 'must not be empty'],
  ['x'.repeat(101), 1, 'name', 'must be at most 100 characters'],
  ['a\nb', 1, 'name', 'must not hold control characters'],
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

test('the activity log names the token that was made, that acted and that was revoked, and never holds it', async () => {
  const app = await startWith('OAuth')
  const headers = await boss(app)
  const { token, shown, bearer } = await make(app, headers, 'nightly')
  expect(await addAlpha(app, bearer)).toBe(201)
  await app.answer(REVOKE, { id: shown.id }, headers)
  const rows = await app.db.activity.findMany({ orderBy: { id: 'asc' } })
  expect(rows.map(({ actor, action, kind, label }) => [actor, action, kind, label])).toEqual([
    ['the organizer', 'create token', 'token', 'nightly'],
    ['token nightly', 'create group', 'group', 'alpha'],
    ['the organizer', 'revoke token', 'token', 'nightly'],
  ])
  expect(JSON.stringify(rows)).not.toContain(token.slice('thon_'.length))
})

test('a token is an organizer without a session: it makes and revokes others, and is nobody to sign out', async () => {
  const app = await startWith('OAuth')
  const { bearer } = await make(app, await boss(app), 'root')
  expect((await app.answer(VIEWER, {}, bearer)).data).toEqual({
    viewer: { name: 'token root', role: 'organizer', isSignedIn: false },
  })
  const other = await make(app, bearer, 'other')
  expect(other.shown.createdBy).toBe('token root')
  expect(codeOf(await app.answer(REVOKE, { id: other.shown.id }, bearer))).toBeUndefined()
  expect(await ways(app, other.bearer)).toEqual(KEPT_OUT)
  expect((await fetch(`${app.url}/api/auth/logout`, { method: 'POST', headers: bearer })).status).toBe(200)
  expect(await ways(app, bearer)).toEqual(LET_IN)
})

test('in the address a token is nothing', async () => {
  const app = await startWith('OAuth')
  const { token } = await make(app, await boss(app))
  for (const name of ['token', 'access_token', 'session_token', 'authorization'])
    expect((await fetch(`${app.url}/api/groups?${name}=${token}`)).status, name).toBe(401)
})
