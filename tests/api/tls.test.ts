import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { Tls } from '../../server/http/tls.ts'
import { createLog } from '../../server/core/log.ts'
import { startApp, type TestApp } from '../kit/app.ts'
import { requestHttps, createKeyPair, KeyPairFiles, type KeyPair } from '../kit/certificates.ts'

const JSON_BODY = { 'Content-Type': 'application/json' }

function fingerprintOf({ cert }: KeyPair): string {
  return new X509Certificate(cert).fingerprint256
}

async function query<T>(app: TestApp, document: string): Promise<T> {
  const body = JSON.stringify({ query: document })
  const { text } = await requestHttps(`${app.url}/graphql`, {
    method: 'POST',
    headers: JSON_BODY,
    body,
    rejectUnauthorized: false,
  })
  return (JSON.parse(text) as { data: T }).data
}

async function noticesOf(app: TestApp): Promise<string> {
  const { engine } = await query<{ engine: { notices: string[] } }>(app, '{ engine { notices } }')
  return engine.notices.join('\n')
}

/** A WebSocket over TLS. */
async function openSocket(app: TestApp, ca: string): Promise<WebSocket> {
  const socket = new WebSocket(`${app.url.replace('https', 'wss')}/graphql`, 'graphql-transport-ws', { ca })
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  return socket
}

test('HTTP and WebSocket use TLS with the certificate in the files', async () => {
  const pair = await createKeyPair()
  const app = await startApp(new KeyPairFiles(pair).variables)
  expect(app.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
  const reply = await requestHttps(`${app.url}/healthz`, { ca: pair.cert })
  expect([reply.status, reply.fingerprint]).toEqual([200, fingerprintOf(pair)])
  class Trusting extends WebSocket {
    constructor(url: string, protocol: string) {
      super(url, protocol, { ca: pair.cert, origin: app.url })
    }
  }
  const client = createClient({ url: `${app.url.replace('https', 'wss')}/graphql`, webSocketImpl: Trusting })
  onTestFinished(() => void client.dispose())
  for await (const answer of client.iterate({ query: '{ viewer { role } }' }))
    expect(answer.data).toEqual({ viewer: { role: 'ORGANIZER' } })
  expect(await noticesOf(app)).not.toContain('certificate')
})

test('plain HTTP and TLS 1.1 are refused', async () => {
  const app = await startApp(new KeyPairFiles(await createKeyPair()).variables)
  await expect(fetch(app.url.replace('https', 'http'))).rejects.toThrow()
  const old = connect({
    host: '127.0.0.1',
    port: Number(new URL(app.url).port),
    maxVersion: 'TLSv1.1',
    minVersion: 'TLSv1',
    ciphers: 'DEFAULT@SECLEVEL=0',
    rejectUnauthorized: false,
  })
  const [error] = (await once(old, 'error')) as [Error]
  expect(String(error)).toMatch(/protocol version|ECONNRESET|unsupported/i)
})

test('the session cookie is never sent over plain HTTP', async () => {
  const pair = await createKeyPair()
  const app = await startApp({ ...new KeyPairFiles(pair).variables, AUTH_LOCAL_PASSWORD: 'open sesame' })
  const reply = await requestHttps(`${app.url}/api/auth/login/local`, {
    method: 'POST',
    headers: JSON_BODY,
    body: JSON.stringify({ password: 'open sesame' }),
    ca: pair.cert,
  })
  expect(reply.status).toBe(200)
  expect(String(reply.headers['set-cookie'])).toMatch(/session=v1.*; Secure/)
})

test('a renewed certificate is served at once, and open connections stay open', async () => {
  const [before, after] = [await createKeyPair(), await createKeyPair()]
  const files = new KeyPairFiles(before)
  const app = await startApp(files.variables)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  const onOpenConnection = () => requestHttps(`${app.url}/healthz`, { agent, ca: before.cert })
  expect((await onOpenConnection()).fingerprint).toBe(fingerprintOf(before))
  const socket = await openSocket(app, before.cert)

  files.replace(after)
  const onNewConnection = () => requestHttps(`${app.url}/healthz`, { rejectUnauthorized: false })
  await expect.poll(async () => (await onNewConnection()).fingerprint, { timeout: 5_000 }).toBe(fingerprintOf(after))

  expect((await onOpenConnection()).fingerprint).toBe(fingerprintOf(before))
  socket.send(JSON.stringify({ type: 'connection_init' }))
  const [message] = (await once(socket, 'message')) as [Buffer]
  expect(JSON.parse(message.toString())).toMatchObject({ type: 'connection_ack' })
})

test('a key that does not match keeps the old certificate, with a notice until it does', async () => {
  const [before, after] = [await createKeyPair(), await createKeyPair()]
  const files = new KeyPairFiles(before)
  const app = await startApp(files.variables)
  const shown = async () => (await requestHttps(`${app.url}/healthz`, { rejectUnauthorized: false })).fingerprint

  app.logged.expect(/certificate/)
  files.replace({ cert: after.cert, key: before.key })
  await expect.poll(() => noticesOf(app), { timeout: 5_000 }).toContain('the key belongs to another certificate')
  expect(await noticesOf(app)).toContain('Put a certificate and its key there')
  expect(await shown()).toBe(fingerprintOf(before))

  files.replace({ cert: 'nonsense', key: after.key })
  await expect.poll(() => noticesOf(app), { timeout: 5_000 }).toContain('is not a certificate in PEM format')
  expect(await shown()).toBe(fingerprintOf(before))

  files.replace(after)
  await expect.poll(shown, { timeout: 5_000 }).toBe(fingerprintOf(after))
  expect(await noticesOf(app)).not.toContain('certificate')
})

test.for([
  [10, /expires on \d{4}-\d\d-\d\d\. Put a new one there/],
  [-1, /expired on \d{4}-\d\d-\d\d\. Browsers refuse to open THON/],
] as const)('a certificate that expires in %i days gives a notice', async ([days, notice]) => {
  const app = await startApp(new KeyPairFiles(await createKeyPair(days)).variables)
  expect(await noticesOf(app)).toMatch(notice)
})

test('a start with a key of another certificate fails with the reason', async () => {
  const files = new KeyPairFiles({ cert: (await createKeyPair()).cert, key: (await createKeyPair()).key })
  await expect(startApp(files.variables)).rejects.toThrow(
    /^THON_TLS_CERT .* and THON_TLS_KEY .* do not hold a certificate with its key: the key belongs to another certificate\.$/,
  )
})

/** As Kubernetes mounts a secret: files are links into a folder that is itself a link, which is replaced. */
test('a certificate behind links is served when a link changes, without a watch', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'thon-tls-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const fill = (name: string, { cert, key }: KeyPair) => {
    mkdirSync(join(dir, name))
    writeFileSync(join(dir, name, 'tls.crt'), cert)
    writeFileSync(join(dir, name, 'tls.key'), key)
    symlinkSync(name, join(dir, '..data.new'))
    renameSync(join(dir, '..data.new'), join(dir, '..data'))
  }
  const [before, after] = [await createKeyPair(), await createKeyPair()]
  fill('one', before)
  mkdirSync(join(dir, 'mount'))
  // Nothing in the watched folder changes, so only reading again finds it.
  for (const file of ['tls.crt', 'tls.key']) symlinkSync(`../..data/${file}`, join(dir, 'mount', file))
  const onChange = vi.fn()
  const tls = new Tls(
    { cert: join(dir, 'mount', 'tls.crt'), key: join(dir, 'mount', 'tls.key') },
    { log: createLog('silent'), onChange, everyMs: 50 },
  )
  onTestFinished(() => tls.close())
  fill('two', after)
  // It reports changes of notices in the same step in which it takes the certificate.
  await expect.poll(() => tls.options.cert).toBe(after.cert)
  expect(onChange).not.toHaveBeenCalled()
})
