import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { startApp, type TestApp } from '../kit/app.ts'
import { addGroup } from '../kit/groups.ts'
import { command, create, inState, running } from '../kit/instances.ts'
import { Visitor } from '../kit/visitor.ts'

const HOST = 'alpha-ann.localhost'

/** A server with ann's running sandbox, and a browser that has not been there yet. */
async function startFixtures(proxyProcess: boolean, pages: TestApp['engine']['pages'] = null) {
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
  const fixtures = (pages?: TestApp['engine']['pages']) => startFixtures(proxyProcess, pages)

  test('a sandbox opens at its own address through THON, without secrets in the address', async () => {
    const { visitor } = await fixtures()
    const { status, body, way } = await visitor.open(visitor.origin(HOST) + '/deep/path?a=1')
    expect({ status, body }).toEqual({ status: 200, body: "ann's /deep/path?a=1" })
    expect(way.map((url) => new URL(url).pathname)).toEqual([
      '/deep/path',
      '/open',
      '/.thon/enter',
      '/.thon/arrived',
      '/deep/path',
    ])
    expect(way.at(-1)).not.toContain('code=')
    expect((await visitor.open(visitor.origin(HOST))).way, 'the second time without THON').toHaveLength(1)
  })

  test('the dashboard opens a sandbox by its instance id', async () => {
    const { app, visitor } = await fixtures()
    const { items } = (
      await app.execute<{ instances: { items: { id: string; url: string }[] } }>('{ instances { items { id url } } }')
    ).instances
    const { way, status } = await visitor.open(`${visitor.origin('localhost')}/open/${items[0]?.id}`)
    expect({ status, last: way.at(-1) }).toEqual({ status: 200, last: items[0]?.url })
  })

  test('the address survives a recreate and a restart of the server', async () => {
    const { app, visitor } = await fixtures()
    await visitor.open(visitor.origin(HOST))
    const again = await app.restart()
    const [row] = (await again.execute<{ instances: { items: { id: string }[] } }>('{ instances { items { id } } }'))
      .instances.items
    const recreated = await command(again, 'recreateInstance', row?.id as string)
    await inState(again, recreated.id, 'RUNNING')
    const later = new Visitor(again.url)
    later.cookies.set(HOST, visitor.cookies.get(HOST)!)
    expect((await later.request(HOST, '/still')).body, 'with the cookie from before').toBe("ann's /still")
  })

  test('a sandbox sees its own Host and Origin and the client, but no cookie or key of THON', async () => {
    let seen: Record<string, unknown> = {}
    const { visitor } = await fixtures((request, response) => {
      seen = request.headers
      response.end()
    })
    await visitor.open(visitor.origin(HOST))
    visitor.keep(HOST, 'session=v1:stolen:0123456789abcdef')
    visitor.keep(HOST, 'session=flask')
    visitor.keep(HOST, 'theirs=1')
    await visitor.request(HOST, '/', {
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

  test('a sandbox sets cookies for its own host only, and never those of THON', async () => {
    const { visitor } = await fixtures((_request, response) => {
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
    const { headers } = await visitor.request(HOST, '/')
    expect(headers['set-cookie']).toEqual(['a=1; Path=/x; HttpOnly', 'b=2'])
    expect(headers).not.toHaveProperty('strict-transport-security')
    expect(headers['content-security-policy']).toBe("frame-ancestors 'self'")
    expect(headers['cross-origin-resource-policy']).toBe('same-origin')
  })

  test('uploads and downloads stream completely', async () => {
    const { visitor } = await fixtures((request, response) => {
      const sum = createHash('sha256')
      request.on('data', (chunk: Buffer) => sum.update(chunk))
      request.on('end', () => response.end(sum.digest('hex')))
    })
    await visitor.open(visitor.origin(HOST))
    const body = randomBytes(20 * 1024 * 1024)
    const expected = createHash('sha256').update(body).digest('hex')
    const framings: Record<string, string>[] = [
      { 'content-length': String(body.length) },
      { 'transfer-encoding': 'chunked' },
    ]
    for (const headers of framings)
      expect((await visitor.request(HOST, '/', { method: 'PUT', headers, body })).body).toBe(expected)
  })

  test('the head of an answer arrives before its body begins', async () => {
    const { visitor } = await fixtures((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders()
    })
    await visitor.request(HOST, '/')
    for (let at = new URL(visitor.origin('localhost') + '/open?sandbox=alpha-ann'), hop = 0; hop < 4; hop++) {
      const { headers } = await visitor.request(at.hostname, at.pathname + at.search)
      at = new URL(headers.location as string, at)
    }
    const { status, end } = await visitor.head(HOST, '/')
    end()
    expect(status).toBe(200)
  })

  test('a WebSocket passes messages in both directions', async () => {
    const app = await startApp({}, { proxyProcess })
    const server = new WebSocketServer({ noServer: true })
    let origin: string | undefined
    app.engine.sockets = (request, socket, head) => {
      origin = request.headers.origin
      server.handleUpgrade(request, socket, head, (one) =>
        one.on('message', (data: Buffer) => one.send(`echo ${data.toString()}`)),
      )
    }
    await running(app)
    const visitor = new Visitor(app.url)
    await visitor.open(visitor.origin(HOST))
    const socket = visitor.socket(HOST, '/ws')
    const message = new Promise((resolve) => socket.once('message', (data: Buffer) => resolve(data.toString())))
    await new Promise((resolve) => socket.once('open', resolve))
    socket.send('hello')
    expect(await message).toBe('echo hello')
    expect(origin).toBe(visitor.origin(HOST))
    socket.close()
  })

  test('people with similar names have different addresses', async () => {
    const { app } = await fixtures()
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
