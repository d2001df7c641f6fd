import type { Db } from '../../db/client.ts'
import { Channel } from '../../core/events.ts'
import { PolledResource, UpstreamFailure, type Snapshot } from '../../upstream/polled-resource.ts'
import { Apisix } from '../client/apisix.ts'
import { checkRedis } from '../client/redis.ts'
import type { Keys } from '../keys.ts'
import {
  maskedKey,
  type ConsumerRow,
  type DesiredConsumer,
  type ExistingConsumer,
  type GatewayConfig,
  type GatewaySnapshot,
  type Reachability,
} from '../model.ts'
import type { GatewaySettingsService } from '../settings.ts'
import { UsageMeter, type Usage } from '../usage.ts'
import { desiredConsumers, readConsumer, ROUTE_ID, type GroupWithUsers } from './desired.ts'
import { diff, limitationsOf, planOf, routeStateOf, type ConsumerDiff } from './plan.ts'

export interface WatchDeps {
  db: Db
  settings: GatewaySettingsService
  keys: Keys
  metricsUrl: string
}

/** The gateway and the database side by side, read at one moment. */
export interface Inspection {
  config: GatewayConfig
  apisix: Apisix
  desired: DesiredConsumer[]
  existing: ExistingConsumer[]
  /** As the Admin API returned it; null when it does not exist. */
  route: Record<string, unknown> | null
  diff: ConsumerDiff
}

/** Polls the gateway while someone watches, and compares it with the database. */
export class GatewayWatch {
  /** Null while the gateway is turned off. */
  readonly source: PolledResource<GatewaySnapshot | null>
  /** Polled on its own, since it may answer while the gateway does not. */
  readonly redis: PolledResource<Reachability | null>
  readonly #deps: WatchDeps
  readonly #usage: UsageMeter
  #apisix: { key: string; client: Apisix } | null = null

  constructor(deps: WatchDeps) {
    this.#deps = deps
    this.#usage = new UsageMeter(deps.metricsUrl)
    this.source = new PolledResource({ interval: 5_000, ask: () => this.#snapshot() })
    this.redis = new PolledResource({ interval: 10_000, ask: () => this.#checkRedis() })
  }

  /** Snapshots of the gateway after each change, and the last one again after each change of Redis. */
  watch(): AsyncIterableIterator<Snapshot<GatewaySnapshot | null>> {
    const [gateway, redis] = [this.source.watch(), this.redis.watch()]
    const channel = new Channel<Snapshot<GatewaySnapshot | null>>(
      () => void Promise.all([gateway.return?.(), redis.return?.()]),
    )
    const repeatLast = () => {
      const last = this.source.snapshot
      if (last.at || last.error) channel.push(last)
    }
    const failed = (error: unknown) => channel.fail(error as Error)
    forEach(gateway, (snapshot) => channel.push(snapshot)).then(() => channel.end(), failed)
    forEach(redis, repeatLast).catch(failed)
    return channel
  }

  /** Polls again now, if someone watches. */
  invalidate(): void {
    this.source.invalidate()
    this.redis.invalidate()
  }

  /** Stops polling. */
  close(): void {
    this.source.close()
    this.redis.close()
  }

  /** The client for these settings. It is kept as long as they stay the same, since it remembers the version. */
  apisix({ adminUrl, adminKey }: GatewayConfig): Apisix {
    const key = JSON.stringify([adminUrl, adminKey])
    if (this.#apisix?.key !== key) this.#apisix = { key, client: new Apisix(adminUrl, adminKey) }
    return this.#apisix.client
  }

  /** Reads the gateway and the database now, and compares them. @throws UpstreamFailure */
  async inspect(config: GatewayConfig): Promise<Inspection> {
    const apisix = this.apisix(config)
    const [listed, route, groups] = await Promise.all([
      apisix.consumers(),
      apisix.get('routes', ROUTE_ID),
      this.#groups(),
    ])
    const existing = listed.flatMap((one) => readConsumer(one) ?? [])
    const desired = desiredConsumers(groups, config)
    return { config, apisix, desired, existing, route, diff: diff(desired, existing, config, apisix.version) }
  }

  async #snapshot(): Promise<GatewaySnapshot | null> {
    const config = await this.#deps.settings.resolve()
    if (!config.enabled) return null
    const { existing, desired, diff, route, apisix } = await this.inspect(config)
    const windows = new Map(existing.map((one) => [one.username, one.timeWindow]))
    const usage = await this.#usage.read((name) => windows.get(name) ?? config.timeWindow)
    const routeState = routeStateOf(route, config)
    return {
      version: apisix.version,
      rows: rowsOf(existing, diff, usage),
      route: routeState,
      plan: planOf(diff, routeState),
      limitations: limitationsOf(apisix.version, config, desired.length > 0),
      usage: { reachable: usage.reachable, message: usage.message },
      outdatedInstances: await this.#deps.keys.outdatedInstances(diff.changes),
    }
  }

  async #checkRedis(): Promise<Reachability | null> {
    const { enabled, redis } = await this.#deps.settings.resolve()
    return enabled && redis ? checkRedis(redis) : null
  }

  #groups(): Promise<GroupWithUsers[]> {
    return this.#deps.db.group.findMany({
      select: { id: true, name: true, users: { select: { id: true, username: true }, orderBy: { username: 'asc' } } },
      orderBy: { name: 'asc' },
    })
  }
}

/** Whether more requests would fail in the same way: the gateway does not answer, or rejects the Admin key. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof UpstreamFailure && error.kind !== 'FAULTY'
}

function rowsOf(existing: ExistingConsumer[], { changes, statuses }: ConsumerDiff, usage: Usage): ConsumerRow[] {
  const owners = new Map(
    changes.flatMap(({ existing: one, desired }) => (one ? [[one.username, desired] as const] : [])),
  )
  return existing.map((one) => {
    const owner = owners.get(one.username)
    const [group, user] = owner ? [owner.group, owner.user] : namesIn(one)
    return {
      ...{
        username: one.username,
        maskedKey: maskedKey(one.key),
        tokenLimit: one.tokenLimit,
        timeWindow: one.timeWindow,
      },
      ...{ type: owner?.type ?? one.type, status: statuses.get(one.username) ?? 'OTHER', group, user },
      userCount: owner?.userCount ?? 1,
      tokensInWindow: usage.reachable ? tokensInWindow(usage, one.username) : null,
      tokensTotal: usage.reachable ? (usage.total.get(one.username) ?? 0) : null,
    }
  })
}

function tokensInWindow({ inWindow }: Usage, username: string): number | null {
  const used = inWindow.get(username)
  return used === undefined ? 0 : used
}

async function forEach<T>(frames: AsyncIterableIterator<T>, action: (frame: T) => void): Promise<void> {
  for await (const frame of frames) action(frame)
}

/** Group and user of a consumer whose owner is gone, from its description. */
function namesIn({ type, desc }: ExistingConsumer): [string | null, string | null] {
  if (type === 'GROUP') return [desc?.replace(/^Group /, '') ?? null, null]
  if (type !== 'USER' || desc === null) return [null, null]
  const [group = null, ...user] = desc.split('/')
  return [group, user.join('/') || null]
}
