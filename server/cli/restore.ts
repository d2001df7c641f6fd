import type { Command } from 'commander'
import { chmodSync, copyFileSync, existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { DatabaseLocked } from '../app/app.ts'
import { describeError } from '../core/errors.ts'
import { newNodeId } from '../app/identity.ts'
import { closeDb, migrationsIn, newerThanThis, openDb } from '../db/client.ts'
import { acquireDatabaseLock } from '../db/lock.ts'
import { nodeIdIn } from '../db/node-id.ts'
import { openSqlite } from '../db/sqlite.ts'
import { CommandError } from './backend.ts'
import { copyDatabase } from './backup.ts'
import { command, envOf, print, type CommonOptions, type Variables } from './shell.ts'

/** How long to wait for another command that uses the database. */
const LOCK_TIMEOUT_MS = 15_000

interface RestoreOptions extends CommonOptions {
  newIdentity?: true
}

/** `thon restore`: replaces the database with a backup, and keeps the old one next to it. Not while a server runs. */
export function restoreCommand(variables: Variables): Command {
  return command('restore', 'replace the database with a backup; the old one is kept next to it')
    .argument('<file>', 'a file from thon backup, or any other database of THON')
    .option('--new-identity', 'for a copy that runs next to the original: it leaves the original its sandboxes')
    .action(async (file: string, options: RestoreOptions) => {
      const { dbPath } = await envOf(variables, options)
      const source = resolve(file)
      if (source === resolve(dbPath)) throw new CommandError(`${source} is the database itself.`)
      await assertBackup(source)
      const lock = await acquireDatabaseLock(dbPath, LOCK_TIMEOUT_MS)
      if (!lock) throw new CommandError(new DatabaseLocked(dbPath).message, 'DATABASE_TAKEN')
      try {
        const kept = await replaceDatabase(source, dbPath, options.newIdentity === true)
        print(options, { database: dbPath, kept }, () =>
          [
            `Restored ${dbPath} from ${source}.`,
            ...(kept ? [`The previous database is ${kept}.`] : []),
            'Everyone was signed out, and signs in again.',
          ].join('\n'),
        )
      } finally {
        lock.release()
      }
    })
}

/**
 * Both copies are complete before anything is replaced, by one rename.
 * @param newIdentity whether it becomes another THON to the engines
 * @returns path of the previous database; null without one
 */
async function replaceDatabase(source: string, dbPath: string, newIdentity: boolean): Promise<string | null> {
  const next = `${dbPath}.new`
  rmSync(next, { force: true })
  await copyDatabase(source, next)
  try {
    await endSessions(next)
    await setNode(next, newIdentity ? newNodeId() : await nodeIdIn(dbPath), newIdentity)
    const backupPath = existsSync(dbPath) ? `${dbPath}.before-${new Date().toISOString().replace(/[:.]/g, '-')}` : null
    if (backupPath) await keep(dbPath, backupPath)
    for (const ending of ['-wal', '-shm']) rmSync(dbPath + ending, { force: true })
    renameSync(next, dbPath)
    return backupPath
  } finally {
    rmSync(next, { force: true })
  }
}

/**
 * Sessions that ended since the backup would count again, and on another machine no key signs their cookies. Backups of
 * earlier versions hold keys, which anyone may have read.
 */
async function endSessions(path: string): Promise<void> {
  const client = openSqlite(path)
  try {
    const { rows } = await client.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    const tables = new Set(rows.map(({ name }) => name))
    for (const name of ['Session', 'OAuthState']) if (tables.has(name)) await client.execute(`DELETE FROM "${name}"`)
    if (tables.has('Secret')) await client.execute(`DELETE FROM "Secret" WHERE name IN ('session', 'pass')`)
  } finally {
    client.close()
  }
}

/** Writes the id of a database. @param always also where it has one: backups of versions before 0.2.0 have none */
async function setNode(path: string, id: string | null, always: boolean): Promise<void> {
  if (id === null) return
  const { db } = await openDb(path)
  try {
    if (always) await db.node.deleteMany()
    if (!(await db.node.findFirst())) await db.node.create({ data: { id } })
  } finally {
    await closeDb(db)
    for (const ending of ['-wal', '-shm']) rmSync(path + ending, { force: true })
  }
}

/** Copies the database that is about to be replaced. SQLite cannot copy a damaged one, so its files are copied as they are. */
async function keep(dbPath: string, backupPath: string): Promise<void> {
  try {
    await copyDatabase(dbPath, backupPath)
  } catch {
    for (const ending of ['', '-wal'])
      if (existsSync(dbPath + ending)) {
        copyFileSync(dbPath + ending, backupPath + ending)
        chmodSync(backupPath + ending, 0o600)
      }
  }
}

/** @throws CommandError unless it is an intact database of this version of THON, or of an older one */
async function assertBackup(path: string): Promise<void> {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw new CommandError(`There is no file ${path}.`)
  const client = openSqlite(path)
  try {
    const { rows } = await client.execute('PRAGMA integrity_check(1)')
    const result = rows[0]?.[0]
    if (result !== 'ok') throw new CommandError(`${path} is damaged: ${typeof result === 'string' ? result : ''}.`)
    const tables = await client.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    const names = new Set(tables.rows.map(({ name }) => name))
    for (const name of ['Group', 'User', 'Instance', '_prisma_migrations'])
      if (!names.has(name)) throw new CommandError(`${path} is not a database of THON: it has no table ${name}.`)
    const newer = newerThanThis(await migrationsIn(client))
    if (newer) throw new CommandError(`${path} was written by a newer THON (${newer}). Update this one first.`)
  } catch (error) {
    if (error instanceof CommandError) throw error
    throw new CommandError(`${path} is not a database: ${describeError(error)}.`)
  } finally {
    client.close()
  }
}
