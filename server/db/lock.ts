import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openSqlite } from './sqlite.ts'

/** Which process has a database locked, a server or a command, and how programs of the same user reach a server. */
export interface LockHolder {
  pid: number
  /** One URL per port of a server; empty for a command, and for a server that does not listen yet. */
  urls: string[]
  /** A secret API token of an organizer, valid while the server runs; '' when nothing listens. */
  token: string
}

/** The exclusive right to write to a database. It ends with the process, however that ends. */
export interface DatabaseLock {
  /** Publishes where the server listens. */
  announce(server: Omit<LockHolder, 'pid'>): void
  /** Releases the lock. */
  release(): void
}

const RETRY_MS = 100

/**
 * Locks a database for this process, by SQLite's own lock of a file next to it.
 * @param dbPath absolute path of the database
 * @param timeoutMs how long to wait for a command that has it; a listening server is not waited for
 * @returns null when another process has it
 * @throws Error when its files belong to another user of this machine
 */
export async function acquireDatabaseLock(dbPath: string, timeoutMs = 0): Promise<DatabaseLock | null> {
  mkdirSync(dirname(dbPath), { recursive: true, mode: 0o700 })
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const lock = await tryToLock(dbPath)
    if (lock || Date.now() >= deadline || (lockHolderOf(dbPath)?.urls.length ?? 0) > 0) return lock
    await sleep(RETRY_MS)
  }
}

async function tryToLock(dbPath: string): Promise<DatabaseLock | null> {
  // Without write permission, SQLite would grant a lock that excludes no one.
  for (const path of [dbPath, lockOf(dbPath)]) assertWritable(path)
  const client = openSqlite(lockOf(dbPath), 200)
  const announce = (holder: Omit<LockHolder, 'pid'>) => {
    writeFileSync(noteOf(dbPath), JSON.stringify({ pid: process.pid, ...holder }), { mode: 0o600 })
  }
  try {
    const held = await client.transaction('write')
    announce({ urls: [], token: '' })
    return {
      announce,
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

/** The process that last announced that it has the database; null when none did. It may have died since. */
export function lockHolderOf(dbPath: string): LockHolder | null {
  try {
    const { pid, urls, token } = JSON.parse(readFileSync(noteOf(dbPath), 'utf8')) as LockHolder
    return Array.isArray(urls) ? { pid, urls, token } : null
  } catch {
    return null
  }
}

/** @throws Error when the file exists and is not writable */
export function assertWritable(path: string): void {
  if (!existsSync(path)) return
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
  } catch {
    const { uid } = statSync(path)
    throw new Error(
      `${path} is not writable: it belongs to user id ${uid}. Run THON as that user, or set THON_DB_PATH.`,
    )
  }
}

function noteOf(dbPath: string): string {
  return `${dbPath}.server`
}

function lockOf(dbPath: string): string {
  return `${dbPath}.lock`
}
