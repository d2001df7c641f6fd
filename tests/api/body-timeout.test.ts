import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { BODY_RULES, RequestBodies } from '../../server/http/bodies.ts'
import { Clients } from '../../server/http/client.ts'
import { Gate } from '../../server/http/gate.ts'
import { RequestGuard } from '../../server/http/guard.ts'
import { HttpServer } from '../../server/http/server.ts'
import { startApp } from '../kit/app.ts'

/** A server with one route and a short timeout, which does not apply to requests for `sandbox.localhost`. */
async function serve(handle: RequestListener, bodyTimeoutMs = 150): Promise<string> {
  const clients = new Clients([])
  const server = new HttpServer({
    guard: new RequestGuard((error) => expect.unreachable(String(error))),
    gate: new Gate('127.0.0.1', []),
    clients,
    bodies: new RequestBodies(clients, { ...BODY_RULES, strangerMs: bodyTimeoutMs }),
    prepare: () => undefined,
    sandboxes: {
      isFor: (request) => request.headers.host === 'sandbox.localhost',
      serve: handle,
      upgrade: (_request, socket) => void socket.destroy(),
    },
    routes: [{ path: '/', handle }],
    upgrade: () => Promise.resolve(null),
  })
  const dir = mkdtempSync(join(tmpdir(), 'thon-http-'))
  await server.listen(join(dir, 'thon.sock'))
  onTestFinished(async () => {
    await server.close()
    rmSync(dir, { recursive: true })
  })
  return join(dir, 'thon.sock')
}

/** Reads the whole body, and answers with its length. */
const measure: RequestListener = (request, response) => {
  let length = 0
  request.on('data', (part: Buffer) => (length += part.length))
  request.on('end', () => response.end(String(length)))
}

function begin(path: string, host: string, length = 10): Socket {
  const socket = connect(path)
  onTestFinished(() => void socket.destroy())
  socket.write(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${length}\r\n\r\n12345`)
  return socket
}

test('a body that does not arrive in time gets 408, and the connection closes', async () => {
  const socket = begin(await serve(measure), 'localhost')
  let answer = ''
  socket.on('data', (part: Buffer) => (answer += part.toString()))
  await once(socket, 'close')
  expect(answer).toMatch(/^HTTP\/1\.1 408 .*The request body did not arrive in time\.$/s)
  expect(answer).toMatch(/\r\nConnection: close\r\n/)
})

test('a route that has begun to answer is cut off', async () => {
  const path = await serve((_request, response) => void response.write('begun'))
  const socket = begin(path, 'localhost')
  let answer = ''
  socket.on('data', (part: Buffer) => (answer += part.toString()))
  await once(socket, 'close')
  expect(answer).toContain('200 OK')
  expect(answer).toContain('begun')
})

test('a body that continues after the answer has no more time', async () => {
  const socket = begin(await serve((_request, response) => void response.end('no')), 'localhost', 1000)
  const dripping = setInterval(() => socket.write('6'), 50)
  onTestFinished(() => clearInterval(dripping))
  // It may end with a reset.
  socket.on('error', () => undefined).resume()
  await new Promise((resolve) => socket.once('close', resolve))
})

test('an upload into a sandbox may take any time', async () => {
  const socket = begin(await serve(measure, 50), 'sandbox.localhost')
  // Several times the timeout of routes.
  await sleep(300)
  socket.write('67890')
  const [answer] = (await once(socket, 'data')) as [Buffer]
  expect(String(answer)).toMatch(/^HTTP\/1\.1 200 OK.*\r\n\r\n10$/s)
})

test('a body that arrives in time is answered, even if the answer takes long', async () => {
  const path = await serve((request, response) => {
    request.resume().on('end', () => setTimeout(() => response.end('done'), 300))
  })
  const socket = begin(path, 'localhost')
  socket.write('67890')
  const [answer] = (await once(socket, 'data')) as [Buffer]
  expect(String(answer)).toContain('done')
})

test('a connection is kept longer than nginx keeps its own', async () => {
  const app = await startApp()
  expect((await fetch(`${app.url}/healthz`)).headers.get('keep-alive')).toBe('timeout=65')
})
