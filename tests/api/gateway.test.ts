import { describe, expect, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { addGroup, userOf } from '../kit/groups.ts'
import type { ApisixStandIn } from '../kit/apisix.ts'
import { hall, keyAt, rows, setUp, SET_UP, statusOf, type RunView } from '../kit/gateway.ts'

describe('set-up', () => {
  test('makes the route and a consumer with a key for each user, and says so step by step', async () => {
    const { app, apisix } = await hall({
      LEMONADE_API_KEY: 'key-of-lemonade',
      GATEWAY_LEMONADE_URL: 'http://10.0.0.5:13305/api/v1',
    })
    await addGroup(app, 'alpha', ['ann', 'bob'])
    await addGroup(app, 'Ünï 2', ['Zoë'])
    await addGroup(app, 'empty', [])
    expect(await statusOf(app)).toMatchObject({
      ...{ state: 'RUNNING', version: '3.18.0', consumerCount: 0, limitations: [] },
      plan: { missing: 3, outdated: 0, left: 0, current: 0, routeDue: true },
    })
    const { steps, ...run } = await setUp(app)
    expect(run).toMatchObject({ total: 4, done: 4, failed: 0, message: null })
    expect(steps.map(({ label, action, state }) => [label, action, state])).toEqual([
      ['Route', 'ROUTE', 'DONE'],
      ['alpha/ann', 'CREATE', 'DONE'],
      ['alpha/bob', 'CREATE', 'DONE'],
      ['Ünï 2/Zoë', 'CREATE', 'DONE'],
    ])
    expect([...apisix.consumers.keys()].sort()).toEqual([
      'alpha-ann',
      'alpha-bob',
      expect.stringMatching(/^uni-2-zoe--[0-9a-f]{10}$/),
    ])
    expect(apisix.consumers.get('alpha-ann')?.value).toMatchObject({
      desc: 'alpha/ann',
      plugins: {
        'key-auth': { key: expect.stringMatching(/^Bearer [\w-]{32}$/) as string },
        'ai-rate-limiting': {
          ...{ policy: 'local', rejected_code: 429, rejected_msg: expect.any(String) as string },
          instances: [{ name: 'lemonade-instance', limit: 500, time_window: 60 }],
        },
      },
    })
    expect(apisix.routes.get('ai-gateway-route')?.value).toMatchObject({
      ...{ uri: '/v1/chat/completions', methods: ['POST'] },
      plugins: {
        'key-auth': { header: 'Authorization', hide_credentials: true },
        prometheus: {},
        'ai-proxy-multi': {
          instances: [
            {
              ...{ name: 'lemonade-instance', provider: 'openai-compatible' },
              auth: { header: { Authorization: 'Bearer key-of-lemonade' } },
              override: { endpoint: 'http://10.0.0.5:13305/api/v1/chat/completions' },
            },
          ],
        },
      },
    })
  })

  test('done again changes nothing and sends nothing', async () => {
    const { app, apisix } = await hall()
    await addGroup(app, 'alpha', ['ann', 'bob'])
    await setUp(app)
    const writes = apisix.writes.length
    expect(await setUp(app)).toMatchObject({ total: 3, done: 3, steps: [{}, { action: 'KEEP' }, { action: 'KEEP' }] })
    expect(apisix.writes.length).toBe(writes)
  })

  test('keeps keys when limits change, people are renamed, and of the old system', async () => {
    const { app, apisix } = await hall()
    apisix.put('alpha-bob', { plugins: { 'key-auth': { key: 'old-key-of-bob' } } })
    const group = await addGroup(app, 'alpha', ['ann', 'bob'])
    await setUp(app)
    const key = keyAt(apisix, 'alpha-ann')
    expect(keyAt(apisix, 'alpha-bob')).toBe('Bearer old-key-of-bob')
    await app.services.users.updateUser(organizer, userOf(group, 'ann').id, { username: 'anna' })
    await app.execute('mutation { setGatewaySettings(input: { tokenLimit: 900 }) { tokenLimit } }')
    expect((await statusOf(app)).plan).toMatchObject({ missing: 0, outdated: 2 })
    await setUp(app)
    expect(keyAt(apisix, 'alpha-ann')).toBe(key)
    expect(apisix.consumers.get('alpha-ann')?.value).toMatchObject({ desc: 'alpha/anna' })
    expect(await rows(app, { filter: { search: 'anna' } })).toMatchObject([
      { user: 'anna', tokenLimit: 900, standing: 'CURRENT' },
    ])
  })

  test('per group makes one consumer a group, with as much as its members have together', async () => {
    const { app, apisix } = await hall({ GATEWAY_MODE: 'per-group', GATEWAY_RATE_LIMIT_TOKENS: '100' })
    await addGroup(app, 'alpha', ['ann', 'bob', 'cy'])
    await setUp(app)
    expect([...apisix.consumers.keys()]).toEqual(['group-alpha'])
    expect(await rows(app)).toMatchObject([
      { type: 'GROUP', group: 'alpha', user: null, userCount: 3, tokenLimit: 300 },
    ])
  })

  test('lists whoever has left, and leaves them and others alone', async () => {
    const { app, apisix } = await hall()
    apisix.put('by-hand', { plugins: { 'key-auth': { key: 'k' } } })
    const group = await addGroup(app, 'alpha', ['ann', 'bob'])
    await setUp(app)
    await app.services.users.deleteUser(organizer, userOf(group, 'bob').id, { deleteWorkspaces: false })
    await setUp(app)
    expect((await rows(app)).map(({ username, standing, group: of, user }) => [username, standing, of, user])).toEqual([
      ['alpha-ann', 'CURRENT', 'alpha', 'ann'],
      ['alpha-bob', 'LEFT', 'alpha', 'bob'],
      ['by-hand', 'OTHER', null, null],
    ])
    const remove = 'mutation { deleteConsumers(usernames: ["alpha-bob", "nobody"]) { username ok error } }'
    expect(await app.execute(remove)).toEqual({
      deleteConsumers: [
        { username: 'alpha-bob', ok: true, error: null },
        { username: 'nobody', ok: false, error: 'There is no consumer nobody' },
      ],
    })
  })

  test.each<[string, (apisix: ApisixStandIn) => Promise<void> | void, (apisix: ApisixStandIn) => unknown, RegExp]>([
    ['dies', (apisix) => apisix.server.down(), (apisix) => apisix.server.up(), /^Cannot connect to APISIX Admin API/],
    [
      'loses its database',
      (apisix) => void (apisix.etcdDown = true),
      (apisix) => (apisix.etcdDown = false),
      /^has no healthy etcd endpoint available$/,
    ],
    [
      'takes the key no more',
      (apisix) => void (apisix.isLocked = true),
      (apisix) => (apisix.isLocked = false),
      /^APISIX Admin API authentication failed: wrong apikey$/,
    ],
  ])('while the gateway %s says how far it came, and a second one finishes it', async (_name, wrong, mend, message) => {
    const { app, apisix } = await hall()
    await addGroup(
      app,
      'alpha',
      Array.from({ length: 40 }, (_, n) => `u${n}`),
    )
    apisix.writesLeft = 15
    apisix.goesWrong = () => wrong(apisix)
    const run = await setUp(app)
    expect(run.message).toMatch(message)
    // What was written, but whose answer did not get back, is not known to be done.
    const stored = apisix.consumers.size + apisix.routes.size
    expect(run.done).toBe(15)
    expect([15, 16]).toContain(stored)
    expect(run.steps.filter(({ state }) => state === 'WAITING').length).toBeGreaterThan(10)
    apisix.writesLeft = Infinity
    await mend(apisix)
    const keys = new Map([...apisix.consumers.keys()].map((name) => [name, keyAt(apisix, name)]))
    expect(await setUp(app)).toMatchObject({ total: 41, done: 41, failed: 0, message: null })
    expect(apisix.consumers.size).toBe(40)
    for (const [name, key] of keys) expect(keyAt(apisix, name)).toBe(key)
  })

  test('that THON itself did not survive is finished by a second one of the next THON, which says what is left', async () => {
    const { app, apisix } = await hall()
    await addGroup(
      app,
      'alpha',
      Array.from({ length: 40 }, (_, n) => `u${n}`),
    )
    apisix.writesLeft = 15
    // The rest of the writes is never answered, and then THON is gone.
    apisix.goesWrong = () => new Promise(() => undefined)
    await app.execute(SET_UP)
    await expect.poll(() => apisix.writesLeft).toBeLessThan(0)
    const again = await app.restart()
    apisix.writesLeft = Infinity
    const keys = new Map([...apisix.consumers.keys()].map((name) => [name, keyAt(apisix, name)]))
    expect((await statusOf(again)).plan).toEqual({
      ...{ current: keys.size, missing: 40 - keys.size, outdated: 0, left: 0, routeDue: false },
    })
    expect(await setUp(again)).toMatchObject({ total: 41, done: 41, failed: 0 })
    expect(apisix.consumers.size).toBe(40)
    for (const [name, key] of keys) expect(keyAt(apisix, name)).toBe(key)
  })

  test('of a thousand takes one write each', async () => {
    const { app, apisix } = await hall()
    for (const name of ['a', 'b']) {
      const { id: groupId } = await addGroup(app, name)
      const users = Array.from({ length: 500 }, (_, n) => ({ groupId, username: `u${n}`, volume: `${name}-${n}` }))
      await app.db.user.createMany({ data: users })
    }
    expect(await setUp(app)).toMatchObject({ total: 1001, done: 1001, failed: 0 })
    expect(apisix.writes.length).toBe(1001)
    const page = await rows(app, { page: { number: 3, size: 400 } })
    expect(page.length).toBe(200)
  })

  test('that cannot be is refused before anything is sent: an APISIX without dashes in names', async () => {
    const { app, apisix } = await hall({ LEMONADE_API_KEY: 'key-of-lemonade' })
    apisix.version = '3.12.0'
    await addGroup(app, 'alpha', ['ann'])
    expect((await statusOf(app)).limitations).toEqual([
      expect.stringMatching(/takes no dash in names/),
      expect.stringMatching(/counts everybody with the same limit together/),
    ])
    expect(await app.refused(SET_UP)).toMatchObject({ code: 'CONFLICT' })
    expect(apisix.writes).toEqual([])
  })

  test('that a switch of the mode makes due is told, and what it leaves over is listed; so is the way back', async () => {
    const { app, apisix } = await hall({ GATEWAY_RATE_LIMIT_TOKENS: '100' })
    await addGroup(app, 'alpha', ['ann', 'bob'])
    await setUp(app)
    const [ann, bob] = ['alpha-ann', 'alpha-bob'].map((name) => keyAt(apisix, name))
    const switchTo = (mode: string) =>
      app.execute('mutation ($mode: GatewayMode!) { setGatewaySettings(input: { mode: $mode }) { mode } }', { mode })
    await switchTo('PER_GROUP')
    expect((await statusOf(app)).plan).toMatchObject({ missing: 1, left: 2, current: 0 })
    await setUp(app)
    expect((await rows(app)).map(({ username, standing }) => [username, standing])).toEqual([
      ['alpha-ann', 'LEFT'],
      ['alpha-bob', 'LEFT'],
      ['group-alpha', 'CURRENT'],
    ])
    await switchTo('PER_USER')
    expect((await statusOf(app)).plan).toMatchObject({ missing: 0, left: 1, current: 2 })
    expect(['alpha-ann', 'alpha-bob'].map((name) => keyAt(apisix, name))).toEqual([ann, bob])
  })

  test('gives people whose names look alike, and names in any script, consumers of their own', async () => {
    const { app, apisix } = await hall()
    for (const [group, user] of [
      ['a-b', 'c'],
      ['a', 'b-c'],
      ['a', 'b c'],
      ['a', 'b.c'],
      ['чай', 'Яна'],
      ['茶', '楊'],
    ] as const) {
      const found = await app.db.group.findUnique({ where: { name: group } })
      if (found) await app.services.users.createUser(organizer, found.id, { username: user })
      else await addGroup(app, group, [user])
    }
    expect(await setUp(app)).toMatchObject({ total: 7, done: 7, failed: 0 })
    for (const name of apisix.consumers.keys()) expect(name).toMatch(/^[A-Za-z0-9_-]+$/)
    expect((await rows(app)).map(({ group, user }) => `${group}/${user}`).sort()).toEqual(
      ['a-b/c', 'a/b c', 'a/b-c', 'a/b.c', 'чай/Яна', '茶/楊'].sort(),
    )
  })

  test('updates whoever has moved to another group, whose key stays, and a consumer whose Redis has no password now', async () => {
    const { app, apisix } = await hall({ GATEWAY_REDIS_HOST: '127.0.0.1', GATEWAY_REDIS_PORT: '1' })
    const alpha = await addGroup(app, 'alpha', ['ann'])
    const beta = await addGroup(app, 'beta', ['bob'])
    const password = (text: string) =>
      app.execute('mutation ($text: String!) { setGatewaySettings(input: { redisPassword: $text }) { mode } }', {
        text,
      })
    await password('s3cret')
    await setUp(app)
    const key = keyAt(apisix, 'alpha-ann')
    await app.services.users.transferUser(organizer, userOf(alpha, 'ann').id, beta.id)
    expect((await statusOf(app)).plan).toMatchObject({ outdated: 1, missing: 0, left: 0 })
    await setUp(app)
    expect(keyAt(apisix, 'alpha-ann')).toBe(key)
    expect(apisix.consumers.get('alpha-ann')?.value).toMatchObject({ desc: 'beta/ann' })
    await password('')
    expect((await statusOf(app)).plan).toMatchObject({ outdated: 2, missing: 0 })
    await setUp(app)
    expect(JSON.stringify([...apisix.consumers.values()])).not.toContain('s3cret')
    expect((await statusOf(app)).plan).toMatchObject({ outdated: 0, current: 2 })
  })

  test('sets a route again that somebody switched off', async () => {
    const { app, apisix } = await hall()
    await addGroup(app, 'alpha', ['ann'])
    await setUp(app)
    const route = apisix.routes.get('ai-gateway-route')!
    route.value.status = 0
    expect(await statusOf(app)).toMatchObject({ plan: { routeDue: true }, route: { configured: true, current: false } })
    await setUp(app)
    expect(apisix.routes.get('ai-gateway-route')?.value).not.toHaveProperty('status')
    expect(await statusOf(app)).toMatchObject({ route: { current: true } })
  })

  test('tells what is under way to everybody, and refuses a second one meanwhile', async () => {
    const { app } = await hall()
    await addGroup(
      app,
      'alpha',
      Array.from({ length: 60 }, (_, n) => `u${n}`),
    )
    const frames = await app.subscribe<{ gatewayRunChanged: RunView['gatewayRun'] | null }>(
      'subscription { gatewayRunChanged { total done endedAt steps { username state } } }',
    )
    const [, second] = await Promise.all([app.execute(SET_UP), app.answer(SET_UP)])
    const read = await frames.until(({ gatewayRunChanged }) => typeof gatewayRunChanged?.endedAt === 'string')
    expect(read.at(-1)?.gatewayRunChanged).toMatchObject({ total: 61, done: 61 })
    expect(second.errors?.[0]?.extensions?.code ?? 'CONFLICT').toBe('CONFLICT')
  })
})
