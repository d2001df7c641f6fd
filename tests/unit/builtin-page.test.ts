import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freePort } from '../kit/ports.ts'

const MAIN = resolve(import.meta.dirname, '../../server/engine/process/page/main.ts')

let dir: string
let root: string
let page: ChildProcess | undefined
let url: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'thon-page-'))
  root = join(dir, 'workspace')
  await mkdir(root)
})

afterEach(async () => {
  page?.kill('SIGKILL')
  page = undefined
  await rm(dir, { recursive: true, force: true })
})

test('a file can be created, listed, read, saved, renamed and deleted', async () => {
  await open()
  await post('folder', { path: 'src' })
  const created = await post('save', { path: 'src/a b.txt', content: '', version: null })
  const saved = await post('save', { path: 'src/a b.txt', content: 'Grüße\n', version: created.body.version })
  expect(await get('file', 'src/a b.txt')).toMatchObject({
    status: 200,
    body: { content: 'Grüße\n', version: saved.body.version },
  })
  await post('rename', { path: 'src/a b.txt', to: 'src/c.txt' })
  expect((await get('list', 'src')).body).toEqual({ entries: [{ name: 'c.txt', folder: false }], more: false })
  await post('delete', { path: 'src' })
  expect((await get('list', '')).body.entries).toEqual([])
})

test('saving keeps the mode, and is refused when the file has changed', async () => {
  await writeFile(join(root, 'run.sh'), 'a', { mode: 0o755 })
  await open()
  const { version } = (await get('file', 'run.sh')).body
  expect((await post('save', { path: 'run.sh', content: 'b', version })).status).toBe(200)
  expect((await stat(join(root, 'run.sh'))).mode & 0o777).toBe(0o755)
  expect((await post('save', { path: 'run.sh', content: 'c', version })).status).toBe(409)
  expect(await readFile(join(root, 'run.sh'), 'utf8')).toBe('b')
})

test('no path leads out of the workspace', async () => {
  await writeFile(join(dir, 'secret'), 'secret')
  await symlink('../secret', join(root, 'file-link'))
  await symlink('..', join(root, 'folder-link'))
  await open()
  for (const path of ['../secret', '/etc/passwd', 'x/../../secret', 'file-link', 'folder-link/secret', '..\\secret']) {
    expect((await get('file', path)).status, path).toBeGreaterThanOrEqual(400)
    expect((await post('save', { path, content: 'x', version: null })).status, path).toBeGreaterThanOrEqual(400)
  }
  expect((await get('list', 'folder-link')).status).toBe(403)
  expect((await post('delete', { path: 'folder-link/secret' })).status).toBe(403)
  expect((await post('delete', { path: '' })).status).toBe(400)
  expect((await post('rename', { path: 'file-link', to: '../moved' })).status).toBe(400)
  expect(await readFile(join(dir, 'secret'), 'utf8')).toBe('secret')
})

test('deleting a link keeps its target', async () => {
  await writeFile(join(dir, 'kept'), '')
  await symlink('..', join(root, 'link'))
  await open()
  expect((await post('delete', { path: 'link' })).status).toBe(200)
  expect(await readFile(join(dir, 'kept'), 'utf8')).toBe('')
})

test('binary and large files do not open, and nothing is overwritten', async () => {
  await writeFile(join(root, 'picture'), Buffer.from([0x89, 0x50, 0xff, 0]))
  await writeFile(join(root, 'large'), Buffer.alloc((2 << 20) + 1, 'a'))
  await writeFile(join(root, 'text'), 'text')
  await open()
  expect((await get('file', 'picture')).body.content).toBeNull()
  expect((await get('file', 'large')).status).toBe(413)
  expect((await post('rename', { path: 'picture', to: 'text' })).status).toBe(409)
  expect((await post('save', { path: 'text', content: '', version: null })).status).toBe(409)
  expect((await get('file', 'missing')).status).toBe(404)
})

test('a password is required if set, and its cookie opens the page', async () => {
  await writeFile(join(root, 'a'), 'hello')
  await open('pass word&1')
  expect((await get('file', 'a')).status).toBe(401)
  expect((await fetch(url, { redirect: 'manual' })).headers.get('location')).toBe('./login')
  expect((await logIn('wrong')).status).toBe(401)
  const answer = await logIn('pass word&1')
  const cookie = answer.headers.get('set-cookie') ?? ''
  expect(cookie).toMatch(/^session-\d+=[0-9a-f]{64}; HttpOnly; SameSite=Lax; Path=\/$/)
  expect((await get('file', 'a', { Cookie: `other=1; ${cookie.split(';')[0]}` })).body.content).toBe('hello')
  expect((await get('file', 'a', { Cookie: `${cookie.split('=')[0]}=${'0'.repeat(64)}` })).status).toBe(401)
})

test('guessing passwords is slowed down', async () => {
  await open('secret')
  for (let i = 0; i < 20; i++) await logIn(`guess ${i}`)
  expect((await logIn('secret')).status).toBe(429)
})

test('a foreign page cannot write, and other host names are refused', async () => {
  await open()
  const body = { path: 'a', content: '', version: null }
  expect((await post('save', body, { Origin: 'http://evil.example' })).status).toBe(403)
  expect((await post('save', body, { Origin: 'null' })).status).toBe(403)
  expect((await post('save', body, { 'Content-Type': 'text/plain' })).status).toBe(415)
  expect(await statusWithHost('evil.example')).toBe(403)
  expect(await statusWithHost(`localhost:${new URL(url).port}`)).toBe(200)
})

test('the page has a strict CSP, and its health needs no password', async () => {
  await open('secret')
  expect((await fetch(url)).headers.get('content-security-policy')).toMatch(/^default-src 'none'/)
  const health = await fetch(`${url}healthz`)
  expect(await health.json()).toEqual({ status: 'alive', lastHeartbeat: expect.any(Number) as number })
})

test('a malformed request does not stop the editor', async () => {
  await open()
  expect(await statusWithHost('localhost', ':99999/')).toBe(400)
  expect(await statusWithHost('localhost', 'http://a:b/')).toBe(404)
  expect((await fetch(`${url}healthz`)).status).toBe(200)
})

test('it exits with 98 when its port is taken, and at once on SIGTERM', async () => {
  await open()
  const port = Number(new URL(url).port)
  const second = start(port, null)
  const [code] = (await once(second, 'exit')) as [number]
  expect(code).toBe(98)
  page?.kill('SIGTERM')
  expect((await once(page as ChildProcess, 'exit'))[0]).toBe(0)
})

test('it does not start with --auth password but no password', async () => {
  const [code] = (await once(start(await freePort(), ''), 'exit')) as [number]
  expect(code).toBe(1)
})

function start(port: number, password: string | null): ChildProcess {
  const auth = password === null ? 'none' : 'password'
  const args = [MAIN, '--bind-addr', `127.0.0.1:${port}`, '--auth', auth, '--disable-telemetry', root]
  return spawn(process.execPath, args, { env: { PASSWORD: password ?? undefined }, stdio: 'ignore' })
}

async function open(password: string | null = null): Promise<void> {
  const port = await freePort()
  url = `http://127.0.0.1:${port}/`
  page = start(port, password)
  await expect
    .poll(
      () =>
        fetch(`${url}healthz`).then(
          (r) => r.status,
          () => 0,
        ),
      { timeout: 10_000 },
    )
    .toBe(200)
}

async function get(call: string, path: string, headers: Record<string, string> = {}) {
  return answer(await fetch(`${url}api/${call}?path=${encodeURIComponent(path)}`, { headers }))
}

async function post(call: string, body: unknown, headers: Record<string, string> = {}) {
  const all = { Origin: new URL(url).origin, 'Content-Type': 'application/json', ...headers }
  return answer(await fetch(`${url}api/${call}`, { method: 'POST', headers: all, body: JSON.stringify(body) }))
}

interface Answer {
  content: string | null
  version: string
  entries: { name: string; folder: boolean }[]
}

async function answer(response: Response): Promise<{ status: number; body: Answer }> {
  return { status: response.status, body: (await response.json()) as Answer }
}

function logIn(password: string): Promise<Response> {
  const headers = { Origin: new URL(url).origin }
  return fetch(`${url}login`, { method: 'POST', headers, body: new URLSearchParams({ password }), redirect: 'manual' })
}

/** A plain request, because fetch does not let its caller set Host. */
async function statusWithHost(host: string, path = '/'): Promise<number | undefined> {
  const request = httpRequest(url, { headers: { Host: host }, path }).end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.resume()
  return response.statusCode
}
