import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { request, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocketServer, type WebSocket } from 'ws'
import { createApp } from '../../server/app/app.ts'
import { loadEnv } from '../../server/config/env.ts'
import { system } from '../../server/core/viewer.ts'
import { SETUPS, signedIn } from '../kit/access.ts'
import { startApp, type TestApp } from '../kit/app.ts'
import { addGroup } from '../kit/groups.ts'
import { running } from '../kit/instances.ts'
import { freePort, isListening } from '../kit/ports.ts'
import { environmentOf, killProxiesAfterwards, proxiesOf, proxyOf, userOf } from '../kit/proxies.ts'
import { Visitor } from '../kit/visitor.ts'

const HOST = 'alpha-ann.localhost'
const LONG = { timeout: 60_000 }

/** A THON with a proxy of its own, and ann's sandbox: it echoes WebSockets, and sends `/slowly` until `finish` is called. */
async function fixtures(variables: Record<string, string> = {}) {
  const app = await startApp(variables, { proxyProcess: true })
  killProxiesAfterwards(app.dir)
  const downloads: ServerResponse[] = []
  app.engine.pages = (request, response) => {
    if (request.url !== '/slowly') return void response.end(`page ${request.url}`)
    downloads.push(response)
    response.writeHead(200).write('begun ')
  }
  const sockets = new WebSocketServer({ noServer: true })
  app.engine.sockets = (...upgrade) =>
    sockets.handleUpgrade(...upgrade, (one) => one.on('message', (data: Buffer) => one.send(`echo ${String(data)}`)))
  return { app, variables, finish: () => downloads.shift()?.end('and done') }
}

async function withSandbox(variables: Record<string, string> = {}) {
  const all = await fixtures(variables)
  await addGroup(all.app, 'alpha', ['ann'])
  await running(all.app)
  const visitor = new Visitor(all.app.url)
  await visitor.open(visitor.origin(HOST))
  return { ...all, visitor }
}

/** Starts THON again with the same database, sandboxes and proxy. */
function startAgain(app: TestApp, variables: Record<string, string>): Promise<TestApp> {
  return startApp(variables, { dir: app.dir, engine: app.engine, proxyProcess: true })
}

async function openSocket(visitor: Visitor): Promise<WebSocket> {
  const socket = visitor.socket(HOST, '/socket')
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  return socket
}

async function echo(socket: WebSocket, word: string): Promise<string> {
  socket.send(word)
  const [answer] = (await once(socket, 'message')) as [Buffer]
  return String(answer)
}

test('while THON starts again, WebSockets and downloads of sandboxes go on', LONG, async () => {
  const { app, variables, visitor, finish } = await withSandbox()
  const socket = await openSocket(visitor)
  const cookie = `thon-pass=${visitor.cookies.get(HOST)!.get('thon-pass')}`
  const { port, host } = new URL(visitor.origin(HOST))
  const sent = request({
    host: '127.0.0.1',
    port,
    path: '/slowly',
    headers: { host, cookie },
  }).end()
  const [download] = (await once(sent, 'response')) as [IncomingMessage]
  const proxy = proxyOf(app.dir)

  await app.app.close(true)
  expect(await echo(socket, 'without THON')).toBe('echo without THON')
  expect((await visitor.request(HOST, '/asked')).body, 'what was decided before').toBe('page /asked')
  const page = await visitor.request('localhost', '/', { headers: { accept: 'text/html' } })
  expect({ status: page.status, retry: page.headers['retry-after'] }).toEqual({ status: 503, retry: '2' })
  expect(page.body).toContain('THON is starting again')
  expect(page.body).toContain('http-equiv="refresh"')
  const stranger = await new Visitor(app.url).request(HOST, '/')
  expect(stranger).toMatchObject({ status: 503, body: 'THON is starting again\n' })

  const again = await startAgain(app, variables)
  expect([again.url, proxyOf(app.dir)], 'the same proxy at the same port').toEqual([app.url, proxy])
  expect(await echo(socket, 'with it again')).toBe('echo with it again')
  expect((await visitor.request('localhost', '/healthz')).status).toBe(200)
  finish()
  expect(await text(download)).toBe('begun and done')
  await again.close()
  expect(proxiesOf(app.dir)).toEqual([])
  expect(await isListening(Number(port))).toBe(false)
})

test('what was revoked while THON was not running is closed when it is back', LONG, async () => {
  const { app, variables } = await fixtures(SETUPS['a local password'])
  const { id: groupId } = await app.services.groups.create(system, { name: 'alpha' })
  const person = { username: 'ann', email: 'ann@example.org' }
  const { id: userId } = await app.services.users.createUser(system, groupId, person)
  await app.services.mySandbox.start(system, userId)
  const { id } = (await app.db.instance.findFirst())!
  await app.services.instances.settled(id, 10)
  const open = async (role: 'organizer' | 'participant') => {
    const visitor = new Visitor(app.url)
    visitor.keep('localhost', await signedIn(app, role, role === 'organizer' ? undefined : 'ann@example.org'))
    await visitor.open(visitor.origin(HOST))
    return visitor
  }
  const [ann, organizer] = [await open('participant'), await open('organizer')]
  const [hers, theirs] = [await openSocket(ann), await openSocket(organizer)]
  const download = ann.request(HOST, '/slowly').then(
    () => 'complete',
    () => 'cut off',
  )
  await expect.poll(() => app.engine.of(id)).toBeTruthy()

  await app.app.close(true)
  const env = loadEnv({ THON_DB_PATH: join(app.dir, 'thon.db'), HOME: app.dir, THON_ENGINE: 'process', ...variables })
  const command = await createApp(env, { listens: false, dashboard: 'none', engine: app.engine })
  await command.services.users.updateUser(system, userId, { email: 'else@example.org' })
  await command.close()
  expect(await echo(hers, 'nobody has told the proxy')).toContain('echo')

  await startAgain(app, variables)
  await expect.poll(() => hers.readyState, { timeout: 10_000 }).toBe(hers.CLOSED)
  expect(await download).toBe('cut off')
  expect(await echo(theirs, 'still here')).toBe('echo still here')
})

test('a proxy that has to end finishes downloads and says so to WebSockets, and another takes over', LONG, async () => {
  const { app, visitor, finish } = await withSandbox()
  const socket = await openSocket(visitor)
  const download = visitor.request(HOST, '/slowly')
  await expect.poll(async () => (await visitor.request(HOST, '/')).status).toBe(200)
  const before = proxyOf(app.dir)
  const closed = once(socket, 'close') as Promise<[number]>

  process.kill(before, 'SIGTERM')
  const others = () => proxiesOf(app.dir).filter((pid) => pid !== before)
  await expect.poll(() => others().length, { timeout: 10_000 }).toBe(1)
  const fresh = new Visitor(app.url)
  await expect
    .poll(async () => (await fresh.open(fresh.origin(HOST)).catch(() => null))?.body, { timeout: 10_000 })
    .toBe('page /')
  expect(await echo(socket, 'meanwhile'), 'it has some time left').toBe('echo meanwhile')
  expect((await closed)[0]).toBe(1001)
  expect(proxiesOf(app.dir), 'the download keeps it').toContain(before)
  finish()
  expect((await download).body).toBe('begun and done')
  await expect.poll(() => proxiesOf(app.dir), { timeout: 5_000 }).toEqual(others())
})

test('a THON that is to listen elsewhere replaces the proxy', LONG, async () => {
  const { app, visitor } = await withSandbox()
  const before = proxyOf(app.dir)
  await app.app.close(true)
  const port = await freePort()
  const again = await startAgain(app, { THON_PORTS: String(port) })
  expect(again.url).toBe(`http://127.0.0.1:${port}`)
  expect(proxyOf(app.dir)).not.toBe(before)
  expect(await isListening(Number(new URL(visitor.origin(HOST)).port))).toBe(false)
})

test('the proxy has nothing of THON’s environment, and is not root where THON is', LONG, async () => {
  process.env.THON_TEST_SECRET = 'in the environment of THON'
  onTestFinished(() => {
    delete process.env.THON_TEST_SECRET
  })
  const { app } = await withSandbox()
  const proxy = proxyOf(app.dir)
  expect(environmentOf(proxy)).toBe('')
  if (process.getuid?.() === 0) expect(userOf(proxy)).toBeGreaterThan(0)
})

test('a port that another program has is named, and no proxy is left', LONG, async () => {
  const { app, visitor } = await withSandbox()
  const { port } = new URL(visitor.origin(HOST))
  const dir = mkdtempSync(join(tmpdir(), 'thon-taken-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  await expect(startApp({ THON_PORTS: port }, { dir, engine: app.engine, proxyProcess: true })).rejects.toThrow(
    `Port ${port} of 127.0.0.1 is used by another program. Stop it, or choose other ports with THON_PORTS.`,
  )
  await expect.poll(() => proxiesOf(dir), { timeout: 5_000 }).toEqual([])
})

test('a proxy that no THON comes back to ends by itself', LONG, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'thon-orphan-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  mkdirSync(join(dir, 'in'))
  const main = join(import.meta.dirname, '../../server/proxy/main.ts')
  const child = spawn(process.execPath, [main, dir, '300'], { env: {}, stdio: 'ignore' })
  expect(await once(child, 'exit')).toEqual([0, null])
})
