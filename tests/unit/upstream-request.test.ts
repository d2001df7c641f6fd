import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { NoAnswer, OversizedAnswer, requestUpstream, type UpstreamRequest } from '../../server/upstream/request.ts'

/** Starts a server; it stops with the test. @returns sends a request to it */
async function serve(listener: RequestListener) {
  const server = createServer(listener)
  const sockets = new Set<unknown>()
  server.on('connection', (socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/path?query=1`)
  const send = (more: Partial<UpstreamRequest> = {}) =>
    requestUpstream({ method: 'GET', url, timeoutMs: 10_000, maxBytes: 1024 * 1024, ...more })
  return { server, sockets, send }
}

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error,
  )

test('any status is a response, and a redirect is not followed', async () => {
  const paths: unknown[] = []
  const { send } = await serve((request, response) => {
    paths.push(request.url)
    response.writeHead(302, { Location: '/elsewhere' }).end('moved')
  })
  const { status, headers, body } = await send()
  expect([status, headers.location, body.toString()]).toEqual([302, '/elsewhere', 'moved'])
  expect(paths).toEqual(['/path?query=1'])
})

test('requests in a row share connections, and slow ones do not block others', async () => {
  const held = Promise.withResolvers<void>()
  const { send, sockets } = await serve((request, response) => {
    if (request.method === 'POST') void held.promise.then(() => response.end('late'))
    else response.end('ok')
  })
  for (let n = 0; n < 10; n++) await send()
  // The pool may open a second one while the first is about to become idle.
  expect(sockets.size).toBeLessThanOrEqual(2)
  const late = send({ method: 'POST', body: '{}' })
  expect((await send()).body.toString()).toBe('ok')
  held.resolve()
  expect((await late).body.toString()).toBe('late')
})

test.each<[string, RequestListener]>([
  ['never starts', () => undefined],
  ['stops halfway', (_request, response) => void response.write('half')],
  ['drips forever', (_request, response) => void setInterval(() => response.write('.'), 20).unref()],
])('a response that %s is too slow', async (_name, listener) => {
  const { send } = await serve(listener)
  const error = await failureOf(send({ timeoutMs: 300 }))
  expect(error).toBeInstanceOf(NoAnswer)
  expect(error).toMatchObject({ slow: true, message: 'no answer within 0.3 seconds' })
})

test('a body over the limit is cut off, with or without its length in the headers', async () => {
  const { send } = await serve((request, response) => {
    if (request.method === 'POST') response.setHeader('Content-Length', 2 * 1024 * 1024)
    response.end(Buffer.alloc(2 * 1024 * 1024))
  })
  for (const method of ['GET', 'POST'] as const) {
    const error = await failureOf(send({ method }))
    expect(error).toBeInstanceOf(OversizedAnswer)
    expect(error).toMatchObject({ message: 'the answer is larger than 1 MiB' })
  }
  expect((await send({ maxBytes: 2 * 1024 * 1024 })).body.length).toBe(2 * 1024 * 1024)
})

test('a cut connection and a closed port are told apart', async () => {
  const { server, send } = await serve((request) => request.socket.destroy())
  expect(await failureOf(send())).toMatchObject({ slow: false, message: 'the connection was cut' })
  server.close()
  await once(server, 'close')
  expect(await failureOf(send())).toMatchObject({ code: 'ECONNREFUSED', message: 'nothing listens there' })
})

test('a signal aborts the request on both sides', async () => {
  const aborting = new AbortController()
  const closed = Promise.withResolvers<void>()
  const { send } = await serve((request) => {
    request.socket.on('close', () => closed.resolve())
    aborting.abort()
  })
  const error = await failureOf(send({ signal: aborting.signal }))
  expect(error).toBeInstanceOf(NoAnswer)
  expect(error).toMatchObject({ slow: false })
  await closed.promise
})

test('no error repeats a header or a body', async () => {
  const { send } = await serve((request) => request.socket.destroy())
  const secret = 'key-of-lemonade'
  for (const more of [{ Authorization: `Bearer ${secret}` }, { Authorization: `Bearer ${secret}\n` }]) {
    const error = await failureOf(send({ method: 'POST', headers: more, body: secret }))
    expect(error).toBeInstanceOf(NoAnswer)
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain(secret)
  }
})
