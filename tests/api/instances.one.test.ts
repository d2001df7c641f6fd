import { expect, test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { all, command, create, get, inState, running, type Row } from '../kit/instances.ts'

const CREATE = 'mutation ($input: CreateInstanceInput!) { createInstance(input: $input) { id } }'

test('of twenty creates at once exactly one wins, and the others are told who has the place', async () => {
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
    expect([extensions?.code, message]).toEqual(['CONFLICT', `User alpha/ann already has instance ${won[0]}`])
  expect(await all(app)).toHaveLength(1)
  await inState(app, won[0] as string, 'RUNNING')
  expect(app.engine.count('create')).toBe(1)
})

test('the same user name in another group has a place of its own', async () => {
  const app = await startApp()
  const [one, other] = [await running(app, 'ann'), await running(app, 'ann', { group: 'beta' })]
  expect(one.volume).not.toBe(other.volume)
})

test('slashes cannot be used to take another one’s place, since no name has any', async () => {
  const app = await startApp()
  await create(app, 'b', { group: 'a' })
  await create(app, 'b-c', { group: 'a' })
  await create(app, 'c', { group: 'a-b' })
  expect(new Set((await all(app)).map((row) => row.volume)).size).toBe(3)
})

test('the place is free again once the instance has ended, and its history stays', async () => {
  const app = await startApp()
  const first = await running(app)
  await command(app, 'killInstance', first.id)
  await inState(app, first.id, 'TERMINATED')
  const second = await running(app)
  expect(second.id).not.toBe(first.id)
  expect(second.volume).toBe(first.volume)
  expect((await all(app)).map((row) => row.state).sort()).toEqual(['RUNNING', 'TERMINATED'])
})

test('a recreated instance is a new one with the same volume, port and password; the old one is ended first', async () => {
  const app = await startApp()
  const first = await running(app, 'ann', { port: 9000, secure: true })
  app.engine.writeFile(first.ref as string, 'kept', 'still here')
  const { id } = await command(app, 'recreateInstance', first.id)
  const second = await inState(app, id, 'RUNNING')
  expect(second.id).not.toBe(first.id)
  expect(second).toMatchObject({ volume: first.volume, port: 9000, secure: true, password: first.password })
  expect(first.password).toMatch(/^[\w-]{32}$/)
  expect((await get(app, first.id)).state).toBe('TERMINATED')
  expect(app.engine.readFile(second.ref as string, 'kept')).toBe('still here')
  const steps = app.engine.calls.map((call) => call.command).filter((one) => one === 'create' || one === 'kill')
  expect(steps).toEqual(['create', 'kill', 'create'])
  await expect.poll(() => app.engine.sandboxes.size).toBe(1)
})

test('an ended one can be recreated, unless its user has another by now', async () => {
  const app = await startApp()
  const first = await running(app)
  await command(app, 'killInstance', first.id)
  await inState(app, first.id, 'TERMINATED')
  const { id } = await command(app, 'recreateInstance', first.id)
  await inState(app, id, 'RUNNING')
  const answer = await app.refused('mutation ($id: ID!) { recreateInstance(id: $id) { id } }', { id: first.id })
  expect(answer).toMatchObject({ code: 'CONFLICT', message: `User alpha/ann already has instance ${id}` })
})

test('a recreated one counts its time to live anew', async () => {
  const app = await startApp({ SANDBOX_TTL_MINUTES: '30' })
  const first = await running(app, 'ann', { timeoutMinutes: 5 })
  const { id } = await command(app, 'recreateInstance', first.id)
  const minutes = (Date.parse((await get(app, id)).expiresAt as string) - Date.now()) / 60_000
  expect(minutes).toBeGreaterThan(29)
  expect(minutes).toBeLessThanOrEqual(30)
})
