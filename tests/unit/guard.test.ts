import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { Unavailable } from '../../server/core/errors.ts'
import { RequestBodies } from '../../server/http/bodies.ts'
import { Clients } from '../../server/http/client.ts'
import { Gate } from '../../server/http/gate.ts'
import { RequestGuard, type Handler, type Surface } from '../../server/http/guard.ts'
import { HttpServer } from '../../server/http/server.ts'

const FAILURES: [string, (error: Error) => Handler][] = [
  ['at once', (error) => () => fail(error)],
  ['later', (error) => () => Promise.reject(error)],
]
const SURFACES: [Surface, string, string][] = [
  ['rest', '{"detail":"Internal Server Error"}', '{"detail":"Try later."}'],
  [
    'graphql',
    '{"errors":[{"message":"Something went wrong. Please try again.","extensions":{"code":"INTERNAL_ERROR"}}]}',
    '{"errors":[{"message":"Try later.","extensions":{"code":"UNAVAILABLE"}}]}',
  ],
  ['page', 'Something went wrong. Please try again.', 'Try later.'],
  ['sandbox', 'Something went wrong. Please try again.\n', 'Something went wrong. Please try again.\n'],
]

function fail(error: Error): never {
  throw error
}

/** A server whose every handler does the same, and what it reported. */
async function serve(surface: Surface, handle: Handler) {
  const reported: string[] = []
  const clients = new Clients([])
  const server = new HttpServer({
    guard: new RequestGuard((error, where) => reported.push(`${where}: ${(error as Error).message}`)),
    gate: new Gate('127.0.0.1', []),
    clients,
    bodies: new RequestBodies(clients),
    prepare: () => undefined,
    sandboxes: {
      isFor: () => surface === 'sandbox',
      serve: handle,
      upgrade: (request) => handle(request, undefined as never),
    },
    routes: [{ path: '/', handle, surface }],
    upgrade: async (request) => {
      await handle(request, undefined as never)
      return null
    },
  })
  const dir = mkdtempSync(join(tmpdir(), 'thon-guard-'))
  await server.listen(join(dir, 'thon.sock'))
  onTestFinished(async () => {
    await server.close()
    rmSync(dir, { recursive: true })
  })
  const send = (head: string) => {
    const socket = connect(join(dir, 'thon.sock'))
    socket.on('error', () => undefined).write(`${head}\r\nHost: localhost\r\n`)
    return { socket, answer: text(socket).catch(() => '') }
  }
  return { send, reported }
}

test.for(FAILURES.flatMap((failure) => SURFACES.map((surface) => [...failure, ...surface] as const)))(
  'a handler that fails %s is answered in the shape of its surface: $2',
  async ([, failing, surface, broken, unavailable]) => {
    for (const [error, status, body] of [
      [new Error('secret'), '500 Internal Server Error', broken],
      [new Unavailable('Try later.'), '503 Service Unavailable', unavailable],
      [new Error('SQLITE_FULL: database or disk is full'), '503 Service Unavailable', null],
    ] as const) {
      const { send, reported } = await serve(surface, (request, response) => {
        response.setHeader('Content-Length', 3).setHeader('Set-Cookie', 'a=b')
        return failing(error)(request, response)
      })
      const { socket, answer } = send('GET / HTTP/1.1')
      socket.write('\r\n')
      const [head, sent] = (await answer).split('\r\n\r\n')
      expect(head).toContain(`HTTP/1.1 ${status}\r\n`)
      expect(head).toMatch(/\r\nConnection: close(\r\n|$)/)
      expect(head).not.toContain('Set-Cookie')
      if (body !== null) expect(sent).toBe(body)
      expect(reported).toEqual([`${surface}: ${error.message}`])
    }
  },
)

test.for(FAILURES)('a handler that fails %s after it began to answer closes the connection', async ([, failing]) => {
  const { send, reported } = await serve('page', (request, response) => {
    response.writeHead(200, { 'Content-Length': 100 }).write('begun')
    return failing(new Error('late'))(request, response)
  })
  const { socket, answer } = send('GET / HTTP/1.1')
  socket.write('\r\n')
  expect(await answer).not.toContain('wrong')
  expect(reported).toEqual(['page: late'])
})

test.for(
  FAILURES.flatMap(([when, failing]) => [[when, failing, 'sandbox'] as const, [when, failing, 'page'] as const]),
)('an upgrade that fails %s is refused: $2', async ([, failing, surface]) => {
  const { send, reported } = await serve(surface, failing(new Error('no')))
  const { socket, answer } = send('GET /graphql HTTP/1.1')
  socket.write('Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  expect(await answer).toMatch(/^HTTP\/1\.1 500 /)
  expect(reported).toHaveLength(1)
})

test('an answer that is written to after its end is reported, and nothing else happens', async () => {
  const { send, reported } = await serve('page', (_request, response) => {
    response.end('done')
    response.write('more')
  })
  const { socket, answer } = send('GET / HTTP/1.1')
  socket.write('Connection: close\r\n\r\n')
  expect(await answer).toContain('done')
  expect(reported).toEqual(['page: write after end'])
})
