import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { startApp, type TestApp } from '../kit/app.ts'
import { addGroup } from '../kit/groups.ts'
import { command, inState, running } from '../kit/instances.ts'
import { Visitor } from '../kit/visitor.ts'

/** A server on which sandboxes are told apart by path, and somebody at THON and at that port. */
async function hall(pages: TestApp['engine']['pages'] = (request, response) => response.end(`page ${request.url}`)) {
  const free = createServer()
  await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve))
  const { port } = free.address() as AddressInfo
  await new Promise((resolve) => free.close(resolve))
  const app = await startApp({ THON_PATH_PORT: String(port) })
  app.engine.pages = pages
  await addGroup(app, 'alpha', ['ann'])
  const row = await running(app)
  return {
    app,
    row,
    base: `/${row.hostPort}`,
    thon: new Visitor(app.url),
    there: new Visitor(`http://localhost:${port}`),
    port,
  }
}

/** Has THON give a pass to somebody who is there. */
async function enter(thon: Visitor, there: Visitor): Promise<string> {
  const { headers } = await thon.ask('localhost', '/open?sandbox=alpha-ann')
  const to = new URL(headers.location as string)
  const { headers: given } = await there.ask('localhost', to.pathname + to.search)
  return given['set-cookie']?.[0] as string
}

test('the address is the port of this machine that the sandbox is published on', async () => {
  const { app, row, thon, there, port, base } = await hall()
  expect(row.url).toBe(`http://localhost:${port}${base}/`)
  expect(await enter(thon, there)).toMatch(new RegExp(`^thon-pass-${row.hostPort}=[^;]+; Path=${base}; HttpOnly`))
  expect((await there.ask('localhost', `${base}/a/b?c=1`)).body).toBe('page /a/b?c=1')
  expect((await there.ask('localhost', base)).body).toBe('page /')
  const notice = (await app.execute<{ engine: { notices: string[] } }>('{ engine { notices } }')).engine.notices
  expect(notice.join()).toMatch(/THON_PATH_PORT.*one origin/)
})

test('THON itself is not there, nor is a sandbox without a pass, nor what is published on no port', async () => {
  const { there, base } = await hall()
  expect((await there.ask('localhost', '/api/instances')).status).toBe(404)
  expect((await there.ask('localhost', '/1/')).status).toBe(404)
  expect((await there.ask('localhost', `${base}/`)).status).toBe(401)
  expect((await there.ask('localhost', `${base}0/`)).status).toBe(404)
})

test('redirects and cookies stay below the path, and no service worker reaches beyond it', async () => {
  const { thon, there, base } = await hall((_request, response) => {
    response.setHeader('Set-Cookie', 'a=1; Path=/')
    response.setHeader('Service-Worker-Allowed', '/')
    response.writeHead(302, { Location: '/login' }).end()
  })
  await enter(thon, there)
  const { headers } = await there.ask('localhost', `${base}/`)
  expect(headers).toMatchObject({ location: `${base}/login`, 'set-cookie': [`a=1; Path=${base}/`] })
  expect(headers).not.toHaveProperty('service-worker-allowed')
})

test('a sandbox that does not run has a page at THON, which leads there once it runs', async () => {
  const { app, row, thon } = await hall()
  await command(app, 'killInstance', row.id)
  await inState(app, row.id, 'TERMINATED')
  const { status, body } = await thon.open(`${thon.origin('localhost')}/open?sandbox=alpha-ann`)
  expect(status).toBe(503)
  expect(body).toContain('Start again')
  const begun = await thon.ask('localhost', '/open/.thon/start?sandbox=alpha-ann', { method: 'POST' })
  expect(begun).toMatchObject({ status: 303, headers: { location: '/open?sandbox=alpha-ann' } })
})
