import type { Client, Value } from '@libsql/client'
import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../core/errors.ts'
import { openSqlite } from '../db/sqlite.ts'
import { Refused } from './backend.ts'

/** What is read, of which table, under which name the import knows it. */
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

/** What a database is made of, while somebody writes to it. */
const PARTS = ['', '-wal', '-journal']
const TRIES = 5

/**
 * Everything of the Python system's database that is of use here. Tables and columns that an older one lacks are empty.
 * @param path its SQLite file; nothing is written to it or beside it
 * @throws Refused when it is no such database
 */
export async function readLegacy(path: string): Promise<Record<string, object[]>> {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw new Refused(`There is no file ${path}.`)
  // SQLite writes beside what it reads, and needs to: so it gets a copy.
  const folder = mkdtempSync(join(tmpdir(), 'thon-legacy-'))
  try {
    const copy = join(folder, 'legacy.db')
    await copyParts(path, copy)
    return await readTables(path, copy)
  } catch (error) {
    if (error instanceof Refused) throw error
    throw new Refused(`${path} cannot be read: ${messageOf(error)}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Copies the file and its log as they are at one moment. @throws Refused when they do not hold still */
async function copyParts(path: string, copy: string): Promise<void> {
  const looks = () =>
    PARTS.map((part) => statSync(path + part, { throwIfNoEntry: false })).map((one) => [one?.size, one?.mtimeMs])
  for (let left = TRIES; left > 0; left--) {
    const before = JSON.stringify(looks())
    for (const part of PARTS) {
      rmSync(copy + part, { force: true })
      if (existsSync(path + part)) copyFileSync(path + part, copy + part)
    }
    if (JSON.stringify(looks()) === before) return
    await sleep(200)
  }
  throw new Refused(`${path} is being written to. End the Python THON first.`)
}

async function readTables(path: string, copy: string): Promise<Record<string, object[]>> {
  const client = openSqlite(copy)
  try {
    const { rows } = await client.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    const present = new Set(rows.map(({ name }) => name))
    if (!present.has(TABLES.groups.table)) {
      const what = present.has('_prisma_migrations') ? 'a database of this THON' : 'no database of the Python THON'
      throw new Refused(`${path} is ${what}: it has no table ${TABLES.groups.table}.`)
    }
    const found: Record<string, object[]> = {}
    for (const [kind, { table, columns }] of Object.entries(TABLES))
      found[kind] = present.has(table) ? await rowsOf(client, table, columns) : []
    return found
  } finally {
    client.close()
  }
}

async function rowsOf(client: Client, table: string, columns: readonly string[]): Promise<object[]> {
  const { rows: present } = await client.execute(`PRAGMA table_info("${table}")`)
  const known = new Set(present.map(({ name }) => name))
  // As bytes: of a text the client reads what is before a NUL, and would make a good name of a bad one.
  const chosen = columns.map((column) => (known.has(column) ? `CAST("${column}" AS BLOB)` : 'NULL'))
  const { rows } = await client.execute(`SELECT ${chosen.join(', ')} FROM "${table}" ORDER BY rowid`)
  return rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, textOf(row[index])])))
}

function textOf(value: Value | undefined): string | null {
  return value instanceof ArrayBuffer ? new TextDecoder().decode(value) : null
}
