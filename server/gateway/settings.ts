import { access, readFile } from 'node:fs/promises'
import { parse as parseYaml } from 'yaml'
import type { ActivityService } from '../activity/service.ts'
import { authorize } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import type { GatewayEnv } from '../config/ai.ts'
import { parse } from '../core/input.ts'
import type { GatewaySettings } from '../../prisma/generated/client/client.ts'
import { givenFields, settingsInput, type Mode, type GatewayConfig } from './model.ts'

const ID = 'gateway'

export interface SettingsDeps {
  db: Db
  activity: ActivityService
  env: GatewayEnv
  /** Lemonade's own address, unless an organizer sets another one. */
  lemonadeUrl: string
  /** Name of this machine as sandboxes reach it. */
  hostInSandbox: string
}

/** Where people reach the gateway. */
export interface ProxyAddresses {
  /** From this machine. */
  proxyUrl: string
  /** Base URL of OpenAI clients in sandboxes. */
  peopleUrl: string
}

/** What sandboxes have to reach for the gateway: a port of this machine or of another one. */
export interface ProxyTarget {
  /** Null is this machine. */
  host: string | null
  port: number
}

/** The settings in effect, without secrets. */
export interface GatewaySettingsView extends Omit<GatewayConfig, 'adminKey' | 'lemonadeApiKey' | 'redis'> {
  redisHost: string | null
  redisPort: number
  hasRedisPassword: boolean
  hasLemonadeApiKey: boolean
  updatedAt: Date | null
  updatedBy: string | null
}

/** The gateway's settings: what organizers changed takes precedence over the environment. */
export class GatewaySettingsService {
  readonly #deps: SettingsDeps

  constructor(deps: SettingsDeps) {
    this.#deps = deps
  }

  /** The settings in effect, with secrets: for this feature alone. */
  async resolve(): Promise<GatewayConfig> {
    return this.#merge(await this.#stored())
  }

  /** @throws Forbidden */
  async view(viewer: Viewer): Promise<GatewaySettingsView> {
    authorize(viewer, 'gateway.manage')
    return this.#toView(await this.#stored())
  }

  /**
   * Changes some settings. The activity log gets their names, not their values.
   * @param raw as `settingsInput`
   * @throws InvalidInput, Forbidden
   */
  async update(viewer: Viewer, raw: unknown): Promise<GatewaySettingsView> {
    authorize(viewer, 'gateway.manage')
    const given = givenFields(parse(settingsInput, raw))
    const data = { ...Object.fromEntries(given), updatedBy: viewer.name }
    const target = { kind: 'gateway', id: ID, label: given.map(([name]) => name).join(', ') || 'settings' } as const
    const row = await this.#deps.activity.act(viewer, 'update settings', target, (tx) => {
      tx.publish('gatewaySettings', null)
      return tx.gatewaySettings.upsert({ where: { id: ID }, create: { id: ID, ...data }, update: data })
    })
    return this.#toView(row)
  }

  /** Where people reach the gateway: on the machine of its Admin API. */
  addressesOf({ adminUrl, proxyPort }: Pick<GatewayConfig, 'adminUrl' | 'proxyPort'>): ProxyAddresses {
    const host = remoteHost(adminUrl)
    return {
      proxyUrl: `http://${host ?? '127.0.0.1'}:${proxyPort}`,
      peopleUrl: `http://${host ?? this.#deps.hostInSandbox}:${proxyPort}/v1`,
    }
  }

  /** What sandboxes have to reach; null while the gateway is off. */
  async proxyTarget(): Promise<ProxyTarget | null> {
    const { enabled, adminUrl, proxyPort } = await this.resolve()
    return enabled ? { host: remoteHost(adminUrl), port: proxyPort } : null
  }

  /** Whether APISIX's configuration file is on this machine. */
  async isInstalled(): Promise<boolean> {
    const found = await Promise.allSettled(this.#deps.env.configFiles.map((file) => access(file)))
    return found.some(({ status }) => status === 'fulfilled')
  }

  #stored(): Promise<GatewaySettings | null> {
    return this.#deps.db.gatewaySettings.findUnique({ where: { id: ID } })
  }

  async #toView(row: GatewaySettings | null): Promise<GatewaySettingsView> {
    const { adminKey: _adminKey, lemonadeApiKey, redis, ...rest } = await this.#merge(row)
    return {
      ...rest,
      ...{ redisHost: redis?.host ?? null, redisPort: redis?.port ?? row?.redisPort ?? this.#deps.env.redisPort },
      ...{ hasRedisPassword: redis?.password !== null && redis !== null, hasLemonadeApiKey: lemonadeApiKey !== null },
      ...{ updatedAt: row?.updatedAt ?? null, updatedBy: row?.updatedBy ?? null },
    }
  }

  async #merge(row: GatewaySettings | null): Promise<GatewayConfig> {
    const { env, lemonadeUrl } = this.#deps
    const host = storedOr(row?.redisHost, env.redisHost)
    // Nothing works without an Admin key, so an empty one falls back to the environment.
    const adminKey = row?.adminKey || env.adminKey
    const found = adminKey === null ? await adminKeyInFiles(env.configFiles) : null
    const redisPassword = storedOr(row?.redisPassword, env.redisPassword)
    return {
      enabled: row?.enabled ?? env.enabled,
      mode: (row?.mode as Mode | null | undefined) ?? env.mode,
      tokenLimit: row?.tokenLimit ?? env.tokenLimit,
      timeWindow: row?.timeWindow ?? env.timeWindow,
      redis: host === null ? null : { host, port: row?.redisPort ?? env.redisPort, password: redisPassword },
      lemonadeUrl: row?.lemonadeUrl || (env.lemonadeUrl ?? lemonadeUrl),
      lemonadeApiKey: storedOr(row?.lemonadeApiKey, env.lemonadeApiKey),
      lemonadeModel: storedOr(row?.lemonadeModel, env.lemonadeModel),
      adminUrl: row?.adminUrl || env.adminUrl,
      adminKey: adminKey ?? found?.key ?? null,
      adminKeyFrom: row?.adminKey ? 'SETTINGS' : adminKey !== null ? 'ENVIRONMENT' : found ? 'FILE' : null,
      adminKeyFile: found?.file ?? null,
      proxyPort: row?.proxyPort ?? env.proxyPort,
    }
  }
}

/** The host of a URL; null when it is this machine, or a name that only this machine knows. */
function remoteHost(url: string): string | null {
  const { hostname } = new URL(url)
  const isHere = /^(localhost|.+\.localhost|127\..+|0\.0\.0\.0|\[::1?\]|host\.docker\.internal)$/.test(hostname)
  return isHere || !/[.:]/.test(hostname) ? null : hostname
}

/** The stored text, or the fallback. An empty stored text means that an organizer cleared the setting. */
function storedOr(stored: string | null | undefined, fallback: string | null): string | null {
  if (stored === '') return null
  return stored ?? fallback
}

/** The Admin key in APISIX's own configuration: `deployment.admin.admin_key[]`, the one whose role is admin. */
async function adminKeyInFiles(files: readonly string[]): Promise<{ key: string; file: string } | null> {
  for (const file of files) {
    try {
      const config = parseYaml(await readFile(file, 'utf8')) as {
        deployment?: { admin?: { admin_key?: { role?: string; key?: string | number | null }[] } }
      }
      const keys = config.deployment?.admin?.admin_key ?? []
      // YAML may read it as a number; `${{NAME}}` is a variable of APISIX's environment, which THON cannot read.
      const key = String((keys.find(({ role }) => role === 'admin') ?? keys[0])?.key ?? '')
      if (key !== '' && !key.includes('${{')) return { key, file }
    } catch {
      // Missing, not readable, or not YAML: try the next one.
    }
  }
  return null
}
