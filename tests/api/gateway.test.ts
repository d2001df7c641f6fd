import { describe, expect, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { addGroup, userOf } from '../kit/groups.ts'
import { APPLY, applyConfig, consumersOf, keyAt, startGatewayApp, statusOf, updateSettings } from '../kit/gateway.ts'

describe('applying the gateway configuration', () => {
  test('creates the route and a consumer for each user, and reports every step', async () => {
    const { app, apisix } = await startGatewayApp({
      LEMONADE_API_KEY: 'key-of-lemonade',
      GATEWAY_LEMONADE_URL: 'http://10.0.0.5:13305/api/v1',
    })
    await addGroup(app, 'alpha', ['ann', 'bob'])
    await addGroup(app, 'Ünï 2', ['Zoë'])
    await addGroup(app, 'empty', [])
    expect(await statusOf(app)).toMatchObject({
      ...{ state: 'RUNNING', version: '3.18.0', consumerCount: 0, limitations: [] },
      plan: { missing: 3, outdated: 0, orphaned: 0, current: 0, routePending: true },
    })
    const { steps, ...job } = await applyConfig(app)
    expect(job).toMatchObject({ total: 4, done: 4, failed: 0, message: null })
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

  test('a second time sends nothing', async () => {
    const { app, apisix } = await startGatewayApp()
    await addGroup(app, 'alpha', ['ann', 'bob'])
    await applyConfig(app)
    const writes = apisix.writes.length
    expect(await applyConfig(app)).toMatchObject({
      total: 3,
      done: 3,
      steps: [{}, { action: 'KEEP' }, { action: 'KEEP' }],
    })
    expect(apisix.writes.length).toBe(writes)
  })

  test('keeps keys when limits or names change, and those of the old system', async () => {
    const { app, apisix } = await startGatewayApp()
    apisix.put('alpha-bob', { plugins: { 'key-auth': { key: 'old-key-of-bob' } } })
    const group = await addGroup(app, 'alpha', ['ann', 'bob'])
    await applyConfig(app)
    const key = keyAt(apisix, 'alpha-ann')
    expect(keyAt(apisix, 'alpha-bob')).toBe('Bearer old-key-of-bob')
    await app.services.users.updateUser(organizer, userOf(group, 'ann').id, { username: 'anna' })
    await updateSettings(app, { tokenLimit: 900 })
    expect((await statusOf(app)).plan).toMatchObject({ missing: 0, outdated: 2 })
    await applyConfig(app)
    expect(keyAt(apisix, 'alpha-ann')).toBe(key)
    expect(apisix.consumers.get('alpha-ann')?.value).toMatchObject({ desc: 'alpha/anna' })
    expect(await consumersOf(app, { filter: { search: 'anna' } })).toMatchObject([
      { memberName: 'anna', tokenLimit: 900, status: 'CURRENT' },
    ])
  })

  test('per group creates one consumer for each group, with the sum of its limits', async () => {
    const { app, apisix } = await startGatewayApp({ GATEWAY_MODE: 'per-group', GATEWAY_RATE_LIMIT_TOKENS: '100' })
    await addGroup(app, 'alpha', ['ann', 'bob', 'cy'])
    await applyConfig(app)
    expect([...apisix.consumers.keys()]).toEqual(['group-alpha'])
    expect(await consumersOf(app)).toMatchObject([
      { type: 'GROUP', groupName: 'alpha', memberName: null, userCount: 3, tokenLimit: 300 },
    ])
  })

  test('lists orphaned consumers, and leaves them and others alone', async () => {
    const { app, apisix } = await startGatewayApp()
    apisix.put('by-hand', { plugins: { 'key-auth': { key: 'k' } } })
    const group = await addGroup(app, 'alpha', ['ann', 'bob'])
    await applyConfig(app)
    await app.services.users.deleteUser(organizer, userOf(group, 'bob').id, { deleteWorkspaces: false })
    await applyConfig(app)
    expect(
      (await consumersOf(app)).map(({ username, status, groupName, memberName }) => [
        username,
        status,
        groupName,
        memberName,
      ]),
    ).toEqual([
      ['alpha-ann', 'CURRENT', 'alpha', 'ann'],
      ['alpha-bob', 'ORPHANED', 'alpha', 'bob'],
      ['by-hand', 'OTHER', null, null],
    ])
    const remove =
      'mutation { deleteConsumers(input: { usernames: ["alpha-bob", "nobody"] }) { username error { code message } } }'
    expect(await app.execute(remove)).toEqual({
      deleteConsumers: [
        { username: 'alpha-bob', error: null },
        {
          username: 'nobody',
          error: { code: 'NOT_FOUND', message: 'There is no consumer nobody. It may have been deleted.' },
        },
      ],
    })
  })

  test('a thousand consumers take one write each', async () => {
    const { app, apisix } = await startGatewayApp()
    for (const name of ['a', 'b']) {
      const { id: groupId } = await addGroup(app, name)
      const users = Array.from({ length: 500 }, (_, n) => ({ groupId, username: `u${n}`, volume: `${name}-${n}` }))
      await app.db.user.createMany({ data: users })
    }
    expect(await applyConfig(app)).toMatchObject({ total: 1001, done: 1001, failed: 0 })
    expect(apisix.writes.length).toBe(1001)
    const page = await consumersOf(app, { page: { number: 3, size: 400 } })
    expect(page.length).toBe(200)
  })

  test('is refused for an APISIX without dashes in names, before anything is sent', async () => {
    const { app, apisix } = await startGatewayApp({ LEMONADE_API_KEY: 'key-of-lemonade' })
    apisix.version = '3.12.0'
    await addGroup(app, 'alpha', ['ann'])
    expect((await statusOf(app)).limitations).toEqual([
      expect.stringMatching(/does not allow dashes in names/),
      expect.stringMatching(/counts all consumers with the same limit together/),
    ])
    expect(await app.refused(APPLY)).toMatchObject({ code: 'CONFLICT' })
    expect(apisix.writes).toEqual([])
  })

  test('a change of the mode shows pending and orphaned consumers, there and back', async () => {
    const { app, apisix } = await startGatewayApp({ GATEWAY_RATE_LIMIT_TOKENS: '100' })
    await addGroup(app, 'alpha', ['ann', 'bob'])
    await applyConfig(app)
    const [ann, bob] = ['alpha-ann', 'alpha-bob'].map((name) => keyAt(apisix, name))
    const switchTo = (mode: string) => updateSettings(app, { mode })
    await switchTo('PER_GROUP')
    expect((await statusOf(app)).plan).toMatchObject({ missing: 1, orphaned: 2, current: 0 })
    await applyConfig(app)
    expect((await consumersOf(app)).map(({ username, status }) => [username, status])).toEqual([
      ['alpha-ann', 'ORPHANED'],
      ['alpha-bob', 'ORPHANED'],
      ['group-alpha', 'CURRENT'],
    ])
    await switchTo('PER_USER')
    expect((await statusOf(app)).plan).toMatchObject({ missing: 0, orphaned: 1, current: 2 })
    expect(['alpha-ann', 'alpha-bob'].map((name) => keyAt(apisix, name))).toEqual([ann, bob])
  })

  test('names that look alike and names in any script get consumers of their own', async () => {
    const { app, apisix } = await startGatewayApp()
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
    expect(await applyConfig(app)).toMatchObject({ total: 7, done: 7, failed: 0 })
    for (const name of apisix.consumers.keys()) expect(name).toMatch(/^[A-Za-z0-9_-]+$/)
    expect((await consumersOf(app)).map(({ groupName, memberName }) => `${groupName}/${memberName}`).sort()).toEqual(
      ['a-b/c', 'a/b c', 'a/b-c', 'a/b.c', 'чай/Яна', '茶/楊'].sort(),
    )
  })

  test('updates users who changed groups and passwords of Redis, and keeps keys', async () => {
    const { app, apisix } = await startGatewayApp({ GATEWAY_REDIS_HOST: '127.0.0.1', GATEWAY_REDIS_PORT: '1' })
    const alpha = await addGroup(app, 'alpha', ['ann'])
    const beta = await addGroup(app, 'beta', ['bob'])
    const password = (text: string) =>
      app.execute('mutation ($text: String!) { updateGatewaySettings(input: { redisPassword: $text }) { mode } }', {
        text,
      })
    await password('s3cret')
    await applyConfig(app)
    const key = keyAt(apisix, 'alpha-ann')
    await app.services.users.transferUser(organizer, userOf(alpha, 'ann').id, beta.id)
    expect((await statusOf(app)).plan).toMatchObject({ outdated: 1, missing: 0, orphaned: 0 })
    await applyConfig(app)
    expect(keyAt(apisix, 'alpha-ann')).toBe(key)
    expect(apisix.consumers.get('alpha-ann')?.value).toMatchObject({ desc: 'beta/ann' })
    await password('')
    expect((await statusOf(app)).plan).toMatchObject({ outdated: 2, missing: 0 })
    await applyConfig(app)
    expect(JSON.stringify([...apisix.consumers.values()])).not.toContain('s3cret')
    expect((await statusOf(app)).plan).toMatchObject({ outdated: 0, current: 2 })
  })

  test('switches on a route that someone switched off', async () => {
    const { app, apisix } = await startGatewayApp()
    await addGroup(app, 'alpha', ['ann'])
    await applyConfig(app)
    const route = apisix.routes.get('ai-gateway-route')!
    route.value.status = 0
    expect(await statusOf(app)).toMatchObject({
      plan: { routePending: true },
      route: { configured: true, current: false },
    })
    await applyConfig(app)
    expect(apisix.routes.get('ai-gateway-route')?.value).not.toHaveProperty('status')
    expect(await statusOf(app)).toMatchObject({ route: { current: true } })
  })
})
