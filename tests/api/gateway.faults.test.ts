import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ApisixStandIn } from '../kit/apisix.ts'
import { startApp } from '../kit/app.ts'
import { addGroup } from '../kit/groups.ts'
import { hall, RUN, setUp, SET_UP, statusOf } from '../kit/gateway.ts'

describe('bad luck', () => {
  test.each([
    [
      'a wrong key',
      { GATEWAY_ADMIN_KEY: 'wrong-admin-key' },
      () => undefined,
      'UNAUTHORIZED',
      /^APISIX Admin API authentication failed: wrong apikey\.$/,
    ],
    ['no key', { GATEWAY_ADMIN_KEY: '' }, () => undefined, 'UNAUTHORIZED', /no Admin key is set/],
    ['a foreign address', {}, (apisix: ApisixStandIn) => (apisix.isShut = true), 'UNAUTHORIZED', /allow_admin/],
    [
      'nobody there',
      {},
      (apisix: ApisixStandIn) => apisix.server.down(),
      'OFFLINE',
      /^Cannot connect to APISIX Admin API at .*: nothing listens there\.$/,
    ],
    [
      'its database away',
      {},
      (apisix: ApisixStandIn) => (apisix.etcdDown = true),
      'FAULTY',
      /^APISIX answered 503: has no healthy etcd endpoint available\.$/,
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

  test.each([
    ['a variable of APISIX’s own environment', 'key: ${{ADMIN_KEY}}, role: admin', null, 'UNAUTHORIZED'],
    ['a number', 'key: 1234567890, role: admin', 'FILE', 'UNAUTHORIZED'],
  ])('a key in that file that is %s is taken for what it is', async (_what, entry, from, state) => {
    const apisix = await ApisixStandIn.start()
    const file = join(mkdtempSync(join(tmpdir(), 'thon-apisix-')), 'config.yaml')
    writeFileSync(file, `deployment:\n  admin:\n    admin_key:\n      - { name: a, ${entry} }\n`)
    const app = await startApp({ ...apisix.environment, GATEWAY_ADMIN_KEY: '', GATEWAY_CONFIG_FILE: file })
    expect(await app.execute('{ gatewaySettings { adminKeyFrom } }')).toEqual({
      gatewaySettings: { adminKeyFrom: from },
    })
    expect(await statusOf(app)).toMatchObject({ state })
    expect(apisix.server.requests.at(-1)?.headers['x-api-key']).toBe(from ? '1234567890' : undefined)
  })

  test('an APISIX that keeps its version to itself is said to', async () => {
    const { app, apisix } = await hall({ LEMONADE_API_KEY: 'k' })
    apisix.version = ''
    expect(await statusOf(app)).toMatchObject({
      ...{ state: 'RUNNING', version: null },
      limitations: [expect.stringMatching(/does not tell its version/)],
    })
  })

  test('a server that is no APISIX is not taken for one without consumers', async () => {
    const { app, apisix } = await hall()
    apisix.server.answer = () => ({ body: {} })
    expect(await statusOf(app)).toMatchObject({
      state: 'FAULTY',
      trouble: { message: expect.stringMatching(/unreadable/) },
    })
  })

  test('an error that quotes what was sent tells no secret, neither to people nor in the log or the activity log', async () => {
    const { app, apisix } = await hall({
      GATEWAY_REDIS_HOST: 'redis',
      GATEWAY_REDIS_PASSWORD: 'redis-secret-9',
      LEMONADE_API_KEY: 'lemonade-secret-9',
      THON_LOG_LEVEL: 'trace',
    })
    await addGroup(app, 'alpha', ['ann'])
    const stored = apisix.server.answer
    let sent = ''
    apisix.server.answer = (taken) => {
      if (taken.method === 'GET') return stored(taken)
      sent += JSON.stringify(taken.body)
      return {
        status: 400,
        body: { error_msg: `this will not do: ${JSON.stringify(taken.body)}`, req_body: taken.body },
      }
    }
    app.logged.expect(/./)
    const run = await setUp(app)
    expect(run.failed).toBe(2)
    const create = 'mutation ($input: ConsumerInput!) { createConsumer(input: $input) { key } }'
    const refusal = await app.refused(create, { input: { username: 'x', key: 'by-hand-secret-9' } })
    const answer = await fetch(`${app.url}/api/gateway/consumers`, {
      ...{ method: 'POST', headers: { 'Content-Type': 'application/json' } },
      body: JSON.stringify({ username: 'y', api_key: 'by-rest-secret-9' }),
    })
    expect(answer.status).toBe(502)
    const told = JSON.stringify([
      ...[run, refusal, await answer.text(), await app.execute('{ activity { action label detail } }')],
      ...[await app.execute(RUN), app.logged.lines.join('')],
    ])
    const keys = [...sent.matchAll(/Bearer ([^"\\]+)/g)].map(([, key]) => key as string)
    expect(keys.length).toBe(4)
    for (const secret of [...keys, 'redis-secret-9', apisix.key]) expect(told).not.toContain(secret)
  })

  test('while nobody answers, many that are to be deleted are refused together', async () => {
    const { app, apisix } = await hall()
    await apisix.server.down()
    const { deleteConsumers } = await app.execute<{ deleteConsumers: { error: string }[] }>(
      'mutation { deleteConsumers(usernames: ["a", "b", "c"]) { error } }',
    )
    expect(deleteConsumers.map(({ error }) => error)).toEqual(Array(3).fill(expect.stringMatching(/^Cannot connect/)))
    expect((await app.execute<{ activity: object[] }>('{ activity { action } }')).activity.length).toBe(1)
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
    expect(apisix.server.requests).toEqual([])
    await app.execute('mutation { setGatewaySettings(input: { enabled: true }) { enabled } }')
    expect(await statusOf(app)).toMatchObject({ state: 'RUNNING' })
  })
})
