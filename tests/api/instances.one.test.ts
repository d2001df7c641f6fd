import { expect, test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { all, command, create, get, inState, passwordOf, running, type Row } from '../kit/instances.ts'

const CREATE = 'mutation ($input: CreateInstanceInput!) { createInstance(input: $input) { id } }'

test('of twenty creates at once, one succeeds and the others are refused', async () => {
  const app = await startApp()
  const input = { group: 'alpha', username: 'ann' }
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => app.answer<{ createInstance: Row }>(CREATE, { input })),
  )
  const won = answers.flatMap((answer) => answer.data?.createInstance.id ?? [])
  expect(won).toHaveLength(1)
  const refusals = answers.flatMap((answer) => answer.errors ?? [])
  expect(refusals).toHaveLength(19)
  for (const { extensions, message } of refusals)
    expect([extensions?.code, message]).toEqual(['CONFLICT', 'ann already has a running sandbox.'])
  expect(await all(app)).toHaveLength(1)
  await inState(app, won[0] as string, 'RUNNING')
  expect(app.engine.count('create')).toBe(1)
})

test('the same user name in another group gets its own sandbox', async () => {
  const app = await startApp()
  const [one, other] = [await running(app, 'ann'), await running(app, 'ann', { group: 'beta' })]
  expect(one.volume).not.toBe(other.volume)
})

test('dashes in names cannot lead to another person’s volume', async () => {
  const app = await startApp()
  await create(app, 'b', { group: 'a' })
  await create(app, 'b-c', { group: 'a' })
  await create(app, 'c', { group: 'a-b' })
  expect(new Set((await all(app)).map((row) => row.volume)).size).toBe(3)
})

test('a user can start again after a stop, and the old instance stays listed', async () => {
  const app = await startApp()
  const first = await running(app)
  await command(app, 'killInstance', first.id)
  await inState(app, first.id, 'TERMINATED')
  const second = await running(app)
  expect(second.id).not.toBe(first.id)
  expect(second.volume).toBe(first.volume)
  expect((await all(app)).map((row) => row.state).sort()).toEqual(['RUNNING', 'TERMINATED'])
})

test('a recreated instance keeps volume, port and password', async () => {
  const app = await startApp()
  const first = await running(app, 'ann', { port: 9000, secure: true })
  app.engine.writeFile(first.ref as string, 'kept', 'still here')
  const password = await passwordOf(app, first.id)
  const { id } = await command(app, 'recreateInstance', first.id)
  const second = await inState(app, id, 'RUNNING')
  expect(second.id).not.toBe(first.id)
  expect(second).toMatchObject({ volume: first.volume, port: 9000, secure: true })
  expect(await passwordOf(app, id)).toBe(password)
  expect(password).toMatch(/^[\w-]{32}$/)
  expect((await get(app, first.id)).state).toBe('TERMINATED')
  expect(app.engine.readFile(second.ref as string, 'kept')).toBe('still here')
  const steps = app.engine.calls.map((call) => call.command).filter((one) => one === 'create' || one === 'kill')
  expect(steps).toEqual(['create', 'kill', 'create'])
  await expect.poll(() => app.engine.sandboxes.size).toBe(1)
})

test('a stopped instance can be recreated unless its user has another one', async () => {
  const app = await startApp()
  const first = await running(app)
  await command(app, 'killInstance', first.id)
  await inState(app, first.id, 'TERMINATED')
  const { id } = await command(app, 'recreateInstance', first.id)
  await inState(app, id, 'RUNNING')
  const answer = await app.refused('mutation ($id: ID!) { recreateInstance(input: { id: $id }) { id } }', {
    id: first.id,
  })
  expect(answer).toMatchObject({ code: 'CONFLICT', message: 'ann already has a running sandbox.' })
})

test('a recreated instance gets a new time to live', async () => {
  const app = await startApp({ SANDBOX_TTL_MINUTES: '30' })
  const first = await running(app, 'ann', { timeoutMinutes: 5 })
  const { id } = await command(app, 'recreateInstance', first.id)
  const minutes = (Date.parse((await get(app, id)).expiresAt as string) - Date.now()) / 60_000
  expect(minutes).toBeGreaterThan(29)
  expect(minutes).toBeLessThanOrEqual(30)
})
