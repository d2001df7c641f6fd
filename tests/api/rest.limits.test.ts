import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { Clients } from '../../server/http/client.ts'
import { createLog } from '../../server/core/log.ts'
import type { BodyLimits } from '../../server/rest/body.ts'
import { createRest } from '../../server/app/rest.ts'
import { startApp } from '../kit/app.ts'
import { rest } from '../kit/rest.ts'

const MIB = 1024 * 1024
const SMALL: BodyLimits = { largest: 1000, idle: 150, whole: 600 }

/** A server of the shim alone, with limits that a test can wait for. */
async function small(limits: Partial<BodyLimits> = {}): Promise<{ url: string; groups: () => Promise<string[]> }> {
  const { services } = await startApp()
  const log = createLog('error')
  const authenticator = { authenticated: () => ({ viewer: organizer, session: null, cookie: null }) }
  const server = createServer(
    createRest({
      services,
      authenticator,
      signIn: services.signIn,
      clients: new Clients([]),
      log,
      limits: { ...SMALL, ...limits },
    }),
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const names = async () => (await services.db.group.findMany()).map((one) => one.name)
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, groups: names }
}

/** A connection on which a test writes what it likes. */
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

/** All that comes until the server closes. */
function untilClosed(socket: Socket): Promise<string> {
  return text(socket)
}

/** What comes until it satisfies. */
async function until(socket: Socket, satisfies: (got: string) => boolean): Promise<string> {
  let got = ''
  for await (const part of socket.iterator({ destroyOnReturn: false })) {
    got += String(part)
    if (satisfies(got)) break
  }
  return got
}

describe('a body that is too large', () => {
  test('is refused by its declared length, before any of it is sent, and the connection ends', async () => {
    const app = await startApp()
    const socket = dial(app.url)
    socket.write(head('POST /api/groups', { 'Content-Length': MIB + 1 }))
    const answer = await untilClosed(socket)
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(answer).toMatch(/connection: close/i)
    expect(answer).toContain('{"detail":"The request body is larger than 1048576 bytes."}')
  })

  test('is refused by what has come, when it declares no length', async () => {
    const app = await startApp()
    const socket = dial(app.url)
    const answer = untilClosed(socket)
    socket.on('error', () => undefined)
    socket.write(head('POST /api/groups', { 'Transfer-Encoding': 'chunked' }))
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000, 'x'), Buffer.from('\r\n')])
    let sent = 0
    // It would go on for ever.
    while (socket.writable && sent < 64 * MIB) {
      await new Promise((resolve) => socket.write(chunk, resolve))
      sent += 0x10000
    }
    expect(await answer).toMatch(/^HTTP\/1\.1 413 [^]*larger than 1048576/)
    expect(sent).toBeGreaterThan(MIB)
    expect(sent).toBeLessThan(32 * MIB)
  })

  test('of a mebibyte exactly is read', async () => {
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

  test('is the same to every operation that takes one, and nothing is made of what had come', async () => {
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

describe('a body that does not come', () => {
  test('is refused once nothing has come for a while, and the connection ends', async () => {
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

  test('in whole is refused, however steadily it drips', async () => {
    const { url } = await small()
    const socket = dial(url)
    socket.on('error', () => undefined)
    socket.write(head('POST /api/groups', { 'Content-Length': 900 }))
    const drip = setInterval(() => socket.writable && socket.write(' '), 50)
    onTestFinished(() => clearInterval(drip))
    const began = performance.now()
    expect(await untilClosed(socket)).toMatch(/^HTTP\/1\.1 408 /)
    expect(performance.now() - began).toBeGreaterThan(590)
  })

  test('at once, but in time, is read', async () => {
    const { url } = await small()
    const socket = dial(url)
    socket.write(head('POST /api/groups', { 'Content-Length': 16 }))
    for (const part of ['{"name', '": "dri', 'p"}']) {
      await sleep(80)
      socket.write(part)
    }
    expect(await until(socket, (got) => got.includes('"users":[]'))).toMatch(/^HTTP\/1\.1 201 /)
  })

  test('because its client has left is nobody’s fault: nothing is made, nothing is logged', async () => {
    const app = await startApp()
    for (const [name, value, begun] of [
      ['Content-Length', '16', '{"name":'],
      ['Transfer-Encoding', 'chunked', '3\r\n{"n\r\n'],
    ] as const) {
      const socket = dial(app.url)
      socket.write(head('POST /api/groups', { [name]: value }) + begun)
      await sleep(100)
      socket.resetAndDestroy()
    }
    await sleep(100)
    expect(await app.db.group.count()).toBe(0)
    expect(app.logged.lines).toEqual([])
  })
})

describe('a connection', () => {
  test('serves on after a refusal of what was read', async () => {
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

  test('serves on after a body that is no UTF-8', async () => {
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

describe('what is no operation', () => {
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

  test('an address with a backslash has it as a character', async () => {
    const app = await startApp()
    const socket = dial(app.url)
    socket.write(whole('GET /api/groups/a\\b', '', { Connection: 'close' }))
    expect(await untilClosed(socket)).toMatch(/^HTTP\/1\.1 404 [^]*{"detail":"Group a\\\\b not found"}$/)
  })

  test('an address that cannot be read is 400', async () => {
    const app = await startApp()
    const socket = dial(app.url)
    const { port } = new URL(app.url)
    socket.write(whole('GET /api/groups', '', { Connection: 'close', Host: `[0:0:0:0:0:0:0:1]:${port}` }))
    expect(await untilClosed(socket)).toMatch(/^HTTP\/1\.1 400 [^]*{"detail":"The address cannot be read\."}$/)
  })
})

describe('a body is JSON by its content type alone', () => {
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
