import type { Client, Row } from '@libsql/client'
import type { Command } from 'commander'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { messageOf } from '../errors.ts'
import { openSqlite } from '../sqlite.ts'
import { Refused } from './backend.ts'
import { reportInWords } from './groups.ts'
import { command, print, withBackend, type Common, type Variables } from './shell.ts'

interface Report {
  applied: boolean
  changes: { kind: string; name: string; action: string; detail: string | null }[]
}

const TABLES = { events: 'event_records', groups: 'group_records', users: 'user_records', settings: 'app_settings' }

/** `thon import-legacy`: brings over an installation of the Python system. */
export function importLegacyCommand(variables: Variables): Command {
  return command(
    'import-legacy',
    'bring over the database of the Python THON: groups, users with their files, settings',
  )
    .argument('<path>', 'its SQLite file, which is only read')
    .option('--dry-run', 'only say what would happen')
    .action(async (path: string, options: Common & { dryRun?: true }) => {
      const dump = JSON.stringify(await readLegacy(resolve(path)))
      await withBackend(variables, options, async (backend) => {
        const { importLegacy } = await backend.ask<{ importLegacy: Report }>(
          `mutation ($dump: String!, $dryRun: Boolean) { importLegacy(dump: $dump, dryRun: $dryRun) {
            applied changes { kind name action detail } } }`,
          { dump, dryRun: options.dryRun ?? false },
        )
        print(options, importLegacy, () => inWords(importLegacy))
      })
    })
}

function inWords({ applied, changes }: Report): string {
  const skipped = changes.filter(({ action }) => action === 'skip')
  const rest = { applied, changes: changes.filter(({ action }) => action !== 'skip') }
  const lines = skipped.map(({ kind, name, detail }) => `  ${kind} ${name}: ${detail ?? ''}`)
  return [reportInWords(rest), ...(lines.length > 0 ? ['', `${lines.length} left out:`, ...lines] : [])].join('\n')
}

/** Everything of it that is brought over. Columns that an older one lacks are empty. @throws Refused */
async function readLegacy(path: string): Promise<Record<string, object[]>> {
  if (!existsSync(path)) throw new Refused(`There is no file ${path}.`)
  const client = openSqlite(path)
  try {
    const present = new Set(
      (await client.execute("SELECT name FROM sqlite_master WHERE type = 'table'")).rows.map(({ name }) => name),
    )
    if (!present.has(TABLES.groups))
      throw new Refused(`${path} is no database of the Python THON: it has no table ${TABLES.groups}.`)
    const entries = await Promise.all(
      Object.entries(TABLES).map(async ([kind, name]) => [kind, present.has(name) ? await rowsOf(client, name) : []]),
    )
    return Object.fromEntries(entries) as Record<string, object[]>
  } catch (error) {
    if (error instanceof Refused) throw error
    throw new Refused(`${path} cannot be read: ${messageOf(error)}`)
  } finally {
    client.close()
  }
}

async function rowsOf(client: Client, name: string): Promise<object[]> {
  const { rows, columns } = await client.execute(`SELECT * FROM ${name} ORDER BY rowid`)
  const textOf = (value: Row[string] | undefined) => (value === null || value === undefined ? null : String(value))
  return rows.map((row) => Object.fromEntries(columns.map((column) => [column, textOf(row[column])])))
}
