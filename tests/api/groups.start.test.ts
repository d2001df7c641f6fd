import { expect, test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { addGroup, group, startGroup, startUser, userOf } from '../kit/groups.ts'
import { all, inState, running } from '../kit/instances.ts'

test('a user’s sandbox starts on their volume', async () => {
  const app = await startApp()
  const alpha = await addGroup(app, 'alpha', ['ann'])
  const ann = userOf(alpha, 'ann')
  const { instance, user, error } = await startUser(app, ann.id)
  expect([user.id, error, instance?.volume]).toEqual([ann.id, null, ann.volume])
  const row = await inState(app, instance?.id as string, 'RUNNING')
  expect(row.user).toEqual({ id: ann.id })
  expect((await group(app, alpha.id)).users[0]?.instance).toEqual({ id: row.id, state: 'RUNNING' })
})

test('a user with an active sandbox gets a CONFLICT as the result', async () => {
  const app = await startApp()
  const alpha = await addGroup(app, 'alpha', ['ann'])
  await startUser(app, userOf(alpha, 'ann').id)
  const second = await startUser(app, userOf(alpha, 'ann').id)
  expect(second.instance).toBeNull()
  expect(second.error?.code).toBe('CONFLICT')
  expect(await all(app)).toHaveLength(1)
})

test('of eight starts of one user at once, one starts a sandbox', async () => {
  const app = await startApp()
  const alpha = await addGroup(app, 'alpha', ['ann'])
  const results = await Promise.all(Array.from({ length: 8 }, () => startUser(app, userOf(alpha, 'ann').id)))
  expect(results.filter((one) => one.instance !== null)).toHaveLength(1)
  expect(results.filter((one) => one.error !== null)).toHaveLength(7)
})

test('a group starts at once, with one result per user, in their order', async () => {
  const app = await startApp()
  const alpha = await addGroup(app, 'alpha', ['zoe', 'ann', 'bob', 'cy'])
  await running(app, 'bob')
  const results = await startGroup(app, alpha.id)
  expect(results.map((one) => one.user.username)).toEqual(['zoe', 'ann', 'bob', 'cy'])
  expect(results.map((one) => one.instance !== null)).toEqual([true, true, false, true])
  expect(results[2]?.error?.code).toBe('CONFLICT')
  expect(results.filter((one) => one.error === null)).toHaveLength(3)
  for (const one of results) if (one.instance) await inState(app, one.instance.id, 'RUNNING')
  expect(new Set((await all(app)).map((row) => row.volume)).size).toBe(4)
})

test('two organizers who press "Start all" at once start each user once', async () => {
  const app = await startApp()
  const alpha = await addGroup(app, 'alpha', ['a', 'b', 'c', 'd', 'e', 'f'])
  const both = (await Promise.all([startGroup(app, alpha.id), startGroup(app, alpha.id)])).flat()
  expect(both.filter((one) => one.instance !== null)).toHaveLength(6)
  expect(both.filter((one) => one.error !== null)).toHaveLength(6)
  expect(await all(app)).toHaveLength(6)
})

test('a failed start does not stop others, and "Start all" again retries it', async () => {
  const app = await startApp({ THON_START_CONCURRENCY: '1' })
  const alpha = await addGroup(app, 'alpha', ['ann', 'bob'])
  app.engine.refuse('create', 'port is taken')
  const [ann, bob] = await startGroup(app, alpha.id)
  expect((await inState(app, ann?.instance?.id as string, 'FAILED')).reason).toBe('port is taken')
  await inState(app, bob?.instance?.id as string, 'RUNNING')
  const again = await startGroup(app, alpha.id)
  expect(again.map((one) => one.error === null)).toEqual([true, false])
  await inState(app, again[0]?.instance?.id as string, 'RUNNING')
})

test('an empty group starts nothing', async () => {
  const app = await startApp()
  expect(await startGroup(app, (await addGroup(app, 'alpha')).id)).toEqual([])
})

test('while the engine is offline, nothing starts and nothing is left behind', async () => {
  const app = await startApp()
  const alpha = await addGroup(app, 'alpha', ['ann'])
  app.engine.leave()
  await app.until<{ engine: { connected: boolean } }>('{ engine { connected } }', {}, (data) => !data.engine.connected)
  expect(
    (
      await app.refused('mutation ($id: ID!) { startGroup(input: { id: $id }) { error { message } } }', {
        id: alpha.id,
      })
    ).code,
  ).toBe('UNAVAILABLE')
  expect(
    (
      await app.refused('mutation ($id: ID!) { startUser(input: { id: $id }) { error { message } } }', {
        id: userOf(alpha, 'ann').id,
      })
    ).code,
  ).toBe('UNAVAILABLE')
  expect(await all(app)).toEqual([])
})
