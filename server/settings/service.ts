import { authorize } from '../core/permissions.ts'
import type { ActivityService } from '../activity/service.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import { NotFound } from '../core/errors.ts'
import type { Change, Channel, Events, Ready } from '../core/events.ts'
import { parse } from '../core/input.ts'
import type { Setting } from '../../prisma/generated/client/client.ts'
import { CONFIG_PREFIX, PARTICIPANTS_MAY_START, settingInput, settingKey, type PresentAddresses } from './model.ts'
import { Mutex } from './turns.ts'

/** What the service needs of its surroundings. */
export interface SettingsDeps {
  db: Db
  events: Events
  activity: ActivityService
  addresses: { current(): PresentAddresses }
}

/** A key/value store: settings that THON goes by, and whatever else organizers and scripts keep there. */
export class SettingsService {
  readonly #parts: SettingsDeps
  readonly #turns = new Mutex()

  constructor(parts: SettingsDeps) {
    this.#parts = parts
  }

  /** The value of a setting; null when it was never set. @throws InvalidInput, NotFound (a config file's key) */
  async get(viewer: Viewer, key: string): Promise<string | null> {
    return (await this.find(viewer, key))?.value ?? null
  }

  /** A setting, with who set it and when; null when it never was. @throws InvalidInput, NotFound (a config file's key) */
  async find(viewer: Viewer, key: string): Promise<Setting | null> {
    authorize(viewer, 'settings.manage')
    return this.#parts.db.setting.findUnique({ where: { key: known(key) } })
  }

  /** Every setting, by key. */
  all(viewer: Viewer): Promise<Setting[]> {
    authorize(viewer, 'settings.manage')
    return this.#parts.db.setting.findMany({ orderBy: { key: 'asc' } })
  }

  /** External IP and domain as they are set now. */
  addresses(viewer: Viewer): PresentAddresses {
    authorize(viewer, 'settings.manage')
    return this.#parts.addresses.current()
  }

  /** Whether participants may start their own sandboxes: unless an organizer said no. For other features, which ask their viewer. */
  async participantsMayStart(): Promise<boolean> {
    const row = await this.#parts.db.setting.findUnique({ where: { key: PARTICIPANTS_MAY_START } })
    return row?.value !== 'false'
  }

  /** Every change from now on, after one READY. */
  changes(viewer: Viewer): Channel<Change<Setting> | Ready> {
    authorize(viewer, 'settings.manage')
    return this.#parts.events.changes('setting')
  }

  /** As `store`. @returns the value as it is stored. @throws InvalidInput, NotFound (a config file's key) */
  async set(viewer: Viewer, key: string, raw: unknown): Promise<string> {
    return (await this.store(viewer, key, raw)).value
  }

  /**
   * Sets one, whether it was set before or not. The value is not written to the activity log.
   * @param raw `{ value }`
   * @throws InvalidInput, NotFound (a config file's key)
   */
  async store(viewer: Viewer, rawKey: string, raw: unknown): Promise<Setting> {
    authorize(viewer, 'settings.manage')
    const key = known(rawKey)
    const { value } = parse(settingInput(key), raw)
    const target = { kind: 'setting', id: key, label: key } as const
    return this.#turns.run(() =>
      this.#parts.activity.recording(viewer, 'set', target, async () => {
        const { db, events } = this.#parts
        const isNew = !(await db.setting.findUnique({ where: { key } }))
        const data = { value, updatedBy: viewer.name }
        const row = await db.setting.upsert({ where: { key }, create: { key, ...data }, update: data })
        events.publish('setting', { kind: isNew ? 'ADDED' : 'UPDATED', id: key, row })
        return row
      }),
    )
  }
}

function known(raw: string): string {
  const { key } = parse(settingKey, { key: raw })
  if (key.startsWith(CONFIG_PREFIX)) throw new NotFound(`Unknown setting: ${key}`)
  return key
}
