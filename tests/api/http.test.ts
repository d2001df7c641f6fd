import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { request, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { startApp, type TestApp } from '../kit/app.ts'

/** Sends any request, with headers that fetch does not allow. */
async function send(app: TestApp, path: string, headers: Record<string, string> = {}, method = 'GET', body = '') {
  const sent = request(`${app.url}${path}`, { method, headers })
  sent.end(body)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return { status: response.statusCode, text: await text(response), headers: response.headers }
}

const JSON_BODY = { 'Content-Type': 'application/json' }
const MUTATION = JSON.stringify({ query: 'mutation { createGroup(input: { name: "evil" }) { id } }' })

test('a page of another origin cannot send commands with any kind of body', async () => {
  const app = await startApp()
  const Origin = 'http://127.0.0.1:40001'
  for (const type of [
    'application/json',
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
  ]) {
    const answer = await send(app, '/graphql', { 'Content-Type': type, Origin }, 'POST', MUTATION)
    expect([answer.status, answer.text]).toEqual([403, 'Requests from pages of another origin are refused.'])
  }
  expect(await app.db.group.count()).toBe(0)
})

test('a link cannot send commands', async () => {
  const app = await startApp()
  const query = encodeURIComponent('mutation { createGroup(input: { name: "evil" }) { id } }')
  expect((await send(app, `/graphql?query=${query}`, { Origin: 'http://evil.example' })).status).toBe(405)
  expect((await send(app, `/graphql?query=${query}`)).status).toBe(405)
  expect(await app.db.group.count()).toBe(0)
})

test('another host name is refused on every path', async () => {
  const app = await startApp()
  for (const path of ['/graphql', '/healthz', '/readyz', '/'])
    expect((await send(app, path, { Host: 'evil.example' })).status).toBe(403)
  expect(
    (
      await send(
        app,
        '/graphql',
        { ...JSON_BODY, Host: 'evil.example', Origin: 'http://evil.example' },
        'POST',
        MUTATION,
      )
    ).status,
  ).toBe(403)
})

test('the dashboard may send commands, and answers allow no other origin', async () => {
  const app = await startApp()
  const answer = await send(app, '/graphql', { ...JSON_BODY, Origin: app.url }, 'POST', MUTATION)
  expect(answer.status).toBe(200)
  expect(answer.headers['access-control-allow-origin']).toBeUndefined()
  expect(answer.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' })
})

test('a page of another origin cannot open a WebSocket, and only /graphql has one', async () => {
  const app = await startApp()
  const url = app.url.replace('http', 'ws')
  const refused = async (path: string, options: object) => {
    const socket = new WebSocket(`${url}${path}`, 'graphql-transport-ws', options)
    const [error] = (await once(socket, 'error')) as [Error]
    return error.message
  }
  expect(await refused('/graphql', { origin: 'http://evil.example' })).toContain('403')
  expect(await refused('/graphql', { headers: { Host: 'evil.example' } })).toContain('403')
  expect(await refused('/', {})).toContain('404')
  const socket = new WebSocket(`${url}/graphql`, 'graphql-transport-ws', { origin: app.url })
  await once(socket, 'open')
  socket.terminate()
})

test('/healthz and /readyz answer, also while the engine is offline', async () => {
  const app = await startApp()
  expect(JSON.parse((await send(app, '/healthz')).text)).toEqual({ status: 'alive' })
  expect(JSON.parse((await send(app, '/readyz')).text)).toEqual({
    status: 'ready',
    database: 'ok',
    engine: 'connected',
  })
  app.engine.leave()
  const engine = async () => (JSON.parse((await send(app, '/readyz')).text) as { engine: string }).engine
  await expect.poll(engine).toBe('away')
  expect((await send(app, '/readyz')).status).toBe(200)
})

test('GraphiQL loads nothing from another host', async () => {
  const app = await startApp()
  const page = await send(app, '/graphql', { Accept: 'text/html' })
  expect(page.status).toBe(200)
  expect(page.text).toContain('THON GraphiQL')
  expect(page.text.match(/(?:src|href)="(?:https?:)?\/\/[^"]*"/g) ?? []).toEqual([])
})

test('only the user of THON can read the database file, which is in WAL mode', async () => {
  const app = await startApp()
  const path = join(app.dir, 'thon.db')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readFileSync(path).subarray(18, 20)).toEqual(Buffer.from([2, 2]))
})

test('without a login the viewer is the organizer, who sees the engine', async () => {
  const app = await startApp({ THON_FOO: 'x', SANDBOX_IMAGE: 'thon:1' })
  app.engine.imagePresent = false
  const again = await app.restart()
  const data = await again.execute<{ viewer: object; engine: { notices: string[] } }>(
    '{ viewer { name role } engine { kind connected version image imagePresent cannot notices startLimit } }',
  )
  expect(data.viewer).toEqual({ name: 'organizer', role: 'ORGANIZER' })
  expect(data.engine).toMatchObject({
    kind: 'DOCKER',
    connected: true,
    version: 'fake',
    image: 'thon:1',
    imagePresent: false,
    cannot: [],
    startLimit: 8,
  })
  expect(data.engine.notices.join('\n')).toContain('THON_FOO')
  expect(data.engine.notices.join('\n')).toContain('docker pull thon:1')
})
