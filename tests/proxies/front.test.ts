import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import type { FrontProxy } from '../kit/front-proxies.ts'
import { Fronted } from '../kit/fronted.ts'
import { running } from '../kit/instances.ts'
import { SandboxServer } from '../kit/sandbox-server.ts'

const JSON_BODY = { 'Content-Type': 'application/json' }
const PASSWORD = { AUTH_LOCAL_PASSWORD: 'open sesame' }
const MIB = 1024 * 1024

/** Signs in with the local password. @param claims headers that claim another address */
function signIn(fronted: Fronted, password: string, from: string, claims: Record<string, string> = {}) {
  const body = JSON.stringify({ password })
  return fronted.request('/api/auth/login/local', { method: 'POST', headers: { ...JSON_BODY, ...claims }, body, from })
}

/** A running sandbox of alpha/ann, its server, and a sandbox cookie, fetched as browsers do. */
async function openSandbox(fronted: Fronted) {
  const { id } = await running(fronted.app, 'ann')
  const server = SandboxServer.replaceIn(fronted.app, id)
  const host = 'alpha-ann.hall.example'
  const page = { Accept: 'text/html' }
  const addressIn = ({ headers }: { headers: IncomingMessage['headers'] }) => new URL(String(headers.location))
  const at = ({ pathname, search }: URL) => pathname + search
  const cookieIn = ({ headers }: { headers: IncomingMessage['headers'] }) =>
    String(headers['set-cookie']).split(';', 1)[0] as string
  const first = addressIn(await fronted.request(`/open/${id}`, { headers: page }))
  expect(first.host).toBe(`${host}:${fronted.front.httpsPort}`)
  // The browser gets a secret at the sandbox's host name, and brings its hash back for a code.
  const begun = await fronted.request(at(first), { host, headers: page })
  const back = addressIn(begun)
  expect(back.host).toBe(`hall.example:${fronted.front.httpsPort}`)
  const code = addressIn(await fronted.request(at(back), { headers: page }))
  const cookie = cookieIn(await fronted.request(at(code), { host, headers: { ...page, Cookie: cookieIn(begun) } }))
  return { server, at: { host, headers: { Cookie: cookie } } }
}

describe.each<FrontProxy>(['nginx', 'caddy'])('THON behind the real %s with its example', (proxy) => {
  test('the dashboard and GraphQL work, and plain HTTP redirects', async () => {
    const fronted = await Fronted.start(proxy, {}, { dashboard: 'built' })
    expect((await fronted.request('/')).headers.location).toBe('/instances')
    const page = await fronted.request('/instances', { headers: { Accept: 'text/html' } })
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('<title>')])
    const Origin = `https://hall.example:${fronted.front.httpsPort}`
    const send = (origin: string, host?: string) =>
      fronted.request('/graphql', {
        ...{ method: 'POST', headers: { ...JSON_BODY, Origin: origin }, host },
        body: JSON.stringify({ query: 'mutation { createGroup(input: { name: "alpha" }) { name } }' }),
      })
    expect(await send(Origin)).toMatchObject({ status: 200, text: '{"data":{"createGroup":{"name":"alpha"}}}' })
    expect((await send('https://evil.example')).status).toBe(403)
    const plain = await fronted.requestHttp('/groups?x=1')
    expect(plain.statusCode).toBe(308)
    expect(plain.headers.location).toMatch(/^https:\/\/hall\.example(:\d+)?\/groups\?x=1$/)
  })

  test('live changes arrive over a WebSocket', async () => {
    const fronted = await Fronted.start(proxy)
    const socket = await fronted.socket('/graphql', {}, 'graphql-transport-ws')
    const frames: string[] = []
    socket.on('message', (data: Buffer) => frames.push(data.toString()))
    socket.send(JSON.stringify({ type: 'connection_init' }))
    await expect.poll(() => frames.join('\n')).toContain('connection_ack')
    const query = 'subscription { groupChanged { kind group { name } } }'
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }))
    await expect.poll(() => frames.join('\n')).toContain('READY')
    await fronted.app.execute('mutation { createGroup(input: { name: "beta" }) { id } }')
    await expect.poll(() => frames.join('\n')).toContain('"name":"beta"')
  })

  test('wrong passwords lock out only their own address, whatever headers claim', async () => {
    const fronted = await Fronted.start(proxy, PASSWORD)
    for (let sent = 0; sent < 300; sent += 20) {
      const tries = Array.from({ length: 20 }, (_, index) =>
        signIn(fronted, 'wrong', '127.0.0.2', { 'X-Forwarded-For': `198.51.100.${sent / 20 + index}` }),
      )
      expect((await Promise.all(tries)).map(({ status }) => status)).toEqual(Array(20).fill(401))
    }
    expect((await signIn(fronted, 'open sesame', '127.0.0.2')).status).toBe(429)
    const forged: Record<string, string>[] = [
      { 'X-Forwarded-For': '127.0.0.3' },
      { 'X-Forwarded-For': '203.0.113.1, 127.0.0.3', 'X-Real-IP': '127.0.0.3' },
      { Forwarded: 'for=127.0.0.3', 'X-Forwarded-For': '' },
    ]
    for (const claims of forged) expect((await signIn(fronted, 'open sesame', '127.0.0.2', claims)).status).toBe(429)
    const other = await signIn(fronted, 'open sesame', '127.0.0.3', { 'X-Forwarded-For': '127.0.0.2' })
    expect(other.status).toBe(200)
    expect(String(other.headers['set-cookie'])).toContain('; Secure')
  })

  test('forged headers do not pass for a local program or another host', async () => {
    const fronted = await Fronted.start(proxy, PASSWORD)
    expect((await fronted.request('/api/groups')).status).toBe(401)
    const headers = { 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'http' }
    expect((await fronted.request('/healthz', { headers })).status).toBe(200)
    expect((await fetch(`${fronted.app.url}/api/groups`)).status).toBe(200)
  })

  test("a sandbox's page, WebSocket and streamed answer pass through", async () => {
    const fronted = await Fronted.start(proxy)
    const { server, at } = await openSandbox(fronted)
    const named = `alpha-ann.hall.example:${fronted.front.httpsPort}`
    expect(await fronted.request('/', { ...at, from: '127.0.0.7' })).toMatchObject({
      status: 200,
      text: `the page of ${named}`,
    })
    expect(server.headers).toMatchObject({ 'x-forwarded-for': '127.0.0.7', 'x-forwarded-proto': 'https', host: named })

    const socket = await fronted.socket('/stream', at)
    socket.send('hello')
    expect(String((await once(socket, 'message'))[0])).toBe('echo hello')

    const sent = fronted.begin('/slowly', at)
    const [response] = (await once(sent.end(), 'response')) as [IncomingMessage]
    expect(String((await once(response, 'data'))[0])).toBe('one')
    for (const part of ['two', 'three']) {
      server.more(part)
      expect(String((await once(response, 'data'))[0])).toBe(part)
    }
    server.more('')
    await text(response)
  })

  test('an upload of 1 GiB streams into a sandbox without a copy in between', async () => {
    const fronted = await Fronted.start(proxy)
    const { server, at } = await openSandbox(fronted)
    const part = Buffer.alloc(MIB, 'thon ')
    const sum = createHash('sha256')
    const before = process.memoryUsage.rss()
    let most = 0
    const sent = fronted.begin('/upload', {
      ...at,
      method: 'POST',
      headers: { ...at.headers, 'Content-Length': String(1024 * MIB) },
    })
    const answer = once(sent, 'response') as Promise<[IncomingMessage]>
    for (let index = 0; index < 1024; index++) {
      part.writeUInt32BE(index)
      sum.update(part)
      if (!sent.write(Buffer.from(part))) await once(sent, 'drain')
      // The first part arrives before the rest is sent.
      if (index === 0) await server.hasReceived(1)
      most = Math.max(most, process.memoryUsage.rss())
    }
    sent.end()
    const [response] = await answer
    expect([response.statusCode, await text(response)]).toEqual([200, `${1024 * MIB} ${sum.digest('hex')}`])
    // Client, THON and sandbox are this one process.
    expect((most - before) / MIB).toBeLessThan(400)
  }, 120_000)
})
