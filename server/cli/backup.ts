import type { Command } from 'commander'
import { closeSync, existsSync, openSync, rmSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { describeError } from '../core/errors.ts'
import { openSqlite } from '../db/sqlite.ts'
import { CommandError } from './backend.ts'
import { command, envOf, print, type CommonOptions, type Variables } from './shell.ts'

const MEBIBYTE = 1024 ** 2

/** `thon backup`: a copy of the database at one moment. SQLite makes it consistent, even while a server runs. */
export function backupCommand(variables: Variables): Command {
  return command('backup', 'copy the database to a file, also while a server runs')
    .argument('<file>', 'the new file; it will contain passwords and keys')
    .action(async (file: string, options: CommonOptions) => {
      const { dbPath } = await envOf(variables, options)
      const target = resolve(file)
      if (!existsSync(dbPath)) throw new CommandError(`There is no database at ${dbPath}.`)
      if (existsSync(target))
        throw new CommandError(`${target} already exists. Choose another file, or delete it first.`)
      await copyDatabase(dbPath, target)
      const { size } = statSync(target)
      print(options, { file: target, bytes: size }, () => `Written to ${target}, ${(size / MEBIBYTE).toFixed(1)} MiB.`)
    })
}

/** A copy of a database at one moment, for its owner alone. @throws CommandError, and leaves nothing behind */
export async function copyDatabase(path: string, target: string): Promise<void> {
  try {
    // SQLite writes into an empty file that exists, which only its owner may read from the beginning.
    closeSync(openSync(target, 'wx', 0o600))
  } catch (error) {
    throw new CommandError(`${target} cannot be written: ${describeError(error)}.`)
  }
  const client = openSqlite(path, 10_000)
  try {
    // https://www.sqlite.org/lang_vacuum.html#vacuuminto
    await client.execute({ sql: 'VACUUM INTO ?', args: [target] })
  } catch (error) {
    rmSync(target, { force: true })
    throw new CommandError(`${path} cannot be copied to ${dirname(target)}: ${describeError(error)}.`)
  } finally {
    client.close()
  }
}
