import { createClient, type Client, type InValue } from '@libsql/client'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Exchange {
  name: string
  request: { method: string; path: string; body: { value?: string; content?: string } | null }
  response: { status: number; body: unknown }
}

const TABLES = `
  CREATE TABLE event_records (id VARCHAR PRIMARY KEY, event_id VARCHAR, title VARCHAR, created_at DATETIME, updated_at DATETIME);
  CREATE TABLE group_records (id VARCHAR PRIMARY KEY, name VARCHAR, event_id VARCHAR, title VARCHAR, created_at DATETIME,
    updated_at DATETIME);
  CREATE TABLE user_records (id VARCHAR PRIMARY KEY, group_id VARCHAR, username VARCHAR, email VARCHAR, sandbox_id VARCHAR,
    workspace_path VARCHAR, storage_path VARCHAR, created_at DATETIME, updated_at DATETIME);
  CREATE TABLE sandbox_records (id VARCHAR PRIMARY KEY, state VARCHAR, username VARCHAR, "group" VARCHAR, port INTEGER,
    created_at DATETIME);
  CREATE TABLE app_settings (key VARCHAR PRIMARY KEY, value TEXT, updated_at DATETIME);`

/** Columns of each table, in their order. A row may leave some out, which are then null. */
const COLUMNS = {
  event_records: ['id', 'event_id', 'title', 'created_at', 'updated_at'],
  group_records: ['id', 'name', 'event_id', 'title', 'created_at', 'updated_at'],
  user_records: [
    ...[
      'id',
      'group_id',
      'username',
      'email',
      'sandbox_id',
      'workspace_path',
      'storage_path',
      'created_at',
      'updated_at',
    ],
  ],
  sandbox_records: ['id', 'state', 'username', 'group', 'port', 'created_at'],
  app_settings: ['key', 'value', 'updated_at'],
} as const

type Row = Record<string, InValue>
export type LegacyRows = Partial<Record<keyof typeof COLUMNS, Row[]>>

/** Creates a database like the Python system's. @returns a client with it open */
export async function legacyDatabase(path: string, rows: LegacyRows, wal = false): Promise<Client> {
  const client = createClient({ url: `file:${path}` })
  if (wal) await client.execute('PRAGMA journal_mode = WAL')
  await client.executeMultiple(TABLES)
  for (const [table, columns] of Object.entries(COLUMNS))
    for (const row of rows[table as keyof LegacyRows] ?? [])
      await client.execute({
        sql: `INSERT INTO ${table} VALUES (${columns.map(() => '?').join(', ')})`,
        args: columns.map((column) => row[column] ?? null),
      })
  return client
}

function recorded(name: string): Exchange[] {
  const path = join(import.meta.dirname, '..', 'contract', 'golden', `${name}.json`)
  return (JSON.parse(readFileSync(path, 'utf8')) as { steps: Exchange[] }).steps
}

/** The answer to a step of a recorded conversation. */
function answer(conversation: string, step: string): unknown {
  return recorded(conversation).find(({ name }) => name === step)?.response.body
}

/** The rows of the recorded Python system, as its answers show them. */
export function recordedRows(): LegacyRows {
  interface Group extends Row {
    users: never
  }
  const groups = [
    ...(answer('groups-events-export', 'groups: insertion order, not by name') as Group[]),
    ...(answer('groups-crud', 'list') as Group[]),
  ]
  const members = groups.flatMap(
    ({ id, users }) => (users as Row[]).map((user) => ({ ...user, group_id: id })) as Row[],
  )
  const settings = recorded('instance-settings').filter(({ request, response }) => {
    return request.method === 'PUT' && response.status === 200
  })
  const values = new Map(
    settings.map(({ request, response }) => {
      return [(response.body as { key: string }).key, request.body?.value ?? null]
    }),
  )
  const files = recorded('config-files').filter(({ request, response }) => {
    return request.method === 'PUT' && response.status === 200
  })
  for (const { request, response } of files)
    values.set((response.body as { key: string }).key, request.body?.content ?? null)
  return {
    event_records: answer('groups-events-export', 'events') as Row[],
    group_records: groups,
    user_records: [...members, ...(answer('users-crud', 'list') as { users: Row[] }).users],
    app_settings: [...values].map(([key, value]) => ({ key, value })),
  }
}
