import { X509Certificate } from 'node:crypto'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { startApp } from '../kit/app.ts'
import { requestHttps, createKeyPair, KeyPairFiles } from '../kit/certificates.ts'
import { addGroup } from '../kit/groups.ts'
import { running } from '../kit/instances.ts'
import { isListening } from '../kit/ports.ts'
import { proxiesOf, proxyOf } from '../kit/proxies.ts'
import { Visitor } from '../kit/visitor.ts'

const HOST = 'alpha-ann.localhost'

async function fixtures(variables = {}) {
  const app = await startApp(variables, { proxyProcess: true })
  app.engine.pages = (request, response) =>
    response.setHeader('x-seen-for', String(request.headers['x-forwarded-for'])).end(`page ${request.url}`)
  await addGroup(app, 'alpha', ['ann'])
  await running(app)
  return { app, visitor: new Visitor(app.url) }
}

/** Sends requests over one connection, each after the answer to the last. @returns the answers */
async function requestInTurn(port: number, requests: string[]): Promise<string[]> {
  const socket = connect(port, '127.0.0.1')
  const answers: string[] = []
  for (const request of requests) {
    socket.write(request)
    let answer = ''
    while (!isComplete(answer)) answer += String(await new Promise<Buffer>((resolve) => socket.once('data', resolve)))
    answers.push(answer)
  }
  socket.destroy()
  return answers
}

function isComplete(answer: string): boolean {
  const [head = '', body] = answer.split('\r\n\r\n')
  if (body === undefined) return false
  const length = /content-length: (\d+)/i.exec(head)?.[1]
  return length === undefined ? answer.endsWith('0\r\n\r\n') || / 30\d /.test(head) : body.length >= Number(length)
}

test('THON answers its own requests on a connection that began with a sandbox', async () => {
  const { app, visitor } = await fixtures({ THON_TRUSTED_PROXIES: 'loopback' })
  const { port } = new URL(app.url)
  await visitor.open(visitor.origin(HOST))
  const cookie = `thon-pass=${visitor.cookies.get(HOST)!.get('thon-pass')}`
  const [page, health, groups, forged, again] = await requestInTurn(Number(port), [
    `GET /a HTTP/1.1\r\nHost: ${HOST}:${port}\r\nCookie: ${cookie}\r\nX-Forwarded-For: 10.0.0.7\r\n\r\n`,
    `GET /healthz HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`,
    `GET /api/groups HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`,
    `GET /healthz HTTP/1.1\r\nHost: evil.example\r\nX-Thon-Client: {"address":"1.2.3.4","scheme":"https","host":"localhost"}\r\n\r\n`,
    `GET /b HTTP/1.1\r\nHost: ${HOST}:${port}\r\nCookie: ${cookie}\r\n\r\n`,
  ])
  expect(page).toContain('page /a')
  expect(page, 'the client that a trusted proxy names').toContain('x-seen-for: 10.0.0.7')
  expect(health).toContain('"alive"')
  expect(groups).toContain('"alpha"')
  expect(forged).toMatch(/^HTTP\/1\.1 403 /)
  expect(again).toContain('page /b')
})

test('a connection whose first bytes come in pieces, or never, does no harm', async () => {
  const { app, visitor } = await fixtures()
  await visitor.open(visitor.origin(HOST))
  const { port } = new URL(app.url)
  const cookie = `thon-pass=${visitor.cookies.get(HOST)!.get('thon-pass')}`
  const silent = connect(Number(port), '127.0.0.1')
  const socket = connect(Number(port), '127.0.0.1').setNoDelay()
  const request = `GET / HTTP/1.1\r\nHost: ${HOST}:${port}\r\nCookie: ${cookie}\r\n\r\n`
  for (const piece of request.match(/[^]{1,5}/g) ?? []) {
    socket.write(piece)
    // Pieces that follow each other at once arrive as one.
    await sleep(2)
  }
  expect(String(await new Promise((resolve) => socket.once('data', resolve)))).toMatch(/^HTTP\/1\.1 200 /)
  socket.destroy()
  silent.destroy()
})

test('a proxy that is killed is started again at the same port', async () => {
  const { app, visitor } = await fixtures()
  const before = proxyOf(app.dir)
  await visitor.open(visitor.origin(HOST))
  app.logged.expect(/the proxy ended/)
  process.kill(before, 'SIGKILL')
  await expect.poll(() => proxiesOf(app.dir).filter((pid) => pid !== before).length, { timeout: 10_000 }).toBe(1)
  await expect
    .poll(async () => (await visitor.request(HOST, '/later').catch(() => null))?.body, { timeout: 10_000 })
    .toBe('page /later')
  await app.close()
  expect(proxiesOf(app.dir)).toEqual([])
  expect(await isListening(Number(new URL(app.url).port))).toBe(false)
})

test('a hundred simultaneous connections each get their own answer', async () => {
  const { visitor } = await fixtures()
  await visitor.open(visitor.origin(HOST))
  const bodies = await Promise.all(
    Array.from(
      { length: 100 },
      async (_, index) =>
        (await visitor.request(HOST, `/${index}`, { body: 'x'.repeat(index * 1000), method: 'PUT' })).body,
    ),
  )
  expect(bodies).toEqual(Array.from({ length: 100 }, (_, index) => `page /${index}`))
})

test('over TLS a sandbox is served with the present certificate', async () => {
  const [first, second] = [await createKeyPair(), await createKeyPair()]
  const files = new KeyPairFiles(first)
  const app = await startApp(files.variables, { proxyProcess: true })
  app.engine.pages = (_request, response) => response.end('page')
  const { id } = await app.services.instances.create(organizer, { group: 'alpha', username: 'ann' })
  await app.services.instances.settled(id, 10)
  const host = `alpha-ann.thon.localhost:${new URL(app.url).port}`
  const request = (path: string, headers: Record<string, string>, servername: string) =>
    requestHttps(app.url + path, { rejectUnauthorized: false, servername, headers })
  const own = host.replace('alpha-ann.thon.', '')
  const name = host.split(':')[0] as string
  const opened = await request('/open?sandbox=alpha-ann', { host: own }, 'localhost')
  const start = new URL(opened.headers.location as string)
  expect(start.host).toBe(host)
  const begun = await request(start.pathname + start.search, { host }, name)
  expect(begun.headers['set-cookie']?.[0]).toMatch(/^__Host-thon-entry=[^;]+; Path=\/; HttpOnly; SameSite=Lax; Secure$/)
  const secret = begun.headers['set-cookie']?.[0]?.split(';')[0] as string
  const back = new URL(begun.headers.location as string)
  const returned = await request(back.pathname + back.search, { host: own }, 'localhost')
  const entry = new URL(returned.headers.location as string)
  const entered = await request(entry.pathname + entry.search, { host, cookie: secret }, name)
  const cookie = entered.headers['set-cookie']?.[0]?.split(';')[0] as string
  expect(entered.headers['set-cookie']?.[0]).toMatch(/^__Host-thon-pass=.*; Path=\/; .*; Secure$/)
  const served = await request('/', { host, cookie }, name)
  expect(served).toMatchObject({
    status: 200,
    text: 'page',
    fingerprint: new X509Certificate(first.cert).fingerprint256,
  })
  files.replace(second)
  const expected = new X509Certificate(second.cert).fingerprint256
  await expect
    .poll(async () => (await request('/', { host, cookie }, name)).fingerprint, { timeout: 10_000 })
    .toBe(expected)
})
