import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import type { FrontProxy } from '../kit/front-proxies.ts'
import { Fronted } from '../kit/fronted.ts'
import { running } from '../kit/instances.ts'
import { SandboxServer } from '../kit/upload-sandbox.ts'

const JSON_BODY = { 'Content-Type': 'application/json' }
const PASSWORD = { AUTH_LOCAL_PASSWORD: 'open sesame' }
const MIB = 1024 * 1024

/** Comes in with the local password; whatever they claim in headers. */
function signIn(fronted: Fronted, password: string, from: string, claims: Record<string, string> = {}) {
  const body = JSON.stringify({ password })
  return fronted.ask('/api/auth/login/local', { method: 'POST', headers: { ...JSON_BODY, ...claims }, body, from })
}

/** A running sandbox of alpha's ann, its server, and a cookie that opens it, got as browsers get it. */
async function openSandbox(fronted: Fronted) {
  const { id } = await running(fronted.app, 'ann')
  const server = SandboxServer.in(fronted.app, id)
  const host = 'alpha-ann.hall.example'
  const open = await fronted.ask(`/open/${id}`, { headers: { Accept: 'text/html' } })
  const entered = new URL(String(open.headers.location))
  expect(entered.host).toBe(`${host}:${fronted.front.httpsPort}`)
  const enter = await fronted.ask(entered.pathname + entered.search, { host, headers: { Accept: 'text/html' } })
  const cookie = String(enter.headers['set-cookie']).split(';', 1)[0] as string
  return { server, at: { host, headers: { Cookie: cookie } } }
}

describe.each<FrontProxy>(['nginx', 'caddy'])('THON behind the real %s with the example of the README', (proxy) => {
  test('the dashboard, GraphQL and a redirect from plain HTTP', async () => {
    const fronted = await Fronted.start(proxy, {}, { dashboard: 'built' })
    expect((await fronted.ask('/')).headers.location).toBe('/instances')
    const page = await fronted.ask('/instances', { headers: { Accept: 'text/html' } })
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('<title>')])
    const Origin = `https://hall.example:${fronted.front.httpsPort}`
    const send = (origin: string, host?: string) =>
      fronted.ask('/graphql', {
        ...{ method: 'POST', headers: { ...JSON_BODY, Origin: origin }, host },
        body: JSON.stringify({ query: 'mutation { createGroup(input: { name: "alpha" }) { name } }' }),
      })
    expect(await send(Origin)).toMatchObject({ status: 200, text: '{"data":{"createGroup":{"name":"alpha"}}}' })
    expect((await send('https://evil.example')).status).toBe(403)
    const plain = await fronted.askPlainly('/groups?x=1')
    expect(plain.statusCode).toBe(308)
    expect(plain.headers.location).toMatch(/^https:\/\/hall\.example(:\d+)?\/groups\?x=1$/)
  })

  test('live changes over a WebSocket', async () => {
    const fronted = await Fronted.start(proxy)
    const socket = await fronted.socket('/graphql', {}, 'graphql-transport-ws')
    const frames: string[] = []
    socket.on('message', (data) => frames.push(String(data)))
    socket.send(JSON.stringify({ type: 'connection_init' }))
    await expect.poll(() => frames.join('\n')).toContain('connection_ack')
    const query = 'subscription { groupChanged { kind group { name } } }'
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }))
    await expect.poll(() => frames.join('\n')).toContain('READY')
    await fronted.app.execute('mutation { createGroup(input: { name: "beta" }) { id } }')
    await expect.poll(() => frames.join('\n')).toContain('"name":"beta"')
  })

  test('wrong passwords lock out the address that they came from, and no other, whatever anybody claims', async () => {
    const fronted = await Fronted.start(proxy, PASSWORD)
    for (let sent = 0; sent < 300; sent += 20) {
      const tries = Array.from({ length: 20 }, (_, index) =>
        signIn(fronted, 'wrong', '127.0.0.2', { 'X-Forwarded-For': `198.51.100.${sent / 20 + index}` }),
      )
      expect((await Promise.all(tries)).map(({ status }) => status)).toEqual(Array(20).fill(401))
    }
    expect((await signIn(fronted, 'open sesame', '127.0.0.2')).status).toBe(429)
    const lies: Record<string, string>[] = [
      { 'X-Forwarded-For': '127.0.0.3' },
      { 'X-Forwarded-For': '203.0.113.1, 127.0.0.3', 'X-Real-IP': '127.0.0.3' },
      { Forwarded: 'for=127.0.0.3', 'X-Forwarded-For': '' },
    ]
    for (const claims of lies) expect((await signIn(fronted, 'open sesame', '127.0.0.2', claims)).status).toBe(429)
    const other = await signIn(fronted, 'open sesame', '127.0.0.3', { 'X-Forwarded-For': '127.0.0.2' })
    expect(other.status).toBe(200)
    expect(String(other.headers['set-cookie'])).toContain('; Secure')
  })

  test('nobody is taken for a program on this machine, nor for one that asked for another host', async () => {
    const fronted = await Fronted.start(proxy, PASSWORD)
    expect((await fronted.ask('/api/groups')).status).toBe(401)
    const forged = { 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'http' }
    expect((await fronted.ask('/healthz', { headers: forged })).status).toBe(200)
    expect((await fetch(`${fronted.app.url}/api/groups`)).status).toBe(200)
  })

  test("a sandbox's page, its WebSocket, and an answer piece by piece", async () => {
    const fronted = await Fronted.start(proxy)
    const { server, at } = await openSandbox(fronted)
    const named = `alpha-ann.hall.example:${fronted.front.httpsPort}`
    expect(await fronted.ask('/', { ...at, from: '127.0.0.7' })).toMatchObject({
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

  test('an upload of 1 GiB into a sandbox, which gets it as it is sent, and of which nobody keeps a copy', async () => {
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
      // What was sent first is there before the rest is sent at all.
      if (index === 0) await server.has(1)
      most = Math.max(most, process.memoryUsage.rss())
    }
    sent.end()
    const [response] = await answer
    expect([response.statusCode, await text(response)]).toEqual([200, `${1024 * MIB} ${sum.digest('hex')}`])
    // Client, THON and sandbox are this one process.
    expect((most - before) / MIB).toBeLessThan(400)
  }, 120_000)
})
