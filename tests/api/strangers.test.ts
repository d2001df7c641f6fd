import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { BODY_RULES, RequestBodies } from '../../server/http/bodies.ts'
import { startApp, type TestApp } from '../kit/app.ts'
import { signedIn, SETUPS } from '../kit/access.ts'
import { ANN, openSandbox } from '../kit/open-sandbox.ts'

/** Here no program may do anything just because it runs on this machine. */
const LOGIN = SETUPS.OAuth
const QUERY = '{"query":"{ __typename }"}'
const deep = '['.repeat(33) + ']'.repeat(33)

/** A request whose body never comes. */
function hold(app: TestApp, path = '/graphql', length = 20, headers = ''): { socket: Socket; answer: Promise<string> } {
  const { hostname, port } = new URL(app.url)
  const socket = connect(Number(port), hostname)
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => undefined)
  const answer = text(socket).catch(() => '')
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n${headers}\r\n{`,
  )
  return { socket, answer }
}

async function post(app: TestApp, path: string, body: string, headers: Record<string, string> = {}) {
  const sent = { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body }
  const answer = await fetch(`${app.url}${path}`, sent)
  return { status: answer.status, text: await answer.text(), headers: answer.headers }
}

test('without a session, a body over 64 KiB is refused in the shape of its surface', async () => {
  const app = await startApp(LOGIN)
  const cookie = await signedIn(app, 'organizer')
  const body = QUERY.padEnd(64 * 1024 + 1)
  const graphql = await post(app, '/graphql', body)
  expect([graphql.status, JSON.parse(graphql.text)]).toMatchObject([
    413,
    { errors: [{ extensions: { code: 'TOO_LARGE' } }] },
  ])
  const rest = await post(app, '/api/auth/login/local', body)
  expect([rest.status, JSON.parse(rest.text)]).toMatchObject([
    413,
    { detail: expect.stringContaining('65536 bytes') as string },
  ])
  const chunked = new Blob([body.padEnd(200_000)]).stream()
  const streamed = await fetch(`${app.url}/api/auth/login/local`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: chunked,
    duplex: 'half',
  } as RequestInit)
  expect(streamed.status, 'without a declared length').toBe(413)
  expect((await post(app, '/graphql', body, { cookie })).status, 'with a session').toBe(200)
})

test('a body of a stranger has ten seconds; one of somebody who is in has minutes', async () => {
  const app = await startApp(LOGIN)
  const cookie = await signedIn(app, 'organizer')
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const [stranger, member, health] = [
      hold(app),
      hold(app, '/graphql', 20, `Cookie: ${cookie}\r\n`),
      hold(app, '/healthz', 20),
    ]
    const isOver = vi.fn()
    void member.answer.then(isOver)
    // Both have to be known to the server.
    await expect.poll(() => vi.getTimerCount()).toBeGreaterThanOrEqual(3)
    await (await fetch(`${app.url}/healthz`, { headers: { cookie } })).text()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await stranger.answer).toMatch(/^HTTP\/1\.1 408 /)
    expect(await health.answer, 'what nobody has to sign in for').toMatch(/^HTTP\/1\.1 200 /)
    expect(isOver).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(BODY_RULES.memberMs)
    expect(await member.answer).toMatch(/^HTTP\/1\.1 408 /)
  } finally {
    vi.useRealTimers()
  }
})

test('bodies that strangers hold keep neither other addresses nor people who are in waiting', async () => {
  const app = await startApp(LOGIN)
  const cookie = await signedIn(app, 'organizer')
  for (let count = 0; count < BODY_RULES.perAddress; count++) hold(app)
  const refused = async () => (await post(app, '/graphql', QUERY)).status
  await expect.poll(refused).toBe(429)
  const more = await post(app, '/api/auth/login/local', '{}')
  expect([more.status, more.headers.get('retry-after')]).toEqual([429, '2'])
  expect((await post(app, '/graphql', QUERY, { cookie })).status, 'who is in').toBe(200)
  expect((await fetch(`${app.url}/healthz`)).status).toBe(200)
})

test('a stranger’s bodies count per IPv4 address and per /64 of IPv6, while they are under way', () => {
  const address = { value: '' }
  const clients = { of: () => ({ address: address.value }) }
  const bodies = new RequestBodies(clients as never, { ...BODY_RULES, perAddress: 1 })
  const ended: (() => void)[] = []
  const from = (value: string) => {
    address.value = value
    const message = {
      headers: { 'content-length': '1' },
      once: (_name: string, over: () => void) => (ended.push(over), message),
    }
    bodies.ofStranger(message as never, message as never)
  }
  from('10.0.0.1')
  from('10.0.0.2')
  from('2001:db8::1')
  expect(() => from('2001:db8:0:0:ffff::2')).toThrow('have not arrived in full')
  from('2001:db8:0:1::1')
  expect(() => from('10.0.0.1')).toThrow('have not arrived in full')
  for (const over of ended) over()
  from('10.0.0.1')
})

test('300 requests that are held at a sandbox’s address keep nobody out of it', async () => {
  const { app, visitor } = await openSandbox((_request, response) => response.end('page'), { proxyProcess: true })
  const { port } = new URL(app.url)
  for (let count = 0; count < 300; count++) {
    const socket = connect(Number(port), '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    socket.on('error', () => undefined)
    // On a connection that belongs to the proxy, to a page of THON that waits for its body.
    socket.write(
      `GET / HTTP/1.1\r\nHost: ${ANN}\r\n\r\nPOST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{`,
    )
  }
  expect((await visitor.request(ANN, '/.thon/state-of-nothing')).status).toBe(404)
  expect((await visitor.request(ANN, '/')).body).toBe('page')
})

test('JSON nested deeper than 32 levels is refused before it is parsed, on every way in', async () => {
  const app = await startApp()
  const parsed = vi.spyOn(JSON, 'parse')
  const body = `{"query":"query($a: String) { __typename }","variables":{"a":${deep}}}`
  const answer = await post(app, '/graphql', body)
  expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('nested too deeply')])
  expect((await post(app, '/api/groups', `{"name":${deep}}`)).status).toBe(400)
  expect(parsed.mock.calls.some(([sent]) => sent.includes(deep))).toBe(false)
  parsed.mockRestore()
  const form = new URLSearchParams({ query: '{ __typename }', variables: `{"a":${deep}}` }).toString()
  expect((await post(app, '/graphql', form, { 'Content-Type': 'application/x-www-form-urlencoded' })).status).toBe(400)
  expect((await fetch(`${app.url}/graphql?${form}`)).status).toBe(400)
  const socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  await once(socket, 'open')
  socket.send(`{"type":"connection_init","payload":{"a":${deep}}}`)
  expect((await once(socket, 'close'))[0]).toBe(4400)
  expect((await post(app, '/graphql', QUERY)).status, 'afterwards').toBe(200)
  expect((await post(app, '/graphql', 'nonsense')).text).toContain('invalid JSON')
})
