import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { startApp } from '../kit/app.ts'
import { requestHttps, createKeyPair, KeyPairFiles } from '../kit/certificates.ts'
import { addGroup } from '../kit/groups.ts'
import { running } from '../kit/instances.ts'
import { Visitor } from '../kit/visitor.ts'

const HOST = 'alpha-ann.localhost'

async function hall(variables = {}) {
  const app = await startApp(variables, { proxyProcess: true })
  app.engine.pages = (request, response) =>
    response.setHeader('x-seen-for', String(request.headers['x-forwarded-for'])).end(`page ${request.url}`)
  await addGroup(app, 'alpha', ['ann'])
  await running(app)
  return { app, visitor: new Visitor(app.url) }
}

/** Process ids of this process's children that are such proxies. */
function workers(): number[] {
  const listing = execFileSync('ps', ['--ppid', String(process.pid), '-o', 'pid=,args='], { encoding: 'utf8' })
  return listing
    .split('\n')
    .flatMap((line) => (line.includes('proxy/worker.ts') ? Number(line.trim().split(' ')[0]) : []))
}

/** Sends requests over one connection, each when the last is answered. @returns the answers */
async function inOneConnection(port: number, requests: string[]): Promise<string[]> {
  const socket = connect(port, '127.0.0.1')
  const answers: string[] = []
  for (const request of requests) {
    socket.write(request)
    let answer = ''
    while (!isWhole(answer)) answer += String(await new Promise<Buffer>((resolve) => socket.once('data', resolve)))
    answers.push(answer)
  }
  socket.destroy()
  return answers
}

function isWhole(answer: string): boolean {
  const [head = '', body] = answer.split('\r\n\r\n')
  if (body === undefined) return false
  const length = /content-length: (\d+)/i.exec(head)?.[1]
  return length === undefined ? answer.endsWith('0\r\n\r\n') || / 30\d /.test(head) : body.length >= Number(length)
}

test('what is THON’s own is answered by THON, also over a connection that began with a sandbox’s name', async () => {
  const { app, visitor } = await hall({ THON_TRUSTED_PROXIES: 'loopback' })
  const { port } = new URL(app.url)
  await visitor.open(visitor.origin(HOST))
  const cookie = `thon-pass=${visitor.cookies.get(HOST)!.get('thon-pass')}`
  const [page, health, groups, forged, again] = await inOneConnection(Number(port), [
    `GET /a HTTP/1.1\r\nHost: ${HOST}:${port}\r\nCookie: ${cookie}\r\nX-Forwarded-For: 10.0.0.7\r\n\r\n`,
    `GET /healthz HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`,
    `GET /api/groups HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`,
    `GET /healthz HTTP/1.1\r\nHost: evil.example\r\nX-Thon-Client: {"address":"1.2.3.4","scheme":"https","host":"localhost"}\r\n\r\n`,
    `GET /b HTTP/1.1\r\nHost: ${HOST}:${port}\r\nCookie: ${cookie}\r\n\r\n`,
  ])
  expect(page).toContain('page /a')
  expect(page, 'the client that a trusted proxy told of').toContain('x-seen-for: 10.0.0.7')
  expect(health).toContain('"alive"')
  expect(groups).toContain('"alpha"')
  expect(forged).toMatch(/^HTTP\/1\.1 403 /)
  expect(again).toContain('page /b')
})

test('a connection whose first words come in pieces, or not at all, does no harm', async () => {
  const { app, visitor } = await hall()
  await visitor.open(visitor.origin(HOST))
  const { port } = new URL(app.url)
  const cookie = `thon-pass=${visitor.cookies.get(HOST)!.get('thon-pass')}`
  const silent = connect(Number(port), '127.0.0.1')
  const socket = connect(Number(port), '127.0.0.1').setNoDelay()
  for (const one of `GET / HTTP/1.1\r\nHost: ${HOST}:${port}\r\nCookie: ${cookie}\r\n\r\n`) {
    socket.write(one)
    if (Math.random() < 0.2) await new Promise((resolve) => setTimeout(resolve, 2))
  }
  expect(String(await new Promise((resolve) => socket.once('data', resolve)))).toMatch(/^HTTP\/1\.1 200 /)
  socket.destroy()
  silent.destroy()
})

test('when it dies THON takes its place, and another one is started', async () => {
  const before = workers()
  const { app, visitor } = await hall()
  const [mine] = workers().filter((pid) => !before.includes(pid))
  await visitor.open(visitor.origin(HOST))
  app.logged.expect(/the proxy of the sandboxes has ended/)
  process.kill(mine as number, 'SIGKILL')
  await expect.poll(() => workers().includes(mine as number)).toBe(false)
  expect((await visitor.ask(HOST, '/now')).body).toBe('page /now')
  await expect.poll(() => workers().filter((pid) => !before.includes(pid)).length, { timeout: 5_000 }).toBe(1)
  await expect.poll(async () => (await visitor.ask(HOST, '/later')).body).toBe('page /later')
  await app.close()
  await expect.poll(() => workers().filter((pid) => !before.includes(pid))).toEqual([])
})

test('a hundred connections at once each get their own answer', async () => {
  const { visitor } = await hall()
  await visitor.open(visitor.origin(HOST))
  const bodies = await Promise.all(
    Array.from(
      { length: 100 },
      async (_, index) =>
        (await visitor.ask(HOST, `/${index}`, { body: 'x'.repeat(index * 1000), method: 'PUT' })).body,
    ),
  )
  expect(bodies).toEqual(Array.from({ length: 100 }, (_, index) => `page /${index}`))
})

test('over TLS a sandbox is served with the certificate that is good now', async () => {
  const [first, second] = [await createKeyPair(), await createKeyPair()]
  const files = new KeyPairFiles(first)
  const app = await startApp(files.variables, { proxyProcess: true })
  app.engine.pages = (_request, response) => response.end('page')
  const row = { group: 'alpha', username: 'ann' }
  const { id } = await app.services.instances.create(organizer, row)
  await app.services.instances.settled(id, 10)
  const host = `alpha-ann.thon.localhost:${new URL(app.url).port}`
  const ask = (path: string, headers: Record<string, string>, servername: string) =>
    requestHttps(app.url + path, { rejectUnauthorized: false, servername, headers })
  const opened = await ask('/open?sandbox=alpha-ann', { host: host.replace('alpha-ann.thon.', '') }, 'localhost')
  const entry = new URL(opened.headers.location as string)
  expect(entry.host).toBe(host)
  const name = host.split(':')[0] as string
  const entered = await ask(entry.pathname + entry.search, { host }, name)
  const cookie = entered.headers['set-cookie']?.[0]?.split(';')[0] as string
  expect(entered.headers['set-cookie']?.[0]).toMatch(/^__Host-thon-pass=.*; Path=\/; .*; Secure$/)
  const served = await ask('/', { host, cookie }, name)
  expect(served).toMatchObject({
    status: 200,
    text: 'page',
    fingerprint: new X509Certificate(first.cert).fingerprint256,
  })
  files.put(second)
  const right = new X509Certificate(second.cert).fingerprint256
  await expect.poll(async () => (await ask('/', { host, cookie }, name)).fingerprint, { timeout: 10_000 }).toBe(right)
})
