import type { Plan, Present, RouteState, Setup, Standing, Wanted } from '../model.ts'
import { consumerBody, holds, routeBody } from './desired.ts'

/** What set-up would do about one consumer. */
export interface Due {
  wanted: Wanted
  /** The one that is there; null when there is none. */
  present: Present | null
  action: 'CREATE' | 'UPDATE' | 'KEEP'
  /** The name it has, or gets. */
  username: string
}

/** How what is there stands to what should be. */
export interface Compared {
  due: Due[]
  standings: Map<string, Standing>
}

/**
 * Compares. A consumer belongs to the user or group whose id is written on it, whatever it is called by now; one of the old
 * system, on which nothing is written, to whoever has its name.
 */
export function compare(
  wanted: readonly Wanted[],
  present: readonly Present[],
  setup: Setup,
  version: string | null,
): Compared {
  const byOwner = new Map(present.filter((one) => one.type !== 'OTHER').map((one) => [ownerOf(one), one]))
  const byName = new Map(present.filter((one) => one.type === 'OTHER').map((one) => [one.username, one]))
  const standings = new Map<string, Standing>(
    present.map(({ username, type }) => [username, type === 'OTHER' ? 'OTHER' : 'LEFT']),
  )
  const taken = new Set(present.map(({ username }) => username))
  const due = wanted.map((one): Due => {
    const found = byOwner.get(ownerOf(one)) ?? byName.get(one.username) ?? null
    if (!found) return { wanted: one, present: null, action: 'CREATE', username: freeName(one.username, taken) }
    const isCurrent = found.key !== null && isAs(found, bodyFor(one, found.username, found.key, setup, version))
    standings.set(found.username, isCurrent ? 'CURRENT' : 'OUTDATED')
    return { wanted: one, present: found, action: isCurrent ? 'KEEP' : 'UPDATE', username: found.username }
  })
  return { due, standings }
}

/** Whether one is as it would be written. A password that Redis has no more is the one thing that is wanted gone. */
function isAs({ body }: Present, wanted: Record<string, unknown>): boolean {
  return holds(body, wanted) && redisPasswordOf(body) === redisPasswordOf(wanted)
}

function redisPasswordOf({ plugins }: Record<string, unknown>): unknown {
  return (plugins as Record<string, { redis_password?: unknown } | undefined>)['ai-rate-limiting']?.redis_password
}

/** What is written for one. Redis is for versions that go by it: older ones keep such fields, and count on their own. */
export function bodyFor(wanted: Wanted, username: string, key: string, setup: Setup, version: string | null) {
  const redis = isAtLeast(version, 3, 18) ? setup.redis : null
  return consumerBody({ ...wanted, username }, key, redis, wanted)
}

/** Counts of a comparison. */
export function planOf({ due, standings }: Compared, route: RouteState): Plan {
  const count = (action: Due['action']) => due.filter((one) => one.action === action).length
  const left = [...standings.values()].filter((one) => one === 'LEFT').length
  return {
    ...{ missing: count('CREATE'), outdated: count('UPDATE'), current: count('KEEP'), left },
    routeDue: !route.current,
  }
}

/** How the route stands. @param value as the Admin API has it; null when there is none */
export function routeStateOf(value: Record<string, unknown> | null, setup: Setup): RouteState {
  if (!value) return { configured: false, current: false, uri: null, upstream: null, model: null }
  const { uri, plugins } = value as {
    uri?: unknown
    plugins?: {
      'ai-proxy-multi'?: { instances?: { override?: { endpoint?: unknown }; options?: { model?: unknown } }[] }
    }
  }
  const instance = plugins?.['ai-proxy-multi']?.instances?.[0]
  const [model, upstream] = [text(instance?.options?.model), text(instance?.override?.endpoint)]
  return {
    ...{ configured: true, uri: text(uri), upstream, model },
    // Somebody may have switched it off, which setting it anew undoes.
    current: model === setup.lemonadeModel && value.status !== 0 && holds(value, routeBody(setup)),
  }
}

/** What does not hold, a sentence each: what this version cannot do, and how people get past it. */
export function limitationsOf(
  version: string | null,
  { redis, mode, lemonadeApiKey }: Pick<Setup, 'redis' | 'mode' | 'lemonadeApiKey'>,
  wantsDashes: boolean,
): string[] {
  const found: string[] = []
  if (version === null)
    found.push(
      'This APISIX does not tell its version. Names with a dash need 3.13 or newer, limits for each consumer 3.15, and Redis 3.18.',
    )
  if (wantsDashes && !isAtLeast(version, 3, 13))
    found.push(
      `APISIX ${version} takes no dash in names, which consumers here have. Update it to 3.13 or newer to set it up.`,
    )
  if (!isAtLeast(version, 3, 15))
    found.push(
      `APISIX ${version} counts everybody with the same limit together: one person can use up the tokens of all. Limits for each ${mode === 'per-user' ? 'user' : 'group'} need 3.15 or newer.`,
    )
  if (redis && !isAtLeast(version, 3, 18))
    found.push(
      `APISIX ${version} counts on its own and not in Redis. Counters that several gateways share need 3.18 or newer.`,
    )
  if (lemonadeApiKey === null)
    found.push(
      'No API key of the LLM server is set. Where it wants none, people get past the gateway and its limits by asking it directly.',
    )
  return found
}

/** Whether set-up may be tried at all with this version and these names. */
export function mayTakeDashes(version: string | null): boolean {
  return isAtLeast(version, 3, 13)
}

/** An unknown version is taken for a new one. */
function isAtLeast(version: string | null, major: number, minor: number): boolean {
  const [, found, then] = /^(\d+)\.(\d+)/.exec(version ?? '') ?? []
  if (found === undefined) return true
  return Number(found) > major || (Number(found) === major && Number(then) >= minor)
}

/** Whether what is written on a consumer says that it is whose it should be. */
export function owns(present: Present, wanted: Wanted): boolean {
  return present.type !== 'OTHER' && ownerOf(present) === ownerOf(wanted)
}

function ownerOf({ type, userId, groupId }: Pick<Present, 'type' | 'userId' | 'groupId'>): string {
  return type === 'USER' ? `user ${userId}` : `group ${groupId}`
}

/** Names of consumers that somebody made by hand are not taken over. */
function freeName(name: string, taken: Set<string>): string {
  let free = name
  for (let n = 2; taken.has(free); n++) free = `${name}--${n}`
  taken.add(free)
  return free
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
