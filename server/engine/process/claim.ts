import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { EngineUnavailable } from '../engine.ts'
import { sameIdentity, type DatabaseFile, type EngineIdentity } from '../identity.ts'
import { processNow } from './process-table.ts'

const schema = z.object({
  database: z.object({ path: z.string(), host: z.string(), file: z.string(), folder: z.string() }),
  pid: z.number(),
  /** See ProcessInfo. */
  start: z.string().nullable(),
})

/**
 * The right of this process to serve a node's sandboxes in a workspace directory, kept as a file there. A copy of the
 * database has the same node, and gets no right while the process of the original lives.
 */
export class WorkspaceClaim {
  readonly #path: string
  readonly #database: DatabaseFile

  constructor(workspaceDir: string, { node, database }: EngineIdentity) {
    this.#path = join(workspaceDir, '.sandboxes', `.claim-${node}`)
    this.#database = database
  }

  /** @throws EngineUnavailable while another process has it, and the system's errors */
  take(): void {
    const other = this.#read()
    // This process has this very file locked, so a process that claimed with it before has ended.
    if (other && other.database.file !== this.#database.file && processNow(other.pid)?.start === other.start)
      throw new EngineUnavailable(sameIdentity(this.#database, other.database))
    mkdirSync(join(this.#path, '..'), { recursive: true, mode: 0o700 })
    const start = processNow(process.pid)?.start ?? null
    writeFileSync(`${this.#path}.new`, JSON.stringify({ database: this.#database, pid: process.pid, start }), {
      mode: 0o600,
    })
    renameSync(`${this.#path}.new`, this.#path)
  }

  /** The process ends. */
  release(): void {
    const { database, pid } = this.#read() ?? {}
    if (pid === process.pid && database?.file === this.#database.file) rmSync(this.#path, { force: true })
  }

  #read(): z.infer<typeof schema> | null {
    try {
      return schema.parse(JSON.parse(readFileSync(this.#path, 'utf8')))
    } catch {
      return null
    }
  }
}
