import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { DockerConnection } from '../../server/config/env.ts'
import { findDocker } from '../../server/engine/docker/connection.ts'
import { EngineUnavailable } from '../../server/engine/engine.ts'

/** A DOCKER_CONFIG folder with these files, deleted after the test. */
function configDir(files: Record<string, string> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'thon-docker-config-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

function find(connection: Partial<DockerConnection> = {}) {
  const none = { host: null, tlsVerify: false, certPath: null, context: null }
  return findDocker({ ...none, configDir: connection.configDir ?? configDir(), ...connection })
}

const id = createHash('sha256').update('local').digest('hex')
const meta = (docker: object) => ({ [`contexts/meta/${id}/meta.json`]: JSON.stringify({ Endpoints: { docker } }) })

test("without any setting, it is this machine's socket", () => {
  expect(find()).toMatchObject({ socketPath: '/var/run/docker.sock', tls: null })
})

test('a host takes precedence over a context', () => {
  expect(find({ host: 'unix:///run/other.sock', context: 'missing' }).socketPath).toBe('/run/other.sock')
})

test.for([
  ['tcp://local:2300', 'local', 2300],
  ['tcp://local', 'local', 2375],
  ['http://local:80', 'local', 80],
  ['local:2300', 'local', 2300],
  ['tcp://[::1]:2300', '[::1]', 2300],
] as const)('%s is a host and a port, without TLS', ([host, hostname, port]) => {
  expect(find({ host })).toMatchObject({ socketPath: null, hostname, port, tls: null })
})

test('a certificate folder means TLS, verified only with DOCKER_TLS_VERIFY', () => {
  const certPath = configDir({ 'ca.pem': 'ca', 'cert.pem': 'cert', 'key.pem': 'key' })
  const tls = { ca: Buffer.from('ca'), cert: Buffer.from('cert'), key: Buffer.from('key') }
  const host = 'tcp://local'
  expect(find({ host, certPath })).toMatchObject({ port: 2376, tls: { ...tls, verify: false } })
  expect(find({ host, certPath, tlsVerify: true }).tls).toEqual({ ...tls, verify: true })
  expect(find({ host, tlsVerify: true, configDir: certPath }).tls).toEqual({ ...tls, verify: true })
})

test('a folder without certificates is an error', () => {
  expect(() => find({ host: 'tcp://local', certPath: '/nowhere' })).toThrow(EngineUnavailable)
})

test('DOCKER_CONTEXT takes precedence over the current context', () => {
  const folder = configDir({ 'config.json': '{"currentContext":"local"}', ...meta({ Host: 'unix:///run/local.sock' }) })
  expect(find({ configDir: folder }).socketPath).toBe('/run/local.sock')
  expect(find({ configDir: folder, context: 'local' }).socketPath).toBe('/run/local.sock')
  expect(find({ configDir: folder, context: 'default' }).socketPath).toBe('/var/run/docker.sock')
})

test('a context brings its certificates', () => {
  const ca = { [`contexts/tls/${id}/docker/ca.pem`]: 'ca' }
  const folder = configDir({ ...meta({ Host: 'tcp://local:2376', SkipTLSVerify: false }), ...ca })
  expect(find({ configDir: folder, context: 'local' })).toMatchObject({ port: 2376, tls: { verify: true } })
})

test('a missing or broken context is named in the error', () => {
  expect(() => find({ context: 'local' })).toThrow(/no Docker context "local"/)
  expect(() => find({ context: 'local', configDir: configDir(meta({})) })).toThrow(/"local" names no host/)
  expect(() => find({ configDir: configDir({ 'config.json': '{' }) })).toThrow(EngineUnavailable)
})
