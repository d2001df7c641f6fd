import { expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { startApp, type TestApp } from '../kit/app.ts'
import { addGroup } from '../kit/groups.ts'
import { create, inState, running } from '../kit/instances.ts'
import { executions, follow, INSTANCES, says } from '../kit/live.ts'

test('fifty equal subscriptions share one execution', async () => {
  const app = await startApp()
  const { opened, heard } = executions(app)
  const all = await Promise.all(Array.from({ length: 50 }, () => follow(app)))
  expect(opened()).toBe(1)
  const { id } = await create(app)
  const seen = await Promise.all(all.map((frames) => frames.until(says(id, 'RUNNING'))))
  for (const one of seen) expect(one).toEqual(seen[0])
  expect(heard()).toBe(true)
})

test('a row is loaded once for all subscribers', async () => {
  const app = await startApp()
  const query = 'subscription { instanceChanged { kind id instance { id state user { id group { name } } } } }'
  const all = await Promise.all(Array.from({ length: 20 }, () => app.subscribe<never>(query)))
  const group = await addGroup(app, 'alpha', ['ann'])
  const { id } = await running(app)
  await Promise.all(all.map((frames) => frames.until(says(id, 'RUNNING'))))
  const spy = vi.spyOn(app.services.db.instance, 'findUnique')
  await app.execute('mutation ($id: ID!) { pauseInstance(input: { id: $id }) { id } }', { id })
  await Promise.all(all.map((frames) => frames.until(says(id, 'PAUSED'))))
  expect(spy.mock.calls.length).toBeLessThan(20)
  expect(group.users).toHaveLength(1)
})

test('other fields, operation names or variables are not shared', async () => {
  const app = await startApp()
  const { opened } = executions(app)
  await follow(app)
  await app.subscribe('subscription { instanceChanged { kind } }')
  await app.subscribe('subscription Named { instanceChanged { kind } }')
  const conditional = 'subscription ($on: Boolean!) { instanceChanged { kind id @include(if: $on) } }'
  await app.subscribe(conditional, { on: true })
  await app.subscribe(conditional, { on: false })
  expect(opened()).toBe(5)
  await app.subscribe(conditional, { on: false })
  expect(opened()).toBe(5)
})

test('one socket can hold equal subscriptions and several others', async () => {
  const app = await startApp()
  const client = app.socket()
  const [one, other] = [await follow(app, client), await follow(app, client)]
  await app.subscribe('subscription { engineChanged { connected } }', {}, client)
  const { id } = await create(app)
  for (const frames of [one, other]) await frames.until(says(id, 'RUNNING'))
})

test('a late subscriber gets READY, and the changes from then on', async () => {
  const app = await startApp()
  const first = await follow(app)
  const ann = await running(app, 'ann')
  await first.until(says(ann.id, 'RUNNING'))
  const late = await follow(app)
  const bob = await create(app, 'bob')
  const [next] = await late.until(() => true)
  expect(next?.instanceChanged).toMatchObject({ kind: 'ADDED', id: bob.id })
})

test('a late subscriber of the engine gets its current state first', async () => {
  const app = await startApp()
  const query = 'subscription { engineChanged { connected } }'
  interface EngineFrame {
    engineChanged: { connected: boolean }
  }
  const first = await app.subscribe<EngineFrame>(query)
  app.engine.leave()
  await first.until(({ engineChanged }) => !engineChanged.connected)
  const source = app.socket().iterate<EngineFrame>({ query })
  for await (const { data } of source) {
    expect(data?.engineChanged.connected).toBe(false)
    break
  }
})

test('subscribers that leave or are cut off leave no listeners', async () => {
  const app = await startApp()
  const { opened, heard } = executions(app)
  const polite = app.socket()
  await follow(app, polite)
  const abrupt = await rawSubscriber(app)
  await polite.dispose()
  expect(heard()).toBe(true)
  abrupt.terminate()
  await expect.poll(heard).toBe(false)
  await follow(app)
  expect(opened()).toBe(2)
})

test('subscribers that leave before their first frame leave no listeners', async () => {
  const app = await startApp()
  const { heard } = executions(app)
  const sockets = await Promise.all(Array.from({ length: 20 }, () => rawSubscriber(app, false)))
  for (const socket of sockets) socket.terminate()
  const { id } = await create(app)
  await inState(app, id, 'RUNNING')
  await expect.poll(heard).toBe(false)
})

test('an unsubscribe on an open socket removes its listener', async () => {
  const app = await startApp()
  const { heard } = executions(app)
  const client = app.socket()
  const source = client.iterate({ query: INSTANCES })
  await source.next()
  await source.return?.()
  await expect.poll(heard).toBe(false)
})

/** A plain WebSocket with the protocol, which a test can cut off. */
async function rawSubscriber(app: TestApp, wait = true): Promise<WebSocket> {
  const socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  const message = (type: string) =>
    new Promise<void>((resolve) =>
      socket.on('message', (data: Buffer) => {
        if ((JSON.parse(data.toString()) as { type: string }).type === type) resolve()
      }),
    )
  await new Promise((resolve) => socket.once('open', resolve))
  const acknowledged = message('connection_ack')
  socket.send(JSON.stringify({ type: 'connection_init' }))
  await acknowledged
  const first = message('next')
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: INSTANCES, variables: {} } }))
  if (wait) await first
  return socket
}
