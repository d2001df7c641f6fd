import { authorize } from '../core/permissions.ts'
import type { ActivityService } from '../activity/service.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import { NotFound } from '../core/errors.ts'
import type { Change, Channel, Events, Ready } from '../core/events.ts'
import { parse } from '../core/input.ts'
import type { Setting } from '../../prisma/generated/client/client.ts'
import { CONFIG_PREFIX, PARTICIPANTS_MAY_START, settingInput, settingKey, type PresentAddresses } from './model.ts'

/** What the service needs. */
export interface SettingsDeps {
  db: Db
  events: Events
  activity: ActivityService
  addresses: { current(): PresentAddresses }
}

/** A key/value store: THON's own settings, and anything else that organizers and scripts keep there. */
export class SettingsService {
  readonly #deps: SettingsDeps

  constructor(deps: SettingsDeps) {
    this.#deps = deps
  }

  /** A setting; null when it was never set. @throws InvalidInput, NotFound (the key of a config file) */
  async get(viewer: Viewer, key: string): Promise<Setting | null> {
    authorize(viewer, 'settings.manage')
    return this.#deps.db.setting.findUnique({ where: { key: settingKeyOf(key) } })
  }

  /** As `get`, but also null for the key of a config file. @throws InvalidInput */
  async find(viewer: Viewer, key: string): Promise<Setting | null> {
    authorize(viewer, 'settings.manage')
    return isConfigKey(key) ? null : this.get(viewer, key)
  }

  /** Every setting, by key. */
  all(viewer: Viewer): Promise<Setting[]> {
    authorize(viewer, 'settings.manage')
    return this.#deps.db.setting.findMany({ orderBy: { key: 'asc' } })
  }

  /** How this server is reached right now. */
  addresses(viewer: Viewer): PresentAddresses {
    authorize(viewer, 'settings.manage')
    return this.#deps.addresses.current()
  }

  /** Whether participants may start their own sandboxes; on by default. For other features, which authorize their viewer. */
  async participantsMayStart(): Promise<boolean> {
    const row = await this.#deps.db.setting.findUnique({ where: { key: PARTICIPANTS_MAY_START } })
    return row?.value !== 'false'
  }

  /** Every change from now on, after one READY. */
  changes(viewer: Viewer): Channel<Change<Setting> | Ready> {
    authorize(viewer, 'settings.manage')
    return this.#deps.events.changes('setting')
  }

  /**
   * Sets a setting, whether it was set before or not. The value is not written to the activity log.
   * @param raw `{ value }`
   * @throws InvalidInput, NotFound (the key of a config file)
   */
  async update(viewer: Viewer, rawKey: string, raw: unknown): Promise<Setting> {
    authorize(viewer, 'settings.manage')
    const key = settingKeyOf(rawKey)
    const { value } = parse(settingInput(key), raw)
    const target = { kind: 'setting', id: key, label: key } as const
    return this.#deps.activity.act(viewer, 'update', target, async (tx) => {
      const isNew = !(await tx.setting.findUnique({ where: { key } }))
      const data = { value, updatedBy: viewer.name }
      const row = await tx.setting.upsert({ where: { key }, create: { key, ...data }, update: data })
      tx.publish('setting', { kind: isNew ? 'ADDED' : 'UPDATED', id: key, row })
      return row
    })
  }
}

function isConfigKey(key: string): boolean {
  return key.startsWith(CONFIG_PREFIX)
}

function settingKeyOf(raw: string): string {
  const { key } = parse(settingKey, { key: raw })
  if (isConfigKey(key)) throw new NotFound(`Unknown setting: ${key}`)
  return key
}
