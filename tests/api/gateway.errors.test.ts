import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ApisixStandIn } from '../kit/apisix.ts'
import { startApp } from '../kit/app.ts'
import { addGroup } from '../kit/groups.ts'
import { APPLY, applyConfig, JOB, startGatewayApp, statusOf, updateSettings } from '../kit/gateway.ts'

describe('when the gateway fails', () => {
  test.each([
    [
      'a wrong key',
      { GATEWAY_ADMIN_KEY: 'wrong-admin-key' },
      () => undefined,
      'UNAUTHORIZED',
      /^APISIX Admin API authentication failed: wrong apikey\.$/,
    ],
    ['no key', { GATEWAY_ADMIN_KEY: '' }, () => undefined, 'UNAUTHORIZED', /no Admin key is set/],
    [
      'an address that is not allowed',
      {},
      (apisix: ApisixStandIn) => (apisix.isForbidden = true),
      'UNAUTHORIZED',
      /allow_admin/,
    ],
    [
      'no server',
      {},
      (apisix: ApisixStandIn) => apisix.server.down(),
      'OFFLINE',
      /^Cannot connect to APISIX Admin API at .*: nothing listens there\.$/,
    ],
    [
      'no database',
      {},
      (apisix: ApisixStandIn) => (apisix.etcdDown = true),
      'FAULTY',
      /^APISIX answered 503: has no healthy etcd endpoint available\.$/,
    ],
  ])('%s has a state and a message of its own', async (_name, environment, breakIt, state, message) => {
    const { app, apisix } = await startGatewayApp(environment)
    await breakIt(apisix)
    const status = await statusOf(app)
    expect(status).toMatchObject({ state, error: { message: expect.stringMatching(message) as string } })
    expect(JSON.stringify(status)).not.toContain('wrong-admin-key')
    expect(await app.refused(APPLY)).toMatchObject({ code: 'UPSTREAM_FAILED' })
  })

  test('the key in APISIX’s own configuration file is found', async () => {
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
  ])('%s in that file is read as what it is', async (_what, entry, from, state) => {
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

  test('an APISIX that hides its version is reported', async () => {
    const { app, apisix } = await startGatewayApp({ LEMONADE_API_KEY: 'k' })
    apisix.version = ''
    expect(await statusOf(app)).toMatchObject({
      ...{ state: 'RUNNING', version: null },
      limitations: [expect.stringMatching(/does not show its version/)],
    })
  })

  test('another kind of server does not pass for an APISIX without consumers', async () => {
    const { app, apisix } = await startGatewayApp()
    apisix.server.answer = () => ({ body: {} })
    expect(await statusOf(app)).toMatchObject({
      state: 'FAULTY',
      error: { message: expect.stringMatching(/unreadable/) as string },
    })
  })

  test('an error that quotes the request leaks no secret to people or logs', async () => {
    const { app, apisix } = await startGatewayApp({
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
        body: { error_msg: `rejected: ${JSON.stringify(taken.body)}`, req_body: taken.body },
      }
    }
    app.logged.expect(/./)
    const job = await applyConfig(app)
    expect(job.failed).toBe(2)
    const create = 'mutation ($input: CreateConsumerInput!) { createConsumer(input: $input) { key } }'
    const refusal = await app.refused(create, { input: { username: 'x', key: 'by-hand-secret-9' } })
    const answer = await fetch(`${app.url}/api/gateway/consumers`, {
      ...{ method: 'POST', headers: { 'Content-Type': 'application/json' } },
      body: JSON.stringify({ username: 'y', api_key: 'by-rest-secret-9' }),
    })
    expect(answer.status).toBe(502)
    const shown = JSON.stringify([
      ...[job, refusal, await answer.text(), await app.execute('{ activity { items { action label detail } } }')],
      ...[await app.execute(JOB), app.logged.lines.join('')],
    ])
    const keys = [...sent.matchAll(/Bearer ([^"\\]+)/g)].map(([, key]) => key as string)
    expect(keys.length).toBe(4)
    for (const secret of [...keys, 'redis-secret-9', apisix.key]) expect(shown).not.toContain(secret)
  })

  test('a bulk deletion without an answer fails for all after the first timeout', async () => {
    const { app, apisix } = await startGatewayApp()
    await apisix.server.down()
    const { deleteConsumers } = await app.execute<{ deleteConsumers: { error: { message: string } }[] }>(
      'mutation { deleteConsumers(input: { usernames: ["a", "b", "c"] }) { error { message } } }',
    )
    expect(deleteConsumers.map(({ error }) => error.message)).toEqual(
      Array(3).fill(expect.stringMatching(/^Cannot connect/)),
    )
    expect((await app.execute<{ activity: { total: number } }>('{ activity { total } }')).activity.total).toBe(1)
  })

  test('a consumer with the key of another one fails alone', async () => {
    const { app, apisix } = await startGatewayApp()
    apisix.put('alpha-ann', { plugins: { 'key-auth': { key: 'twice' } } })
    apisix.put('other', { plugins: { 'key-auth': { key: 'Bearer twice' } } })
    await addGroup(app, 'alpha', ['ann', 'bob'])
    const job = await applyConfig(app)
    expect(job).toMatchObject({ done: 2, failed: 1, message: null })
    expect(job.steps.find(({ state }) => state === 'FAILED')).toMatchObject({
      username: 'alpha-ann',
      message: 'duplicate key of plugin key-auth found with consumer: other',
    })
  })

  test('while the gateway is off, it gets no requests and commands are refused', async () => {
    const { app, apisix } = await startGatewayApp({ GATEWAY_ENABLED: 'false' })
    expect(await statusOf(app)).toMatchObject({ state: 'DISABLED', error: null })
    expect(await app.refused(APPLY)).toMatchObject({ code: 'BAD_REQUEST' })
    expect(apisix.server.requests).toEqual([])
    await updateSettings(app, { enabled: true })
    expect(await statusOf(app)).toMatchObject({ state: 'RUNNING' })
  })
})
