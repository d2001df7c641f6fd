import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { startApp, type TestApp } from '../kit/app.ts'
import { addGroup } from '../kit/groups.ts'
import { command, create, inState, running } from '../kit/instances.ts'
import { Visitor } from '../kit/visitor.ts'

const HOST = 'alpha-ann.localhost'

/** A server with ann's sandbox, which answers as told, and somebody who has not been there yet. */
async function openHall(proxyProcess: boolean, pages: TestApp['engine']['pages'] = null) {
  const app = await startApp({}, { proxyProcess })
  app.engine.pages = pages ?? ((request, response) => response.end(`ann's ${request.url}`))
  await addGroup(app, 'alpha', ['ann', 'bob'])
  await running(app)
  return { app, visitor: new Visitor(app.url) }
}

describe.each([
  ['in the server', false],
  ['in a process of its own', true],
])('with the proxy %s', (_where, proxyProcess) => {
  const hall = (pages?: TestApp['engine']['pages']) => openHall(proxyProcess, pages)
  test('a sandbox opens at its own address, by way of THON, and nothing secret stays in the address', async () => {
    const { visitor } = await hall()
    const { status, body, way } = await visitor.open(visitor.origin(HOST) + '/deep/path?a=1')
    expect({ status, body }).toEqual({ status: 200, body: "ann's /deep/path?a=1" })
    expect(way.map((url) => new URL(url).pathname)).toEqual([
      '/deep/path',
      '/open',
      '/.thon/enter',
      '/.thon/arrived',
      '/deep/path',
    ])
    expect(way.at(-1)).not.toContain('ticket')
    expect((await visitor.open(visitor.origin(HOST))).way, 'again, without THON').toHaveLength(1)
  })

  test('the dashboard opens a sandbox by the id of its instance', async () => {
    const { app, visitor } = await hall()
    const { items } = (
      await app.execute<{ instances: { items: { id: string; url: string }[] } }>('{ instances { items { id url } } }')
    ).instances
    const { way, status } = await visitor.open(`${visitor.origin('localhost')}/open/${items[0]?.id}`)
    expect({ status, last: way.at(-1) }).toEqual({ status: 200, last: items[0]?.url })
  })

  test('the address stays the same after recreate and a restart of the server', async () => {
    const { app, visitor } = await hall()
    await visitor.open(visitor.origin(HOST))
    const again = await app.restart()
    const [row] = (await again.execute<{ instances: { items: { id: string }[] } }>('{ instances { items { id } } }'))
      .instances.items
    const made = await command(again, 'recreateInstance', row?.id as string)
    await inState(again, made.id, 'RUNNING')
    const later = new Visitor(again.url)
    later.cookies.set(HOST, visitor.cookies.get(HOST)!)
    expect((await later.ask(HOST, '/still')).body, 'with the pass of before').toBe("ann's /still")
  })

  test('the sandbox sees the Host and Origin of its own address, and who asks, but no cookie or key of THON', async () => {
    let seen: Record<string, unknown> = {}
    const { visitor } = await hall((request, response) => {
      seen = request.headers
      response.end()
    })
    await visitor.open(visitor.origin(HOST))
    visitor.keep(HOST, 'session=v1:stolen:0123456789abcdef')
    visitor.keep(HOST, 'session=flask')
    visitor.keep(HOST, 'theirs=1')
    await visitor.ask(HOST, '/', {
      method: 'POST',
      headers: {
        ...{ authorization: 'Bearer thon_secret', 'proxy-authorization': 'x', origin: visitor.origin(HOST) },
        ...{ 'x-forwarded-for': '6.6.6.6', forwarded: 'for=6.6.6.6', 'x-forwarded-host': 'evil', te: 'trailers' },
      },
    })
    const host = new URL(visitor.origin(HOST)).host
    expect(seen).toMatchObject({
      ...{ host, origin: visitor.origin(HOST), cookie: 'session=flask; theirs=1' },
      ...{ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-host': host, 'x-forwarded-proto': 'http' },
    })
    for (const name of ['authorization', 'proxy-authorization', 'forwarded', 'te'])
      expect(seen).not.toHaveProperty(name)
    expect(JSON.stringify(seen)).not.toMatch(/thon-pass|v1:|thon_secret|6\.6\.6\.6/)
  })

  test('a sandbox sets cookies for its own host alone, and none of THON’s', async () => {
    const { visitor } = await hall((_request, response) => {
      response.setHeader('Set-Cookie', [
        'a=1; Domain=localhost; Path=/x; HttpOnly',
        'b=2; domain = .localhost',
        'session=v1:mine:0123456789abcdef; Path=/',
        'thon-pass=mine',
        '__Host-session=mine; Secure; Path=/',
      ])
      response.setHeader('Strict-Transport-Security', 'max-age=1; includeSubDomains')
      response.end()
    })
    await visitor.open(visitor.origin(HOST))
    const { headers } = await visitor.ask(HOST, '/')
    expect(headers['set-cookie']).toEqual(['a=1; Path=/x; HttpOnly', 'b=2'])
    expect(headers).not.toHaveProperty('strict-transport-security')
    expect(headers['content-security-policy']).toBe("frame-ancestors 'self'")
    expect(headers['cross-origin-resource-policy']).toBe('same-origin')
  })

  test('uploads and downloads stream both ways, whole', async () => {
    const { visitor } = await hall((request, response) => {
      const sum = createHash('sha256')
      request.on('data', (chunk: Buffer) => sum.update(chunk))
      request.on('end', () => response.end(sum.digest('hex')))
    })
    await visitor.open(visitor.origin(HOST))
    const body = randomBytes(20 * 1024 * 1024)
    const right = createHash('sha256').update(body).digest('hex')
    const framings: Record<string, string>[] = [
      { 'content-length': String(body.length) },
      { 'transfer-encoding': 'chunked' },
    ]
    for (const headers of framings)
      expect((await visitor.ask(HOST, '/', { method: 'PUT', headers, body })).body).toBe(right)
  })

  test('the head of an answer is there before its body begins', async () => {
    const { visitor } = await hall((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders()
    })
    await visitor.ask(HOST, '/')
    const { headers } = await visitor.ask('localhost', '/open?sandbox=alpha-ann')
    const entry = new URL(headers.location as string)
    await visitor.ask(HOST, entry.pathname + entry.search)
    const { status, end } = await visitor.head(HOST, '/')
    end()
    expect(status).toBe(200)
  })

  test('a WebSocket goes through, both ways', async () => {
    const app = await startApp({}, { proxyProcess })
    const server = new WebSocketServer({ noServer: true })
    let origin: string | undefined
    app.engine.sockets = (request, socket, head) => {
      origin = request.headers.origin
      server.handleUpgrade(request, socket, head, (one) =>
        one.on('message', (data) => one.send(`echo ${String(data)}`)),
      )
    }
    await running(app)
    const visitor = new Visitor(app.url)
    await visitor.open(visitor.origin(HOST))
    const socket = visitor.socket(HOST, '/ws')
    const heard = new Promise((resolve) => socket.once('message', (data) => resolve(String(data))))
    await new Promise((resolve) => socket.once('open', resolve))
    socket.send('hello')
    expect(await heard).toBe('echo hello')
    expect(origin).toBe(visitor.origin(HOST))
    socket.close()
  })

  test('two people whose names look alike have addresses of their own', async () => {
    const { app } = await hall()
    const urls = []
    for (const [group, username] of [
      ['a-b', 'c'],
      ['a', 'b-c'],
      ['A', 'b'],
      ['Über', 'ünal'],
    ] as const) {
      const { id } = await create(app, username, { group })
      urls.push((await inState(app, id, 'RUNNING')).url)
    }
    expect(urls[0]).toContain('//a-b-c.localhost')
    expect(new Set(urls).size).toBe(4)
    for (const url of urls) expect(new URL(url as string).hostname).toMatch(/^[a-z0-9-]{1,63}\.localhost$/)
  })
})
