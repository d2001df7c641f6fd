import { expect, test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { addGroup, startGroup } from '../kit/groups.ts'
import { all, command, create, get, inState, running, when } from '../kit/instances.ts'

test('sandboxes survive a restart of the server', async () => {
  const app = await startApp()
  const [ann, bob] = [await running(app, 'ann', { secure: true }), await running(app, 'bob')]
  await command(app, 'pauseInstance', bob.id)
  const paused = await inState(app, bob.id, 'PAUSED')
  const again = await app.restart()
  expect(await get(again, ann.id)).toEqual({
    ...(await get(again, ann.id)),
    state: 'RUNNING',
    hostPort: ann.hostPort,
  })
  // Tests listen on another port each time, which is part of the address.
  expect({ ...(await get(again, bob.id)), url: paused.url }).toEqual(paused)
  expect(app.engine.count('create')).toBe(2)
})

test('changes made while the server was down are found at its start', async () => {
  const app = await startApp()
  const [stopped, crashed, removed, paused] = await Promise.all(['a', 'b', 'c', 'd'].map((name) => running(app, name)))
  const again = await app.restart(async () => {
    await app.engine.exit(stopped?.ref as string, 0)
    await app.engine.exit(crashed?.ref as string, 2)
    await app.engine.destroy(removed?.ref as string)
    app.engine.byHand(paused?.ref as string, 'paused')
  })
  await inState(again, stopped?.id ?? '', 'TERMINATED')
  expect(await inState(again, crashed?.id ?? '', 'FAILED')).toMatchObject({ logs: 'first line\nlast line' })
  await inState(again, removed?.id ?? '', 'TERMINATED')
  await inState(again, paused?.id ?? '', 'PAUSED')
})

test('a start that a restart interrupts continues', async () => {
  const app = await startApp({ THON_START_CONCURRENCY: '2' })
  const release = app.engine.hold('create')
  const group = await addGroup(app, 'alpha', ['a', 'b', 'c', 'd', 'e'])
  await startGroup(app, group.id)
  const again = await app.restart(() => release())
  for (const { id } of await all(again)) await inState(again, id, 'RUNNING')
  expect(app.engine.sandboxes.size).toBe(5)
})

test('the readiness probe continues after a restart', async () => {
  const app = await startApp()
  app.engine.answering = false
  const { id } = await create(app)
  await when(app, id, (row) => row.hostPort !== null)
  const again = await app.restart()
  expect((await get(again, id)).state).toBe('PENDING')
  app.engine.answering = true
  await inState(again, id, 'RUNNING')
})

test.for([
  ['pause', 'PAUSED'],
  ['kill', 'TERMINATED'],
] as const)('a %s that a restart interrupts is carried out', async ([act, state]) => {
  const app = await startApp()
  const { id } = await running(app)
  const release = app.engine.hold(act)
  await command(app, `${act}Instance`, id)
  await app.close()
  app.engine.refuse(act, 'the server is gone')
  release()
  const again = await app.restart()
  await inState(again, id, state)
})

test('a kill interrupted before its removal leaves no sandbox', async () => {
  const app = await startApp()
  const { id } = await running(app)
  const release = app.engine.hold('remove')
  await command(app, 'killInstance', id)
  await inState(app, id, 'TERMINATED')
  await app.close()
  app.engine.refuse('remove', 'the server is gone')
  release()
  await app.restart()
  await expect.poll(() => app.engine.sandboxes.size).toBe(0)
})

test('a launch interrupted between create and start continues', async () => {
  const app = await startApp()
  const { id } = await create(app)
  await inState(app, id, 'RUNNING')
  await app.close()
  const { ref } = app.engine.of(id)
  await app.engine.destroy(ref)
  await app.engine.place({ instanceId: id, status: 'created' })
  await app.db.instance.update({ where: { id }, data: { state: 'Pending', ref: null } })
  const again = await app.restart()
  await inState(again, id, 'RUNNING')
  expect(app.engine.sandboxes.size).toBe(1)
})

test('a starting instance without its sandbox fails after a restart', async () => {
  const app = await startApp()
  const { id, ref } = await running(app)
  await app.close()
  await app.engine.destroy(ref as string)
  await app.db.instance.update({ where: { id }, data: { state: 'Pending' } })
  const again = await app.restart()
  expect((await inState(again, id, 'FAILED')).reason).toContain('Removed outside THON')
})
