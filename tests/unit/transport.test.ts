import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { organizer } from '../../server/core/viewer.ts'
import { schema } from '../../server/app/schema.ts'
import { Transport, type Credentials } from '../../server/graphql/transport.ts'

const soon = () => new Date(Date.now() + 200)
const later = () => new Date(Date.now() + 3_600_000)

test('a socket is closed within seconds of its session’s end, and stays open when the session lasts longer now', async () => {
  const asked: string[] = []
  const again = async (id: string): Promise<Credentials | null> => {
    asked.push(id)
    return id === 'used' ? { viewer: organizer, session: { id, expiresAt: later() } } : null
  }
  const open = await serve(again)
  const over = await open({ viewer: organizer, session: { id: 'over', expiresAt: soon() } })
  const used = await open({ viewer: organizer, session: { id: 'used', expiresAt: soon() } })
  const nobodys = await open({ viewer: organizer, session: null })
  const [code] = (await once(over, 'close')) as [number]
  expect(code).toBe(4401)
  await expect.poll(() => asked.toSorted(), { timeout: 5_000 }).toEqual(['over', 'used'])
  await sleep(100)
  expect([used.readyState, nobodys.readyState]).toEqual([WebSocket.OPEN, WebSocket.OPEN])
})

/** A transport alone. @returns opens a socket that is let in with a pass */
async function serve(
  again: (id: string) => Promise<Credentials | null>,
): Promise<(pass: Credentials) => Promise<WebSocket>> {
  const passes: Credentials[] = []
  const transport = new Transport({ schema }, again)
  const server = createServer()
  server.on('upgrade', (request, socket, head) =>
    transport.upgrade(request, socket, head, passes.shift() as Credentials),
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(async () => {
    await transport.close()
    server.close()
  })
  return async (pass) => {
    passes.push(pass)
    const { port } = server.address() as AddressInfo
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, 'graphql-transport-ws')
    socket.on('open', () => socket.send('{"type":"connection_init"}'))
    await once(socket, 'message')
    return socket
  }
}
