import { describe, expect, test } from 'vitest'
import type { ApisixStandIn } from '../kit/apisix.ts'
import { APPLY, applyConfig, keyAt, startGatewayApp, statusOf, type JobAnswer } from '../kit/gateway.ts'
import { addGroup } from '../kit/groups.ts'

describe('jobs of the gateway', () => {
  test.each<[string, (apisix: ApisixStandIn) => Promise<void> | void, (apisix: ApisixStandIn) => unknown, RegExp]>([
    ['stops', (apisix) => apisix.server.down(), (apisix) => apisix.server.up(), /^Cannot connect to APISIX Admin API/],
    [
      'loses its database',
      (apisix) => void (apisix.etcdDown = true),
      (apisix) => (apisix.etcdDown = false),
      /^has no healthy etcd endpoint available$/,
    ],
    [
      'rejects the key',
      (apisix) => void (apisix.rejectsKey = true),
      (apisix) => (apisix.rejectsKey = false),
      /^APISIX Admin API authentication failed: wrong apikey\.$/,
    ],
  ])('a job that stops since the gateway %s can be finished by a second one', async (_name, breakIt, mend, message) => {
    const { app, apisix } = await startGatewayApp()
    await addGroup(
      app,
      'alpha',
      Array.from({ length: 40 }, (_, n) => `u${n}`),
    )
    apisix.writesLeft = 15
    apisix.onBreak = () => breakIt(apisix)
    const job = await applyConfig(app)
    expect(job.message).toMatch(message)
    // A write whose answer was lost does not count as done.
    const stored = apisix.consumers.size + apisix.routes.size
    expect(job.done).toBe(15)
    expect([15, 16]).toContain(stored)
    expect(job.steps.filter(({ state }) => state === 'WAITING').length).toBeGreaterThan(10)
    apisix.writesLeft = Infinity
    await mend(apisix)
    const keys = new Map([...apisix.consumers.keys()].map((name) => [name, keyAt(apisix, name)]))
    expect(await applyConfig(app)).toMatchObject({ total: 41, done: 41, failed: 0, message: null })
    expect(apisix.consumers.size).toBe(40)
    for (const [name, key] of keys) expect(keyAt(apisix, name)).toBe(key)
  })

  test('a job that a restart of THON cut off is finished by the next one', async () => {
    const { app, apisix } = await startGatewayApp()
    await addGroup(
      app,
      'alpha',
      Array.from({ length: 40 }, (_, n) => `u${n}`),
    )
    apisix.writesLeft = 15
    // The other writes are never answered, until THON is stopped.
    apisix.onBreak = () => new Promise(() => undefined)
    await app.execute(APPLY)
    await expect.poll(() => apisix.writesLeft).toBeLessThan(0)
    const again = await app.restart()
    apisix.writesLeft = Infinity
    const keys = new Map([...apisix.consumers.keys()].map((name) => [name, keyAt(apisix, name)]))
    expect((await statusOf(again)).plan).toEqual({
      ...{ current: keys.size, missing: 40 - keys.size, outdated: 0, orphaned: 0, routePending: false },
    })
    expect(await applyConfig(again)).toMatchObject({ total: 41, done: 41, failed: 0 })
    expect(apisix.consumers.size).toBe(40)
    for (const [name, key] of keys) expect(keyAt(apisix, name)).toBe(key)
  })

  test('a running job is visible to everyone, and a second one is refused', async () => {
    const { app } = await startGatewayApp()
    await addGroup(
      app,
      'alpha',
      Array.from({ length: 60 }, (_, n) => `u${n}`),
    )
    const frames = await app.subscribe<{ gatewayJobChanged: JobAnswer['gatewayJob'] | null }>(
      'subscription { gatewayJobChanged { total done endedAt steps { username state } } }',
    )
    const [, second] = await Promise.all([app.execute(APPLY), app.answer(APPLY)])
    const read = await frames.until(({ gatewayJobChanged }) => typeof gatewayJobChanged?.endedAt === 'string')
    expect(read.at(-1)?.gatewayJobChanged).toMatchObject({ total: 61, done: 61 })
    expect(second.errors?.[0]?.extensions?.code ?? 'CONFLICT').toBe('CONFLICT')
  })
})
