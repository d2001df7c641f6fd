import { createClient, type Client } from '@libsql/client'
import { pathToFileURL } from 'node:url'

/** The address of a SQLite file, whatever signs are in its name. @param path absolute */
export function databaseUrl(path: string): string {
  return pathToFileURL(path).href
}

/**
 * A SQLite file, open. It is made when it is not there.
 * @param path absolute
 * @param timeout milliseconds to wait for who else has it
 */
export function openSqlite(path: string, timeout = 5_000): Client {
  return createClient({ url: databaseUrl(path), timeout })
}
