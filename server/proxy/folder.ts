import { createHash } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

/** The system cuts paths of Unix sockets that are longer than this, in bytes (macOS: 103). */
const LONGEST_PATH = 103

/** Where THON and its proxy meet. */
export interface ProxyFolder {
  /** Where the proxy listens for THON. */
  control: string
  /** What the proxy prints: only when it fails. */
  log: string
  /**
   * The folder of THON's internal socket, which is the working directory of the proxy. It reaches the socket by that even as
   * another user: this folder is open to all users, but the one around it only to THON's.
   */
  inner: string
  /** THON's internal socket. */
  internal: string
}

/** Name of the internal socket, seen from the inner folder. */
export const INTERNAL_SOCKET = 'thon.sock'

/**
 * Makes the folder of a database's proxy, which only this user may enter: a program that gets in can claim to be any client.
 * @param dbPath absolute path of the database: the next start finds the proxy by it
 * @throws Error for people when somebody else made it
 */
export function openProxyFolder(dbPath: string): ProxyFolder {
  const beside = foldersAt(`${dbPath}.proxy`)
  if (Buffer.byteLength(beside.internal) <= LONGEST_PATH) return made(`${dbPath}.proxy`)
  const name = createHash('sha256').update(dbPath).digest('hex').slice(0, 16)
  return made(join(tmpdir(), `thon-${name}`))
}

function made(path: string): ProxyFolder {
  const folder = foldersAt(path)
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const { uid } = userInfo()
  const found = lstatSync(path)
  if (!found.isDirectory() || (uid >= 0 && found.uid !== uid))
    throw new Error(`${path} belongs to somebody else. THON needs it for its proxy: delete it, and start THON again.`)
  chmodSync(path, 0o700)
  mkdirSync(folder.inner, { recursive: true })
  chmodSync(folder.inner, 0o711)
  return folder
}

function foldersAt(path: string): ProxyFolder {
  const inner = join(path, 'in')
  return {
    ...{ control: join(path, 'control.sock'), log: join(path, 'proxy.log') },
    ...{ inner, internal: join(inner, INTERNAL_SOCKET) },
  }
}
