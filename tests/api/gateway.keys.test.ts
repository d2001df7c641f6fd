import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { organiser } from '../../server/auth/viewer.ts'
import { ApisixStandIn } from '../kit/apisix.ts'
import { startApp } from '../kit/app.ts'
import { addGroup, userOf } from '../kit/groups.ts'
import { hall, keyAt, rows, RUN, setUp, SET_UP, statusOf, type RunView } from '../kit/gateway.ts'

describe('bad luck', () => {
  test.each([
    [
      'a wrong key',
      { GATEWAY_ADMIN_KEY: 'wrong-admin-key' },
      () => undefined,
      'UNAUTHORIZED',
      /^APISIX Admin API authentication failed: wrong apikey$/,
    ],
    ['no key', { GATEWAY_ADMIN_KEY: '' }, () => undefined, 'UNAUTHORIZED', /no Admin key is set/],
    ['a foreign address', {}, (apisix: ApisixStandIn) => (apisix.isShut = true), 'UNAUTHORIZED', /allow_admin/],
    [
      'nobody there',
      {},
      (apisix: ApisixStandIn) => apisix.server.down(),
      'OFFLINE',
      /^Cannot connect to APISIX Admin API at .*: nothing listens there$/,
    ],
    [
      'its database away',
      {},
      (apisix: ApisixStandIn) => (apisix.etcdDown = true),
      'FAULTY',
      /^APISIX Admin API error 503 for GET \/consumers: /,
    ],
  ])('%s is told from the others', async (_name, environment, break_, state, message) => {
    const { app, apisix } = await hall(environment as unknown as Record<string, string>)
    await break_(apisix)
    const status = await statusOf(app)
    expect(status).toMatchObject({ state, trouble: { message: expect.stringMatching(message) as string } })
    expect(JSON.stringify(status)).not.toContain('wrong-admin-key')
    expect(await app.refused(SET_UP)).toMatchObject({ code: 'UPSTREAM_FAILED' })
  })

  test('a key in APISIX’s own configuration is found', async () => {
    const apisix = await ApisixStandIn.start()
    const file = join(mkdtempSync(join(tmpdir(), 'thon-apisix-')), 'config.yaml')
    writeFileSync(
      file,
      `deployment:\n  admin:\n    admin_key:\n      - { name: v, key: viewer-key, role: viewer }\n      - { name: a, key: ${apisix.key}, role: admin }\n`,
    )
    const app = await startApp({ ...apisix.environment, GATEWAY_ADMIN_KEY: '', GATEWAY_CONFIG_FILE: file })
    const { gatewaySettings } = await app.execute<{ gatewaySettings: object }>(
      '{ gatewaySettings { adminKeyFrom adminKeyFile } }',
    )
    expect(gatewaySettings).toEqual({ adminKeyFrom: 'FILE', adminKeyFile: file })
    expect(await statusOf(app)).toMatchObject({ state: 'RUNNING' })
  })

  test('a consumer whose key somebody else has fails alone', async () => {
    const { app, apisix } = await hall()
    apisix.put('alpha-ann', { plugins: { 'key-auth': { key: 'twice' } } })
    apisix.put('other', { plugins: { 'key-auth': { key: 'Bearer twice' } } })
    await addGroup(app, 'alpha', ['ann', 'bob'])
    const run = await setUp(app)
    expect(run).toMatchObject({ done: 2, failed: 1, message: null })
    expect(run.steps.find(({ state }) => state === 'FAILED')).toMatchObject({
      username: 'alpha-ann',
      message: 'duplicate key of plugin key-auth found with consumer: other',
    })
  })

  test('while it is off nothing is asked of it, and commands say so', async () => {
    const { app, apisix } = await hall({ GATEWAY_ENABLED: 'false' })
    expect(await statusOf(app)).toMatchObject({ state: 'DISABLED', trouble: null })
    expect(await app.refused(SET_UP)).toMatchObject({ code: 'BAD_REQUEST' })
    expect(apisix.server.taken).toEqual([])
    await app.execute('mutation { setGatewaySettings(input: { enabled: true }) { enabled } }')
    expect(await statusOf(app)).toMatchObject({ state: 'RUNNING' })
  })
})

describe('keys', () => {
  test('are never in lists; revealing one is in the activity log', async () => {
    const { app, apisix } = await hall()
    await addGroup(app, 'alpha', ['ann'])
    await setUp(app)
    const key = keyAt(apisix, 'alpha-ann').replace('Bearer ', '')
    expect(JSON.stringify(await rows(app))).not.toContain(key)
    expect(await app.execute('mutation { revealConsumerKey(username: "alpha-ann") { key baseUrl } }')).toEqual({
      revealConsumerKey: { key, baseUrl: 'http://host.docker.internal:9080/v1' },
    })
    const { activity } = await app.execute<{ activity: object[] }>(
      '{ activity(first: 1) { action kind label outcome detail } }',
    )
    expect(activity).toEqual([
      { action: 'reveal key', kind: 'consumer', label: 'alpha-ann', outcome: 'done', detail: null },
    ])
  })

  test('are rotated, made by hand, and refused when they cannot be', async () => {
    const { app, apisix } = await hall()
    await addGroup(app, 'alpha', ['ann'])
    await setUp(app)
    const old = keyAt(apisix, 'alpha-ann')
    await app.execute('mutation { rotateConsumerKey(username: "alpha-ann") { key } }')
    expect(keyAt(apisix, 'alpha-ann')).not.toBe(old)
    expect(await rows(app)).toMatchObject([{ standing: 'CURRENT' }])
    const create = 'mutation ($input: ConsumerInput!) { createConsumer(input: $input) { username key } }'
    await app.execute(create, { input: { username: 'guest', key: 'my-key', tokenLimit: 5 } })
    expect(keyAt(apisix, 'guest')).toBe('Bearer my-key')
    expect(await app.refused(create, { input: { username: 'guest' } })).toMatchObject({ code: 'CONFLICT' })
    for (const [input, field] of [
      [{ username: 'a b' }, 'username'],
      [{ username: 'ok', tokenLimit: 0 }, 'tokenLimit'],
      [{ username: 'ok', key: 'with space' }, 'key'],
    ] as const)
      expect((await app.refused(create, { input })).fields?.map((one) => one.field)).toEqual([field])
    expect(await app.refused('mutation { rotateConsumerKey(username: "nobody") { key } }')).toMatchObject({
      code: 'NOT_FOUND',
    })
  })

  test('reach the people: the Kilo Code Config in a sandbox has the key of its user', async () => {
    const { app, apisix } = await hall()
    const group = await addGroup(app, 'alpha', ['ann', 'bob'])
    await setUp(app)
    const { id } = userOf(group, 'ann')
    const key = keyAt(apisix, 'alpha-ann').replace('Bearer ', '')
    expect(await app.services.gateway.keyOf(id)).toMatchObject({ key, baseUrl: 'http://host.docker.internal:9080/v1' })
    await apisix.server.down()
    expect(await app.services.gateway.keyOf(id)).toMatch(/^the AI gateway cannot be asked/)
  })
})

describe('what is known', () => {
  test('tokens used in all, and in the present window', async () => {
    const { app, apisix } = await hall()
    await addGroup(app, 'alpha', ['ann', 'bob'])
    await setUp(app)
    apisix.tokens = { 'alpha-ann': [100, 50] }
    const again = await startApp({ ...apisix.environment })
    await addGroup(again, 'alpha', ['ann', 'bob'])
    expect((await rows(again)).map(({ username, tokensTotal }) => [username, tokensTotal])).toEqual([
      ['alpha-ann', 150],
      ['alpha-bob', 0],
    ])
    apisix.tokens = null
    const without = await startApp({ ...apisix.environment })
    expect(await rows(without)).toMatchObject([{ tokensTotal: null }, { tokensTotal: null }])
  })

  test('changes made elsewhere show up', async () => {
    const { app, apisix } = await hall()
    const frames = await app.subscribe<{ consumerChanged: { kind: string; username: string } }>(
      'subscription { consumerChanged { kind username } }',
    )
    await expect.poll(() => apisix.server.count('/apisix/admin/consumers')).toBeGreaterThan(0)
    await app.services.gateway.status(organiser)
    apisix.put('by-hand', { plugins: { 'key-auth': { key: 'k' } } })
    expect(await frames.next()).toEqual({ consumerChanged: { kind: 'ADDED', username: 'by-hand' } })
    apisix.consumers.delete('by-hand')
    expect(await frames.next()).toEqual({ consumerChanged: { kind: 'REMOVED', username: 'by-hand' } })
  })

  test('whether Redis answers', async () => {
    const { app } = await hall({
      GATEWAY_REDIS_HOST: '127.0.0.1',
      GATEWAY_REDIS_PORT: '1',
      GATEWAY_REDIS_PASSWORD: 'redis-secret',
    })
    const { redis } = (await statusOf(app)) as { redis: { message: string } }
    expect(redis).toMatchObject({ configured: true, reachable: false })
    expect(redis.message).not.toContain('redis-secret')
  })

  test('cleaning up wants the words, and removes everything', async () => {
    const { app, apisix } = await hall()
    await addGroup(app, 'alpha', ['ann', 'bob'])
    await setUp(app)
    expect(await app.refused('mutation { cleanUpGateway(confirm: "yes") { id } }')).toMatchObject({
      code: 'INVALID_INPUT',
    })
    await app.execute('mutation { cleanUpGateway(confirm: "clean up") { id } }')
    await app.until<RunView>(RUN, {}, ({ gatewayRun }) => gatewayRun.endedAt !== null)
    expect([apisix.consumers.size, apisix.routes.size]).toEqual([0, 0])
  })

  test('settings: secrets are written and never read, and bad ones name their field', async () => {
    const { app } = await hall()
    const set =
      'mutation ($input: GatewaySettingsInput!) { setGatewaySettings(input: $input) { hasLemonadeApiKey adminKeyFrom hasRedisPassword } }'
    const secrets = {
      lemonadeApiKey: 'secret-one',
      adminKey: 'secret-two',
      redisHost: 'r',
      redisPassword: 'secret-three',
    }
    const { setGatewaySettings } = await app.execute<{ setGatewaySettings: object }>(set, { input: secrets })
    expect(setGatewaySettings).toEqual({ hasLemonadeApiKey: true, adminKeyFrom: 'SETTINGS', hasRedisPassword: true })
    expect(JSON.stringify(await app.execute('{ activity { action label detail } }'))).not.toMatch(/secret-/)
    for (const [input, field] of [
      [{ tokenLimit: 0 }, 'tokenLimit'],
      [{ timeWindow: -1 }, 'timeWindow'],
      [{ lemonadeUrl: 'ftp://x' }, 'lemonadeUrl'],
      [{ adminUrl: 'http://me:pw@host' }, 'adminUrl'],
      [{ proxyPort: 70000 }, 'proxyPort'],
      [{ redisHost: 'a b' }, 'redisHost'],
    ] as const)
      expect((await app.refused(set, { input })).fields?.map((one) => one.field)).toEqual([field])
  })
})
