import { createHash, randomUUID } from 'node:crypto'
import { chmodSync, closeSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createClient, type Client, type Config } from '@libsql/client'
import { PrismaLibSql } from '@prisma/adapter-libsql'
import { PrismaClient } from '../../prisma/generated/client/client.ts'
import { databaseUrl, openSqlite } from './sqlite.ts'

/** An open database. Writes and transactions run one at a time (the adapter's lock), so keep them short. */
export type Db = PrismaClient

const migrationsDir = join(import.meta.dirname, '..', '..', 'prisma', 'migrations')

/**
 * Opens the SQLite file and applies pending migrations. Creates the file (mode 0600) and its folder when missing.
 * @param path absolute path of the file
 * @returns the client, and the names of the migrations applied now
 * @throws when the file cannot be opened or a migration fails; the failed migration leaves no trace
 */
export async function openDb(path: string): Promise<{ db: Db; applied: string[] }> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
  chmodSync(path, 0o600)
  const applied = await migrate(path)
  const db = new PrismaClient({ adapter: new Adapter({ url: databaseUrl(path), timeout: 5_000 }) })
  // WAL is kept in the file; these two belong to the connection, of which there is only one.
  await db.$queryRaw`PRAGMA synchronous = NORMAL`
  await db.$queryRaw`PRAGMA foreign_keys = ON`
  return { db, applied }
}

/** Closes the database with everything in the one file, so that a plain copy of it is complete. */
export async function closeDb(db: Db): Promise<void> {
  // On a full disk the rest stays in the write-ahead log, as after a crash.
  await db.$queryRaw`PRAGMA wal_checkpoint(TRUNCATE)`.catch(() => undefined)
  await db.$disconnect()
}

class Adapter extends PrismaLibSql {
  /**
   * One connection for good. The client that Prisma brings along opens another one after each transaction, without its
   * pragmas, and never closes the last.
   */
  override createClient(config: Config): Client {
    return createClient({ ...config, concurrency: 1 })
  }

  /** Prisma assumes SQLite's old limit of 999 parameters and refuses to load relations of more rows at once. */
  override async connect() {
    const connection = await super.connect()
    const info = { maxBindValues: 32_766, supportsRelationJoins: false }
    return Object.assign(connection, { getConnectionInfo: () => info })
  }
}

/** Applies prisma/migrations, and keeps Prisma's own bookkeeping table so that its CLI stays usable. */
async function migrate(path: string): Promise<string[]> {
  const client = openSqlite(path)
  try {
    await client.execute('PRAGMA journal_mode = WAL')
    await client.execute(BOOKKEEPING)
    const done = await migrationsIn(client)
    const foreign = newerThanThis(done)
    if (foreign)
      throw new Error(
        `${path} was written by a newer THON (${foreign}). Update this one, or restore one of its own backups.`,
      )
    const pending = migrationNames().filter((name) => !done.includes(name))
    for (const name of pending) await applyOne(client, name)
    return pending
  } finally {
    client.close()
  }
}

/** The migrations that were applied to a database. */
export async function migrationsIn(client: Client): Promise<string[]> {
  const { rows } = await client.execute('SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL')
  return rows.map((row) => row.migration_name as string)
}

/** An applied migration that this THON does not know; undefined when it knows them all. */
export function newerThanThis(done: readonly string[]): string | undefined {
  const known = migrationNames()
  return done.find((name) => !known.includes(name))
}

function migrationNames(): string[] {
  return readdirSync(migrationsDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
}

async function applyOne(client: Client, name: string): Promise<void> {
  const sql = readFileSync(join(migrationsDir, name, 'migration.sql'), 'utf8')
  const tx = await client.transaction('write')
  try {
    await tx.executeMultiple(sql)
    await tx.execute({
      sql: `INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, started_at, applied_steps_count)
            VALUES (?, ?, ?, ?, ?, 1)`,
      args: [randomUUID(), createHash('sha256').update(sql).digest('hex'), Date.now(), name, Date.now()],
    })
    await tx.commit()
  } catch (error) {
    throw new Error(`Migration ${name} failed and was rolled back`, { cause: error })
  } finally {
    tx.close()
  }
}

const BOOKKEEPING = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" TEXT PRIMARY KEY NOT NULL, "checksum" TEXT NOT NULL, "finished_at" DATETIME, "migration_name" TEXT NOT NULL,
  "logs" TEXT, "rolled_back_at" DATETIME, "started_at" DATETIME NOT NULL DEFAULT current_timestamp,
  "applied_steps_count" INTEGER UNSIGNED NOT NULL DEFAULT 0)`

/** Whether a write failed because a unique index already holds that value. */
export function isUniqueViolation(error: unknown): boolean {
  return hasCode(error, 'P2002')
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code
}
