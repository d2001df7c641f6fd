import { expect, test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { command, create, get, inState, refusedCommand, running, when, type CommandField } from '../kit/instances.ts'

test('an instance runs only once code-server answers', async () => {
  const app = await startApp()
  app.engine.answering = false
  const { id, state } = await create(app)
  expect(state).toBe('PENDING')
  expect((await when(app, id, (row) => row.hostPort !== null)).state).toBe('PENDING')
  app.engine.answering = true
  const row = await inState(app, id, 'RUNNING')
  expect(row.startedAt).not.toBeNull()
  expect(row.url).toBe(`http://alpha-ann.localhost:${new URL(app.url).port}/`)
  expect((await fetch(`http://127.0.0.1:${row.hostPort}/healthz`)).status).toBe(200)
})

test('a sandbox is created and started once', async () => {
  const app = await startApp()
  const { id } = await running(app)
  expect(app.engine.calls.map((call) => call.command)).toEqual(['create', 'start'])
  expect(app.engine.count('start', id)).toBe(1)
})

test('an instance can be paused, resumed, restarted and killed', async () => {
  const app = await startApp()
  const { id } = await running(app)
  expect((await command(app, 'pauseInstance', id)).state).toBe('PAUSING')
  await inState(app, id, 'PAUSED')
  expect(app.engine.of(id).status).toBe('paused')
  expect((await command(app, 'resumeInstance', id)).state).toBe('PENDING')
  await inState(app, id, 'RUNNING')
  expect((await command(app, 'restartInstance', id)).state).toBe('PENDING')
  await inState(app, id, 'RUNNING')
  expect((await command(app, 'killInstance', id)).state).toBe('STOPPING')
  const row = await inState(app, id, 'TERMINATED')
  expect(row).toMatchObject({ reason: null, hostPort: null, url: null })
  expect(row.endedAt).not.toBeNull()
  await expect.poll(() => app.engine.sandboxes.size).toBe(0)
  expect([...app.engine.volumes]).toEqual(['thon-workspace-alpha-ann'])
})

test('a paused instance can be killed, and restarted', async () => {
  const app = await startApp()
  const [ann, bob] = [await running(app, 'ann'), await running(app, 'bob')]
  for (const { id } of [ann, bob]) {
    await command(app, 'pauseInstance', id)
    await inState(app, id, 'PAUSED')
  }
  await command(app, 'killInstance', ann.id)
  await inState(app, ann.id, 'TERMINATED')
  await command(app, 'restartInstance', bob.id)
  await inState(app, bob.id, 'RUNNING')
})

test('a command that the state does not allow is refused and changes nothing', async () => {
  const app = await startApp()
  const { id } = await running(app)
  const refuse = async (state: string, words: string, fields: CommandField[]) => {
    for (const field of fields) {
      const { code, message } = await refusedCommand(app, field, id)
      expect([code, message]).toEqual([
        'CONFLICT',
        `Cannot ${field.replace('Instance', '')} alpha/ann: it is ${words}.`,
      ])
    }
    expect((await get(app, id)).state).toBe(state)
  }
  await refuse('RUNNING', 'running', ['resumeInstance'])
  await command(app, 'pauseInstance', id)
  await inState(app, id, 'PAUSED')
  await refuse('PAUSED', 'paused', ['pauseInstance'])
  await command(app, 'killInstance', id)
  await inState(app, id, 'TERMINATED')
  await refuse('TERMINATED', 'stopped', [
    'pauseInstance',
    'resumeInstance',
    'restartInstance',
    'killInstance',
    'renewInstance',
  ])
})

test('an instance lists the commands that its state allows', async () => {
  const app = await startApp()
  const row = await running(app)
  expect(row.commands).toEqual(['PAUSE', 'RESTART', 'KILL', 'RECREATE', 'RENEW'])
  await command(app, 'killInstance', row.id)
  expect((await inState(app, row.id, 'TERMINATED')).commands).toEqual(['RECREATE'])
})

test('an unknown instance is null in queries and NOT_FOUND in commands', async () => {
  const app = await startApp()
  for (const field of ['pauseInstance', 'killInstance', 'recreateInstance', 'renewInstance'] as const)
    expect(await refusedCommand(app, field, 'nobody')).toMatchObject({
      code: 'NOT_FOUND',
      message: 'This sandbox no longer exists.',
    })
  expect(await app.execute('{ instance(id: "nobody") { id } }')).toEqual({ instance: null })
})

test('users and groups outside the database get sandboxes too', async () => {
  const app = await startApp()
  const { createInstance } = await app.execute<{ createInstance: { id: string; groupName: string; username: string } }>(
    'mutation { createInstance(input: {}) { id groupName username group { id } } }',
  )
  expect(createInstance).toMatchObject({ groupName: 'default', username: 'workspace', group: null })
  expect(await inState(app, createInstance.id, 'RUNNING')).toMatchObject({
    ...{
      port: 8443,
      secure: false,
      volume: 'thon-workspace-default-workspace',
      user: null,
      expiresAt: null,
    },
  })
})

test('logs return as many of the last lines as requested', async () => {
  const app = await startApp()
  const { id } = await running(app)
  const logs = async (lines: number) =>
    (
      await app.execute<{ instance: { logs: string } }>(
        'query ($id: ID!, $lines: Int) { instance(id: $id) { logs(lines: $lines) } }',
        { id, lines },
      )
    ).instance.logs
  expect(await logs(1)).toBe('last line')
  expect(await logs(50)).toBe('first line\nlast line')
  expect(await logs(-5)).toBe('last line')
})
