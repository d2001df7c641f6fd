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
import { jsoncFault, yamlFault } from '../core/syntax.ts'
import { Mutex } from './turns.ts'

/** What the service needs of its surroundings. */
export interface ConfigFilesDeps {
  db: Db
  events: Events
  activity: ActivityService
}

/** The configuration files that are kept in the database, one in each kind. Their contents may hold API keys. */
export class ConfigFilesService {
  readonly #parts: ConfigFilesDeps
  readonly #turns = new Mutex()
  #latest = 0

  constructor(parts: ConfigFilesDeps) {
    this.#parts = parts
  }

  /** Every kind, stored or not, without contents. */
  async list(viewer: Viewer): Promise<ConfigFileFacts[]> {
    authorize(viewer, 'configFiles.manage')
    const rows = await this.#parts.db.configFile.findMany()
    return CONFIG_FILE_KINDS.map((kind) =>
      factsOf(
        kind,
        rows.find((row) => row.key === kind.key),
      ),
    )
  }

  /** One kind with its content. @throws NotFound */
  async get(viewer: Viewer, key: string): Promise<ConfigFileView> {
    authorize(viewer, 'configFiles.manage')
    const kind = kindOf(key)
    return viewOf(kind, await this.#row(kind))
  }

  /** Every change from now on, after one READY. Show `changed` of each: the rows have the contents. */
  changes(viewer: Viewer): Channel<Change<ConfigFile> | Ready> {
    authorize(viewer, 'configFiles.manage')
    return this.#parts.events.changes('configFile')
  }

  /** What a change left in its kind, without the content; null when READY. */
  changed(viewer: Viewer, change: Change<ConfigFile> | Ready): ConfigFileFacts | null {
    authorize(viewer, 'configFiles.manage')
    if (change.kind === 'READY') return null
    return factsOf(kindOf(change.id), change.kind === 'REMOVED' ? null : change.row)
  }

  /**
   * Stores a file that can be read as what its kind is for. A byte order mark at its start is dropped.
   * @param raw `{ content, expectedUpdatedAt? }`
   * @throws InvalidInput naming line and column, NotFound, TooLarge, Conflict (another one than expected is stored)
   */
  async put(viewer: Viewer, key: string, raw: unknown): Promise<ConfigFileView> {
    authorize(viewer, 'configFiles.manage')
    const input = parse(configFileInput, raw)
    const kind = kindOf(key)
    const content = this.#storable(kind, input.content)
    return this.#turns.run(() =>
      this.#parts.activity.recording(viewer, 'store', target(kind), async () => {
        const { db, events } = this.#parts
        const before = await this.#row(kind)
        assertExpected(kind, before, input.expectedUpdatedAt)
        const data = { content, updatedAt: this.#later(before), updatedBy: viewer.name }
        const row = await db.configFile.upsert({ where: { key }, create: { key, ...data }, update: data })
        events.publish('configFile', { kind: before ? 'UPDATED' : 'ADDED', id: key, row })
        return viewOf(kind, row)
      }),
    )
  }

  /**
   * As `put`, for a file that was uploaded.
   * @throws InvalidInput naming the byte where it ends to be UTF-8, and as `put`
   */
  async putBytes(viewer: Viewer, key: string, bytes: Uint8Array): Promise<ConfigFileView> {
    authorize(viewer, 'configFiles.manage')
    const kind = kindOf(key)
    // Whatever its encoding, and with room for a byte order mark.
    if (bytes.byteLength > LARGEST_FILE + 3) throw tooLarge(kind)
    return this.put(viewer, key, { content: decoded(bytes) })
  }

  /** What is wrong with a text for a kind, as `line 3, column 5: …`; null when it could be stored. @throws NotFound, TooLarge */
  check(viewer: Viewer, key: string, content: string): string | null {
    authorize(viewer, 'configFiles.manage')
    try {
      this.#storable(kindOf(key), content)
      return null
    } catch (error) {
      if (error instanceof InvalidInput) return error.fields[0]?.message ?? error.message
      throw error
    }
  }

  /** Empties a kind. @returns whether anything was stored there. @throws NotFound */
  async remove(viewer: Viewer, key: string): Promise<boolean> {
    authorize(viewer, 'configFiles.manage')
    const kind = kindOf(key)
    return this.#turns.run(async () => {
      const row = await this.#row(kind)
      if (!row) return false
      return this.#parts.activity.recording(viewer, 'delete', target(kind), async () => {
        await this.#parts.db.configFile.deleteMany({ where: { key } })
        this.#parts.events.publish('configFile', { kind: 'REMOVED', id: key, row })
        return true
      })
    })
  }

  #row(kind: ConfigFileKind): Promise<ConfigFile | null> {
    return this.#parts.db.configFile.findUnique({ where: { key: kind.key } })
  }

  /** The text as it is stored. */
  #storable(kind: ConfigFileKind, given: string): string {
    const { content } = parse(fileText, { content: given })
    if (Buffer.byteLength(content) > LARGEST_FILE) throw tooLarge(kind)
    if (!/\S/.test(content)) return content
    const fault = kind.syntax === 'yaml' ? yamlFault(content) : jsoncFault(content)
    if (fault) throw new InvalidInput([{ field: 'content', message: fault }])
    return content
  }

  /** Now, and later than any change before: the clock has milliseconds only, and may be set back. */
  #later(before: ConfigFile | null): Date {
    this.#latest = Math.max(Date.now(), this.#latest + 1, (before?.updatedAt.getTime() ?? 0) + 1)
    return new Date(this.#latest)
  }
}

function kindOf(key: string): ConfigFileKind {
  const kind = CONFIG_FILE_KINDS.find((one) => one.key === key)
  if (!kind) throw new NotFound(`Unknown config key: ${key}`)
  return kind
}

function target(kind: ConfigFileKind) {
  return { kind: 'config file', id: kind.key, label: kind.label } as const
}

function tooLarge(kind: ConfigFileKind): TooLarge {
  return new TooLarge('content', `${kind.label} must be at most 1 MiB of UTF-8`)
}

/** @param expected undefined when the caller replaces whatever there is */
function assertExpected(kind: ConfigFileKind, stored: ConfigFile | null, expected: Date | null | undefined): void {
  if (expected === undefined || expected?.getTime() === stored?.updatedAt.getTime()) return
  const meanwhile = stored
    ? `was changed by ${stored.updatedBy} at ${stored.updatedAt.toISOString()}`
    : 'was deleted meanwhile'
  const message = `${kind.label} ${meanwhile}: nothing was stored. Load it again, and make your changes to that.`
  throw new Conflict(message, [{ field: 'expectedUpdatedAt', message }])
}

function decoded(bytes: Uint8Array): string {
  try {
    // `put` drops the byte order mark.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    const again = Buffer.from(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes))
    const offset = bytes.findIndex((byte, index) => byte !== again[index])
    throw new InvalidInput([{ field: 'file', message: `must be UTF-8, which it is not from byte ${offset + 1} on` }])
  }
}
