import { access, readFile } from 'node:fs/promises'
import { parse as parseYaml } from 'yaml'
import type { ActivityService } from '../activity/service.ts'
import { assertCan } from '../auth/policy.ts'
import type { Viewer } from '../auth/viewer.ts'
import type { Db } from '../db.ts'
import type { GatewayEnv } from '../env-ai.ts'
import type { Events } from '../events.ts'
import { parse } from '../input.ts'
import type { GatewaySettings } from '../../prisma/generated/client/client.ts'
import { settingsInput, type Mode, type Setup } from './model.ts'

const ID = 'gateway'

/** What the settings need of their surroundings. */
export interface SetupParts {
  db: Db
  events: Events
  activity: ActivityService
  env: GatewayEnv
  /** Where Lemonade answers, unless an organiser says otherwise. */
  lemonadeUrl: string
}

/** How the gateway is set up, without secrets. */
export interface SetupView extends Omit<Setup, 'adminKey' | 'lemonadeApiKey' | 'redis'> {
  redisHost: string | null
  redisPort: number
  hasRedisPassword: boolean
  hasLemonadeApiKey: boolean
  updatedAt: Date | null
  updatedBy: string | null
}

/** The gateway's settings: what an organiser changed, over what the environment says. */
export class GatewaySetup {
  readonly #parts: SetupParts

  constructor(parts: SetupParts) {
    this.#parts = parts
  }

  /** With secrets, for this feature alone. */
  async now(): Promise<Setup> {
    return this.#merged(await this.#row())
  }

  /** @throws Forbidden */
  async view(viewer: Viewer): Promise<SetupView> {
    assertCan(viewer, 'gateway.manage')
    return this.#shown(await this.#row())
  }

  /**
   * Changes some. Values are not written to the activity log.
   * @param raw as `settingsInput`
   * @throws InvalidInput, Forbidden
   */
  async set(viewer: Viewer, raw: unknown): Promise<SetupView> {
    assertCan(viewer, 'gateway.manage')
    const { db, events, activity } = this.#parts
    const given = Object.entries(parse(settingsInput, raw)).filter(([, value]) => value !== null && value !== undefined)
    const data = { ...Object.fromEntries(given), updatedBy: viewer.name }
    const target = { kind: 'gateway', id: ID, label: given.map(([name]) => name).join(', ') || 'settings' } as const
    const row = await activity.recording(viewer, 'change settings', target, () =>
      db.gatewaySettings.upsert({ where: { id: ID }, create: { id: ID, ...data }, update: data }),
    )
    events.publish('gatewaySettings', null)
    return this.#shown(row)
  }

  /** Whether APISIX's configuration is on this machine. */
  async isInstalled(): Promise<boolean> {
    const found = await Promise.allSettled(this.#parts.env.configFiles.map((file) => access(file)))
    return found.some(({ status }) => status === 'fulfilled')
  }

  #row(): Promise<GatewaySettings | null> {
    return this.#parts.db.gatewaySettings.findUnique({ where: { id: ID } })
  }

  async #shown(row: GatewaySettings | null): Promise<SetupView> {
    const { adminKey: _admin, lemonadeApiKey, redis, ...rest } = await this.#merged(row)
    return {
      ...rest,
      ...{ redisHost: redis?.host ?? null, redisPort: redis?.port ?? row?.redisPort ?? this.#parts.env.redisPort },
      ...{ hasRedisPassword: redis?.password !== null && redis !== null, hasLemonadeApiKey: lemonadeApiKey !== null },
      ...{ updatedAt: row?.updatedAt ?? null, updatedBy: row?.updatedBy ?? null },
    }
  }

  async #merged(row: GatewaySettings | null): Promise<Setup> {
    const { env, lemonadeUrl } = this.#parts
    const host = text(row?.redisHost, env.redisHost)
    const adminKey = text(row?.adminKey, env.adminKey)
    const found = adminKey === null ? await keyInFiles(env.configFiles) : null
    return {
      enabled: row?.enabled ?? env.enabled,
      mode: (row?.mode as Mode | null | undefined) ?? env.mode,
      tokenLimit: row?.tokenLimit ?? env.tokenLimit,
      timeWindow: row?.timeWindow ?? env.timeWindow,
      redis:
        host === null
          ? null
          : { host, port: row?.redisPort ?? env.redisPort, password: text(row?.redisPassword, env.redisPassword) },
      lemonadeUrl: row?.lemonadeUrl || (env.lemonadeUrl ?? lemonadeUrl),
      lemonadeApiKey: text(row?.lemonadeApiKey, env.lemonadeApiKey),
      lemonadeModel: text(row?.lemonadeModel, env.lemonadeModel),
      adminUrl: row?.adminUrl || env.adminUrl,
      adminKey: adminKey ?? found?.key ?? null,
      adminKeyFrom: row?.adminKey ? 'SETTINGS' : adminKey !== null ? 'ENVIRONMENT' : found ? 'FILE' : null,
      adminKeyFile: found?.file ?? null,
      proxyPort: row?.proxyPort ?? env.proxyPort,
    }
  }
}

/** An empty text that an organiser stored is none, whatever the environment says. */
function text(stored: string | null | undefined, otherwise: string | null): string | null {
  if (stored === '') return null
  return stored ?? otherwise
}

/** The Admin key in APISIX's own configuration: `deployment.admin.admin_key[]`, the one whose role is admin. */
async function keyInFiles(files: readonly string[]): Promise<{ key: string; file: string } | null> {
  for (const file of files) {
    try {
      const config = parseYaml(await readFile(file, 'utf8')) as {
        deployment?: { admin?: { admin_key?: { role?: string; key?: unknown }[] } }
      }
      const keys = config.deployment?.admin?.admin_key ?? []
      const key = (keys.find(({ role }) => role === 'admin') ?? keys[0])?.key
      if (typeof key === 'string' && key !== '') return { key, file }
    } catch {
      // Not there, not readable, or no such file: the next one.
    }
  }
  return null
}
