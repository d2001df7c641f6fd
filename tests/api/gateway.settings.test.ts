import { describe, expect, test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { addGroup } from '../kit/groups.ts'
import { startGatewayApp, updateSettings } from '../kit/gateway.ts'

describe('settings of the gateway', () => {
  test('take secrets and never return them; invalid values name their field', async () => {
    const { app } = await startGatewayApp()
    const set =
      'mutation ($input: UpdateGatewaySettingsInput!) { updateGatewaySettings(input: $input) { hasLemonadeApiKey adminKeyFrom hasRedisPassword } }'
    const secrets = {
      lemonadeApiKey: 'secret-one',
      adminKey: 'secret-two',
      redisHost: 'redis',
      redisPassword: 'secret-three',
    }
    const { updateGatewaySettings } = await app.execute<{ updateGatewaySettings: object }>(set, { input: secrets })
    expect(updateGatewaySettings).toEqual({ hasLemonadeApiKey: true, adminKeyFrom: 'SETTINGS', hasRedisPassword: true })
    expect(JSON.stringify(await app.execute('{ activity { items { action label detail } } }'))).not.toMatch(/secret-/)
    for (const [input, field] of [
      [{ tokenLimit: 0 }, 'tokenLimit'],
      [{ timeWindow: -1 }, 'timeWindow'],
      [{ lemonadeUrl: 'ftp://x' }, 'lemonadeUrl'],
      [{ adminUrl: 'http://me:pw@host' }, 'adminUrl'],
      [{ proxyPort: 70000 }, 'proxyPort'],
      [{ redisHost: 'a b' }, 'redisHost'],
      [{ redisHost: 'r' }, 'redisHost'],
    ] as const)
      expect((await app.refused(set, { input })).fields?.map((one) => one.field)).toEqual([field])
  })

  test('apply to REST where a request leaves something out', async () => {
    const { app, apisix } = await startGatewayApp()
    await addGroup(app, 'alpha', ['ann', 'bob'])
    await updateSettings(app, { mode: 'PER_GROUP', tokenLimit: 900 })
    const post = async (path: string, body: object) => {
      const headers = { 'Content-Type': 'application/json' }
      const sent = { method: 'POST', headers, body: JSON.stringify(body) }
      return (await fetch(`${app.url}/api/gateway/${path}`, sent)).json() as Promise<unknown>
    }
    expect(await post('setup', {})).toMatchObject([{ username: 'group-alpha', rate_limit: 1800, time_window: 60 }])
    expect(await post('setup', { mode: 'per-user', rate_limit: 7 })).toMatchObject([
      { rate_limit: 7 },
      { rate_limit: 7 },
    ])
    expect(await post('consumers', { username: 'mentor' })).toMatchObject({ rate_limit: 900, time_window: 60 })
    expect([...apisix.consumers.keys()].sort()).toEqual(['alpha-ann', 'alpha-bob', 'group-alpha', 'mentor'])
  })

  test('start with the environment, and keep changes until they are cleared', async () => {
    const { app, apisix } = await startGatewayApp({
      GATEWAY_RATE_LIMIT_TOKENS: '100',
      GATEWAY_LEMONADE_URL: 'http://10.0.0.5:1',
    })
    const set =
      'mutation ($input: UpdateGatewaySettingsInput!) { updateGatewaySettings(input: $input) { tokenLimit timeWindow lemonadeUrl adminUrl adminKeyFrom } }'
    const first = { timeWindow: 60, adminUrl: apisix.server.url, adminKeyFrom: 'ENVIRONMENT' }
    expect(await app.execute(set, { input: { tokenLimit: 900 } })).toEqual({
      updateGatewaySettings: { ...first, tokenLimit: 900, lemonadeUrl: 'http://10.0.0.5:1' },
    })
    await app.execute(set, {
      input: { lemonadeUrl: 'http://10.0.0.6:1/', adminUrl: 'http://127.0.0.1:1', adminKey: 'x' },
    })
    await app.close()
    const again = await startApp({ ...apisix.environment, GATEWAY_RATE_LIMIT_TOKENS: '200' }, { dir: app.dir })
    expect(await again.execute(set, { input: { timeWindow: 30 } })).toEqual({
      updateGatewaySettings: {
        ...{ tokenLimit: 900, timeWindow: 30, lemonadeUrl: 'http://10.0.0.6:1' },
        ...{ adminUrl: 'http://127.0.0.1:1', adminKeyFrom: 'SETTINGS' },
      },
    })
    expect(await again.execute(set, { input: { lemonadeUrl: '', adminUrl: '', adminKey: '' } })).toEqual({
      updateGatewaySettings: { ...first, tokenLimit: 900, timeWindow: 30, lemonadeUrl: 'http://127.0.0.1:1' },
    })
  })

  test.each([
    ['http://127.0.0.1:9180', 'http://127.0.0.1:9080', 'http://host.docker.internal:9080/v1'],
    ['http://apisix:9180', 'http://127.0.0.1:9080', 'http://host.docker.internal:9080/v1'],
    ['http://10.0.0.7:9180', 'http://10.0.0.7:9080', 'http://10.0.0.7:9080/v1'],
    ['http://gateway.example:9180', 'http://gateway.example:9080', 'http://gateway.example:9080/v1'],
  ])('an Admin API at %s serves people at %s', async (adminUrl, proxyUrl, peopleUrl) => {
    const { app } = await startGatewayApp()
    expect(app.services.gatewaySettings.addressesOf({ adminUrl, proxyPort: 9080 })).toEqual({ proxyUrl, peopleUrl })
  })
})
