import { createClient } from '@libsql/client'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** A server that runs with a database, and how programs of the same person talk to it. */
export interface RunningServer {
  pid: number
  /** Where it listens, one URL for each port. */
  urls: string[]
  /** Lets in as the organiser, as long as it runs. Secret: for whoever may read the database's folder. */
  token: string
}

/** The right to write to a database: one server has it, or one command. It ends with the process, however that ends. */
export interface Ownership {
  /** Says where the server that has it listens. */
  announce(server: RunningServer): void
  /** Gives it back. */
  release(): void
}

/**
 * Takes the right to write to a database, by SQLite's own lock of a file beside it.
 * @param dbPath absolute path of the database
 * @returns null when somebody has it
 */
export async function own(dbPath: string): Promise<Ownership | null> {
  mkdirSync(dirname(dbPath), { recursive: true, mode: 0o700 })
  const client = createClient({ url: `file:${dbPath}.lock`, timeout: 200 })
  try {
    const held = await client.transaction('write')
    return {
      announce: (server) => writeFileSync(noteOf(dbPath), JSON.stringify(server), { mode: 0o600 }),
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

/** The server that said last that it runs with a database; null when none did. Whether it still does, its answers tell. */
export function announcedServer(dbPath: string): RunningServer | null {
  try {
    return JSON.parse(readFileSync(noteOf(dbPath), 'utf8')) as RunningServer
  } catch {
    return null
  }
}

function noteOf(dbPath: string): string {
  return `${dbPath}.server`
}
