import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Sandbox } from '../engine.ts'

const schema = z.object({
  ref: z.string(),
  instanceId: z.string(),
  /** The server that created it; records of older versions name none. */
  node: z.string().optional(),
  group: z.string(),
  username: z.string(),
  image: z.string(),
  volume: z.string(),
  port: z.number(),
  password: z.string().nullable(),
  status: z.enum(['created', 'running', 'paused', 'exited']),
  hostPort: z.number().nullable(),
  exitCode: z.number().nullable(),
  startedAt: z.string().nullable(),
  /** Pid of the process, which leads its own process group. Unique together with `start`, see ProcessInfo. */
  pid: z.number().nullable(),
  start: z.string().nullable(),
  /** False from when the pid is recorded until the process is released: it has not become the sandbox yet. */
  letGo: z.boolean().default(true),
})

/** What the disk holds about one sandbox, so that the server after a killed one finds it. Holds the password: mode 0600. */
export type SandboxRecord = z.infer<typeof schema>

/**
 * The records of all sandboxes under a workspace directory: one file each, with its log next to it. Writes are synchronous,
 * because nothing else may happen between the start of a process and the record of its pid.
 */
export class RecordStore {
  readonly #dir: string

  constructor(workspaceDir: string) {
    this.#dir = join(workspaceDir, '.sandboxes')
  }

  /** Creates the directory. @throws the system's error */
  prepare(): void {
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 })
  }

  /** Every record, of all servers. Files that are not records are skipped. */
  all(): SandboxRecord[] {
    const names = readdirSync(this.#dir).filter((name) => name.endsWith('.json'))
    return names.flatMap((name) => this.#read(join(this.#dir, name)))
  }

  /** Writes a record atomically. */
  save(record: SandboxRecord): void {
    const path = join(this.#dir, `${record.instanceId}.json`)
    try {
      writeFileSync(`${path}.new`, JSON.stringify(record, null, 2), { mode: 0o600 })
      renameSync(`${path}.new`, path)
    } finally {
      rmSync(`${path}.new`, { force: true })
    }
  }

  /** Deletes a record and its log. */
  delete(record: SandboxRecord): void {
    rmSync(join(this.#dir, `${record.instanceId}.json`), { force: true })
    rmSync(this.logPath(record), { force: true })
  }

  /** Where a sandbox's output goes. */
  logPath(record: SandboxRecord): string {
    return join(this.#dir, `${record.instanceId}.log`)
  }

  #read(path: string): SandboxRecord[] {
    try {
      return [schema.parse(JSON.parse(readFileSync(path, 'utf8')))]
    } catch (error) {
      // An unreadable record must not pass for a sandbox that no longer exists.
      if (error instanceof Error && 'code' in error && error.code !== 'ENOENT') throw error
      return []
    }
  }
}

/**
 * The node that the records of a database without an id carry, see `FormerIdentity` of docker/carried-node.ts. Null: none,
 * or there are no records.
 */
export function nodeInRecords(
  workspaceDir: string,
  former: { instanceIds: ReadonlySet<string>; byPath: string | null },
): string | null {
  let records: SandboxRecord[]
  try {
    records = new RecordStore(workspaceDir).all()
  } catch {
    return null
  }
  const ofInstances = records.find(({ instanceId, node }) => node !== undefined && former.instanceIds.has(instanceId))
  const ofPath = records.find(({ node }) => node !== undefined && node === former.byPath)
  return (ofInstances ?? ofPath)?.node ?? null
}

/** A record in the port's words. */
export function toSandbox(record: SandboxRecord): Sandbox {
  const { ref, instanceId, group, username, image, volume, port, password, status, exitCode } = record
  return {
    ...{ ref, instanceId, group, username, image, volume, port, password, status, exitCode },
    hostPort: isLive(record) ? record.hostPort : null,
    outOfMemory: false,
    startedAt: record.startedAt === null ? null : new Date(record.startedAt),
  }
}

/** Whether it has a process at the moment, paused or not. */
export function isLive(record: SandboxRecord): boolean {
  return record.status === 'running' || record.status === 'paused'
}
