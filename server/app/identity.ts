import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import type { Env } from '../config/env.ts'
import type { Db } from '../db/client.ts'
import { nodeInDocker } from '../engine/docker/carried-node.ts'
import { EngineUnavailable } from '../engine/engine.ts'
import type { DatabaseFile, EngineIdentity } from '../engine/identity.ts'
import { nodeInRecords } from '../engine/process/records.ts'

/** Who this database is on engines: its own random id, chosen at its first start and kept in it. */
export async function identityOf(db: Db, env: Env): Promise<EngineIdentity> {
  const database = databaseFile(env.dbPath)
  const kept = await db.node.findFirst()
  if (kept) return { node: kept.id, database }
  const node = (await formerNode(db, env, database)) ?? newNodeId()
  await db.node.create({ data: { id: node } })
  return { node, database }
}

/** A new id, unlike any other. */
export function newNodeId(): string {
  return randomBytes(6).toString('hex')
}

/**
 * Versions before 0.2.0 computed the id from the database's path. Sandboxes carry that, so it is kept while any do, also
 * when the database was moved since.
 */
async function formerNode(db: Db, env: Env, database: DatabaseFile): Promise<string | null> {
  const instances = await db.instance.findMany({ select: { id: true, activeKey: true, engine: true } })
  const isNew = instances.length === 0 && (await db.user.count()) === 0
  const byPath = isNew ? null : createHash('sha256').update(env.dbPath).digest('hex').slice(0, 12)
  const former = { database, byPath, instanceIds: new Set(instances.map(({ id }) => id)) }
  const inRecords = nodeInRecords(env.workspaceDir, former)
  if (inRecords !== null || env.engine === 'process') return inRecords
  try {
    return await nodeInDocker(env.docker, former)
  } catch (error) {
    if (!(error instanceof EngineUnavailable)) throw error
    const mayRun = instances.some(({ activeKey, engine }) => activeKey !== null && engine === 'docker')
    return mayRun ? byPath : null
  }
}

function databaseFile(path: string): DatabaseFile {
  const [file, folder] = [statSync(path), statSync(dirname(path))]
  return {
    path,
    host: hostname(),
    file: `${bootId()}:${file.dev}:${file.ino}`,
    folder: `${folder.dev}:${folder.ino}`,
  }
}

/** Numbers of files are unique on one machine only. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return hostname()
  }
}
