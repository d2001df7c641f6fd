import { describe, expect, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { startApp } from '../kit/app.ts'
import { addGroup } from '../kit/groups.ts'
import { Redis } from '../kit/redis.ts'
import {
  applyConfig,
  consumersOf,
  JOB,
  startGatewayApp,
  statusOf,
  updateSettings,
  type JobAnswer,
} from '../kit/gateway.ts'

describe('the state of the gateway', () => {
  test('includes the tokens that each consumer used', async () => {
    const { app, apisix } = await startGatewayApp()
    await addGroup(app, 'alpha', ['ann', 'bob'])
    await applyConfig(app)
    apisix.tokens = { 'alpha-ann': [100, 50] }
    const again = await startApp({ ...apisix.environment })
    await addGroup(again, 'alpha', ['ann', 'bob'])
    expect((await consumersOf(again)).map(({ username, tokensTotal }) => [username, tokensTotal])).toEqual([
      ['alpha-ann', 150],
      ['alpha-bob', 0],
    ])
    apisix.tokens = null
    const without = await startApp({ ...apisix.environment })
    expect(await consumersOf(without)).toMatchObject([{ tokensTotal: null }, { tokensTotal: null }])
  })

  test('includes changes made outside THON', async () => {
    const { app, apisix } = await startGatewayApp()
    const frames = await app.subscribe<{ consumerChanged: { kind: string; id: string } }>(
      'subscription { consumerChanged { kind id } }',
    )
    await expect.poll(() => apisix.server.count('/apisix/admin/consumers')).toBeGreaterThan(0)
    await app.services.gateway.status(organizer)
    apisix.put('by-hand', { plugins: { 'key-auth': { key: 'k' } } })
    expect(await frames.next()).toEqual({ consumerChanged: { kind: 'ADDED', id: 'by-hand' } })
    apisix.consumers.delete('by-hand')
    expect(await frames.next()).toEqual({ consumerChanged: { kind: 'REMOVED', id: 'by-hand' } })
  })

  test('includes Redis and its password, also while APISIX is offline', async () => {
    const redis = await Redis.start('redis-secret')
    const { app, apisix } = await startGatewayApp({
      GATEWAY_REDIS_HOST: '127.0.0.1',
      GATEWAY_REDIS_PORT: String(redis.port),
    })
    const frames = await app.subscribe<{ gatewayStatusChanged: { redis: { message: string | null } } }>(
      'subscription { gatewayStatusChanged { redis { configured reachable message } } }',
    )
    const until = async (expected: RegExp | null) => {
      const matches = ({ message }: { message: string | null }) => expected?.test(message ?? '') ?? message === null
      return (await frames.until(({ gatewayStatusChanged }) => matches(gatewayStatusChanged.redis))).at(-1)
    }
    expect((await statusOf(app)).redis).toMatchObject({
      message: expect.stringMatching(/asks for a password/) as string,
    })
    await updateSettings(app, { redisPassword: 'redis-secret-wrong' })
    expect(JSON.stringify(await until(/rejects the password/))).not.toContain('redis-secret')
    await apisix.server.down()
    await updateSettings(app, { redisPassword: 'redis-secret' })
    expect(await until(null)).toEqual({
      gatewayStatusChanged: { redis: { configured: true, reachable: true, message: null } },
    })
    const status: unknown = await (await fetch(`${app.url}/api/gateway/status`)).json()
    expect(status).toMatchObject({ running: false, redis_connected: true })
    await redis.down()
    await updateSettings(app, { redisPassword: 'redis-secret' })
    await until(/nothing listens there/)
  })

  test('is empty after deleting everything, which asks for confirmation', async () => {
    const { app, apisix } = await startGatewayApp()
    await addGroup(app, 'alpha', ['ann', 'bob'])
    await applyConfig(app)
    expect(await app.refused('mutation { deleteGatewayConfig(input: { confirm: "yes" }) { id } }')).toMatchObject({
      code: 'INVALID_INPUT',
    })
    await app.execute('mutation { deleteGatewayConfig(input: { confirm: "delete everything" }) { id } }')
    await app.until<JobAnswer>(JOB, {}, ({ gatewayJob }) => gatewayJob.endedAt !== null)
    expect([apisix.consumers.size, apisix.routes.size]).toEqual([0, 0])
  })
})
