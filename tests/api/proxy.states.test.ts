import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { Forwarder, type ForwardFailure } from '../../server/proxy/forward.ts'
import type { StatusView } from '../../server/proxy/status-view.ts'
import { startApp } from '../kit/app.ts'
import { addGroup } from '../kit/groups.ts'
import { command, create, inState, running } from '../kit/instances.ts'
import { freePort } from '../kit/ports.ts'
import { Visitor } from '../kit/visitor.ts'

const HOST = 'alpha-ann.localhost'

async function fixtures(variables = {}) {
  const app = await startApp(variables)
  app.engine.pages = (_request, response) => response.end('VS Code')
  await addGroup(app, 'alpha', ['ann', 'bob', 'cy'])
  return { app, visitor: new Visitor(app.url) }
}

/** What the page at ann's address shows. */
async function page(visitor: Visitor) {
  const { status, body, headers } = await visitor.open(visitor.origin(HOST))
  const of = (id: string) => new RegExp(`id="${id}"[^>]*>([^<]*)<`).exec(body)?.[1]?.replaceAll('&#39;', "'")
  const action = /action="([^"]+)"/.exec(body)?.[1]
  return { status, headers, title: of('title'), detail: of('detail'), button: of('button'), action, body }
}

/** Follows the states that ann's page receives. */
function follow(visitor: Visitor) {
  const views: Pick<StatusView, 'title' | 'detail' | 'ready'>[] = []
  const cookie = [...visitor.cookies.get(HOST)!].map((pair) => pair.join('=')).join('; ')
  const { host, port } = new URL(visitor.origin(HOST))
  const request = get({ host: '127.0.0.1', port, path: '/.thon/state', headers: { host, cookie } }, (answer) => {
    answer.on('data', (chunk: Buffer) => {
      for (const line of String(chunk).split('\n'))
        if (line.startsWith('data: ')) views.push(JSON.parse(line.slice(6)) as StatusView)
    })
    answer.on('error', () => undefined)
  })
  request.on('error', () => undefined)
  return { views, end: () => request.destroy() }
}

test('a sandbox that was never started offers to start it', async () => {
  const { visitor } = await fixtures()
  const { status, title, button, action, headers } = await page(visitor)
  expect({ status, title, button }).toEqual({
    status: 503,
    title: "Your sandbox hasn't been started yet",
    button: 'Start',
  })
  expect(headers['cache-control']).toBe('no-store')
  const { views, end } = follow(visitor)
  const origin = visitor.origin(HOST)
  const started = await visitor.request(HOST, action as string, { method: 'POST', headers: { origin } })
  expect(started).toMatchObject({ status: 303, headers: { location: '/' } })
  await expect.poll(() => views.at(-1)?.ready, { timeout: 10_000 }).toBe(true)
  end()
  expect((await visitor.open(origin)).body).toBe('VS Code')
})

test('a waiting sandbox shows its place in line, moves up live, and opens when ready', async () => {
  const { app, visitor } = await fixtures({ THON_START_CONCURRENCY: '1' })
  const go = app.engine.hold('start')
  for (const name of ['bob', 'cy', 'ann']) await create(app, name)
  await visitor.open(visitor.origin(HOST))
  expect(await page(visitor)).toMatchObject({
    title: 'Your sandbox is starting',
    detail: '1 person ahead of you.',
  })
  const { views, end } = follow(visitor)
  await expect.poll(() => views.length).toBe(1)
  app.engine.delay = 300
  go()
  await expect.poll(() => views.at(-1)?.ready, { timeout: 10_000 }).toBe(true)
  end()
  const details = views.map(({ detail }) => detail)
  expect(details).toContain('You are next.')
  expect(details).toContain('Making it')
})

test('a paused sandbox offers Resume, a stopped one Start, a failed one says why', async () => {
  const { app, visitor } = await fixtures()
  const { id, ref } = await running(app)
  await command(app, 'pauseInstance', id)
  await inState(app, id, 'PAUSED')
  const paused = await page(visitor)
  expect(paused).toMatchObject({ title: 'Your sandbox is paused', button: 'Resume' })
  await visitor.request(HOST, paused.action as string, { method: 'POST' })
  await inState(app, id, 'RUNNING')
  await app.engine.exit(ref as string, 3)
  await inState(app, id, 'FAILED')
  const failed = await page(visitor)
  expect(failed).toMatchObject({
    title: 'Your sandbox has failed',
    detail: 'Crashed, exit code 3.',
    button: 'Start',
  })
  await visitor.request(HOST, failed.action as string, { method: 'POST' })
  const [row] = await app.db.instance.findMany({ where: { activeKey: { not: null } } })
  await inState(app, row!.id, 'RUNNING')
  await command(app, 'killInstance', row!.id)
  await inState(app, row!.id, 'TERMINATED')
  expect(await page(visitor)).toMatchObject({ title: 'Your sandbox was stopped', button: 'Start' })
})

test('an offline engine is reported, but a sandbox that answers stays open', async () => {
  const { app, visitor } = await fixtures()
  const { id } = await running(app)
  app.engine.leave()
  await app.until<{ engine: { connected: boolean } }>('{ engine { connected } }', {}, ({ engine }) => !engine.connected)
  expect((await visitor.open(visitor.origin(HOST))).body).toBe('VS Code')
  await app.db.instance.update({ where: { id }, data: { state: 'Paused' } })
  const row = (await app.db.instance.findUnique({ where: { id } }))!
  app.services.events.publish('instance', { kind: 'UPDATED', id, row })
  await expect.poll(async () => (await page(visitor)).title).toBe('Sandboxes are unavailable right now')
  const { views, end } = follow(visitor)
  app.engine.back()
  await expect.poll(() => views.length, { timeout: 10_000 }).toBeGreaterThan(1)
  end()
})

test('a running sandbox whose VS Code does not answer gets a page that retries', async () => {
  const { app, visitor } = await fixtures()
  const { id } = await running(app)
  const port = await freePort()
  const row = await app.db.instance.update({ where: { id }, data: { hostPort: port } })
  app.services.events.publish('instance', { kind: 'UPDATED', id, row })
  const { status, title, body } = await page(visitor)
  expect({ status, title }).toEqual({ status: 503, title: "VS Code isn't responding yet" })
  expect(body).toContain('http-equiv="refresh"')
  expect((await visitor.request(HOST, '/')).body, 'to a program').toBe("VS Code isn't responding yet\n")
})

test('texts on a status page are never markup', async () => {
  const { app, visitor } = await fixtures()
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

test('a request that a sandbox never answers times out, and its connection closes', async () => {
  const [failed, closed] = [Promise.withResolvers<ForwardFailure>(), Promise.withResolvers<void>()]
  const silent = createServer((request) => request.socket.on('close', () => closed.resolve()))
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const hostPort = (silent.address() as AddressInfo).port
  const forwarder = new Forwarder({ answerTimeoutMs: 100, report: () => undefined })
  const front = createServer((request, response) => {
    const client = { address: '127.0.0.1', scheme: 'http', host: { hostname: 'x', port: null } } as const
    void forwarder.web(
      request,
      response,
      { name: 'a/b', host: '127.0.0.1', port: hostPort, path: '', client },
      (failure) => {
        failed.resolve(failure)
        response.writeHead(504).end()
      },
    )
  })
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
  const { status } = await fetch(`http://127.0.0.1:${(front.address() as AddressInfo).port}/`)
  expect({ status, failure: await failed.promise }).toEqual({ status: 504, failure: 'timeout' })
  await closed.promise
  for (const server of [front, silent]) server.closeAllConnections()
  forwarder.close()
  front.close()
  silent.close()
})
