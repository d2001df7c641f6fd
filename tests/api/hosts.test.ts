import { describe, expect, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { startApp, type TestApp } from '../kit/app.ts'
import { SETUPS } from '../kit/access.ts'
import { addGroup } from '../kit/groups.ts'
import { freePort } from '../kit/ports.ts'
import { Visitor } from '../kit/visitor.ts'

const NO_HOSTS = ['localhost:', 'localhost/', 'x@localhost', 'localhost?', '', '999.999.999.999', 'x:99999', 'x:0']
const UPGRADE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n'
const NAMES_NO_HOST = /^HTTP\/1\.1 400 Bad Request\r\n[^]*The Host header does not name a host\./

/** A request for every way in: the head of a request with its Host, without the lines in between. */
const WAYS: [string, (host: string, target?: string) => string][] = [
  ['a request', (host, target = '/healthz') => `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`],
  ['an upgrade', (host, target = '/graphql') => `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${UPGRADE}\r\n`],
]

/** Each server with the port that is tried, and a page there. */
async function dashboard(proxyProcess: boolean): Promise<{ app: TestApp; visitor: Visitor }> {
  const app = await startApp({}, { proxyProcess })
  return { app, visitor: new Visitor(app.url) }
}

describe.each([
  ['in the server', false],
  ['in a process of its own', true],
])('at the dashboard’s port, with the proxy %s', (_where, proxyProcess) => {
  test.for(WAYS)('%s whose Host does not name a host gets 400', async ([, head]) => {
    const { app, visitor } = await dashboard(proxyProcess)
    for (const host of NO_HOSTS) {
      const answer = await visitor.raw(head(host))
      expect(answer, host).toMatch(head === WAYS[0]![1] ? NAMES_NO_HOST : /^HTTP\/1\.1 400 /)
    }
    expect((await fetch(`${app.url}/healthz`)).status, 'afterwards').toBe(200)
  })

  test.for(WAYS)('%s with two Hosts, none, or a target of another host gets 400', async ([, head]) => {
    const { app, visitor } = await dashboard(proxyProcess)
    const sandbox = 'alpha-ann.localhost'
    for (const host of ['localhost', sandbox]) {
      for (const bytes of [
        head(`${host}\r\nHost: ${host}`),
        head(`${host}\r\nHost: evil.example`),
        head(`${host}\r\nhOST: ${sandbox}`),
        head(host, 'http://evil.example/'),
        head(host, `http://x@${host}/`),
        head(host, `http://${host}:1/`),
        head(host, '*'),
        head(host, 'ftp://localhost/'),
        head(host).replace(/\r\nHost: [^\r]*/, ''),
        head(host)
          .replace(/\r\nHost: [^\r]*/, '')
          .replace('HTTP/1.1', 'HTTP/1.0'),
      ])
        expect(await visitor.raw(bytes), bytes).toMatch(/^HTTP\/1\.1 400 /)
    }
    expect((await fetch(`${app.url}/healthz`)).status, 'afterwards').toBe(200)
  })

  test('the absolute form of its own host is served like its path', async () => {
    const { visitor } = await dashboard(proxyProcess)
    const { host } = new URL(visitor.origin('localhost'))
    const own = `GET http://${host}/healthz?x HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
    expect(await visitor.raw(own)).toMatch(/^HTTP\/1\.1 200 [^]*"alive"/)
    expect(await visitor.raw(own.replace('/healthz', '')), 'without a path').toMatch(/^HTTP\/1\.1 404 /)
  })

  test('someone who may open a sandbox cannot stop THON by their Host', async () => {
    const { app, visitor } = await dashboard(proxyProcess)
    await addGroup(app, 'alpha', ['ann'])
    for (const host of NO_HOSTS)
      expect(
        await visitor.raw(`GET /open?sandbox=alpha-ann HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
      ).toMatch(/^HTTP\/1\.1 400 /)
    const again = await visitor.request('localhost', '/open?sandbox=alpha-ann')
    expect(again.headers.location).toContain(visitor.origin('alpha-ann.localhost'))
  })
})

describe('at the port where paths tell sandboxes apart', () => {
  test('a Host that does not name a host gets 400, from strangers and others', async () => {
    const pathPort = await freePort()
    const app = await startApp({ ...SETUPS['a local password'], THON_PATH_PORT: String(pathPort) })
    const { id } = await app.services.instances.create(organizer, { group: 'alpha', username: 'ann' })
    await app.services.instances.settled(id, 10)
    const { hostPort } = (await app.db.instance.findFirst())!
    const visitor = new Visitor(`http://127.0.0.1:${pathPort}`)
    for (const path of [`/${hostPort}/`, `/${hostPort}/.thon/enter?code=x`, '/'])
      for (const host of NO_HOSTS) {
        const head = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAccept: text/html\r\n`
        expect(await visitor.raw(`${head}Connection: close\r\n\r\n`), host).toMatch(NAMES_NO_HOST)
        expect(await visitor.raw(`${head}${UPGRADE}\r\n`), host).toMatch(/^HTTP\/1\.1 400 /)
      }
    const login = await visitor.raw(
      `GET /${hostPort}/ HTTP/1.1\r\nHost: 127.0.0.1:${pathPort}\r\nAccept: text/html\r\nConnection: close\r\n\r\n`,
    )
    expect(login).toMatch(/^HTTP\/1\.1 303 /)
  })
})
