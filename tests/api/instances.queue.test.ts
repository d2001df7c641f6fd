import { expect, onTestFinished, test, vi } from 'vitest'
import { startApp, type TestApp } from '../kit/app.ts'
import { addGroup, startGroup } from '../kit/groups.ts'
import { all, command, create, get, inState, when, type Row } from '../kit/instances.ts'

const COUNTERS = '{ engine { waiting starting startLimit } }'
interface Counters {
  engine: { waiting: number; starting: number; startLimit: number }
}

async function allRunning(app: TestApp, count: number): Promise<void> {
  await expect
    .poll(async () => (await all(app)).filter((row) => row.state === 'RUNNING').length, { timeout: 25_000 })
    .toBe(count)
}

test('starts show their place in line and move up', async () => {
  const app = await startApp({ THON_START_CONCURRENCY: '2' })
  const release = app.engine.hold('create')
  const rows: Row[] = []
  for (const name of ['a', 'b', 'c', 'd', 'e']) rows.push(await create(app, name))
  const places = async () => Promise.all(rows.map(async ({ id }) => (await get(app, id)).queuePlace))
  await expect.poll(places).toEqual([null, null, 1, 2, 3])
  expect((await app.execute<Counters>(COUNTERS)).engine).toEqual({ waiting: 3, starting: 2, startLimit: 2 })
  await command(app, 'killInstance', rows[2]?.id as string)
  await expect.poll(places).toEqual([null, null, null, 1, 2])
  release()
  await allRunning(app, 4)
  expect(app.engine.most.get('create')).toBe(2)
  await expect
    .poll(async () => (await app.execute<Counters>(COUNTERS)).engine)
    .toMatchObject({ waiting: 0, starting: 0 })
})

test('subscribers see places move, and the counters of the engine', async () => {
  const app = await startApp({ THON_START_CONCURRENCY: '1' })
  const release = app.engine.hold('create')
  const frames = await app.subscribe<{
    instanceChanged: { instance: { username: string; queuePlace: number | null; state: string } }
  }>('subscription { instanceChanged { instance { username queuePlace state } } }')
  const counters = await app.subscribe<{ engineChanged: { waiting: number } }>(
    'subscription { engineChanged { waiting } }',
  )
  for (const name of ['a', 'b', 'c']) await create(app, name)
  await counters.until(({ engineChanged }) => engineChanged.waiting === 2)
  release()
  const seen = await frames.until(
    ({ instanceChanged: { instance } }) => instance.username === 'c' && instance.state === 'RUNNING',
  )
  expect(seen.some(({ instanceChanged: { instance } }) => instance.username === 'c' && instance.queuePlace === 2)).toBe(
    true,
  )
  await counters.until(({ engineChanged }) => engineChanged.waiting === 0)
})

test('an instance killed in line stops at once without a sandbox', async () => {
  const app = await startApp({ THON_START_CONCURRENCY: '1' })
  const release = app.engine.hold('create')
  const first = await create(app, 'a')
  const second = await create(app, 'b')
  await command(app, 'killInstance', second.id)
  await inState(app, second.id, 'TERMINATED')
  release()
  await inState(app, first.id, 'RUNNING')
  expect(app.engine.count('create', second.id)).toBe(0)
})

test('a failed start lets the next one go', async () => {
  const app = await startApp({ THON_START_CONCURRENCY: '1' })
  app.engine.refuse('create', 'disk full')
  const first = await create(app, 'a')
  const second = await create(app, 'b')
  await inState(app, first.id, 'FAILED')
  await inState(app, second.id, 'RUNNING')
})

test('a slow code-server does not hold up other starts', async () => {
  const app = await startApp({ THON_START_CONCURRENCY: '1' })
  app.engine.answering = false
  const first = await create(app, 'a')
  const second = await create(app, 'b')
  await when(app, second.id, (row) => row.hostPort !== null)
  app.engine.answering = true
  for (const { id } of [first, second]) await inState(app, id, 'RUNNING')
})

test('the progress of a slow start can be queried and is pushed', async () => {
  const app = await startApp()
  app.engine.progressText = 'Pulling image 45 %'
  const release = app.engine.hold('create')
  const frames = await app.subscribe<{ instanceChanged: { instance: { progress: string | null } } }>(
    'subscription { instanceChanged { instance { progress } } }',
  )
  const { id } = await create(app)
  await frames.until(({ instanceChanged }) => instanceChanged.instance.progress === 'Pulling image 45 %')
  expect((await get(app, id)).progress).toBe('Pulling image 45 %')
  release()
  expect((await inState(app, id, 'RUNNING')).progress).toBeNull()
})

test('sixty users of a group start in order, a few at a time', async () => {
  const app = await startApp({ THON_START_CONCURRENCY: '4' })
  app.engine.delay = 5
  const usernames = Array.from({ length: 60 }, (_, index) => `u${String(index).padStart(2, '0')}`)
  const yaml = `groups: { big: [${usernames.join(', ')}] }`
  await app.execute('mutation ($yaml: String!) { importGroups(input: { yaml: $yaml }) { applied } }', { yaml })
  const { groups } = await app.execute<{ groups: { items: { id: string }[] } }>('{ groups { items { id } } }')
  const started = await startGroup(app, (groups.items[0] as { id: string }).id)
  expect(started.map((one) => one.user.username)).toEqual(usernames)
  await allRunning(app, 60)
  expect(app.engine.most.get('create')).toBeLessThanOrEqual(4)
  expect(new Set((await all(app)).map((row) => row.volume)).size).toBe(60)
})

test('time in line does not count against the deadline of a start', async () => {
  const app = await startApp({ THON_START_CONCURRENCY: '1' })
  const release = app.engine.hold('create')
  await addGroup(app, 'alpha')
  await create(app, 'a')
  const second = await create(app, 'b')
  // An hour later, where the clock stops; no wait here depends on it.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 })
  onTestFinished(() => void vi.useRealTimers())
  app.engine.answering = false
  release()
  await when(app, second.id, (row) => row.hostPort !== null)
  await turns(app, 2)
  expect((await get(app, second.id)).state).toBe('PENDING')
  app.engine.answering = true
  await inState(app, second.id, 'RUNNING')
})

/** Waits for a number of turns of the expiry reaper, each of which stops an expired instance. */
async function turns(app: TestApp, count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    const { id } = await app.db.instance.create({
      data: {
        ...{ group: 'x', username: `turn${turn}`, search: '', state: 'Paused', activeKey: `turn${turn}`, port: 1 },
        ...{ secure: false, image: '', volume: '', engine: 'docker', expiresAt: new Date(0) },
      },
    })
    await inState(app, id, 'TERMINATED')
  }
}
