import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Names the code that a proxy runs: an upgrade of THON that does not touch the proxy leaves it running. Taken from what it is
 * made of: its own sources, the rooms it shares with THON, and the installed packages.
 */
export function proxyVersion(): string {
  const server = join(import.meta.dirname, '..')
  const sum = createHash('sha256').update(process.version)
  for (const room of ['core', 'http', 'proxy'])
    for (const name of readdirSync(join(server, room)).sort())
      sum.update(`${name}\0`).update(readFileSync(join(server, room, name)))
  return sum
    .update(readFileSync(join(server, '..', 'package.json')))
    .digest('hex')
    .slice(0, 16)
}
