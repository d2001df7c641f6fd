import { access, readFile } from 'node:fs/promises'
import { parse as parseYaml } from 'yaml'
import type { ActivityService } from '../activity/service.ts'
import { authorize } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import type { GatewayEnv } from '../config/ai.ts'
import type { Events } from '../core/events.ts'
import { parse } from '../core/input.ts'
import type { GatewaySettings } from '../../prisma/generated/client/client.ts'
import { settingsInput, type Mode, type Setup } from './model.ts'

const ID = 'gateway'

/** What the settings need of their surroundings. */
export interface SetupDeps {
  db: Db
  events: Events
  activity: ActivityService
  env: GatewayEnv
  /** Where Lemonade answers, unless an organizer says otherwise. */
  lemonadeUrl: string
  /** Name of this machine as sandboxes reach it. */
  hostInSandbox: string
}

/** Where the gateway serves people. */
export interface ProxyAddresses {
  /** From this machine. */
  proxyUrl: string
  /** Base URL of OpenAI clients in sandboxes. */
  peopleUrl: string
}

/** What sandboxes have to reach for the gateway: a port of this machine, or another machine's. */
export interface ProxyPlace {
  /** Null is this machine. */
  host: string | null
  port: number
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

/** The gateway's settings: what an organizer changed, over what the environment says. */
export class GatewaySetup {
  readonly #parts: SetupDeps

  constructor(parts: SetupDeps) {
    this.#parts = parts
  }

  /** With secrets, for this feature alone. */
  async now(): Promise<Setup> {
    return this.#merged(await this.#row())
  }

  /** @throws Forbidden */
  async view(viewer: Viewer): Promise<SetupView> {
    authorize(viewer, 'gateway.manage')
    return this.#shown(await this.#row())
  }

  /**
   * Changes some. Values are not written to the activity log.
   * @param raw as `settingsInput`
   * @throws InvalidInput, Forbidden
   */
  async set(viewer: Viewer, raw: unknown): Promise<SetupView> {
    authorize(viewer, 'gateway.manage')
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

  /** Where the gateway serves people: on the machine of its Admin API. */
  addressesOf({ adminUrl, proxyPort }: Pick<Setup, 'adminUrl' | 'proxyPort'>): ProxyAddresses {
    const host = otherMachine(adminUrl)
    return {
      proxyUrl: `http://${host ?? '127.0.0.1'}:${proxyPort}`,
      peopleUrl: `http://${host ?? this.#parts.hostInSandbox}:${proxyPort}/v1`,
    }
  }

  /** What sandboxes have to reach; null while the gateway is off. */
  async place(): Promise<ProxyPlace | null> {
    const { enabled, adminUrl, proxyPort } = await this.now()
    return enabled ? { host: otherMachine(adminUrl), port: proxyPort } : null
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
    // Without one nothing works, so an empty one is no wish to have none.
    const adminKey = row?.adminKey || env.adminKey
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

/** The host of a URL; null when it is this machine, or one that only this machine knows by that name. */
function otherMachine(url: string): string | null {
  const { hostname } = new URL(url)
  const isHere = /^(localhost|.+\.localhost|127\..+|0\.0\.0\.0|\[::1?\]|host\.docker\.internal)$/.test(hostname)
  return isHere || !/[.:]/.test(hostname) ? null : hostname
}

/** An empty text that an organizer stored is none, whatever the environment says. */
function text(stored: string | null | undefined, otherwise: string | null): string | null {
  if (stored === '') return null
  return stored ?? otherwise
}

/** The Admin key in APISIX's own configuration: `deployment.admin.admin_key[]`, the one whose role is admin. */
async function keyInFiles(files: readonly string[]): Promise<{ key: string; file: string } | null> {
  for (const file of files) {
    try {
      const config = parseYaml(await readFile(file, 'utf8')) as {
        deployment?: { admin?: { admin_key?: { role?: string; key?: string | number | null }[] } }
      }
      const keys = config.deployment?.admin?.admin_key ?? []
      // YAML may take it for a number; `${{NAME}}` is a variable of APISIX's environment, which is not ours.
      const key = String((keys.find(({ role }) => role === 'admin') ?? keys[0])?.key ?? '')
      if (key !== '' && !key.includes('${{')) return { key, file }
    } catch {
      // Not there, not readable, or no such file: the next one.
    }
  }
  return null
}
