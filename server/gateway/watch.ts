import type { Db } from '../db/client.ts'
import { Channel } from '../core/events.ts'
import { PolledResource, UpstreamFailure, type Snapshot } from '../upstream/polled-resource.ts'
import { Apisix } from './apisix.ts'
import type { Keys } from './keys.ts'
import {
  masked,
  type ConsumerRow,
  type Present,
  type Reachable,
  type Setup,
  type GatewaySnapshot,
  type Wanted,
} from './model.ts'
import { compare, limitationsOf, planOf, routeStateOf, type Compared } from './plan.ts'
import { lookAtRedis } from './redis.ts'
import type { GatewaySetup } from './setup.ts'
import { UsageMeter, type Usage } from './usage.ts'
import { readConsumer, ROUTE_ID, wantedConsumers, type Team } from './desired.ts'

/** What watching needs of its surroundings. */
export interface WatchDeps {
  db: Db
  setup: GatewaySetup
  keys: Keys
  metricsUrl: string
}

/** Everything that a set-up goes by, as it is now. */
export interface Found {
  setup: Setup
  apisix: Apisix
  wanted: Wanted[]
  present: Present[]
  route: Record<string, unknown> | null
  compared: Compared
}

/** Looks at the gateway: what is there, and how it stands to the database. */
export class GatewayWatch {
  readonly source: PolledResource<GatewaySnapshot | null>
  /** By itself: it answers also while the gateway does not. */
  readonly redis: PolledResource<Reachable | null>
  readonly #parts: WatchDeps
  readonly #usage: UsageMeter
  #apisix: { of: string; client: Apisix } | null = null

  constructor(parts: WatchDeps) {
    this.#parts = parts
    this.#usage = new UsageMeter(parts.metricsUrl)
    this.source = new PolledResource({ interval: 5_000, ask: () => this.#look() })
    this.redis = new PolledResource({ interval: 10_000, ask: () => this.#lookAtRedis() })
  }

  /** What is seen of the gateway, and once more when Redis comes or goes. */
  watch(): AsyncIterableIterator<Snapshot<GatewaySnapshot | null>> {
    const [gateway, redis] = [this.source.watch(), this.redis.watch()]
    const channel = new Channel<Snapshot<GatewaySnapshot | null>>(
      () => void Promise.all([gateway.return?.(), redis.return?.()]),
    )
    void pass(gateway, (seen) => channel.push(seen)).then(() => channel.end())
    void pass(
      redis,
      () => (this.source.snapshot.at || this.source.snapshot.error) && channel.push(this.source.snapshot),
    )
    return channel
  }

  /** Asks anew, where somebody watches. */
  nudge(): void {
    this.source.invalidate()
    this.redis.invalidate()
  }

  /** Ends every question. */
  close(): void {
    this.source.close()
    this.redis.close()
  }

  /** The client for these settings: one as long as they stay. */
  apisix({ adminUrl, adminKey }: Setup): Apisix {
    const of = JSON.stringify([adminUrl, adminKey])
    if (this.#apisix?.of !== of) this.#apisix = { of, client: new Apisix(adminUrl, adminKey) }
    return this.#apisix.client
  }

  /** What is there and what should be, asked now. @throws UpstreamTrouble */
  async find(setup: Setup): Promise<Found> {
    const apisix = this.apisix(setup)
    const [listed, route, teams] = await Promise.all([
      apisix.consumers(),
      apisix.get('routes', ROUTE_ID),
      this.#teams(),
    ])
    const present = listed.flatMap((one) => readConsumer(one) ?? [])
    const wanted = wantedConsumers(teams, setup)
    return { setup, apisix, wanted, present, route, compared: compare(wanted, present, setup, apisix.version) }
  }

  async #look(): Promise<GatewaySnapshot | null> {
    const setup = await this.#parts.setup.now()
    if (!setup.enabled) return null
    const found = await this.find(setup)
    const { present, wanted, compared, route, apisix } = found
    const windows = new Map(present.map((one) => [one.username, one.timeWindow]))
    const usage = await this.#usage.read((name) => windows.get(name) ?? setup.timeWindow)
    const state = routeStateOf(route, setup)
    return {
      version: apisix.version,
      rows: rowsOf(present, compared, usage),
      route: state,
      plan: planOf(compared, state),
      limitations: limitationsOf(apisix.version, setup, wanted.length > 0),
      usage: { reachable: usage.reachable, message: usage.message },
      outdatedInstances: await this.#parts.keys.outdatedIn(compared.due),
    }
  }

  async #lookAtRedis(): Promise<Reachable | null> {
    const { enabled, redis } = await this.#parts.setup.now()
    return enabled && redis ? lookAtRedis(redis) : null
  }

  async #teams(): Promise<Team[]> {
    return this.#parts.db.group.findMany({
      select: { id: true, name: true, users: { select: { id: true, username: true }, orderBy: { username: 'asc' } } },
      orderBy: { name: 'asc' },
    })
  }
}

/** Whether there is any use in asking on after this. */
export function isAway(error: unknown): boolean {
  return error instanceof UpstreamFailure && error.kind !== 'FAULTY'
}

function rowsOf(present: Present[], { due, standings }: Compared, usage: Usage): ConsumerRow[] {
  const of = new Map(due.flatMap(({ present: one, wanted: whose }) => (one ? [[one.username, whose] as const] : [])))
  return present.map((one) => {
    const whose = of.get(one.username)
    const [group, user] = whose ? [whose.group, whose.user] : namesIn(one)
    return {
      ...{ username: one.username, maskedKey: masked(one.key), tokenLimit: one.tokenLimit, timeWindow: one.timeWindow },
      ...{ type: whose?.type ?? one.type, standing: standings.get(one.username) ?? 'OTHER', group, user },
      userCount: whose?.userCount ?? 1,
      tokensInWindow: usage.reachable ? inWindowOf(usage, one.username) : null,
      tokensTotal: usage.reachable ? (usage.total.get(one.username) ?? 0) : null,
    }
  })
}

function inWindowOf({ inWindow }: Usage, username: string): number | null {
  const used = inWindow.get(username)
  return used === undefined ? 0 : used
}

async function pass<T>(frames: AsyncIterableIterator<T>, push: (frame: T) => void): Promise<void> {
  for await (const frame of frames) push(frame)
}

/** Names of somebody who has left, as they were written down. */
function namesIn({ type, desc }: Present): [string | null, string | null] {
  if (type === 'GROUP') return [desc?.replace(/^Group /, '') ?? null, null]
  if (type !== 'USER' || desc === null) return [null, null]
  const [group = null, ...user] = desc.split('/')
  return [group, user.join('/') || null]
}
