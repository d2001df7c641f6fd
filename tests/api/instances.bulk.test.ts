import { expect, test } from 'vitest'
import { startApp, type TestApp } from '../kit/app.ts'
import { command, get, inState, running } from '../kit/instances.ts'

interface Result {
  id: string
  instance: { id: string; state: string } | null
  error: { code: string; message: string } | null
}

async function bulk(app: TestApp, field: 'pauseInstances' | 'resumeInstances' | 'killInstances', ids: string[]) {
  const mutation = `mutation ($ids: [ID!]!) { ${field}(input: { ids: $ids }) { id instance { id state } error { code message } } }`
  return (await app.execute<Record<string, Result[]>>(mutation, { ids }))[field] as Result[]
}

test('a bulk command returns one result per id, in order, also after a refusal', async () => {
  const app = await startApp()
  const [ann, bob, cy] = [await running(app, 'ann'), await running(app, 'bob'), await running(app, 'cy')]
  await command(app, 'pauseInstance', bob.id)
  await inState(app, bob.id, 'PAUSED')
  const results = await bulk(app, 'pauseInstances', [ann.id, 'nobody', bob.id, cy.id])
  expect(results.map((one) => one.id)).toEqual([ann.id, 'nobody', bob.id, cy.id])
  expect(results.map((one) => one.instance?.state ?? one.error?.code)).toEqual([
    ...['PAUSING', 'NOT_FOUND', 'CONFLICT', 'PAUSING'],
  ])
  for (const { id } of [ann, cy]) await inState(app, id, 'PAUSED')
  await bulk(app, 'resumeInstances', [ann.id, bob.id, cy.id])
  for (const { id } of [ann, bob, cy]) await inState(app, id, 'RUNNING')
  await bulk(app, 'killInstances', [ann.id, bob.id, cy.id])
  for (const { id } of [ann, bob, cy]) await inState(app, id, 'TERMINATED')
})

test('a repeated id gets a result each time, and its command runs once', async () => {
  const app = await startApp()
  const { id } = await running(app)
  const results = await bulk(app, 'pauseInstances', [id, id, id])
  expect(results.map((one) => one.id)).toEqual([id, id, id])
  expect(results.filter((one) => one.error === null)).toHaveLength(1)
  expect(results.filter((one) => one.error?.code === 'CONFLICT')).toHaveLength(2)
  await inState(app, id, 'PAUSED')
  expect(app.engine.count('pause', id)).toBe(1)
})

test('killing an instance ten times at once stops it once', async () => {
  const app = await startApp()
  const { id } = await running(app)
  await bulk(app, 'killInstances', Array<string>(10).fill(id))
  await inState(app, id, 'TERMINATED')
})

test('no ids return no results', async () => {
  expect(await bulk(await startApp(), 'killInstances', [])).toEqual([])
})

test('more than 2000 ids are refused, and nothing changes', async () => {
  const app = await startApp()
  const { id } = await running(app)
  const refusal = await app.refused('mutation ($ids: [ID!]!) { killInstances(input: { ids: $ids }) { id } }', {
    ids: Array(2001).fill(id),
  })
  expect(refusal).toMatchObject({
    code: 'INVALID_INPUT',
    fields: [{ field: 'ids', message: 'must be at most 2000 ids' }],
  })
  expect((await get(app, id)).state).toBe('RUNNING')
})

test('while the engine is unavailable, every result says so', async () => {
  const app = await startApp()
  const { id } = await running(app)
  app.engine.leave()
  await app.until<{ engine: { connected: boolean } }>('{ engine { connected } }', {}, (data) => !data.engine.connected)
  expect((await bulk(app, 'killInstances', [id, 'nobody'])).map((one) => one.error?.code)).toEqual([
    'UNAVAILABLE',
    // The engine may have a sandbox that THON does not know yet.
    'UNAVAILABLE',
  ])
  expect((await get(app, id)).state).toBe('RUNNING')
})
