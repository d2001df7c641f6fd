import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { beforeAll, expect, test } from 'vitest'
import { benchImage, ensureDocker, ensureTestImages } from '../kit/docker.ts'
import { proxyOf } from '../kit/proxies.ts'
import { Home } from '../kit/thon-command.ts'
import { Visitor } from '../kit/visitor.ts'

const LONG = { timeout: 180_000 }
const SIZE = 64 * 1024 * 1024

beforeAll(async () => {
  await ensureDocker()
  await ensureTestImages()
}, 300_000)

/** A THON with a running sandbox, in which a download has begun and a connection is open that echoes. */
async function fixtures() {
  const home = new Home({ SANDBOX_IMAGE: benchImage, SANDBOX_MEMORY: '256m' })
  const server = await home.serve()
  const answer = await fetch(`${server.url}/api/instances`, {
    ...{ method: 'POST', headers: { 'Content-Type': 'application/json' } },
    body: JSON.stringify({ group: 'again', username: 'ann' }),
  })
  expect(answer.status).toBe(201)
  const visitor = new Visitor(server.url)
  const host = 'again-ann.localhost'
  await expect.poll(async () => (await visitor.open(visitor.origin(host))).status, { timeout: 30_000 }).toBe(200)
  const cookie = `thon-pass=${visitor.cookies.get(host)!.get('thon-pass')}`
  const ask = (path: string, headers: Record<string, string> = {}) =>
    request({
      ...{ host: '127.0.0.1', port: new URL(server.url).port, path, agent: false },
      headers: { host: new URL(visitor.origin(host)).host, cookie, ...headers },
    }).end()
  const [download] = (await once(ask(`/bytes/${SIZE}`), 'response')) as [IncomingMessage]
  const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' }
  const [, socket] = (await once(
    ask('/', { ...upgrade, 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' }),
    'upgrade',
  )) as [IncomingMessage, Socket]
  const echo = async (text: string) => {
    socket.write(text)
    const [back] = (await once(socket, 'data')) as [Buffer]
    return String(back)
  }
  const rest = async () => {
    let bytes = 0
    for await (const part of download as AsyncIterable<Buffer>) bytes += part.length
    return bytes
  }
  return { home, server, echo, rest, end: () => socket.destroy() }
}

test('thon restart starts THON again in the same process, and connections of sandboxes go on', LONG, async () => {
  const { home, server, echo, rest, end } = await fixtures()
  const proxy = proxyOf(home.dir)
  const { stdout, code, stderr } = await home.thon('restart')
  expect([code, stdout, stderr]).toEqual([0, `THON runs again at ${server.url}.\n`, ''])
  expect(proxyOf(home.dir)).toBe(proxy)
  expect(await echo('still here')).toBe('still here')
  expect(await rest()).toBe(SIZE)
  expect((await home.json<{ server: string }>(['status'])).server).toBe(server.url)
  end()
  expect(await server.end(), 'it is still what was started').toBe(0)
})

test('when THON is killed, connections of sandboxes go on, and the next THON takes them over', LONG, async () => {
  const { home, server, echo, rest, end } = await fixtures()
  const proxy = proxyOf(home.dir)
  await server.kill()
  expect(await echo('without THON')).toBe('without THON')
  const next = await home.serve()
  expect([next.url, proxyOf(home.dir)]).toEqual([server.url, proxy])
  expect(await echo('with another')).toBe('with another')
  expect(await rest()).toBe(SIZE)
  end()
  expect(await next.end()).toBe(0)
})

test('thon restart without a running THON says so', LONG, async () => {
  const { code, stderr } = await new Home({ THON_ENGINE: 'process' }).thon('restart')
  expect([code, stderr]).toEqual([1, 'thon: THON is not running. Start it with `thon serve`.\n'])
})
