import { expect, test } from 'vitest'
import { startApp, type TestApp } from '../kit/app.ts'
import { addGroup } from '../kit/groups.ts'
import { command, inState, running } from '../kit/instances.ts'
import { freePort } from '../kit/ports.ts'
import { Visitor } from '../kit/visitor.ts'

/** A server on which paths tell sandboxes apart, and browsers at THON and at that port. */
async function fixtures(
  pages: TestApp['engine']['pages'] = (request, response) => response.end(`page ${request.url}`),
) {
  const port = await freePort()
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

/** Gets the browser at that port its sandbox cookie. @returns the Set-Cookie header */
async function enter(thon: Visitor, there: Visitor): Promise<string> {
  const follow = async (visitor: Visitor, path: string) => {
    const { headers } = await visitor.request('localhost', path)
    const { pathname, search } = new URL(headers.location as string, 'http://localhost')
    return { path: pathname + search, cookie: headers['set-cookie']?.[0] as string }
  }
  const opened = await follow(thon, '/open?sandbox=alpha-ann')
  const begun = await follow(there, opened.path)
  const back = await follow(thon, begun.path)
  return (await follow(there, back.path)).cookie
}

test('a sandbox is below the path of the port it is published on', async () => {
  const { app, row, thon, there, port, base } = await fixtures()
  expect(row.url).toBe(`http://localhost:${port}${base}/`)
  expect(await enter(thon, there)).toMatch(new RegExp(`^thon-pass-${row.hostPort}=[^;]+; Path=${base}; HttpOnly`))
  expect((await there.request('localhost', `${base}/a/b?c=1`)).body).toBe('page /a/b?c=1')
  expect((await there.request('localhost', base)).body).toBe('page /')
  const notice = (await app.execute<{ engine: { notices: string[] } }>('{ engine { notices } }')).engine.notices
  expect(notice.join()).toMatch(/THON_PATH_PORT.*one origin/)
})

test('that port serves neither THON, nor sandboxes without a cookie, nor other ports', async () => {
  const { there, base } = await fixtures()
  expect((await there.request('localhost', '/api/instances')).status).toBe(404)
  expect((await there.request('localhost', '/1/')).status).toBe(404)
  expect((await there.request('localhost', `${base}/`)).status).toBe(401)
  expect((await there.request('localhost', `${base}0/`)).status).toBe(404)
})

test('redirects, cookies and service workers stay below the path', async () => {
  const { thon, there, base } = await fixtures((_request, response) => {
    response.setHeader('Set-Cookie', 'a=1; Path=/')
    response.setHeader('Service-Worker-Allowed', '/')
    response.writeHead(302, { Location: '/login' }).end()
  })
  await enter(thon, there)
  const { headers } = await there.request('localhost', `${base}/`)
  expect(headers).toMatchObject({ location: `${base}/login`, 'set-cookie': [`a=1; Path=${base}/`] })
  expect(headers).not.toHaveProperty('service-worker-allowed')
})

test('a stopped sandbox has a status page at THON that leads to it once it runs', async () => {
  const { app, row, thon } = await fixtures()
  await command(app, 'killInstance', row.id)
  await inState(app, row.id, 'TERMINATED')
  const { status, body } = await thon.open(`${thon.origin('localhost')}/open?sandbox=alpha-ann`)
  expect(status).toBe(503)
  expect(body).toContain('Your sandbox was stopped')
  const started = await thon.request('localhost', '/open/.thon/start?sandbox=alpha-ann', { method: 'POST' })
  expect(started).toMatchObject({ status: 303, headers: { location: '/open?sandbox=alpha-ann' } })
})
