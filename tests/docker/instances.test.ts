import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import type { TestApp } from '../kit/app.ts'
import { containersOf, docker, DockerLink, startDockerApp } from '../kit/docker-app.ts'
import { ensureDocker, ensureTestImages, testImage } from '../kit/docker.ts'
import { passwordOf } from '../kit/instances.ts'

interface Row {
  id: string
  state: string
  reason: string | null
  ref: string
  hostPort: number | null
  logs: string
  volume: string
}

const ONE = 'query ($id: ID!) { instance(id: $id) { id state reason ref hostPort logs volume } }'
/** Of this run only: other tests and servers share the engine and its volume names. */
const team = `team${randomBytes(4).toString('hex')}`
const LONG = { timeout: 120_000 }

beforeAll(async () => {
  await ensureDocker()
  await ensureTestImages()
}, 300_000)

async function create(app: TestApp, username: string, more: object = {}): Promise<string> {
  const query = 'mutation ($input: CreateInstanceInput!) { createInstance(input: $input) { id } }'
  const { createInstance } = await app.execute<{ createInstance: Row }>(query, {
    input: { group: team, username, ...more },
  })
  return createInstance.id
}

async function inState(app: TestApp, id: string, state: string): Promise<Row> {
  return (await app.until<{ instance: Row }>(ONE, { id }, ({ instance }) => instance.state === state, 60)).instance
}

async function running(app: TestApp, username = 'ann', more: object = {}): Promise<Row> {
  return inState(app, await create(app, username, more), 'RUNNING')
}

function command(app: TestApp, name: string, id: string) {
  return app.answer<Record<string, Row>>(`mutation ($id: ID!) { ${name}(input: { id: $id }) { id state } }`, { id })
}

test('the container has the stored configuration files, owned by its user', LONG, async () => {
  const app = await startDockerApp({ LEMONADE_API_KEY: 'key-of-lemonade' })
  const kilo = '{ "apiKey": "PLACEHOLDER", } // to be filled in'
  await app.services.configFiles.update(organizer, 'config_kilo_json', { content: kilo })
  await app.services.configFiles.update(organizer, 'config_vscode_settings', { content: '{"editor.fontSize":15}' })
  const { ref } = await running(app, 'files')
  const inside = (...command: string[]) => docker('exec', ref, 'busybox', ...command)
  const home = '/home/vscode'
  expect(JSON.parse(await inside('cat', `${home}/.config/kilo/config.json`))).toEqual({ apiKey: 'key-of-lemonade' })
  expect(await inside('cat', `${home}/.local/share/code-server/User/settings.json`)).toBe('{"editor.fontSize":15}')
  const user = await inside('id', '-u')
  expect(await inside('stat', '-c', '%u', `${home}/.config/kilo`, `${home}/.config/kilo/config.json`)).toBe(
    `${user}\n${user}`,
  )
})

test('a sandbox in a container goes through its whole life', LONG, async () => {
  const app = await startDockerApp()
  const row = await running(app, 'ann', { secure: true })
  expect((await fetch(`http://127.0.0.1:${row.hostPort}/healthz`)).status).toBe(200)
  expect(await passwordOf(app, row.id)).toMatch(/^[\w-]{32}$/)
  await command(app, 'pauseInstance', row.id)
  await inState(app, row.id, 'PAUSED')
  expect(await docker('inspect', '--format', '{{.State.Status}}', row.ref)).toBe('paused')
  await command(app, 'resumeInstance', row.id)
  await inState(app, row.id, 'RUNNING')
  await command(app, 'restartInstance', row.id)
  const again = await inState(app, row.id, 'RUNNING')
  expect((await fetch(`http://127.0.0.1:${again.hostPort}/healthz`)).status).toBe(200)
  await command(app, 'killInstance', row.id)
  await inState(app, row.id, 'TERMINATED')
  await expect.poll(() => containersOf(app.dir), { timeout: 20_000 }).toEqual([])
  expect(await docker('volume', 'ls', '-q', '--filter', `name=${row.volume}`)).toBe(row.volume)
  await docker('volume', 'rm', row.volume)
})

test('changes made with docker commands show up at once', LONG, async () => {
  const app = await startDockerApp()
  const { id, ref } = await running(app)
  await docker('pause', ref)
  await inState(app, id, 'PAUSED')
  await docker('unpause', ref)
  await inState(app, id, 'RUNNING')
  await docker('stop', ref)
  expect((await inState(app, id, 'TERMINATED')).reason).toMatch(/Stopped outside THON/)
  await docker('start', ref)
  await inState(app, id, 'RUNNING')
  await docker('restart', ref)
  const again = await inState(app, id, 'RUNNING')
  expect((await fetch(`http://127.0.0.1:${again.hostPort}/healthz`)).status).toBe(200)
  await docker('rm', '-f', ref)
  const gone = await inState(app, id, 'TERMINATED')
  expect(gone.reason).toMatch(/outside THON/)
})

test.for([
  [`${testImage}-crash`, /Stopped before code-server answered, exit code 3/],
  [`${testImage}-nocmd`, /code-server/],
  [`${testImage}-oom`, /out of memory/],
  [`${testImage}-hang`, /did not answer within 2 seconds/],
  ['thon.invalid/nowhere:1', /could not be pulled.*SANDBOX_IMAGE/],
] as const)('image %s fails with its reason and leaves nothing behind', LONG, async ([image, reason]) => {
  const app = await startDockerApp({ SANDBOX_IMAGE: image, THON_READY_SECONDS: image.endsWith('hang') ? '2' : '20' })
  const failed = await inState(app, await create(app, 'ann'), 'FAILED')
  expect(failed.reason).toMatch(reason)
  if (image.endsWith('crash')) expect((await inState(app, failed.id, 'FAILED')).logs).not.toBe('')
  await expect.poll(() => containersOf(app.dir), { timeout: 20_000 }).toEqual([])
  expect((await command(app, 'recreateInstance', failed.id)).data?.recreateInstance?.state).toBe('PENDING')
})

test('sandboxes that survive a restart of THON are adopted', LONG, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'thon-adopt-'))
  const first = await startDockerApp({}, { dir })
  const [stays, pauses, ends] = await Promise.all([
    running(first, 'stays'),
    running(first, 'pauses'),
    running(first, 'ends'),
  ])
  await first.app.close()
  await docker('pause', pauses.ref)
  await docker('rm', '-f', ends.ref)
  const second = await startDockerApp({}, { dir })
  await inState(second, stays.id, 'RUNNING')
  await inState(second, pauses.id, 'PAUSED')
  await inState(second, ends.id, 'TERMINATED')
})

test('labeled containers without a row are adopted, and others left alone', LONG, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'thon-lost-'))
  const first = await startDockerApp({}, { dir })
  const row = await running(first, 'ann', { secure: true })
  const password = await passwordOf(first, row.id)
  await first.app.close()
  const stranger = await docker('run', '-d', testImage, 'code-server', '--bind-addr', '0.0.0.0:8443', '--auth', 'none')
  onTestFinished(async () => {
    await docker('rm', '-f', stranger)
  })
  await first.app.services.db.$disconnect()
  const { rmSync } = await import('node:fs')
  for (const file of ['thon.db', 'thon.db-wal', 'thon.db-shm']) rmSync(join(dir, file), { force: true })
  const second = await startDockerApp({}, { dir })
  const adopted = await inState(second, row.id, 'RUNNING')
  expect(adopted.volume).toBe(row.volume)
  expect(await passwordOf(second, row.id)).toBe(password)
  const { instances } = await second.execute<{ instances: { total: number } }>('{ instances { total } }')
  expect(instances.total).toBe(1)
  expect(await docker('inspect', '--format', '{{.State.Status}}', stranger)).toBe('running')
})

test('states stay while the engine is unavailable and catch up afterwards', LONG, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'thon-away-'))
  const link = new DockerLink(join(dir, 'docker.sock'))
  await link.mend()
  onTestFinished(() => link.cut())
  const app = await startDockerApp({ DOCKER_HOST: `unix://${link.path}` }, { dir })
  const [one, two] = await Promise.all([running(app, 'one'), running(app, 'two')])
  await link.cut()
  const engine = '{ engine { connected message } }'
  const away = await app.until<{ engine: { connected: boolean; message: string } }>(
    engine,
    {},
    (data) => !data.engine.connected,
  )
  expect(away.engine.message).not.toBe('')
  await docker('pause', two.ref)
  expect((await inState(app, one.id, 'RUNNING')).state).toBe('RUNNING')
  expect((await command(app, 'pauseInstance', one.id)).errors?.[0]?.extensions?.code).toBe('UNAVAILABLE')
  await link.mend()
  await app.until<{ engine: { connected: boolean } }>(engine, {}, (data) => data.engine.connected, 30)
  await inState(app, two.id, 'PAUSED')
  await inState(app, one.id, 'RUNNING')
})

test('an engine that disconnects during many starts loses none of them', LONG, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'thon-middle-'))
  const link = new DockerLink(join(dir, 'docker.sock'))
  await link.mend()
  onTestFinished(() => link.cut())
  const app = await startDockerApp({ DOCKER_HOST: `unix://${link.path}`, THON_START_CONCURRENCY: '3' }, { dir })
  const ids = await Promise.all(Array.from({ length: 8 }, (_, index) => create(app, `u${index}`)))
  await inState(app, ids[0] as string, 'RUNNING')
  await link.cut()
  await app.until<{ engine: { connected: boolean } }>('{ engine { connected } }', {}, (data) => !data.engine.connected)
  await link.mend()
  for (const id of ids) await inState(app, id, 'RUNNING')
  expect(await containersOf(dir)).toHaveLength(8)
})
