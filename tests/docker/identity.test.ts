import { createHash, randomBytes } from 'node:crypto'
import { cpSync, mkdtempSync, renameSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { closeDb, openDb, type Db } from '../../server/db/client.ts'
import type { TestApp } from '../kit/app.ts'
import { containersOf, docker, nodeOf, startDockerApp } from '../kit/docker-app.ts'
import { ensureDocker, ensureTestImages, testImage } from '../kit/docker.ts'

interface Row {
  id: string
  state: string
  reason: string | null
  ref: string
  volume: string
}

const LONG = { timeout: 180_000 }
const ALL = '{ instances { items { id state reason ref volume } } }'
/** Of this run only: other tests and servers share the engine and its volume names. */
const team = `hall${randomBytes(4).toString('hex')}`

beforeAll(async () => {
  await ensureDocker()
  await ensureTestImages()
}, 300_000)

const folder = () => mkdtempSync(join(tmpdir(), 'thon-identity-'))

function create(app: TestApp, username: string) {
  return app.answer<{ createInstance: Row }>(
    'mutation ($input: CreateInstanceInput!) { createInstance(input: $input) { id } }',
    { input: { group: team, username } },
  )
}

async function rows(app: TestApp): Promise<Row[]> {
  return (await app.execute<{ instances: { items: Row[] } }>(ALL)).instances.items
}

async function inState(app: TestApp, id: string, state: string): Promise<Row> {
  const one = 'query ($id: ID!) { instance(id: $id) { id state reason ref volume } }'
  return (await app.until<{ instance: Row }>(one, { id }, ({ instance }) => instance.state === state, 60)).instance
}

async function running(app: TestApp, username: string): Promise<Row> {
  const { data } = await create(app, username)
  return inState(app, data?.createInstance.id ?? '', 'RUNNING')
}

async function containersOn(volume: string): Promise<string[]> {
  return (await docker('ps', '-q', '--no-trunc', '--filter', `volume=${volume}`)).split('\n').filter(Boolean)
}

async function engineMessage(app: TestApp): Promise<string | null> {
  const { engine } = await app.execute<{ engine: { message: string | null } }>('{ engine { message } }')
  return engine.message
}

async function withDb(path: string, use: (db: Db) => Promise<unknown>): Promise<void> {
  const { db } = await openDb(path)
  await use(db)
  await closeDb(db)
}

test('a moved database keeps its sandboxes', LONG, async () => {
  const dir = folder()
  const first = await startDockerApp({}, { dir })
  const [ann, bob] = await Promise.all([running(first, 'ann'), running(first, 'bob')])
  await first.close()
  const moved = `${dir}-moved`
  renameSync(dir, moved)
  const second = await startDockerApp({}, { dir: moved })
  await inState(second, ann.id, 'RUNNING')
  await inState(second, bob.id, 'RUNNING')
  expect((await create(second, 'ann')).errors?.[0]?.message).toBe('ann already has a running sandbox.')
  expect(await containersOn(ann.volume)).toHaveLength(1)
})

test('a database of an older version keeps the sandboxes that carry the hash of its path', LONG, async () => {
  const dir = folder()
  const path = join(dir, 'thon.db')
  const node = createHash('sha256').update(path).digest('hex').slice(0, 12)
  await withDb(path, (db) => db.node.create({ data: { id: node } }))
  const first = await startDockerApp({}, { dir })
  const ann = await running(first, 'ann')
  await first.close()
  await withDb(path, (db) => db.node.deleteMany())
  // Also when it was moved since, so that the hash of its path no longer says anything.
  const moved = `${dir}-moved`
  renameSync(dir, moved)
  const second = await startDockerApp({}, { dir: moved })
  await inState(second, ann.id, 'RUNNING')
  expect(await nodeOf(moved)).toBe(node)
})

test('two databases on one engine see only their own sandboxes', LONG, async () => {
  const one = await startDockerApp({}, { dir: folder() })
  const ann = await running(one, 'ann')
  const two = await startDockerApp({}, { dir: folder() })
  expect(await nodeOf(two.dir)).not.toBe(await nodeOf(one.dir))
  expect(await rows(two)).toEqual([])
  await create(two, 'bob')
  await two.close()
  expect(await rows(one)).toMatchObject([{ id: ann.id, state: 'RUNNING' }])
  expect(await containersOf(one.dir)).toEqual([ann.ref])
})

test('equal names on two databases get different volumes', LONG, async () => {
  const [one, two] = [await startDockerApp({}, { dir: folder() }), await startDockerApp({}, { dir: folder() })]
  const ann = await running(one, 'ann')
  const other = await running(two, 'ann')
  expect(ann.volume).toBe(`thon-workspace-${team}-ann`)
  expect(other.volume).toBe(`${ann.volume}--${await nodeOf(two.dir)}`)
  for (const { volume } of [ann, other]) expect(await containersOn(volume)).toHaveLength(1)
  // Once it has one, it keeps it, also when the other volume is gone.
  await two.execute('mutation ($id: ID!) { killInstance(input: { id: $id }) { id } }', { id: other.id })
  await inState(two, other.id, 'TERMINATED')
  await one.execute('mutation ($id: ID!) { killInstance(input: { id: $id }) { id } }', { id: ann.id })
  await inState(one, ann.id, 'TERMINATED')
  await expect.poll(() => containersOf(one.dir), { timeout: 20_000 }).toEqual([])
  await docker('volume', 'rm', ann.volume)
  expect((await running(two, 'ann')).volume).toBe(other.volume)
})

test.for(['volume', 'folder'] as const)(
  'a sandbox does not start on a %s that a container of someone else uses',
  LONG,
  async (what) => {
    const app = await startDockerApp({}, { dir: folder() })
    const volume = `thon-workspace-${team}-${what}`
    // As the predecessor and older versions left it: without a word on whose it is.
    await docker('volume', 'create', volume)
    const source = what === 'volume' ? volume : await docker('volume', 'inspect', '-f', '{{.Mountpoint}}', volume)
    const stranger = await docker('run', '-d', '-v', `${source}:/data`, '--entrypoint', 'sleep', testImage, '600')
    onTestFinished(async () => {
      await docker('rm', '-f', stranger).catch(() => undefined)
      await docker('volume', 'rm', volume).catch(() => undefined)
    })
    const { data } = await create(app, what)
    const failed = await inState(app, data?.createInstance.id ?? '', 'FAILED')
    expect(failed.reason).toMatch(
      new RegExp(
        `^The workspace ${volume} is in use by the container .*, which THON did not create. Stop that first.$`,
      ),
    )
    await docker('rm', '-f', stranger)
    expect((await running(app, what)).volume).toBe(volume)
  },
)

test('a copy of a database gets no sandboxes while the original runs, and says why', LONG, async () => {
  const original = await startDockerApp({}, { dir: folder() })
  const ann = await running(original, 'ann')
  await original.db.$queryRaw`PRAGMA wal_checkpoint(TRUNCATE)`
  const dir = folder()
  cpSync(join(original.dir, 'thon.db'), join(dir, 'thon.db'))
  const copy = await startDockerApp({}, { dir })
  expect(await engineMessage(copy)).toContain(`its database is ${join(original.dir, 'thon.db')}`)
  const kill = await copy.answer('mutation ($id: ID!) { killInstance(input: { id: $id }) { id } }', { id: ann.id })
  expect(kill.errors?.[0]?.extensions?.code).toBe('UNAVAILABLE')
  expect(await engineMessage(original)).toBeNull()
  await inState(original, ann.id, 'RUNNING')
  // As soon as the original has stopped, the copy takes over.
  await original.close()
  await copy.until<{ engine: { connected: boolean } }>('{ engine { connected } }', {}, ({ engine }) => engine.connected)
  await inState(copy, ann.id, 'RUNNING')
})
