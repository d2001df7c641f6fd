import { expect, test, vi } from 'vitest'
import { startApp, type TestApp } from '../kit/app.ts'
import { addGroup } from '../kit/groups.ts'
import {
  all,
  command,
  create,
  get,
  inState,
  refusedCommand,
  refusedCreate,
  running,
  type Row,
} from '../kit/instances.ts'

interface Engine {
  engine: { connected: boolean; message: string | null; since: string }
}

async function connected(app: TestApp, wanted: boolean): Promise<Engine['engine']> {
  const data = await app.until<Engine>(
    '{ engine { connected message since } }',
    {},
    ({ engine }) => engine.connected === wanted,
  )
  return data.engine
}

async function leave(app: TestApp): Promise<void> {
  app.engine.leave('Docker does not answer. Start it.')
  await connected(app, false)
}

async function back(app: TestApp): Promise<void> {
  app.engine.back()
  await connected(app, true)
}

test('while the engine is unavailable, states stay and commands are refused', async () => {
  const app = await startApp()
  const ids = [(await running(app, 'ann')).id, (await running(app, 'bob')).id]
  await command(app, 'pauseInstance', ids[1] as string)
  await inState(app, ids[1] as string, 'PAUSED')
  const before = await all(app)
  await leave(app)
  expect((await connected(app, false)).message).toBe('Docker does not answer. Start it.')
  for (const field of ['pauseInstance', 'restartInstance', 'killInstance', 'recreateInstance'] as const) {
    const refusal = await refusedCommand(app, field, ids[0] as string)
    expect(refusal).toMatchObject({
      code: 'UNAVAILABLE',
      message: 'The sandbox engine is unavailable. Docker does not answer. Start it.',
    })
  }
  expect((await refusedCreate(app, { username: 'cy' })).code).toBe('UNAVAILABLE')
  expect(await all(app)).toEqual(before)
  await back(app)
  expect(await all(app)).toEqual(before)
})

test('subscribers see the engine disconnect and reconnect', async () => {
  const app = await startApp()
  const frames = await app.subscribe<{ engineChanged: { connected: boolean } }>(
    'subscription { engineChanged { connected } }',
  )
  app.engine.leave()
  await frames.until(({ engineChanged }) => !engineChanged.connected)
  app.engine.back()
  await frames.until(({ engineChanged }) => engineChanged.connected)
})

test('changes made meanwhile are found after a reconnect', async () => {
  const app = await startApp()
  const [paused, stopped, crashed, removed, untouched] = await Promise.all(
    ['paused', 'stopped', 'crashed', 'removed', 'untouched'].map((name) => running(app, name)),
  )
  await leave(app)
  const refOf = (row?: { id: string }) => app.engine.of(row?.id ?? '').ref
  app.engine.byHand(refOf(paused), 'paused')
  await app.engine.exit(refOf(stopped), 143)
  await app.engine.exit(refOf(crashed), 1)
  await app.engine.destroy(refOf(removed))
  expect((await all(app)).every((row) => row.state === 'RUNNING')).toBe(true)
  await back(app)
  await inState(app, paused?.id ?? '', 'PAUSED')
  expect((await inState(app, stopped?.id ?? '', 'TERMINATED')).reason).toContain('Stopped outside THON')
  expect((await inState(app, crashed?.id ?? '', 'FAILED')).reason).toContain('exit code 1')
  expect((await inState(app, removed?.id ?? '', 'TERMINATED')).reason).toContain('Removed outside THON')
  expect((await get(app, untouched?.id ?? '')).state).toBe('RUNNING')
})

test.for(['create', 'start'] as const)(
  'a start that loses the engine in its %s continues after a reconnect',
  async (step) => {
    const app = await startApp()
    const release = app.engine.hold(step)
    const { id } = await create(app)
    await expect.poll(() => app.engine.count(step, id)).toBe(1)
    await leave(app)
    release()
    expect((await get(app, id)).state).toBe('PENDING')
    await back(app)
    await inState(app, id, 'RUNNING')
    expect(app.engine.sandboxes.size).toBe(1)
  },
)

test('changes during the full list are not missed', async () => {
  const app = await startApp()
  const { id, ref } = await running(app)
  const list = app.engine.list.bind(app.engine)
  await leave(app)
  vi.spyOn(app.engine, 'list').mockImplementationOnce(async () => {
    const listed = await list()
    await app.engine.exit(ref as string, 3)
    return listed
  })
  await back(app)
  expect((await inState(app, id, 'FAILED')).reason).toBe('Crashed, exit code 3.')
})

test('starts in line keep their order over a disconnect', async () => {
  const app = await startApp({ THON_START_CONCURRENCY: '1' })
  const release = app.engine.hold('create')
  const rows: Row[] = []
  for (const name of ['zoe', 'mia', 'ann', 'bob']) rows.push(await create(app, name))
  await leave(app)
  release()
  await back(app)
  for (const { id } of rows) await inState(app, id, 'RUNNING')
  const starts = app.engine.calls.filter((call) => call.command === 'start').map((call) => call.instanceId)
  expect(starts).toEqual(rows.map((row) => row.id))
})

test.for(['pause', 'kill'] as const)('a %s that loses the engine is carried out after a reconnect', async (act) => {
  const app = await startApp()
  const { id } = await running(app)
  const release = app.engine.hold(act)
  await command(app, `${act}Instance`, id)
  await expect.poll(() => app.engine.count(act, id)).toBe(1)
  await leave(app)
  release()
  await back(app)
  await inState(app, id, act === 'pause' ? 'PAUSED' : 'TERMINATED')
})

test('a restart that loses the engine half way ends in the state of the engine', async () => {
  const app = await startApp()
  const { id, ref } = await running(app)
  const restart = app.engine.restart.bind(app.engine)
  vi.spyOn(app.engine, 'restart').mockImplementation(async (of) => {
    await app.engine.exit(of, 143)
    app.engine.leave()
    return restart(of)
  })
  await command(app, 'restartInstance', id)
  await connected(app, false)
  expect((await get(app, id)).state).toBe('PENDING')
  await app.engine.startByHand(ref as string)
  await back(app)
  await inState(app, id, 'RUNNING')
})

test('deadlines start again after a reconnect', async () => {
  const app = await startApp()
  const { id } = await running(app)
  const release = app.engine.hold('kill')
  await command(app, 'killInstance', id)
  await leave(app)
  await app.db.instance.update({ where: { id }, data: { stateAt: new Date(0) } })
  await back(app)
  const marker = await running(app, 'marker')
  await app.db.instance.update({ where: { id: marker.id }, data: { expiresAt: new Date(0) } })
  await inState(app, marker.id, 'STOPPING')
  expect((await get(app, id)).state).toBe('STOPPING')
  release()
  await inState(app, id, 'TERMINATED')
})

test('a server that starts without its engine serves, and finds it later', async () => {
  const app = await startApp()
  const { id } = await running(app)
  const again = await app.restart(() => app.engine.leave())
  expect((await connected(again, false)).message).toContain('Cannot reach')
  expect((await get(again, id)).state).toBe('RUNNING')
  await addGroup(again, 'beta', ['bob'])
  await back(again)
  expect((await get(again, id)).state).toBe('RUNNING')
})

test('many disconnects leave no open streams', async () => {
  const app = await startApp()
  for (let round = 0; round < 3; round++) {
    await leave(app)
    await back(app)
  }
  expect(app.engine.streams).toBe(1)
  await app.close()
  expect(app.engine.streams).toBe(0)
})
