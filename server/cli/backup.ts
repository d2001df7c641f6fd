import type { Command } from 'commander'
import { chmodSync, copyFileSync, existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { messageOf } from '../errors.ts'
import { own } from '../owner.ts'
import { openSqlite } from '../sqlite.ts'
import { Refused } from './backend.ts'
import { command, envOf, print, type Common, type Variables } from './shell.ts'

/** `thon backup`: a copy of the database as it is at one moment, also while a server runs, of which SQLite sees to it. */
export function backupCommand(variables: Variables): Command {
  return command('backup', 'copy the database, as it is now, to a file; a server may go on meanwhile')
    .argument('<file>', 'where to; it must not be there yet. It holds passwords and keys')
    .action(async (file: string, options: Common) => {
      const { dbPath } = await envOf(variables, options)
      const target = resolve(file)
      if (!existsSync(dbPath)) throw new Refused(`There is no database at ${dbPath}.`)
      if (existsSync(target)) throw new Refused(`${target} is there already. Name another file, or delete it first.`)
      const client = openSqlite(dbPath, 10_000)
      try {
        // https://www.sqlite.org/lang_vacuum.html#vacuuminto
        await client.execute({ sql: 'VACUUM INTO ?', args: [target] })
      } finally {
        client.close()
      }
      chmodSync(target, 0o600)
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
      await assertBackup(source)
      const ownership = await own(dbPath)
      if (!ownership) throw new Refused(`A THON runs with ${dbPath}. End it first.`)
      try {
        const kept = existsSync(dbPath) ? `${dbPath}.before-${new Date().toISOString().replace(/[:.]/g, '-')}` : null
        if (kept) await settleAndKeep(dbPath, kept)
        copyFileSync(source, `${dbPath}.new`)
        chmodSync(`${dbPath}.new`, 0o600)
        for (const rest of ['-wal', '-shm']) rmSync(dbPath + rest, { force: true })
        renameSync(`${dbPath}.new`, dbPath)
        print(options, { database: dbPath, kept }, () =>
          [`${dbPath} is what ${source} was.`, ...(kept ? [`What was there is in ${kept}.`] : [])].join('\n'),
        )
      } finally {
        ownership.release()
      }
    })
}

/** What is still in the write-ahead log belongs into the file that is kept. */
async function settleAndKeep(dbPath: string, kept: string): Promise<void> {
  const client = openSqlite(dbPath, 10_000)
  try {
    await client.execute('PRAGMA wal_checkpoint(TRUNCATE)')
  } catch {
    // A damaged one is kept as it is.
  } finally {
    client.close()
  }
  copyFileSync(dbPath, kept)
  chmodSync(kept, 0o600)
}

/** @throws Refused unless it is a whole database of THON */
async function assertBackup(path: string): Promise<void> {
  if (!existsSync(path)) throw new Refused(`There is no file ${path}.`)
  const client = openSqlite(path)
  try {
    const { rows } = await client.execute('PRAGMA integrity_check(1)')
    if (String(rows[0]?.[0]) !== 'ok') throw new Refused(`${path} is damaged: ${String(rows[0]?.[0])}`)
    const tables = await client.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    const names = new Set(tables.rows.map(({ name }) => name))
    for (const name of ['Group', 'User', 'Instance', '_prisma_migrations'])
      if (!names.has(name)) throw new Refused(`${path} is no database of THON: it has no table ${name}.`)
  } catch (error) {
    if (error instanceof Refused) throw error
    throw new Refused(`${path} is no database: ${messageOf(error)}`)
  } finally {
    client.close()
  }
}
