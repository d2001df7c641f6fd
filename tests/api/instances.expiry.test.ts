import { expect, test } from 'vitest'
import { startApp, type TestApp } from '../kit/app.ts'
import { command, create, get, inState, running } from '../kit/instances.ts'

async function expire(app: TestApp, id: string): Promise<void> {
  await app.db.instance.update({ where: { id }, data: { expiresAt: new Date(Date.now() - 1000) } })
}

test('an instance stops when its time is up, running or paused', async () => {
  const app = await startApp()
  const [ann, bob] = [await running(app, 'ann'), await running(app, 'bob')]
  await command(app, 'pauseInstance', bob.id)
  await inState(app, bob.id, 'PAUSED')
  for (const { id } of [ann, bob]) await expire(app, id)
  for (const { id } of [ann, bob]) await inState(app, id, 'TERMINATED')
  await expect.poll(() => app.engine.sandboxes.size).toBe(0)
})

test('an instance in line stops when its time is up', async () => {
  const app = await startApp({ THON_START_CONCURRENCY: '1' })
  const release = app.engine.hold('create')
  await create(app, 'ann')
  const { id } = await create(app, 'bob')
  await expire(app, id)
  await inState(app, id, 'TERMINATED')
  release()
})

test('an instance with time left or renewed time keeps running', async () => {
  const app = await startApp()
  const [ann, bob, marker] = [
    await running(app, 'ann', { timeoutMinutes: 1 }),
    await running(app, 'bob'),
    await running(app, 'm'),
  ]
  await expire(app, bob.id)
  await command(app, 'renewInstance', bob.id)
  await expire(app, marker.id)
  await inState(app, marker.id, 'TERMINATED')
  expect((await get(app, ann.id)).state).toBe('RUNNING')
  expect((await get(app, bob.id)).state).toBe('RUNNING')
})

test('a time to live survives a restart of the server', async () => {
  const app = await startApp()
  const { id } = await running(app, 'ann', { timeoutMinutes: 30 })
  const { expiresAt } = await get(app, id)
  const again = await app.restart()
  expect((await get(again, id)).expiresAt).toBe(expiresAt)
  const third = await again.restart(() => undefined)
  await expire(third, id)
  await inState(third, id, 'TERMINATED')
})

test('an instance that expired while the server was down stops after its start', async () => {
  const app = await startApp()
  const { id } = await running(app)
  await expire(app, id)
  const again = await app.restart()
  await inState(again, id, 'TERMINATED')
})

test('SANDBOX_TTL_MINUTES is the default, and an input takes precedence', async () => {
  const app = await startApp({ SANDBOX_TTL_MINUTES: '45' })
  const minutes = async (id: string) =>
    Math.round((Date.parse((await get(app, id)).expiresAt as string) - Date.now()) / 60_000)
  expect(await minutes((await create(app, 'ann')).id)).toBe(45)
  expect(await minutes((await create(app, 'bob', { timeoutMinutes: 7 })).id)).toBe(7)
})

test('an expired instance of an engine that is not in use is given up once', async () => {
  const app = await startApp()
  const data = {
    group: 'g',
    username: 'other',
    search: '',
    state: 'Running',
    activeKey: 'g/other',
    port: 1,
    secure: false,
  } as const
  const { id } = await app.db.instance.create({
    data: { ...data, image: '', volume: 'v', engine: 'process', expiresAt: new Date(0) },
  })
  expect((await inState(app, id, 'TERMINATED')).reason).toContain('engine (process) was not in use')
  const marker = await running(app, 'm')
  await expire(app, marker.id)
  await inState(app, marker.id, 'TERMINATED')
  expect(await app.db.activity.count({ where: { target: id } })).toBe(1)
})

test('the activity log shows which instances expired', async () => {
  const app = await startApp()
  const { id } = await running(app)
  await expire(app, id)
  await inState(app, id, 'TERMINATED')
  const acts = await app.db.activity.findMany({ where: { target: id, action: 'kill' } })
  expect(acts).toMatchObject([{ actor: 'THON', outcome: 'done', label: 'alpha/ann' }])
})
