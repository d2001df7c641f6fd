import type { Command } from 'commander'
import { chmodSync, closeSync, copyFileSync, existsSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseLocked } from '../app/app.ts'
import { migrationsIn, newerThanThis } from '../db/client.ts'
import { messageOf } from '../core/errors.ts'
import { acquireDatabaseLock } from '../db/lock.ts'
import { openSqlite } from '../db/sqlite.ts'
import { Refused } from './backend.ts'
import { command, envOf, print, type Common, type Variables } from './shell.ts'

/** How long another command that has the database is waited for, in milliseconds. */
const PATIENCE = 15_000

/** `thon backup`: a copy of the database as it is at one moment, also while a server runs, of which SQLite sees to it. */
export function backupCommand(variables: Variables): Command {
  return command('backup', 'copy the database, as it is now, to a file; a server may go on meanwhile')
    .argument('<file>', 'where to; it must not be there yet. It holds passwords and keys')
    .action(async (file: string, options: Common) => {
      const { dbPath } = await envOf(variables, options)
      const target = resolve(file)
      if (!existsSync(dbPath)) throw new Refused(`There is no database at ${dbPath}.`)
      if (existsSync(target)) throw new Refused(`${target} is there already. Name another file, or delete it first.`)
      await copyOf(dbPath, target)
      const { size } = statSync(target)
      print(options, { file: target, bytes: size }, () => `Written to ${target}, ${(size / 1e6).toFixed(1)} MB.`)
    })
}

/** `thon restore`: puts a copy in the place of the database, which is kept beside it. Not while a server runs. */
export function restoreCommand(variables: Variables): Command {
  return command('restore', 'put a copy in the place of the database; what was there is kept beside it')
    .argument('<file>', 'as thon backup wrote it')
    .action(async (file: string, options: Common) => {
      const { dbPath } = await envOf(variables, options)
      const source = resolve(file)
      if (source === resolve(dbPath)) throw new Refused(`${source} is the database itself.`)
      await assertBackup(source)
      const ownership = await acquireDatabaseLock(dbPath, PATIENCE)
      if (!ownership) throw new Refused(new DatabaseLocked(dbPath).message, 'DATABASE_TAKEN')
      try {
        const kept = await putInPlace(source, dbPath)
        print(options, { database: dbPath, kept }, () =>
          [`${dbPath} is what ${source} was.`, ...(kept ? [`What was there is in ${kept}.`] : [])].join('\n'),
        )
      } finally {
        ownership.release()
      }
    })
}

/**
 * All is written and kept before anything is replaced, and that is one rename.
 * @returns where what was there is now; null when nothing was
 */
async function putInPlace(source: string, dbPath: string): Promise<string | null> {
  const next = `${dbPath}.new`
  rmSync(next, { force: true })
  await copyOf(source, next)
  try {
    const kept = existsSync(dbPath) ? `${dbPath}.before-${new Date().toISOString().replace(/[:.]/g, '-')}` : null
    if (kept) await keep(dbPath, kept)
    for (const rest of ['-wal', '-shm']) rmSync(dbPath + rest, { force: true })
    renameSync(next, dbPath)
    return kept
  } finally {
    rmSync(next, { force: true })
  }
}

/** A copy of a database as it is at one moment, for its owner alone. @throws Refused; nothing is left of it then */
async function copyOf(path: string, target: string): Promise<void> {
  try {
    // SQLite writes into an empty file that is there, which nobody else may read from the beginning.
    closeSync(openSync(target, 'wx', 0o600))
  } catch (error) {
    throw new Refused(`${target} cannot be written: ${messageOf(error)}`)
  }
  const client = openSqlite(path, 10_000)
  try {
    // https://www.sqlite.org/lang_vacuum.html#vacuuminto
    await client.execute({ sql: 'VACUUM INTO ?', args: [target] })
  } catch (error) {
    rmSync(target, { force: true })
    throw new Refused(`${path} cannot be copied to ${dirname(target)}: ${messageOf(error)}`)
  } finally {
    client.close()
  }
}

/** A copy of what is to be replaced. A damaged one, of which SQLite makes none, is kept file by file. */
async function keep(dbPath: string, kept: string): Promise<void> {
  try {
    await copyOf(dbPath, kept)
  } catch {
    for (const rest of ['', '-wal'])
      if (existsSync(dbPath + rest)) {
        copyFileSync(dbPath + rest, kept + rest)
        chmodSync(kept + rest, 0o600)
      }
  }
}

/** @throws Refused unless it is a whole database of this THON, or of an older one */
async function assertBackup(path: string): Promise<void> {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw new Refused(`There is no file ${path}.`)
  const client = openSqlite(path)
  try {
    const { rows } = await client.execute('PRAGMA integrity_check(1)')
    if (String(rows[0]?.[0]) !== 'ok') throw new Refused(`${path} is damaged: ${String(rows[0]?.[0])}`)
    const tables = await client.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    const names = new Set(tables.rows.map(({ name }) => name))
    for (const name of ['Group', 'User', 'Instance', '_prisma_migrations'])
      if (!names.has(name)) throw new Refused(`${path} is no database of THON: it has no table ${name}.`)
    const newer = newerThanThis(await migrationsIn(client))
    if (newer) throw new Refused(`${path} was written by a newer THON (${newer}). Update this one first.`)
  } catch (error) {
    if (error instanceof Refused) throw error
    throw new Refused(`${path} is no database: ${messageOf(error)}`)
  } finally {
    client.close()
  }
}
