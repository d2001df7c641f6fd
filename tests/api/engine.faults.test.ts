import { organizer } from '../../server/core/viewer.ts'
import { expect, test, vi } from 'vitest'
import { EngineUnavailable } from '../../server/engine/engine.ts'
import { startApp } from '../kit/app.ts'
import { command, create, get, inState, running, when } from '../kit/instances.ts'

test.for(['create', 'start'] as const)(
  'a refused %s fails with the engine’s reason, and a second try works',
  async (step) => {
    const app = await startApp()
    app.engine.refuse(step, 'Image none is missing. Run: docker pull none')
    const { id } = await create(app)
    const failed = await inState(app, id, 'FAILED')
    expect(failed.reason).toBe('Image none is missing. Run: docker pull none')
    expect(failed).toMatchObject({ hostPort: null, progress: null })
    expect(failed.endedAt).not.toBeNull()
    await expect.poll(() => app.engine.sandboxes.size).toBe(0)
    const second = await running(app)
    expect(second.volume).toBe(failed.volume)
  },
)

test('a crash keeps the exit code and the last lines, and leaves no sandbox', async () => {
  const app = await startApp()
  const { id, ref } = await running(app)
  await app.engine.exit(ref as string, 139)
  const failed = await inState(app, id, 'FAILED')
  expect(failed.reason).toBe('Crashed, exit code 139.')
  await expect.poll(() => app.engine.sandboxes.size).toBe(0)
  expect((await get(app, id)).logs).toBe('first line\nlast line')
})

test('running out of memory says so, with the limit and what to do', async () => {
  const app = await startApp()
  const { id, ref } = await running(app)
  await app.engine.exit(ref as string, 137, true)
  expect((await inState(app, id, 'FAILED')).reason).toBe(
    'It ran out of memory (2 GiB). Raise SANDBOX_MEMORY, or close programs in it.',
  )
})

test('stopping before code-server answers is a failure, even with exit code 0', async () => {
  const app = await startApp()
  app.engine.answering = false
  const { id } = await create(app)
  await when(app, id, (row) => row.hostPort !== null)
  await app.engine.exit(app.engine.of(id).ref, 0)
  expect((await inState(app, id, 'FAILED')).reason).toBe('Stopped before code-server answered, exit code 0.')
})

test('a code-server that never answers fails after THON_READY_SECONDS', async () => {
  const app = await startApp({ THON_READY_SECONDS: '1' })
  app.engine.answering = false
  const { id } = await create(app)
  expect((await inState(app, id, 'FAILED')).reason).toBe('code-server did not answer within 1 seconds.')
  await expect.poll(() => app.engine.sandboxes.size).toBe(0)
  app.engine.answering = true
  await running(app)
})

test('a refused pause leaves it running and logs why', async () => {
  const app = await startApp()
  const { id } = await running(app)
  app.engine.refuse('pause', 'cgroup is frozen')
  await command(app, 'pauseInstance', id)
  await inState(app, id, 'RUNNING')
  const acts = await app.db.activity.findMany({ where: { target: id, outcome: 'failed' } })
  expect(acts).toMatchObject([{ action: 'pause', detail: 'cgroup is frozen' }])
  await command(app, 'pauseInstance', id)
  await inState(app, id, 'PAUSED')
})

test('a pause that is refused late leaves it running', async () => {
  const app = await startApp()
  const { id } = await running(app)
  const release = app.engine.hold('pause')
  await command(app, 'pauseInstance', id)
  await app.services.instances.get(organizer, id)
  app.engine.refuse('pause', 'not now')
  release()
  await inState(app, id, 'RUNNING')
})

test('a refused kill is retried until it succeeds', async () => {
  const app = await startApp()
  const { id } = await running(app)
  app.engine.refuse('kill', 'device or resource busy')
  app.engine.refuse('kill', 'device or resource busy')
  await command(app, 'killInstance', id)
  expect((await get(app, id)).state).toBe('STOPPING')
  await command(app, 'killInstance', id)
  await inState(app, id, 'TERMINATED', 25)
  expect(app.engine.count('kill', id)).toBe(3)
})

test('a refused restart fails with its reason', async () => {
  const app = await startApp()
  const { id } = await running(app)
  app.engine.refuse('restart', 'no space left on device')
  await command(app, 'restartInstance', id)
  expect((await inState(app, id, 'FAILED')).reason).toBe('no space left on device')
})

test('an instance killed in line never gets a sandbox', async () => {
  const app = await startApp({ THON_START_CONCURRENCY: '1' })
  const release = app.engine.hold('create')
  await create(app, 'first')
  const { id } = await create(app)
  await command(app, 'killInstance', id)
  await inState(app, id, 'TERMINATED')
  release()
  await running(app, 'last')
  expect(app.engine.count('create', id)).toBe(0)
})

test.for(['create', 'start'] as const)('an instance killed during its %s leaves no sandbox', async (step) => {
  const app = await startApp()
  const release = app.engine.hold(step)
  const { id } = await create(app)
  await expect.poll(() => app.engine.count(step, id)).toBe(1)
  await command(app, 'killInstance', id)
  release()
  await inState(app, id, 'TERMINATED')
  await expect.poll(() => app.engine.sandboxes.size).toBe(0)
  await running(app)
})

test('a kill during a create that is then refused is not a failure', async () => {
  const app = await startApp()
  const release = app.engine.hold('create')
  const { id } = await create(app)
  await expect.poll(() => app.engine.count('create', id)).toBe(1)
  app.engine.refuse('create', 'disk full')
  await command(app, 'killInstance', id)
  release()
  await inState(app, id, 'TERMINATED', 5)
})

test('an instance can be killed before code-server answers', async () => {
  const app = await startApp()
  app.engine.answering = false
  const { id } = await create(app)
  await when(app, id, (row) => row.hostPort !== null)
  await command(app, 'killInstance', id)
  await inState(app, id, 'TERMINATED')
  await expect.poll(() => app.engine.sandboxes.size).toBe(0)
})

test('a failed instance that is killed keeps its reason', async () => {
  const app = await startApp()
  app.engine.refuse('create', 'volume busy')
  const { id } = await create(app)
  await inState(app, id, 'FAILED')
  await command(app, 'killInstance', id)
  expect((await inState(app, id, 'TERMINATED')).reason).toBe('volume busy')
})

test('what breaks inside THON during a start is logged and not shown', async () => {
  const app = await startApp()
  app.logged.expect(/ConfigFile/)
  await app.db.$executeRaw`DROP TABLE "ConfigFile"`
  const { id } = await create(app)
  const failed = await inState(app, id, 'FAILED')
  expect(failed.reason).toBe('THON failed to carry this out. Its log says why. Try again.')
  expect(app.logged.lines.join('')).toContain('ConfigFile')
})

test('rounds whose list fails leave no event stream open', async () => {
  const app = await startApp()
  let rounds = 0
  const list = vi.spyOn(app.engine, 'list').mockImplementation(() => {
    rounds += 1
    return Promise.reject(new EngineUnavailable('Docker did not answer within 10 s.'))
  })
  app.engine.leave()
  app.engine.back()
  await expect.poll(() => rounds, { timeout: 20_000 }).toBeGreaterThanOrEqual(3)
  expect(app.engine.streams).toBeLessThanOrEqual(1)
  list.mockRestore()
  await app.until<{ engine: { connected: boolean } }>('{ engine { connected } }', {}, ({ engine }) => engine.connected)
  expect(app.engine.streams).toBe(1)
})
