import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { startApp, type TestApp } from '../kit/app.ts'

/** Any request, with whatever headers: fetch would not let us. */
async function ask(app: TestApp, path: string, headers: Record<string, string> = {}, method = 'GET', body = '') {
  const sent = request(`${app.url}${path}`, { method, headers })
  sent.end(body)
  const [response] = (await once(sent, 'response')) as [
    NodeJS.ReadableStream & { statusCode: number; headers: Record<string, string> },
  ]
  let text = ''
  for await (const part of response) text += String(part)
  return { status: response.statusCode, text, headers: response.headers }
}

const JSON_BODY = { 'Content-Type': 'application/json' }
const MUTATION = JSON.stringify({ query: 'mutation { createGroup(input: { name: "evil" }) { id } }' })

test('a page of another origin cannot send commands, by any kind of body', async () => {
  const app = await startApp()
  const Origin = 'http://127.0.0.1:40001'
  for (const type of [
    'application/json',
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
  ]) {
    const answer = await ask(app, '/graphql', { 'Content-Type': type, Origin }, 'POST', MUTATION)
    expect([answer.status, answer.text]).toEqual([403, 'Requests from pages of another origin are refused.'])
  }
  expect(await app.db.group.count()).toBe(0)
})

test('a link cannot send commands', async () => {
  const app = await startApp()
  const query = encodeURIComponent('mutation { createGroup(input: { name: "evil" }) { id } }')
  expect((await ask(app, `/graphql?query=${query}`, { Origin: 'http://evil.example' })).status).toBe(405)
  expect((await ask(app, `/graphql?query=${query}`)).status).toBe(405)
  expect(await app.db.group.count()).toBe(0)
})

test('another host name is refused, whatever is asked for', async () => {
  const app = await startApp()
  for (const path of ['/graphql', '/healthz', '/readyz', '/'])
    expect((await ask(app, path, { Host: 'evil.example' })).status).toBe(403)
  expect(
    (
      await ask(
        app,
        '/graphql',
        { ...JSON_BODY, Host: 'evil.example', Origin: 'http://evil.example' },
        'POST',
        MUTATION,
      )
    ).status,
  ).toBe(403)
})

test('our own page may send commands, and its answers carry no permission for others', async () => {
  const app = await startApp()
  const answer = await ask(app, '/graphql', { ...JSON_BODY, Origin: app.url }, 'POST', MUTATION)
  expect(answer.status).toBe(200)
  expect(answer.headers['access-control-allow-origin']).toBeUndefined()
  expect(answer.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' })
})

test('a page of another origin cannot open a WebSocket, and nobody can anywhere else', async () => {
  const app = await startApp()
  const url = app.url.replace('http', 'ws')
  const refused = async (path: string, options: object) => {
    const socket = new WebSocket(`${url}${path}`, 'graphql-transport-ws', options)
    const [error] = await once(socket, 'error')
    return (error as Error).message
  }
  expect(await refused('/graphql', { origin: 'http://evil.example' })).toContain('403')
  expect(await refused('/graphql', { headers: { Host: 'evil.example' } })).toContain('403')
  expect(await refused('/', {})).toContain('404')
  const socket = new WebSocket(`${url}/graphql`, 'graphql-transport-ws', { origin: app.url })
  await once(socket, 'open')
  socket.terminate()
})

test('/healthz and /readyz answer, also while the engine is away', async () => {
  const app = await startApp()
  expect(JSON.parse((await ask(app, '/healthz')).text)).toEqual({ status: 'alive' })
  expect(JSON.parse((await ask(app, '/readyz')).text)).toEqual({ status: 'ready', database: 'ok', engine: 'connected' })
  app.engine.leave()
  await expect.poll(async () => JSON.parse((await ask(app, '/readyz')).text).engine).toBe('away')
  expect((await ask(app, '/readyz')).status).toBe(200)
})

test('GraphiQL is served without anything from another host', async () => {
  const app = await startApp()
  const page = await ask(app, '/graphql', { Accept: 'text/html' })
  expect(page.status).toBe(200)
  expect(page.text).toContain('THON GraphiQL')
  expect(page.text.match(/(?:src|href)="(?:https?:)?\/\/[^"]*"/g) ?? []).toEqual([])
})

test('the database is a file that only we can read, in WAL mode', async () => {
  const app = await startApp()
  const path = join(app.dir, 'thon.db')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readFileSync(path).subarray(18, 20)).toEqual(Buffer.from([2, 2]))
})

test('the viewer is the organizer, and the engine says what it is', async () => {
  const app = await startApp({ THON_FOO: 'x', SANDBOX_IMAGE: 'thon:1' })
  app.engine.imagePresent = false
  const again = await app.restart()
  const data = await again.execute<{ viewer: object; engine: { notices: string[] } }>(
    '{ viewer { name role } engine { kind connected version image imagePresent cannot notices startLimit } }',
  )
  expect(data.viewer).toEqual({ name: 'organizer', role: 'organizer' })
  expect(data.engine).toMatchObject({
    kind: 'docker',
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
