import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { identityOf } from '../../server/app/identity.ts'
import { loadEnv, type Env } from '../../server/config/env.ts'
import { openDb, type Db } from '../../server/db/client.ts'
import { EngineUnavailable } from '../../server/engine/engine.ts'
import { ProcessEngine } from '../../server/engine/process/engine.ts'

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'thon-identity-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

async function database(dir = folder()): Promise<{ db: Db; env: Env; dir: string }> {
  const env = loadEnv({
    ...{ HOME: dir, THON_DB_PATH: join(dir, 'thon.db'), THON_WORKSPACE_DIR: join(dir, 'workspace') },
    ...{ DOCKER_HOST: `unix://${dir}/no-docker.sock` },
  })
  const { db } = await openDb(env.dbPath)
  onTestFinished(() => db.$disconnect())
  return { db, env, dir }
}

async function addInstance(db: Db, active: boolean): Promise<string> {
  const { id } = await db.instance.create({
    data: {
      ...{ group: 'alpha', username: 'ann', search: '', state: active ? 'Running' : 'Terminated', engine: 'docker' },
      ...{ activeKey: active ? 'alpha/ann' : null, port: 8443, secure: false, image: 'i', volume: 'v' },
    },
  })
  return id
}

const hashOf = (path: string) => createHash('sha256').update(path).digest('hex').slice(0, 12)

test('a new database gets a random id, and keeps it', async () => {
  const { db, env } = await database()
  const { node } = await identityOf(db, env)
  expect(node).toMatch(/^[0-9a-f]{12}$/)
  expect(node).not.toBe(hashOf(env.dbPath))
  expect((await identityOf(db, env)).node).toBe(node)
})

test('two databases under the same path have different ids', async () => {
  const [one, two] = [await database(), await database()]
  const { node } = await identityOf(one.db, one.env)
  const env = { ...two.env, dbPath: one.env.dbPath }
  expect((await identityOf(two.db, env)).node).not.toBe(node)
})

test('an older database with running sandboxes keeps its old id while Docker is unavailable', async () => {
  const { db, env } = await database()
  await addInstance(db, true)
  expect((await identityOf(db, env)).node).toBe(hashOf(env.dbPath))
})

test('an older database without sandboxes gets a random id', async () => {
  const { db, env } = await database()
  await addInstance(db, false)
  expect((await identityOf(db, env)).node).not.toBe(hashOf(env.dbPath))
})

test('an older database keeps the id of its embedded sandboxes', async () => {
  const { db, env, dir } = await database()
  const id = await addInstance(db, false)
  mkdirSync(join(dir, 'workspace/.sandboxes'), { recursive: true })
  const record = {
    ...{ ref: `process-${id}`, instanceId: id, node: 'abc', group: 'alpha', username: 'ann', image: 'i', volume: 'v' },
    ...{ port: 8443, password: null, status: 'exited', hostPort: null, exitCode: 0, startedAt: null, pid: null },
    start: null,
  }
  writeFileSync(join(dir, 'workspace/.sandboxes', `${id}.json`), JSON.stringify(record))
  expect((await identityOf(db, env)).node).toBe('abc')
})

test('a copy of a database may not serve embedded sandboxes while the original does', async () => {
  const { env, db, dir } = await database()
  const identity = await identityOf(db, env)
  const options = { workspaceDir: join(dir, 'workspace'), path: '/usr/bin:/bin' }
  const original = new ProcessEngine({ ...identity, ...options })
  await original.info()
  const database2 = { ...identity.database, path: '/copy/thon.db', file: 'another' }
  const copy = new ProcessEngine({ ...identity, ...options, database: database2 })
  await expect(copy.info()).rejects.toThrow(EngineUnavailable)
  await expect(copy.list()).rejects.toThrow(env.dbPath)
  await original.close()
  await copy.info()
  await copy.close()
})
