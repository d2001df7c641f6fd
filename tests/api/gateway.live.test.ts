import { describe, expect, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { startApp } from '../kit/app.ts'
import { addGroup } from '../kit/groups.ts'
import { Redis } from '../kit/redis.ts'
import { hall, rows, RUN, setUp, statusOf, type RunView } from '../kit/gateway.ts'

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
    await app.services.gateway.status(organizer)
    apisix.put('by-hand', { plugins: { 'key-auth': { key: 'k' } } })
    expect(await frames.next()).toEqual({ consumerChanged: { kind: 'ADDED', username: 'by-hand' } })
    apisix.consumers.delete('by-hand')
    expect(await frames.next()).toEqual({ consumerChanged: { kind: 'REMOVED', username: 'by-hand' } })
  })

  test('whether Redis answers and takes the password, also while the gateway is away', async () => {
    const redis = await Redis.start('redis-secret')
    const { app, apisix } = await hall({ GATEWAY_REDIS_HOST: '127.0.0.1', GATEWAY_REDIS_PORT: String(redis.port) })
    const frames = await app.subscribe<{ gatewayStatusChanged: { redis: { message: string | null } } }>(
      'subscription { gatewayStatusChanged { redis { configured reachable message } } }',
    )
    const set = (input: object) =>
      app.execute('mutation ($input: GatewaySettingsInput!) { setGatewaySettings(input: $input) { mode } }', { input })
    const until = async (wanted: RegExp | null) => {
      const isIt = ({ message }: { message: string | null }) => (wanted ? wanted.test(message ?? '') : message === null)
      return (await frames.until(({ gatewayStatusChanged }) => isIt(gatewayStatusChanged.redis))).at(-1)
    }
    expect((await statusOf(app)).redis).toMatchObject({ message: expect.stringMatching(/wants a password/) })
    await set({ redisPassword: 'redis-secret-wrong' })
    expect(JSON.stringify(await until(/refuses the password/))).not.toContain('redis-secret')
    await apisix.server.down()
    await set({ redisPassword: 'redis-secret' })
    expect(await until(null)).toEqual({
      gatewayStatusChanged: { redis: { configured: true, reachable: true, message: null } },
    })
    const status: unknown = await (await fetch(`${app.url}/api/gateway/status`)).json()
    expect(status).toMatchObject({ running: false, redis_connected: true })
    await redis.down()
    await set({ redisPassword: 'redis-secret' })
    await until(/nothing listens there/)
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
})
