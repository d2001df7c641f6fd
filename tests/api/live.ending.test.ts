import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { startApp } from '../kit/app.ts'
import { executions, follow, INSTANCES } from '../kit/live.ts'
import { create } from '../kit/instances.ts'

const wsUrl = (url: string) => `${url.replace('http', 'ws')}/graphql`

test('a stopping server closes sockets with 1001, so that clients reconnect', async () => {
  const app = await startApp()
  const sockets = Array.from({ length: 5 }, () => new WebSocket(wsUrl(app.url), 'graphql-transport-ws'))
  await Promise.all(sockets.map((socket) => once(socket, 'open')))
  const closed = sockets.map((socket) => once(socket, 'close'))
  await app.close()
  for (const [code] of await Promise.all(closed)) expect(code).toBe(1001)
})

test('a server with subscribers and starts under way stops', async () => {
  const app = await startApp()
  const { heard } = executions(app)
  for (let index = 0; index < 10; index++) await follow(app)
  expect(heard()).toBe(true)
  app.engine.answering = false
  for (const name of ['a', 'b', 'c']) await create(app, name)
  await app.close()
  expect(heard()).toBe(false)
  await expect(fetch(app.url)).rejects.toThrow()
})

// Without a deadline of THON, ws waits 30 seconds for the client.
test('a client that does not answer the close does not hold up the stop', { timeout: 20_000 }, async () => {
  const app = await startApp()
  const { port } = new URL(app.url)
  const deaf = connect(Number(port), '127.0.0.1')
  deaf.write(
    `GET /graphql HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n',
  )
  const [answer] = (await once(deaf, 'data')) as [Buffer]
  expect(String(answer)).toContain('101 Switching Protocols')
  deaf.on('error', () => undefined)
  await app.close()
  deaf.destroy()
})

test('a request under way gets its answer before the server stops', async () => {
  const app = await startApp()
  const [asked, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  app.services.groups.events = async () => {
    asked.resolve()
    await gate.promise
    return { items: [], total: 0, number: 1, size: 50 }
  }
  const answer = app.execute<{ events: { items: unknown[] } }>('{ events { items { id } } }')
  await asked.promise
  const closed = app.close()
  gate.resolve()
  expect((await answer).events.items).toEqual([])
  await closed
})

test('closing a server twice is safe', async () => {
  const app = await startApp()
  await Promise.all([app.app.close(), app.app.close()])
})

test('twelve servers in a row leave no listeners on the process', async () => {
  const count = () => process.eventNames().map((name) => [String(name), process.listenerCount(name)])
  await (await startApp()).close()
  const before = count()
  for (let round = 0; round < 12; round++) {
    const app = await startApp()
    const client = app.socket()
    await follow(app, client)
    await app.close()
  }
  expect(count()).toEqual(before)
})

test('invalid messages close their socket and no other', async () => {
  const app = await startApp()
  const frames = await follow(app)
  const rude = new WebSocket(wsUrl(app.url), 'graphql-transport-ws')
  await once(rude, 'open')
  rude.send('}{')
  const [code] = (await once(rude, 'close')) as [number]
  expect(code).toBe(4400)
  const huge = new WebSocket(wsUrl(app.url), 'graphql-transport-ws')
  await once(huge, 'open')
  huge.on('error', () => undefined)
  huge.send('x'.repeat(2 * 1024 * 1024))
  await once(huge, 'close')
  await create(app)
  expect((await frames.next()).instanceChanged.kind).toBe('ADDED')
  expect(INSTANCES).toContain('instanceChanged')
})
