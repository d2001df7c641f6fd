import { randomBytes } from 'node:crypto'
import type { Db } from './client.ts'

/** A random secret of this database: created at the first call and kept, so that what it signs survives a restart. */
export async function storedSecret(db: Db, name: string): Promise<string> {
  const created = { name, value: randomBytes(32).toString('hex') }
  const { value } = await db.secret.upsert({ where: { name }, create: created, update: {} })
  return value
}
