import type { Client, Value } from '@libsql/client'
import type { Command } from 'commander'
import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describeError } from '../core/errors.ts'
import { openSqlite } from '../db/sqlite.ts'
import { CommandError } from './backend.ts'
import { describeReport, inLowerCase, type ImportReport } from './groups.ts'
import { command, print, withBackend, type CommonOptions, type Variables } from './shell.ts'

/** `thon import-legacy`: imports the database of the Python THON. */
export function importLegacyCommand(variables: Variables): Command {
  return command('import-legacy', 'import groups, users with their files, and settings from the Python THON')
    .argument('<path>', 'its SQLite file, which is only read')
    .option('--dry-run', 'only show what would change')
    .action(async (path: string, options: CommonOptions & { dryRun?: true }) => {
      const dump = JSON.stringify(await readLegacy(resolve(path)))
      await withBackend(variables, options, async (backend) => {
        const answer = await backend.ask<{ importLegacy: ImportReport }>(
          `mutation ($dump: String!, $dryRun: Boolean) { importLegacy(input: { dump: $dump, dryRun: $dryRun }) {
            applied changes { kind name action detail } } }`,
          { dump, dryRun: options.dryRun ?? false },
        )
        const report = inLowerCase(answer.importLegacy)
        print(options, report, () => describeLegacyReport(report))
      })
    })
}

function describeLegacyReport({ applied, changes }: ImportReport): string {
  const skipped = changes.filter(({ action }) => action === 'skip')
  const rest = { applied, changes: changes.filter(({ action }) => action !== 'skip') }
  const lines = skipped.map(({ kind, name, detail }) => `  ${kind} ${name}: ${detail ?? ''}`)
  return [describeReport(rest), ...(lines.length > 0 ? ['', `${lines.length} left out:`, ...lines] : [])].join('\n')
}

/** What is read: under the import's name for it, the table and its columns. */
const TABLES = {
  events: { table: 'event_records', columns: ['event_id', 'title'] },
  groups: { table: 'group_records', columns: ['id', 'name', 'title', 'event_id'] },
  users: {
    table: 'user_records',
    columns: ['group_id', 'username', 'email', 'workspace_path', 'storage_path'],
  },
  sandboxes: { table: 'sandbox_records', columns: ['group', 'username', 'state'] },
  settings: { table: 'app_settings', columns: ['key', 'value'] },
} as const

/** Endings of the files of a database that is in use. */
const DATABASE_FILES = ['', '-wal', '-journal']
const COPY_TRIES = 5
const COPY_RETRY_MS = 200

/**
 * Everything in the Python THON's database that is useful here. Tables and columns that an older one lacks are empty.
 * @param path its SQLite file; nothing is written to it or next to it
 * @throws CommandError when it is not such a database
 */
async function readLegacy(path: string): Promise<Record<string, object[]>> {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw new CommandError(`There is no file ${path}.`)
  // SQLite writes next to what it reads, so it gets a copy.
  const folder = mkdtempSync(join(tmpdir(), 'thon-legacy-'))
  try {
    const copy = join(folder, 'legacy.db')
    await copyDatabase(path, copy)
    return await readTables(path, copy)
  } catch (error) {
    if (error instanceof CommandError) throw error
    throw new CommandError(`${path} cannot be read: ${describeError(error)}.`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Copies the file and its log from the same moment. @throws CommandError when they keep changing */
async function copyDatabase(path: string, copy: string): Promise<void> {
  const stamp = () =>
    JSON.stringify(
      DATABASE_FILES.map((ending) => statSync(path + ending, { throwIfNoEntry: false })).map((file) => [
        file?.size,
        file?.mtimeMs,
      ]),
    )
  for (let left = COPY_TRIES; left > 0; left--) {
    const before = stamp()
    for (const ending of DATABASE_FILES) {
      rmSync(copy + ending, { force: true })
      if (existsSync(path + ending)) copyFileSync(path + ending, copy + ending)
    }
    if (stamp() === before) return
    await sleep(COPY_RETRY_MS)
  }
  throw new CommandError(`${path} is being written to. Stop the Python THON first.`)
}

async function readTables(path: string, copy: string): Promise<Record<string, object[]>> {
  const client = openSqlite(copy)
  try {
    const { rows } = await client.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    const present = new Set(rows.map(({ name }) => name))
    if (!present.has(TABLES.groups.table)) {
      const is = present.has('_prisma_migrations')
        ? 'is a database of this THON'
        : 'is not a database of the Python THON'
      throw new CommandError(`${path} ${is}: it has no table ${TABLES.groups.table}.`)
    }
    const found: Record<string, object[]> = {}
    for (const [kind, { table, columns }] of Object.entries(TABLES))
      found[kind] = present.has(table) ? await readTable(client, table, columns) : []
    return found
  } finally {
    client.close()
  }
}

async function readTable(client: Client, table: string, columns: readonly string[]): Promise<object[]> {
  const { rows: present } = await client.execute(`PRAGMA table_info("${table}")`)
  const known = new Set(present.map(({ name }) => name))
  // As bytes: the client would cut a text at a NUL, which turns a bad name into a good one.
  const chosen = columns.map((column) => (known.has(column) ? `CAST("${column}" AS BLOB)` : 'NULL'))
  const { rows } = await client.execute(`SELECT ${chosen.join(', ')} FROM "${table}" ORDER BY rowid`)
  return rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, textOf(row[index])])))
}

function textOf(value: Value | undefined): string | null {
  return value instanceof ArrayBuffer ? new TextDecoder().decode(value) : null
}
