import { existsSync } from 'node:fs'
import { openSqlite } from './sqlite.ts'

/** The id that a database has on engines, read without its lock; null when it has none, or cannot be read. */
export async function nodeIdIn(path: string): Promise<string | null> {
  if (!existsSync(path)) return null
  const client = openSqlite(path)
  try {
    const { rows } = await client.execute('SELECT id FROM Node')
    return (rows[0]?.id as string | undefined) ?? null
  } catch {
    return null
  } finally {
    client.close()
  }
}
