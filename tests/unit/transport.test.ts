import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { organizer } from '../../server/core/viewer.ts'
import { schema } from '../../server/app/schema.ts'
import { Transport, type Credentials } from '../../server/graphql/transport.ts'

const soon = () => new Date(Date.now() + 200)
const later = () => new Date(Date.now() + 3_600_000)

test('a socket closes when its session expires, and stays open when it was extended', async () => {
  const asked: string[] = []
  const readSession = (id: string): Promise<Credentials | null> => {
    asked.push(id)
    return Promise.resolve(id === 'extended' ? { viewer: organizer, session: { id, expiresAt: later() } } : null)
  }
  const open = await serve(readSession)
  const expired = await open({ viewer: organizer, session: { id: 'expired', expiresAt: soon() } })
  const extended = await open({ viewer: organizer, session: { id: 'extended', expiresAt: soon() } })
  const withoutSession = await open({ viewer: organizer, session: null })
  const [code] = (await once(expired, 'close')) as [number]
  expect(code).toBe(4401)
  await expect.poll(() => asked.toSorted(), { timeout: 5_000 }).toEqual(['expired', 'extended'])
  for (const socket of [extended, withoutSession]) {
    socket.send('{"type":"ping"}')
    expect(String((await once(socket, 'message'))[0])).toBe('{"type":"pong"}')
  }
})

/** A server with only the transport. @returns a function that opens a socket with credentials */
async function serve(
  readSession: (id: string) => Promise<Credentials | null>,
): Promise<(credentials: Credentials) => Promise<WebSocket>> {
  const queue: Credentials[] = []
  const transport = new Transport({ schema }, readSession)
  const server = createServer()
  server.on('upgrade', (request, socket, head) =>
    transport.upgrade(request, socket, head, queue.shift() as Credentials),
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(async () => {
    await transport.close()
    server.close()
  })
  return async (credentials) => {
    queue.push(credentials)
    const { port } = server.address() as AddressInfo
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, 'graphql-transport-ws')
    socket.on('open', () => socket.send('{"type":"connection_init"}'))
    await once(socket, 'message')
    return socket
  }
}
