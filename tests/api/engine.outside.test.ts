import { expect, test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { all, command, create, get, inState, running, when } from '../kit/instances.ts'

test('paused and let go by hand', async () => {
  const app = await startApp()
  const { id, ref } = await running(app)
  app.engine.byHand(ref as string, 'paused')
  await inState(app, id, 'PAUSED')
  app.engine.byHand(ref as string, 'running')
  await inState(app, id, 'RUNNING')
})

test('stopped by hand ends it with a reason, and keeps the sandbox; started by hand again it runs again', async () => {
  const app = await startApp()
  const { id, ref } = await running(app)
  await app.engine.exit(ref as string, 143)
  const ended = await inState(app, id, 'TERMINATED')
  expect(ended.reason).toBe('It was stopped from outside THON (exit code 143).')
  expect(ended.hostPort).toBeNull()
  expect(app.engine.sandboxes.has(ref as string)).toBe(true)
  await app.engine.startByHand(ref as string)
  const again = await inState(app, id, 'RUNNING')
  expect(again).toMatchObject({ endedAt: null, reason: null, hostPort: app.engine.of(id).hostPort })
})

test('one stopped by hand gives way when its user starts anew', async () => {
  const app = await startApp()
  const { id, ref } = await running(app)
  await app.engine.exit(ref as string, 0)
  await inState(app, id, 'TERMINATED')
  await running(app)
  expect(app.engine.sandboxes.has(ref as string)).toBe(false)
})

test('one started by hand while its user has another does not take the place, and says so', async () => {
  const app = await startApp()
  const first = await running(app)
  const { clear } = { clear: app.engine.remove }
  app.engine.remove = () => Promise.resolve()
  await app.engine.exit(first.ref as string, 0)
  await inState(app, first.id, 'TERMINATED')
  const second = await running(app)
  app.engine.remove = clear
  await app.engine.startByHand(first.ref as string)
  expect((await when(app, first.id, (row) => row.reason?.includes('another active instance') ?? false)).state).toBe(
    'TERMINATED',
  )
  expect((await get(app, second.id)).state).toBe('RUNNING')
})

test('removed by hand ends it', async () => {
  const app = await startApp()
  const { id, ref } = await running(app)
  await app.engine.destroy(ref as string)
  expect(await inState(app, id, 'TERMINATED')).toMatchObject({ reason: 'It was removed from outside THON.' })
  expect((await running(app)).id).not.toBe(id)
})

test('removed by hand while it starts fails it, and a second try works', async () => {
  const app = await startApp()
  app.engine.answering = false
  const { id } = await create(app)
  await when(app, id, (row) => row.hostPort !== null)
  await app.engine.destroy(app.engine.of(id).ref)
  expect((await inState(app, id, 'FAILED')).reason).toContain('removed from outside')
  app.engine.answering = true
  await running(app)
})

test('a sandbox of ours without a row is adopted as it is', async () => {
  const app = await startApp()
  await app.engine.place({ instanceId: 'lost-1', username: 'running', password: 'kept', port: 9000 })
  await app.engine.place({ instanceId: 'lost-2', username: 'paused', status: 'paused' })
  await app.engine.place({ instanceId: 'lost-3', username: 'exited', status: 'exited', exitCode: 0 })
  await app.until('{ instances { total } }', {}, (data: { instances: { total: number } }) => data.instances.total === 3)
  expect(await inState(app, 'lost-1', 'RUNNING')).toMatchObject({
    secure: true,
    password: 'kept',
    port: 9000,
    group: 'alpha',
  })
  await inState(app, 'lost-2', 'PAUSED')
  expect(app.engine.of('lost-2').status).toBe('paused')
  expect((await inState(app, 'lost-3', 'TERMINATED')).reason).toContain('ended when THON found it')
  const acts = await app.db.activity.findMany({ where: { action: 'adopt' } })
  expect(acts.map((act) => act.target).sort()).toEqual(['lost-1', 'lost-2', 'lost-3'])
})

test('an adopted sandbox whose user has another is shown as well, and both can be ended', async () => {
  const app = await startApp()
  const { id } = await running(app)
  await app.engine.place({ instanceId: 'lost', username: 'ann' })
  await inState(app, 'lost', 'RUNNING')
  expect(await all(app)).toHaveLength(2)
  for (const one of ['lost', id]) {
    await command(app, 'killInstance', one)
    await inState(app, one, 'TERMINATED')
  }
})

test('a lost database finds its sandboxes again at the start', async () => {
  const app = await startApp()
  const before = await running(app, 'ann', { secure: true })
  await app.close()
  const again = await startApp({}, { engine: app.engine })
  const found = await inState(again, before.id, 'RUNNING')
  expect(found).toMatchObject({ volume: before.volume, password: before.password, hostPort: before.hostPort })
})
