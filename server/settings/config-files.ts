import { assertCan } from '../core/permissions.ts'
import type { ActivityService } from '../activity/service.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import { Conflict, InvalidInput, NotFound, TooLarge } from '../core/errors.ts'
import type { Change, Channel, Events, Ready } from '../core/events.ts'
import { parse } from '../core/input.ts'
import type { ConfigFile } from '../../prisma/generated/client/client.ts'
import {
  configFileInput,
  factsOf,
  fileText,
  LARGEST_FILE,
  SLOTS,
  viewOf,
  type ConfigFileFacts,
  type ConfigFileView,
  type Slot,
} from './model.ts'
import { jsoncFault, yamlFault } from './syntax.ts'
import { Turns } from './turns.ts'

/** What the service needs of its surroundings. */
export interface ConfigFilesParts {
  db: Db
  events: Events
  activity: ActivityService
}

/** The configuration files that are kept in the database, one in each slot. Their contents may hold API keys. */
export class ConfigFilesService {
  readonly #parts: ConfigFilesParts
  readonly #turns = new Turns()
  #latest = 0

  constructor(parts: ConfigFilesParts) {
    this.#parts = parts
  }

  /** Every slot, stored or not, without contents. */
  async list(viewer: Viewer): Promise<ConfigFileFacts[]> {
    assertCan(viewer, 'configFiles.manage')
    const rows = await this.#parts.db.configFile.findMany()
    return SLOTS.map((slot) =>
      factsOf(
        slot,
        rows.find((row) => row.key === slot.key),
      ),
    )
  }

  /** One slot with its content. @throws NotFound */
  async get(viewer: Viewer, key: string): Promise<ConfigFileView> {
    assertCan(viewer, 'configFiles.manage')
    const slot = slotOf(key)
    return viewOf(slot, await this.#row(slot))
  }

  /** Every change from now on, after one READY. Show `changed` of each: the rows have the contents. */
  changes(viewer: Viewer): Channel<Change<ConfigFile> | Ready> {
    assertCan(viewer, 'configFiles.manage')
    return this.#parts.events.changes('configFile')
  }

  /** What a change left in its slot, without the content; null when READY. */
  changed(viewer: Viewer, change: Change<ConfigFile> | Ready): ConfigFileFacts | null {
    assertCan(viewer, 'configFiles.manage')
    if (change.kind === 'READY') return null
    return factsOf(slotOf(change.id), change.kind === 'REMOVED' ? null : change.row)
  }

  /**
   * Stores a file that can be read as what its slot is for. A byte order mark at its start is dropped.
   * @param raw `{ content, expectedUpdatedAt? }`
   * @throws InvalidInput naming line and column, NotFound, TooLarge, Conflict (another one than expected is stored)
   */
  async put(viewer: Viewer, key: string, raw: unknown): Promise<ConfigFileView> {
    assertCan(viewer, 'configFiles.manage')
    const input = parse(configFileInput, raw)
    const slot = slotOf(key)
    const content = this.#storable(slot, input.content)
    return this.#turns.run(() =>
      this.#parts.activity.recording(viewer, 'store', target(slot), async () => {
        const { db, events } = this.#parts
        const before = await this.#row(slot)
        assertExpected(slot, before, input.expectedUpdatedAt)
        const data = { content, updatedAt: this.#later(before), updatedBy: viewer.name }
        const row = await db.configFile.upsert({ where: { key }, create: { key, ...data }, update: data })
        events.publish('configFile', { kind: before ? 'UPDATED' : 'ADDED', id: key, row })
        return viewOf(slot, row)
      }),
    )
  }

  /**
   * As `put`, for a file that was uploaded.
   * @throws InvalidInput naming the byte where it ends to be UTF-8, and as `put`
   */
  async putBytes(viewer: Viewer, key: string, bytes: Uint8Array): Promise<ConfigFileView> {
    assertCan(viewer, 'configFiles.manage')
    const slot = slotOf(key)
    // Whatever its encoding, and with room for a byte order mark.
    if (bytes.byteLength > LARGEST_FILE + 3) throw tooLarge(slot)
    return this.put(viewer, key, { content: decoded(bytes) })
  }

  /** What is wrong with a text for a slot, as `line 3, column 5: …`; null when it could be stored. @throws NotFound, TooLarge */
  check(viewer: Viewer, key: string, content: string): string | null {
    assertCan(viewer, 'configFiles.manage')
    try {
      this.#storable(slotOf(key), content)
      return null
    } catch (error) {
      if (error instanceof InvalidInput) return error.fields[0]?.message ?? error.message
      throw error
    }
  }

  /** Empties a slot. @returns whether anything was stored there. @throws NotFound */
  async remove(viewer: Viewer, key: string): Promise<boolean> {
    assertCan(viewer, 'configFiles.manage')
    const slot = slotOf(key)
    return this.#turns.run(async () => {
      const row = await this.#row(slot)
      if (!row) return false
      return this.#parts.activity.recording(viewer, 'delete', target(slot), async () => {
        await this.#parts.db.configFile.deleteMany({ where: { key } })
        this.#parts.events.publish('configFile', { kind: 'REMOVED', id: key, row })
        return true
      })
    })
  }

  #row(slot: Slot): Promise<ConfigFile | null> {
    return this.#parts.db.configFile.findUnique({ where: { key: slot.key } })
  }

  /** The text as it is stored. */
  #storable(slot: Slot, given: string): string {
    const { content } = parse(fileText, { content: given })
    if (Buffer.byteLength(content) > LARGEST_FILE) throw tooLarge(slot)
    if (!/\S/.test(content)) return content
    const fault = slot.syntax === 'yaml' ? yamlFault(content) : jsoncFault(content)
    if (fault) throw new InvalidInput([{ field: 'content', message: fault }])
    return content
  }

  /** Now, and later than any change before: the clock has milliseconds only, and may be set back. */
  #later(before: ConfigFile | null): Date {
    this.#latest = Math.max(Date.now(), this.#latest + 1, (before?.updatedAt.getTime() ?? 0) + 1)
    return new Date(this.#latest)
  }
}

function slotOf(key: string): Slot {
  const slot = SLOTS.find((one) => one.key === key)
  if (!slot) throw new NotFound(`Unknown config key: ${key}`)
  return slot
}

function target(slot: Slot) {
  return { kind: 'config file', id: slot.key, label: slot.label } as const
}

function tooLarge(slot: Slot): TooLarge {
  return new TooLarge('content', `${slot.label} must be at most 1 MiB of UTF-8`)
}

/** @param expected undefined when the caller replaces whatever there is */
function assertExpected(slot: Slot, stored: ConfigFile | null, expected: Date | null | undefined): void {
  if (expected === undefined || expected?.getTime() === stored?.updatedAt.getTime()) return
  const meanwhile = stored
    ? `was changed by ${stored.updatedBy} at ${stored.updatedAt.toISOString()}`
    : 'was deleted meanwhile'
  const message = `${slot.label} ${meanwhile}: nothing was stored. Load it again, and make your changes to that.`
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
