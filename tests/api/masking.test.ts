import { once } from 'node:events'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { Channel } from '../../server/core/events.ts'
import { startApp, type TestApp } from '../kit/app.ts'
import { create } from '../kit/instances.ts'

interface Message {
  type: string
  payload?: { errors?: AnswerError[]; data?: unknown } | AnswerError[]
}
interface AnswerError {
  message: string
  extensions?: { code?: string }
}

const MASKED = [{ message: 'Internal Server Error', code: 'INTERNAL_ERROR' }]

/** What the socket sends for one operation, until it is complete. */
async function overSocket(
  app: TestApp,
  query: string,
  act: (count: number) => void = () => undefined,
): Promise<Message[]> {
  const socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  const messages: Message[] = []
  const done = Promise.withResolvers<void>()
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as Message
    if (message.type === 'ping') return
    if (message.type === 'connection_ack') {
      socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }))
      return
    }
    messages.push(message)
    if (message.type === 'complete' || message.type === 'error') done.resolve()
    else act(messages.length)
  })
  socket.on('close', () => done.resolve())
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'connection_init' }))
  await done.promise
  socket.terminate()
  return messages
}

function errorsOf(payload: Message['payload'] | { errors?: AnswerError[] }) {
  const all = Array.isArray(payload) ? payload : (payload?.errors ?? [])
  return all.map(({ message, extensions }) => ({ message, code: extensions?.code }))
}

async function broken(): Promise<TestApp> {
  const app = await startApp()
  app.logged.expect(/SELECT secret/)
  app.services.groups.list = () => Promise.reject(new Error('SELECT secret'))
  return app
}

test('errors are masked over HTTP', async () => {
  const app = await broken()
  expect(errorsOf(await app.answer('{ groups { items { id } } }'))).toEqual(MASKED)
  expect(app.logged.lines.join()).toContain('SELECT secret')
})

test('errors are masked in a query over the socket', async () => {
  const [next] = await overSocket(await broken(), '{ groups { items { id } } }')
  expect(errorsOf(next?.payload)).toEqual(MASKED)
})

test('errors are masked in a subscription that fails to start', async () => {
  const app = await broken()
  app.services.groups.changes = () => {
    throw new Error('SELECT secret')
  }
  const [answer] = await overSocket(app, 'subscription { groupChanged { kind } }')
  expect(errorsOf(answer?.payload)).toEqual(MASKED)
})

test('errors are masked in a frame, and later frames arrive', async () => {
  const app = await broken()
  const channel = new Channel<never>()
  app.services.instances.changes = () => channel as never
  channel.push({ kind: 'READY', id: null, row: null } as never)
  const messages = await overSocket(app, 'subscription { instanceChanged { kind instance { state } } }', (count) => {
    if (count === 1)
      channel.push({
        kind: 'ADDED',
        id: 'x',
        get row() {
          throw new Error('SELECT secret')
        },
      } as never)
    if (count === 2) channel.push({ kind: 'READY', id: null, row: null } as never)
    if (count === 3) channel.end()
  })
  expect(messages.map((message) => message.type)).toEqual(['next', 'next', 'next', 'complete'])
  expect(errorsOf(messages[1]?.payload)).toEqual(MASKED)
})

test('a source that throws ends its subscription, but not the socket or the server', async () => {
  const app = await broken()
  const channel = new Channel<never>()
  channel.push({ kind: 'READY', id: null, row: null } as never)
  const next = channel.next.bind(channel)
  let asked = 0
  channel.next = () => (asked++ === 0 ? next() : Promise.reject(new Error('SELECT secret')))
  app.services.groups.changes = () => channel as never
  const messages = await overSocket(app, 'subscription { groupChanged { kind } }')
  expect(messages.map((message) => message.type)).toEqual(['next', 'next', 'complete'])
  expect(errorsOf(messages[1]?.payload)).toEqual(MASKED)
  expect((await create(app)).state).toBe('PENDING')
})

test('expected errors and errors in the query are not masked, over HTTP and socket', async () => {
  const app = await startApp()
  for (const query of ['mutation { pauseInstance(input: { id: "x" }) { id } }', '{ nonsense }', '{']) {
    const overHttp = errorsOf(await app.answer(query))
    const [message] = await overSocket(app, query)
    expect(errorsOf(message?.payload).map((one) => one.message)).toEqual(overHttp.map((one) => one.message))
    expect(overHttp[0]?.message).not.toBe('Internal Server Error')
  }
  expect(errorsOf(await app.answer('mutation { pauseInstance(input: { id: "x" }) { id } }'))).toEqual([
    { message: 'This sandbox no longer exists.', code: 'NOT_FOUND' },
  ])
})
