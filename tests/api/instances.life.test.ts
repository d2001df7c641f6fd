import { expect, test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { command, create, get, inState, refusedCommand, running, when, type CommandField } from '../kit/instances.ts'

test('an instance is Running only once code-server answers', async () => {
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

test('pause, resume, restart and kill do what they say', async () => {
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
  expect(row).toMatchObject({ reason: null, hostPort: null, url: null, endedAt: expect.any(String) })
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

test('every command is refused in the states it is not for, naming both, and changes nothing', async () => {
  const app = await startApp()
  const { id } = await running(app)
  const refuse = async (state: string, fields: CommandField[]) => {
    for (const field of fields) {
      const { code, message } = await refusedCommand(app, field, id)
      expect([code, message]).toEqual([
        'CONFLICT',
        `Cannot ${field.replace('Instance', '')} instance ${id}: it is ${state}.`,
      ])
    }
    expect((await get(app, id)).state).toBe(state)
  }
  await refuse('RUNNING', ['resumeInstance'])
  await command(app, 'pauseInstance', id)
  await inState(app, id, 'PAUSED')
  await refuse('PAUSED', ['pauseInstance'])
  await command(app, 'killInstance', id)
  await inState(app, id, 'TERMINATED')
  await refuse('TERMINATED', ['pauseInstance', 'resumeInstance', 'restartInstance', 'killInstance', 'renewInstance'])
})

test('the commands that a row offers are the ones that are taken', async () => {
  const app = await startApp()
  const row = await running(app)
  expect(row.commands).toEqual(['pause', 'restart', 'kill', 'recreate', 'renew'])
  await command(app, 'killInstance', row.id)
  expect((await inState(app, row.id, 'TERMINATED')).commands).toEqual(['recreate'])
})

test('commands on an instance that is not there are NOT_FOUND', async () => {
  const app = await startApp()
  for (const field of ['pauseInstance', 'killInstance', 'recreateInstance', 'renewInstance'] as const)
    expect(await refusedCommand(app, field, 'nobody')).toMatchObject({
      code: 'NOT_FOUND',
      message: 'Instance nobody not found',
    })
  expect((await app.refused('{ instance(id: "nobody") { id } }')).code).toBe('NOT_FOUND')
})

test('an unknown user and group are welcome, by default as default/workspace', async () => {
  const app = await startApp()
  const { createInstance } = await app.execute<{ createInstance: { id: string; group: string; username: string } }>(
    'mutation { createInstance(input: {}) { id group username } }',
  )
  expect(createInstance).toMatchObject({ group: 'default', username: 'workspace' })
  expect(await inState(app, createInstance.id, 'RUNNING')).toMatchObject({
    ...{
      port: 8443,
      secure: false,
      password: null,
      volume: 'thon-workspace-default-workspace',
      user: null,
      expiresAt: null,
    },
  })
})

test('logs are the last lines it printed, as many as asked for', async () => {
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
