import { authorize } from '../core/permissions.ts'
import type { ActivityService } from '../activity/service.ts'
import type { Viewer } from '../core/viewer.ts'
import { CONFIG_FILE_KINDS, LARGEST_FILE, type ConfigFileKind } from '../core/config-file-kinds.ts'
import type { Db } from '../db/client.ts'
import { Conflict, InvalidInput, NotFound, TooLarge } from '../core/errors.ts'
import type { Change, Channel, Events, Ready } from '../core/events.ts'
import { parse } from '../core/input.ts'
import type { ConfigFile } from '../../prisma/generated/client/client.ts'
import { configFileInput, factsOf, fileText, viewOf, type ConfigFileFacts, type ConfigFileView } from './model.ts'
import { describeProblem, jsoncProblem, yamlProblem, type SyntaxProblem } from '../core/syntax.ts'

/** What the service needs. */
export interface ConfigFilesDeps {
  db: Db
  events: Events
  activity: ActivityService
}

/** The configuration files in the database, at most one of each kind. Their contents may hold API keys. */
export class ConfigFilesService {
  readonly #deps: ConfigFilesDeps
  #latest = 0

  constructor(deps: ConfigFilesDeps) {
    this.#deps = deps
  }

  /** Every kind, whether a file is stored or not, without contents. */
  async list(viewer: Viewer): Promise<ConfigFileFacts[]> {
    authorize(viewer, 'configFiles.manage')
    const rows = await this.#deps.db.configFile.findMany()
    return CONFIG_FILE_KINDS.map((kind) =>
      factsOf(
        kind,
        rows.find((row) => row.key === kind.key),
      ),
    )
  }

  /** One kind with its content. @throws NotFound for a key that no kind has */
  async get(viewer: Viewer, key: string): Promise<ConfigFileView> {
    authorize(viewer, 'configFiles.manage')
    const kind = kindOf(key)
    return viewOf(kind, await this.#row(kind))
  }

  /** One kind with its content; null for a key that no kind has. */
  async find(viewer: Viewer, key: string): Promise<ConfigFileView | null> {
    authorize(viewer, 'configFiles.manage')
    return isKey(key) ? this.get(viewer, key) : null
  }

  /** Every change from now on, after one READY. Show `changed` of each, since the rows hold the contents. */
  changes(viewer: Viewer): Channel<Change<ConfigFile> | Ready> {
    authorize(viewer, 'configFiles.manage')
    return this.#deps.events.changes('configFile')
  }

  /** What a change left of its kind, without the content; null with READY. */
  changed(viewer: Viewer, change: Change<ConfigFile> | Ready): ConfigFileFacts | null {
    authorize(viewer, 'configFiles.manage')
    if (change.kind === 'READY') return null
    return factsOf(kindOf(change.id), change.kind === 'REMOVED' ? null : change.row)
  }

  /**
   * Stores a file, which has to be valid YAML or JSON as its kind says. A byte order mark at its start is dropped.
   * @param raw `{ content, expectedUpdatedAt? }`
   * @throws InvalidInput naming line and column, NotFound, TooLarge, Conflict (the stored file is not the expected one)
   */
  async update(viewer: Viewer, key: string, raw: unknown): Promise<ConfigFileView> {
    authorize(viewer, 'configFiles.manage')
    const input = parse(configFileInput, raw)
    const kind = kindOf(key)
    const content = checkedText(kind, input.content)
    const problem = problemOf(kind, content)
    if (problem) throw new InvalidInput([{ field: 'content', message: describeProblem(problem) }])
    return this.#deps.activity.act(viewer, 'update', target(kind), async (tx) => {
      const before = await tx.configFile.findUnique({ where: { key } })
      assertExpected(kind, before, input.expectedUpdatedAt)
      const data = { content, updatedAt: this.#later(before), updatedBy: viewer.name }
      const row = await tx.configFile.upsert({ where: { key }, create: { key, ...data }, update: data })
      tx.publish('configFile', { kind: before ? 'UPDATED' : 'ADDED', id: key, row })
      return viewOf(kind, row)
    })
  }

  /**
   * Stores an uploaded file.
   * @throws InvalidInput naming the first byte that is not UTF-8, and as `update`
   */
  async upload(viewer: Viewer, key: string, bytes: Uint8Array): Promise<ConfigFileView> {
    authorize(viewer, 'configFiles.manage')
    const kind = kindOf(key)
    // Checked before decoding, with room for a byte order mark.
    if (bytes.byteLength > LARGEST_FILE + 3) throw tooLarge(kind)
    return this.update(viewer, key, { content: decoded(bytes) })
  }

  /** What keeps a text from being stored as a kind; empty when nothing does. @throws NotFound, TooLarge */
  check(viewer: Viewer, key: string, content: string): SyntaxProblem[] {
    authorize(viewer, 'configFiles.manage')
    const kind = kindOf(key)
    try {
      const problem = problemOf(kind, checkedText(kind, content))
      return problem ? [problem] : []
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error
      return [{ line: 1, column: 1, message: error.fields[0]?.message ?? error.message }]
    }
  }

  /** Deletes the file of a kind. @returns whether one was stored. @throws NotFound */
  async delete(viewer: Viewer, key: string): Promise<boolean> {
    authorize(viewer, 'configFiles.manage')
    const kind = kindOf(key)
    return this.#deps.activity.batch(async (tx, record) => {
      const row = await tx.configFile.findUnique({ where: { key } })
      if (!row) return false
      await tx.configFile.deleteMany({ where: { key } })
      tx.publish('configFile', { kind: 'REMOVED', id: key, row })
      record({ actor: viewer, action: 'delete', target: target(kind) })
      return true
    })
  }

  #row(kind: ConfigFileKind): Promise<ConfigFile | null> {
    return this.#deps.db.configFile.findUnique({ where: { key: kind.key } })
  }

  /** Now, but later than every earlier change: the clock only has milliseconds, and may be set back. */
  #later(before: ConfigFile | null): Date {
    this.#latest = Math.max(Date.now(), this.#latest + 1, (before?.updatedAt.getTime() ?? 0) + 1)
    return new Date(this.#latest)
  }
}

function isKey(key: string): boolean {
  return CONFIG_FILE_KINDS.some((kind) => kind.key === key)
}

function kindOf(key: string): ConfigFileKind {
  const kind = CONFIG_FILE_KINDS.find((one) => one.key === key)
  if (!kind) throw new NotFound(`Unknown config key: ${key}`)
  return kind
}

function target(kind: ConfigFileKind) {
  return { kind: 'configFile', id: kind.key, label: kind.label } as const
}

/** The text as it is stored. @throws InvalidInput, TooLarge */
function checkedText(kind: ConfigFileKind, given: string): string {
  const { content } = parse(fileText, { content: given })
  if (Buffer.byteLength(content) > LARGEST_FILE) throw tooLarge(kind)
  return content
}

/** White space alone is a valid file. */
function problemOf({ syntax }: ConfigFileKind, content: string): SyntaxProblem | null {
  if (!/\S/.test(content)) return null
  return syntax === 'yaml' ? yamlProblem(content) : jsoncProblem(content)
}

function tooLarge(kind: ConfigFileKind): TooLarge {
  return new TooLarge('content', `${kind.label} must be at most 1 MiB of UTF-8`)
}

/** @param expected undefined when the caller replaces any file */
function assertExpected(kind: ConfigFileKind, stored: ConfigFile | null, expected: Date | null | undefined): void {
  if (expected === undefined || expected?.getTime() === stored?.updatedAt.getTime()) return
  const meanwhile = stored
    ? `was changed by ${stored.updatedBy} at ${stored.updatedAt.toISOString()}`
    : 'was deleted in the meantime'
  const message = `${kind.label} ${meanwhile}. Nothing was stored. Load it again and repeat your changes.`
  throw new Conflict(message, [{ field: 'expectedUpdatedAt', message }])
}

function decoded(bytes: Uint8Array): string {
  try {
    // `update` drops the byte order mark.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    const again = Buffer.from(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes))
    const offset = bytes.findIndex((byte, index) => byte !== again[index])
    throw new InvalidInput([{ field: 'file', message: `must be UTF-8; byte ${offset + 1} is not` }])
  }
}
