import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { startApp } from '../kit/app.ts'
import { executions, follow, INSTANCES } from '../kit/live.ts'
import { create } from '../kit/instances.ts'

const wsUrl = (url: string) => `${url.replace('http', 'ws')}/graphql`

test('the server’s end closes sockets with 1001, after which clients come back', async () => {
  const app = await startApp()
  const sockets = Array.from({ length: 5 }, () => new WebSocket(wsUrl(app.url), 'graphql-transport-ws'))
  await Promise.all(sockets.map((socket) => once(socket, 'open')))
  const closed = sockets.map((socket) => once(socket, 'close'))
  await app.close()
  for (const [code] of await Promise.all(closed)) expect(code).toBe(1001)
})

test('the server ends with subscribers attached and starts under way', async () => {
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

test('a client that does not answer the goodbye does not hold up the end', async () => {
  const app = await startApp()
  const { port } = new URL(app.url)
  const deaf = connect(Number(port), '127.0.0.1')
  deaf.write(
    `GET /graphql HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n',
  )
  const [answer] = await once(deaf, 'data')
  expect(String(answer)).toContain('101 Switching Protocols')
  deaf.on('error', () => undefined)
  const began = performance.now()
  await app.close()
  // ws itself waits 30 seconds.
  expect(performance.now() - began).toBeLessThan(20_000)
  deaf.destroy()
})

test('a request under way at the end gets its answer', async () => {
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

test('ending twice is ending once', async () => {
  const app = await startApp()
  await Promise.all([app.app.close(), app.app.close()])
})

test('many servers one after the other leave no listeners on the process', async () => {
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

test('nonsense on a socket closes that socket, and no other', async () => {
  const app = await startApp()
  const frames = await follow(app)
  const rude = new WebSocket(wsUrl(app.url), 'graphql-transport-ws')
  await once(rude, 'open')
  rude.send('}{')
  const [code] = await once(rude, 'close')
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
