import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { z } from 'zod'
import type { Db } from './client.ts'

/** Keys that sign cookies: of sessions, and of the host names of sandboxes (`pass`). */
const NAMES = ['session', 'pass'] as const

/** The keys of one THON, by name. */
export type Keys = Readonly<Record<(typeof NAMES)[number], string>>

const keysInput = z.partialRecord(z.enum(NAMES), z.string().min(32))

/** Where the keys of a database are: next to it, and in no backup. @param dbPath absolute path of the database */
function keysPath(dbPath: string): string {
  return `${dbPath}.keys`
}

/**
 * Reads the keys of a database from the file next to it, mode 0600: who has only the database, or a backup, can sign nothing.
 * Creates those that are missing. Earlier versions had them in the database; from there they are moved, once.
 * @throws Error for people when the file cannot be read or written
 */
export async function loadKeys(dbPath: string, db: Db): Promise<Keys> {
  const path = keysPath(dbPath)
  const stored = readKeys(path)
  const moved = await db.secret.findMany({ where: { name: { in: [...NAMES] } } })
  const inDatabase = Object.fromEntries(moved.map(({ name, value }) => [name, value])) as Partial<Keys>
  const keyOf = (name: (typeof NAMES)[number]) => stored[name] ?? inDatabase[name] ?? randomBytes(32).toString('hex')
  const keys = { session: keyOf('session'), pass: keyOf('pass') }
  if (NAMES.some((name) => stored[name] === undefined)) writeKeys(path, keys)
  if (moved.length > 0) await erase(db)
  return keys
}

function readKeys(path: string): Partial<Keys> {
  if (!existsSync(path)) return {}
  try {
    return keysInput.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    throw new Error(`${path} cannot be read as keys. Repair or delete it; without it, everyone signs in again.`, {
      cause: error,
    })
  }
}

/** Whole or not at all, also when the machine stops in between. */
function writeKeys(path: string, keys: Keys): void {
  const file = openSync(`${path}.new`, 'w', 0o600)
  writeSync(file, JSON.stringify(keys))
  fsyncSync(file)
  closeSync(file)
  renameSync(`${path}.new`, path)
}

/** Deletes the keys from the database, and overwrites the bytes that they had in its file. */
async function erase(db: Db): Promise<void> {
  await db.$queryRaw`PRAGMA secure_delete = ON`
  await db.secret.deleteMany({ where: { name: { in: [...NAMES] } } })
  await db.$queryRaw`PRAGMA wal_checkpoint(TRUNCATE)`
  await db.$queryRaw`PRAGMA secure_delete = OFF`
}
