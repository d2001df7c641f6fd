import { createClient, type Client } from '@libsql/client'
import { pathToFileURL } from 'node:url'

/** The URL of a SQLite file, with any character in its name. @param path absolute */
export function databaseUrl(path: string): string {
  return pathToFileURL(path).href
}

/**
 * Opens a SQLite file; creates it when missing.
 * @param path absolute
 * @param timeout milliseconds to wait while another process has it locked
 */
export function openSqlite(path: string, timeout = 5_000): Client {
  return createClient({ url: databaseUrl(path), timeout })
}
