import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openSqlite } from './sqlite.ts'

/** Who has a database: a server, or a command at work; and how programs of the same person talk to a server. */
export interface LockHolder {
  pid: number
  /** Where a server listens, one URL for each port; empty for a command, and for a server that is about to listen. */
  urls: string[]
  /** Lets in as the organizer, as long as it runs; '' where nothing listens. Secret: for whoever may read the database's folder. */
  token: string
}

/** The right to write to a database: one server has it, or one command. It ends with the process, however that ends. */
export interface DatabaseLock {
  /** Says where the server that has it listens. */
  announce(server: Omit<LockHolder, 'pid'>): void
  /** Gives it back. */
  release(): void
}

const LOOK_EVERY = 100

/**
 * Takes the right to write to a database, by SQLite's own lock of a file beside it.
 * @param dbPath absolute path of the database
 * @param patience milliseconds to wait for a command that has it; a server that listens is not waited for
 * @returns null when somebody has it
 * @throws Error when it belongs to another user of this machine
 */
export async function acquireDatabaseLock(dbPath: string, patience = 0): Promise<DatabaseLock | null> {
  mkdirSync(dirname(dbPath), { recursive: true, mode: 0o700 })
  for (const until = Date.now() + patience; ; await sleep(LOOK_EVERY)) {
    const ownership = await tryToLock(dbPath)
    if (ownership || Date.now() >= until || (lockHolderOf(dbPath)?.urls.length ?? 0) > 0) return ownership
  }
}

async function tryToLock(dbPath: string): Promise<DatabaseLock | null> {
  // Without the right to write, SQLite would grant a lock that keeps nobody away.
  for (const path of [dbPath, lockOf(dbPath)]) assertWritable(path)
  const client = openSqlite(lockOf(dbPath), 200)
  const note = (owner: Omit<LockHolder, 'pid'>) =>
    writeFileSync(noteOf(dbPath), JSON.stringify({ pid: process.pid, ...owner }), { mode: 0o600 })
  try {
    const held = await client.transaction('write')
    note({ urls: [], token: '' })
    return {
      announce: note,
      release: () => {
        rmSync(noteOf(dbPath), { force: true })
        held.close()
        client.close()
      },
    }
  } catch (error) {
    client.close()
    if (error instanceof Error && /SQLITE_BUSY|database is locked/.test(error.message)) return null
    throw error
  }
}

/** Who said last that they have a database; null when nobody did. Whether they still do, their answers tell. */
export function lockHolderOf(dbPath: string): LockHolder | null {
  try {
    const { pid, urls, token } = JSON.parse(readFileSync(noteOf(dbPath), 'utf8')) as LockHolder
    return Array.isArray(urls) ? { pid, urls, token } : null
  } catch {
    return null
  }
}

/** @throws Error when there is such a file, and it may not be written to */
export function assertWritable(path: string): void {
  if (!existsSync(path)) return
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
  } catch {
    const whose = `belongs to the user with id ${statSync(path).uid}`
    throw new Error(`${path} ${whose}, and may not be written to. Do this as them, or set THON_DB_PATH`)
  }
}

function noteOf(dbPath: string): string {
  return `${dbPath}.server`
}

function lockOf(dbPath: string): string {
  return `${dbPath}.lock`
}
