import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { Forwarder, type Failure } from '../../server/proxy/forward.ts'
import { startApp } from '../kit/app.ts'
import { addGroup } from '../kit/groups.ts'
import { command, create, inState, running } from '../kit/instances.ts'
import { Visitor } from '../kit/visitor.ts'
import { freePort } from '../kit/free-port.ts'

const HOST = 'alpha-ann.localhost'

async function hall(variables = {}) {
  const app = await startApp(variables)
  app.engine.pages = (_request, response) => response.end('VS Code')
  await addGroup(app, 'alpha', ['ann', 'bob', 'cy'])
  return { app, visitor: new Visitor(app.url) }
}

/** What stands on the page at ann's address. */
async function page(visitor: Visitor) {
  const { status, body, headers } = await visitor.open(visitor.origin(HOST))
  const of = (id: string) => new RegExp(`id="${id}"[^>]*>([^<]*)<`).exec(body)?.[1]
  const action = /action="([^"]+)"/.exec(body)?.[1]
  return { status, headers, title: of('title'), detail: of('detail'), button: of('button'), action, body }
}

/** Follows the states that ann's page is told. */
function follow(visitor: Visitor) {
  const told: { title: string; detail: string | null; ready: boolean }[] = []
  const cookie = [...visitor.cookies.get(HOST)!].map((pair) => pair.join('=')).join('; ')
  const { host, port } = new URL(visitor.origin(HOST))
  const request = get({ host: '127.0.0.1', port, path: '/.thon/state', headers: { host, cookie } }, (answer) => {
    answer.on('data', (chunk: Buffer) => {
      for (const line of String(chunk).split('\n')) if (line.startsWith('data: ')) told.push(JSON.parse(line.slice(6)))
    })
    answer.on('error', () => undefined)
  })
  request.on('error', () => undefined)
  return { told, end: () => request.destroy() }
}

test('a sandbox that was never started offers to start it', async () => {
  const { visitor } = await hall()
  const { status, title, button, action, headers } = await page(visitor)
  expect({ status, title, button }).toEqual({
    status: 503,
    title: 'Your sandbox is not started yet',
    button: 'Start it',
  })
  expect(headers['cache-control']).toBe('no-store')
  const { told, end } = follow(visitor)
  const origin = visitor.origin(HOST)
  const begun = await visitor.ask(HOST, action as string, { method: 'POST', headers: { origin } })
  expect(begun).toMatchObject({ status: 303, headers: { location: '/' } })
  await expect.poll(() => told.at(-1)?.ready, { timeout: 10_000 }).toBe(true)
  end()
  expect((await visitor.open(origin)).body).toBe('VS Code')
})

test('one that waits shows its place, moves up live, and says when it is ready', async () => {
  const { app, visitor } = await hall({ THON_START_CONCURRENCY: '1' })
  const go = app.engine.hold('start')
  for (const name of ['bob', 'cy', 'ann']) await create(app, name)
  await visitor.open(visitor.origin(HOST))
  expect(await page(visitor)).toMatchObject({
    title: 'Your sandbox is starting',
    detail: '1 more before it in the queue.',
  })
  const { told, end } = follow(visitor)
  await expect.poll(() => told.length).toBe(1)
  app.engine.delay = 300
  go()
  await expect.poll(() => told.at(-1)?.ready, { timeout: 10_000 }).toBe(true)
  end()
  const details = told.map(({ detail }) => detail)
  expect(details).toContain('It is the next one in the queue.')
  expect(details).toContain('Making it')
})

test('a paused one offers to resume it, an ended one to start it again, a failed one says why', async () => {
  const { app, visitor } = await hall()
  const { id, ref } = await running(app)
  await command(app, 'pauseInstance', id)
  await inState(app, id, 'PAUSED')
  const paused = await page(visitor)
  expect(paused).toMatchObject({ title: 'Your sandbox is paused', button: 'Resume' })
  await visitor.ask(HOST, paused.action as string, { method: 'POST' })
  await inState(app, id, 'RUNNING')
  await app.engine.exit(ref as string, 3)
  await inState(app, id, 'FAILED')
  const failed = await page(visitor)
  expect(failed).toMatchObject({
    title: 'Your sandbox has failed',
    detail: 'It crashed (exit code 3).',
    button: 'Start again',
  })
  await visitor.ask(HOST, failed.action as string, { method: 'POST' })
  const [row] = await app.db.instance.findMany({ where: { activeKey: { not: null } } })
  await inState(app, row!.id, 'RUNNING')
  await command(app, 'killInstance', row!.id)
  await inState(app, row!.id, 'TERMINATED')
  expect(await page(visitor)).toMatchObject({ title: 'Your sandbox has ended', button: 'Start again' })
})

test('an engine that is away is said, and not taken for the end of a sandbox that answers', async () => {
  const { app, visitor } = await hall()
  const { id } = await running(app)
  app.engine.leave()
  await app.until<{ engine: { connected: boolean } }>('{ engine { connected } }', {}, ({ engine }) => !engine.connected)
  expect((await visitor.open(visitor.origin(HOST))).body).toBe('VS Code')
  await app.db.instance.update({ where: { id }, data: { state: 'Paused' } })
  const row = (await app.db.instance.findUnique({ where: { id } }))!
  app.services.events.publish('instance', { kind: 'UPDATED', id, row })
  expect((await page(visitor)).title).toBe('The sandboxes are out of reach just now')
  const { told, end } = follow(visitor)
  app.engine.back()
  await expect.poll(() => told.length, { timeout: 10_000 }).toBeGreaterThan(1)
  end()
})

test('VS Code that does not answer in a sandbox that runs gets a page that tries again', async () => {
  const { app, visitor } = await hall()
  const { id } = await running(app)
  const port = await freePort()
  const row = await app.db.instance.update({ where: { id }, data: { hostPort: port } })
  app.services.events.publish('instance', { kind: 'UPDATED', id, row })
  const { status, title, body } = await page(visitor)
  expect({ status, title }).toEqual({ status: 503, title: 'VS Code does not answer just now' })
  expect(body).toContain('http-equiv="refresh"')
  expect((await visitor.ask(HOST, '/')).body, 'to a program').toBe('VS Code does not answer just now\n')
})

test('what stands on a page is never markup', async () => {
  const { app, visitor } = await hall()
  const { id } = await running(app)
  const row = await app.db.instance.update({
    where: { id },
    data: { state: 'Failed', activeKey: null, hostPort: null, reason: '<script>alert(1)</script>"\'&' },
  })
  app.services.events.publish('instance', { kind: 'UPDATED', id, row })
  const { body, headers } = await page(visitor)
  expect(body).not.toContain('<script>alert')
  expect(headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
})

test('a sandbox that never answers is given up, its connection with it', async () => {
  const [answers, closed] = [Promise.withResolvers<Failure>(), Promise.withResolvers<void>()]
  const silent = createServer((request) => request.socket.on('close', () => closed.resolve()))
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const hostPort = (silent.address() as AddressInfo).port
  const forwarder = new Forwarder(100)
  const front = createServer((request, response) => {
    const client = { address: '127.0.0.1', scheme: 'http', host: 'x' } as const
    void forwarder.web(request, response, { host: '127.0.0.1', port: hostPort, path: '', client }, (why) => {
      answers.resolve(why)
      response.writeHead(504).end()
    })
  })
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
  const { status } = await fetch(`http://127.0.0.1:${(front.address() as AddressInfo).port}/`)
  expect({ status, why: await answers.promise }).toEqual({ status: 504, why: 'silent' })
  await closed.promise
  for (const server of [front, silent]) server.closeAllConnections()
  forwarder.close()
  front.close()
  silent.close()
})
