import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Quotas } from '../../server/core/quotas.ts'
import { organizer } from '../../server/core/viewer.ts'
import { Clients } from '../../server/http/client.ts'
import { createLog } from '../../server/core/log.ts'
import type { BodyLimits } from '../../server/rest/body.ts'
import { createRest } from '../../server/app/rest.ts'
import { startApp, type TestApp } from '../kit/app.ts'
import { rest } from '../kit/rest.ts'

const MIB = 1024 * 1024
const SMALL: BodyLimits = { largest: 1000, idle: 150, whole: 600 }

/** A server with REST alone, and limits that a test can wait for. */
interface SmallServer {
  url: string
  app: TestApp
  /** Names of the groups in its database. */
  groups: () => Promise<string[]>
  /** Bytes received on all open connections. */
  received: () => number
}

async function small(limits: Partial<BodyLimits> = {}): Promise<SmallServer> {
  const app = await startApp()
  const { services } = app
  const log = createLog('error')
  const authenticator = { authenticated: () => ({ viewer: organizer, cookie: null }) }
  const server = createServer(
    createRest({
      services,
      authenticator,
      signIn: services.signIn,
      clients: new Clients([]),
      quotas: new Quotas(),
      log,
      limits: { ...SMALL, ...limits },
    }),
  )
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket.on('close', () => sockets.delete(socket))))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const names = async () => (await services.db.group.findMany()).map((one) => one.name)
  return {
    ...{ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, app, groups: names },
    received: () => [...sockets].reduce((sum, { bytesRead }) => sum + bytesRead, 0),
  }
}

/** A raw connection. */
function dial(url: string): Socket {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  onTestFinished(() => void socket.destroy())
  socket.setNoDelay()
  return socket
}

function head(line: string, headers: Record<string, string | number> = {}): string {
  const fields = Object.entries({ Host: '127.0.0.1', 'Content-Type': 'application/json', ...headers })
  return `${line} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}

function whole(line: string, body: string, headers: Record<string, string> = {}): string {
  return head(line, { 'Content-Length': Buffer.byteLength(body), ...headers }) + body
}

/** Everything received until the server closes the connection. */
function untilClosed(socket: Socket): Promise<string> {
  return text(socket)
}

/** Everything received until it satisfies a condition. */
async function until(socket: Socket, satisfies: (got: string) => boolean): Promise<string> {
  let got = ''
  for await (const part of socket.iterator({ destroyOnReturn: false })) {
    got += String(part)
    if (satisfies(got)) break
  }
  return got
}

describe('a body that is too large', () => {
  test('is refused by its declared length, and the connection is closed', async () => {
    const app = await startApp()
    const socket = dial(app.url)
    socket.write(head('POST /api/groups', { 'Content-Length': MIB + 1 }))
    const answer = await untilClosed(socket)
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(answer).toMatch(/connection: close/i)
    expect(answer).toContain('{"detail":"The request body is larger than 1048576 bytes."}')
  })

  test('is refused by what has arrived, without a declared length', async () => {
    const app = await startApp()
    const socket = dial(app.url)
    const answer = untilClosed(socket)
    socket.on('error', () => undefined)
    socket.write(head('POST /api/groups', { 'Transfer-Encoding': 'chunked' }))
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000, 'x'), Buffer.from('\r\n')])
    let sent = 0
    // The client would never stop.
    while (socket.writable && sent < 64 * MIB) {
      await new Promise((resolve) => socket.write(chunk, resolve))
      sent += 0x10000
    }
    expect(await answer).toMatch(/^HTTP\/1\.1 413 [^]*larger than 1048576/)
    expect(sent).toBeGreaterThan(MIB)
    expect(sent).toBeLessThan(32 * MIB)
  })

  test('of exactly one mebibyte is read', async () => {
    const app = await startApp()
    const body = JSON.stringify({ name: '' })
    const name = 'x'.repeat(MIB - body.length)
    expect(await rest(app, 'POST', '/api/groups', { name })).toMatchObject({
      status: 422,
      body: { detail: [{ type: 'value_error', loc: ['body', 'name'] }] },
    })
    expect((await rest(app, 'POST', '/api/groups', { name: `${name}x` })).status).toBe(413)
    expect(await app.db.group.count()).toBe(0)
  })

  test('creates nothing, however it is sent', async () => {
    const { url, groups } = await small()
    const body = `${JSON.stringify({ name: 'alpha' })}${' '.repeat(1000)}`
    const sent = { method: 'POST', headers: { 'Content-Type': 'application/json' } }
    expect((await fetch(`${url}/api/groups`, { ...sent, body })).status).toBe(413)
    const stream = new Blob([body]).stream()
    expect((await fetch(`${url}/api/groups`, { ...sent, body: stream, duplex: 'half' } as RequestInit)).status).toBe(
      413,
    )
    expect(await groups()).toEqual([])
    expect((await fetch(`${url}/api/groups`, { ...sent, body: body.slice(0, 1000) })).status).toBe(201)
    expect(await groups()).toEqual(['alpha'])
  })
})

describe('a slow body', () => {
  test('is refused when nothing arrives for a while, and the connection is closed', async () => {
    const { url, groups } = await small({ whole: 60_000 })
    const socket = dial(url)
    socket.write(`${head('POST /api/groups', { 'Content-Length': 16 })}{"name":`)
    const began = performance.now()
    const answer = await untilClosed(socket)
    expect(performance.now() - began).toBeGreaterThan(140)
    expect(answer).toMatch(/^HTTP\/1\.1 408 [^]*"detail":"The request body did not arrive in time\."/)
    expect(answer).toMatch(/connection: close/i)
    expect(await groups()).toEqual([])
  })

  test('is refused when it takes too long in total, however steadily it drips', async () => {
    const { url } = await small({ idle: 60_000 })
    const socket = dial(url)
    socket.on('error', () => undefined)
    socket.write(head('POST /api/groups', { 'Content-Length': 900 }))
    const drip = setInterval(() => socket.writable && socket.write(' '), 50)
    onTestFinished(() => clearInterval(drip))
    expect(await untilClosed(socket)).toMatch(/^HTTP\/1\.1 408 /)
  })

  test('is read when it arrives in pieces, but in time', async () => {
    const { url, received } = await small({ idle: 60_000, whole: 60_000 })
    const socket = dial(url)
    let sent = 0
    for (const part of [head('POST /api/groups', { 'Content-Length': 16 }), '{"name', '": "dri', 'p"}']) {
      socket.write(part)
      sent += part.length
      await expect.poll(received).toBe(sent)
    }
    expect(await until(socket, (got) => got.includes('"users":[]'))).toMatch(/^HTTP\/1\.1 201 /)
  })

  test('of a client that disconnects creates nothing, and is not logged', async () => {
    const { url, app, received } = await small()
    for (const [name, value, begun] of [
      ['Content-Length', '16', '{"name":'],
      ['Transfer-Encoding', 'chunked', '3\r\n{"n\r\n'],
    ] as const) {
      const socket = dial(url)
      const sent = head('POST /api/groups', { [name]: value }) + begun
      socket.write(sent)
      await expect.poll(received).toBe(sent.length)
      socket.resetAndDestroy()
      await expect.poll(received).toBe(0)
    }
    expect(await app.db.group.count()).toBe(0)
    expect(app.logged.lines).toEqual([])
  })
})

describe('a connection', () => {
  test('stays open after errors about what was read', async () => {
    const app = await startApp()
    const socket = dial(app.url)
    const refusals: [string, number][] = [
      [whole('POST /api/groups', '{"name":'), 422],
      [whole('POST /api/groups', '{}'), 422],
      [whole('POST /api/groups', ''), 422],
      [whole('GET /api/groups/none', ''), 404],
      [whole('POST /api/none', '{"a":1}'), 404],
      [whole('PATCH /api/groups', '{"a":1}'), 405],
      [whole('OPTIONS /api/groups', ''), 405],
      [whole('GET /api/groups', '{"a":1}'), 200],
      [whole('DELETE /api/users/none', '{"a":1}'), 404],
      [whole('POST /api/groups', '{"name":"alpha"}'), 201],
    ]
    let seen = 0
    for (const [request, status] of refusals) {
      socket.write(request)
      const answer = await until(socket, (got) => got.includes('\r\n\r\n') && /[}\]]$/.test(got))
      expect([request, Number(answer.split(' ')[1])]).toEqual([request, status])
      expect(answer).not.toMatch(/connection: close/i)
      seen += 1
    }
    expect(seen).toBe(refusals.length)
  })

  test('stays open after a body that is not UTF-8', async () => {
    const app = await startApp()
    const socket = dial(app.url)
    socket.write(head('POST /api/groups', { 'Content-Length': 2 }))
    socket.write(Buffer.from([0xff, 0xfe]))
    const answer = await until(socket, (got) => got.endsWith('}'))
    expect(answer).toMatch(/^HTTP\/1\.1 400 [^]*{"detail":"There was an error parsing the body"}$/)
    socket.write(whole('GET /api/users', ''))
    expect(await until(socket, (got) => got.endsWith('}'))).toMatch(/^HTTP\/1\.1 200 /)
  })
})

describe('an unknown operation', () => {
  test.for(['HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'PATCH', 'DELETE'])('%s of a list is 405', async (method) => {
    const app = await startApp()
    for (const path of ['/api/groups', '/api/users', '/api/instances']) {
      const socket = dial(app.url)
      socket.write(whole(`${method} ${path}`, '', { Connection: 'close' }))
      const answer = await untilClosed(socket)
      expect(answer).toMatch(/^HTTP\/1\.1 405 /)
      expect(answer).toMatch(/\r\nallow: GET\r\n/i)
      expect(answer.split('\r\n\r\n')[1]).toBe(method === 'HEAD' ? '' : '{"detail":"Method Not Allowed"}')
    }
  })

  test.for([
    '/api',
    '/api/none',
    '/api/groups/a/b',
    '/api/instances/a/fly',
    '/api/groups/a%2Fb',
    '/api/groups/a%2Fb%zz',
    '/api//groups',
  ])('%s is 404', async (path) => {
    const app = await startApp()
    for (const method of ['GET', 'POST', 'HEAD', 'OPTIONS', 'DELETE']) {
      const response = await fetch(`${app.url}${path}`, { method })
      expect([method, response.status]).toEqual([method, 404])
      if (method !== 'HEAD') expect(await response.text()).toBe('{"detail":"Not Found"}')
    }
  })

  test('a backslash in a path is an ordinary character', async () => {
    const app = await startApp()
    const socket = dial(app.url)
    socket.write(whole('GET /api/groups/a\\b', '', { Connection: 'close' }))
    expect(await untilClosed(socket)).toMatch(/^HTTP\/1\.1 404 [^]*{"detail":"Group a\\\\b not found"}$/)
  })

  test('every spelling of an address is read', async () => {
    const app = await startApp()
    const socket = dial(app.url)
    const { port } = new URL(app.url)
    socket.write(whole('GET /api/groups', '', { Connection: 'close', Host: `[0:0:0:0:0:0:0:1]:${port}` }))
    expect(await untilClosed(socket)).toMatch(/^HTTP\/1\.1 200 /)
  })
})

describe('only the content type decides that a body is JSON', () => {
  const BODY = '{"name":"alpha"}'

  test.for(['application/json', 'application/json; charset=utf-8', 'application/vnd.api+json', 'APPLICATION/JSON'])(
    '%s is',
    async (type) => {
      const app = await startApp()
      const response = await fetch(`${app.url}/api/groups`, {
        method: 'POST',
        headers: { 'Content-Type': type },
        body: BODY,
      })
      expect(response.status).toBe(201)
    },
  )

  test.for(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', 'text/json', 'nonsense', ''])(
    '%j is not',
    async (type) => {
      const app = await startApp()
      const headers = { 'Content-Type': type }
      const response = await fetch(`${app.url}/api/groups`, { method: 'POST', headers, body: Buffer.from(BODY) })
      expect([response.status, await response.json()]).toEqual([
        422,
        {
          detail: [
            {
              type: 'model_attributes_type',
              loc: ['body'],
              msg: 'Input should be a valid dictionary or object to extract fields from',
              input: BODY,
            },
          ],
        },
      ])
    },
  )
})
