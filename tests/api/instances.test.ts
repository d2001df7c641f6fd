import { expect, test } from 'vitest'
import { startApp, type TestApp } from '../kit/app.ts'

interface Row {
  id: string
  state: string
  reason: string | null
}

const CREATE = 'mutation ($input: CreateInstanceInput!) { createInstance(input: $input) { id state password } }'
const ONE = 'query ($id: ID!) { instance(id: $id) { id state reason url password commands logs hostPort volume ref port } }'

async function running(app: TestApp, username = 'ann', more: object = {}): Promise<string> {
  const { createInstance } = await app.execute<{ createInstance: Row }>(CREATE, { input: { group: 'alpha', username, ...more } })
  await inState(app, createInstance.id, 'Running')
  return createInstance.id
}

async function inState(app: TestApp, id: string, state: string): Promise<Row> {
  const { instance } = await app.until<{ instance: Row }>(ONE, { id }, (data) => data.instance.state === state)
  return instance
}

function command(app: TestApp, name: string, id: string) {
  return app.answer<Record<string, Row>>(`mutation ($id: ID!) { ${name}(id: $id) { id state } }`, { id })
}

test('an instance goes from Pending to Running once code-server answers', async () => {
  const app = await startApp()
  app.engine.answering = false
  const { createInstance } = await app.execute<{ createInstance: Row }>(CREATE, { input: { group: 'alpha', username: 'ann' } })
  expect(createInstance.state).toBe('Pending')
  await app.until<{ instance: { hostPort: number | null; state: string } }>(ONE, { id: createInstance.id }, ({ instance }) => instance.hostPort !== null)
  expect((await app.execute<{ instance: Row }>(ONE, { id: createInstance.id })).instance.state).toBe('Pending')
  app.engine.answering = true
  await inState(app, createInstance.id, 'Running')
})

test('pause, resume, restart and kill do what they say', async () => {
  const app = await startApp()
  const id = await running(app)
  expect((await command(app, 'pauseInstance', id)).data?.pauseInstance?.state).toBe('Pausing')
  await inState(app, id, 'Paused')
  expect((await command(app, 'resumeInstance', id)).data?.resumeInstance?.state).toBe('Pending')
  await inState(app, id, 'Running')
  await command(app, 'restartInstance', id)
  await inState(app, id, 'Running')
  await command(app, 'killInstance', id)
  await inState(app, id, 'Terminated')
  expect(app.engine.sandboxes.size).toBe(0)
  expect([...app.engine.volumes]).toEqual(['thon-workspace-alpha-ann'])
})
