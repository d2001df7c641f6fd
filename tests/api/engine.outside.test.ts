import { expect, test, vi } from 'vitest'
import { startApp } from '../kit/app.ts'
import { addGroup, group, renameUser, startUser, userOf } from '../kit/groups.ts'
import { all, command, create, get, inState, passwordOf, running, when } from '../kit/instances.ts'

test('pausing and resuming on the engine changes the state', async () => {
  const app = await startApp()
  const { id, ref } = await running(app)
  app.engine.byHand(ref as string, 'paused')
  await inState(app, id, 'PAUSED')
  app.engine.byHand(ref as string, 'running')
  await inState(app, id, 'RUNNING')
})

test('a sandbox stopped on the engine is kept, and runs again when started there', async () => {
  const app = await startApp()
  const { id, ref } = await running(app)
  await app.engine.exit(ref as string, 143)
  const ended = await inState(app, id, 'TERMINATED')
  expect(ended.reason).toBe('Stopped outside THON, exit code 143.')
  expect(ended.hostPort).toBeNull()
  expect(app.engine.sandboxes.has(ref as string)).toBe(true)
  await app.engine.startByHand(ref as string)
  const again = await inState(app, id, 'RUNNING')
  expect(again).toMatchObject({ endedAt: null, reason: null, hostPort: app.engine.of(id).hostPort })
})

test('a sandbox stopped on the engine is removed when its user starts again', async () => {
  const app = await startApp()
  const { id, ref } = await running(app)
  await app.engine.exit(ref as string, 0)
  await inState(app, id, 'TERMINATED')
  await running(app)
  expect(app.engine.sandboxes.has(ref as string)).toBe(false)
})

test('a second sandbox started on the engine does not count as active', async () => {
  const app = await startApp()
  const first = await running(app)
  const remove = vi.spyOn(app.engine, 'remove').mockResolvedValue()
  await app.engine.exit(first.ref as string, 0)
  await inState(app, first.id, 'TERMINATED')
  const second = await running(app)
  remove.mockRestore()
  await app.engine.startByHand(first.ref as string)
  expect((await when(app, first.id, (row) => row.reason?.includes('another sandbox') ?? false)).state).toBe(
    'TERMINATED',
  )
  expect((await get(app, second.id)).state).toBe('RUNNING')
})

test('a sandbox removed on the engine is stopped', async () => {
  const app = await startApp()
  const { id, ref } = await running(app)
  await app.engine.destroy(ref as string)
  expect(await inState(app, id, 'TERMINATED')).toMatchObject({ reason: 'Removed outside THON.' })
  expect((await running(app)).id).not.toBe(id)
})

test('a sandbox removed on the engine during its start fails', async () => {
  const app = await startApp()
  app.engine.answering = false
  const { id } = await create(app)
  await when(app, id, (row) => row.hostPort !== null)
  await app.engine.destroy(app.engine.of(id).ref)
  expect((await inState(app, id, 'FAILED')).reason).toContain('Removed outside THON')
  app.engine.answering = true
  await running(app)
})

test('a sandbox without a row is adopted in its state', async () => {
  const app = await startApp()
  await app.engine.place({ instanceId: 'lost-1', username: 'running', password: 'kept', port: 9000 })
  await app.engine.place({ instanceId: 'lost-2', username: 'paused', status: 'paused' })
  await app.engine.place({ instanceId: 'lost-3', username: 'exited', status: 'exited', exitCode: 0 })
  await app.until('{ instances { total } }', {}, (data: { instances: { total: number } }) => data.instances.total === 3)
  expect(await inState(app, 'lost-1', 'RUNNING')).toMatchObject({
    secure: true,
    port: 9000,
    groupName: 'alpha',
  })
  expect(await passwordOf(app, 'lost-1')).toBe('kept')
  await inState(app, 'lost-2', 'PAUSED')
  expect(app.engine.of('lost-2').status).toBe('paused')
  expect((await inState(app, 'lost-3', 'TERMINATED')).reason).toContain('already stopped when THON found it')
  const acts = await app.db.activity.findMany({ where: { action: 'adopt' } })
  expect(acts.map((act) => act.target).sort()).toEqual(['lost-1', 'lost-2', 'lost-3'])
})

test('an adopted second sandbox of a user is shown, and both can be killed', async () => {
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

test('a new database finds the sandboxes of a lost one', async () => {
  const app = await startApp()
  const before = await running(app, 'ann', { secure: true })
  const password = await passwordOf(app, before.id)
  await app.close()
  const again = await startApp({}, { engine: app.engine })
  const found = await inState(again, before.id, 'RUNNING')
  expect(found).toMatchObject({ volume: before.volume, secure: true, hostPort: before.hostPort })
  expect(await passwordOf(again, before.id)).toBe(password)
})

test('an adopted sandbox belongs to its user again', async () => {
  const app = await startApp()
  const alpha = await addGroup(app, 'alpha', ['ann', 'bob'])
  const [ann, bob] = [userOf(alpha, 'ann'), userOf(alpha, 'bob')]
  await app.engine.place({ instanceId: 'lost-1', username: 'ann', volume: ann.volume })
  // The sandbox carries the names that its user had when it was created.
  await app.engine.place({ instanceId: 'lost-2', username: 'robert', volume: bob.volume })
  expect((await inState(app, 'lost-1', 'RUNNING')).user?.id).toBe(ann.id)
  expect(await inState(app, 'lost-2', 'RUNNING')).toMatchObject({ username: 'bob', user: { id: bob.id } })
  const instanceOf = async (name: string) => userOf(await group(app, alpha.id), name).instance?.id
  expect(await instanceOf('ann')).toBe('lost-1')
  expect(await instanceOf('bob')).toBe('lost-2')
  expect((await startUser(app, ann.id)).error?.message).toBe('ann already has a running sandbox.')
})

test('a user with two active sandboxes can be renamed, and one of them counts', async () => {
  const app = await startApp()
  const alpha = await addGroup(app, 'alpha', ['ann'])
  const { id, volume } = userOf(alpha, 'ann')
  for (const instanceId of ['lost-1', 'lost-2']) {
    await app.engine.place({ instanceId, username: 'ann', volume })
    await inState(app, instanceId, 'RUNNING')
  }
  await renameUser(app, id, 'anna')
  expect((await all(app)).map((row) => row.username)).toEqual(['anna', 'anna'])
  const keys = (await app.db.instance.findMany({ orderBy: { id: 'asc' } })).map((row) => row.activeKey)
  expect(keys).toEqual(['alpha/anna', 'alpha/anna lost-2'])
})
