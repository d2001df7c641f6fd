import { once } from 'node:events'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Instance } from '../../prisma/generated/client/client.ts'
import { startApp, type TestApp } from '../kit/app.ts'

const WATCH = 'subscription { instanceChanged { id instance { reason } } }'

/** A subscribed socket, after READY. */
async function subscriber(app: TestApp): Promise<WebSocket> {
  const socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  await once(socket, 'open')
  socket.send('{"type":"connection_init"}')
  await once(socket, 'message')
  socket.send(JSON.stringify({ id: 'one', type: 'subscribe', payload: { query: WATCH } }))
  await once(socket, 'message')
  return socket
}

test('a client that reads nothing is cut off, and the others miss nothing', async () => {
  const app = await startApp()
  const [slow, quick] = [await subscriber(app), await subscriber(app)]
  let [frames, closed] = [0, false]
  quick.on('message', () => (frames += 1))
  slow.on('close', () => (closed = true))
  slow.pause()
  let sent = 0
  const row = { id: 'x', reason: 'r'.repeat(50_000) } as Instance
  while (sent < 1_000) {
    app.services.events.publish('instance', { kind: 'UPDATED', id: row.id, row })
    sent += 1
    // The quick one keeps up.
    if (sent % 10 === 0) await expect.poll(() => frames, { timeout: 10_000, interval: 1 }).toBe(sent)
  }
  expect(frames).toBe(sent)
  slow.resume()
  await expect.poll(() => closed, { timeout: 10_000 }).toBe(true)
  expect(quick.readyState).toBe(WebSocket.OPEN)
  quick.close()
})
