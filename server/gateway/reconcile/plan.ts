import type {
  ApplyPlan,
  ConsumerStatus,
  DesiredConsumer,
  ExistingConsumer,
  GatewayConfig,
  RouteState,
} from '../model.ts'
import { consumerBody, contains, routeBody, stringOrNull } from './desired.ts'

/** What applying the configuration does about one desired consumer. */
export interface PendingChange {
  desired: DesiredConsumer
  /** Null when it has to be created. */
  existing: ExistingConsumer | null
  action: 'CREATE' | 'UPDATE' | 'KEEP'
  /** The name it has, or will get. */
  username: string
}

/** How the existing consumers differ from the desired ones. */
export interface ConsumerDiff {
  /** One for each desired consumer, also where there is nothing to do. */
  changes: PendingChange[]
  /** Of every existing consumer, by its name. */
  statuses: Map<string, ConsumerStatus>
}

/**
 * Compares existing consumers with the desired ones. A consumer belongs to the user or group whose id is in its labels, whatever
 * its name. One without labels, as THON's predecessor wrote them, belongs to the user or group that would get its name.
 */
export function diff(
  desired: readonly DesiredConsumer[],
  existing: readonly ExistingConsumer[],
  config: GatewayConfig,
  version: string | null,
): ConsumerDiff {
  const byOwner = new Map(existing.filter((one) => one.type !== 'OTHER').map((one) => [ownerOf(one), one]))
  const byName = new Map(existing.filter((one) => one.type === 'OTHER').map((one) => [one.username, one]))
  const statuses = new Map<string, ConsumerStatus>(
    existing.map(({ username, type }) => [username, type === 'OTHER' ? 'OTHER' : 'ORPHANED']),
  )
  const takenNames = new Set(existing.map(({ username }) => username))
  const changes = desired.map((one): PendingChange => {
    const found = byOwner.get(ownerOf(one)) ?? byName.get(one.username) ?? null
    if (!found) return { desired: one, existing: null, action: 'CREATE', username: freeName(one.username, takenNames) }
    const isCurrent = found.key !== null && isUpToDate(found, bodyFor(one, found.username, found.key, config, version))
    statuses.set(found.username, isCurrent ? 'CURRENT' : 'OUTDATED')
    return { desired: one, existing: found, action: isCurrent ? 'KEEP' : 'UPDATE', username: found.username }
  })
  return { changes, statuses }
}

/** Fields that THON does not write do not matter, except for a Redis password that has to go. */
function isUpToDate({ body }: ExistingConsumer, desired: Record<string, unknown>): boolean {
  return contains(body, desired) && redisPasswordOf(body) === redisPasswordOf(desired)
}

function redisPasswordOf({ plugins }: Record<string, unknown>): unknown {
  return (plugins as Record<string, { redis_password?: unknown } | undefined>)['ai-rate-limiting']?.redis_password
}

/** The body to write for a desired consumer. Redis is left out for versions that would store its fields and ignore them. */
export function bodyFor(
  desired: DesiredConsumer,
  username: string,
  key: string,
  config: GatewayConfig,
  version: string | null,
) {
  const redis = isAtLeast(version, 3, 18) ? config.redis : null
  return consumerBody({ ...desired, username }, key, redis, desired)
}

/** The diff in numbers. */
export function planOf({ changes, statuses }: ConsumerDiff, route: RouteState): ApplyPlan {
  const count = (action: PendingChange['action']) => changes.filter((one) => one.action === action).length
  const orphaned = [...statuses.values()].filter((one) => one === 'ORPHANED').length
  return {
    ...{ missing: count('CREATE'), outdated: count('UPDATE'), current: count('KEEP'), orphaned },
    routePending: !route.current,
  }
}

/** How the route compares with the configuration. @param value as the Admin API returned it; null when it does not exist */
export function routeStateOf(value: Record<string, unknown> | null, config: GatewayConfig): RouteState {
  if (!value) return { configured: false, current: false, uri: null, upstream: null, model: null }
  const { uri, plugins } = value as {
    uri?: unknown
    plugins?: {
      'ai-proxy-multi'?: { instances?: { override?: { endpoint?: unknown }; options?: { model?: unknown } }[] }
    }
  }
  const instance = plugins?.['ai-proxy-multi']?.instances?.[0]
  const model = stringOrNull(instance?.options?.model)
  return {
    ...{ configured: true, uri: stringOrNull(uri), upstream: stringOrNull(instance?.override?.endpoint), model },
    // Status 0 means that someone switched the route off; writing it again switches it on.
    current: model === config.lemonadeModel && value.status !== 0 && contains(value, routeBody(config)),
  }
}

/** Warnings for organizers, a sentence each: what this version of APISIX cannot do, and how people can get around the gateway. */
export function limitationsOf(
  version: string | null,
  { redis, mode, lemonadeApiKey }: Pick<GatewayConfig, 'redis' | 'mode' | 'lemonadeApiKey'>,
  needsDashes: boolean,
): string[] {
  const found: string[] = []
  if (version === null)
    found.push(
      'This APISIX does not show its version. Names with a dash need 3.13 or newer, limits for each consumer need 3.15, and Redis needs 3.18.',
    )
  if (needsDashes && !supportsDashes(version)) found.push(needsNewer(version))
  if (!isAtLeast(version, 3, 15))
    found.push(
      `APISIX ${version} counts all consumers with the same limit together: one person can use up everyone's tokens. Limits for each ${mode === 'per-user' ? 'user' : 'group'} need 3.15 or newer.`,
    )
  if (redis && !isAtLeast(version, 3, 18))
    found.push(
      `APISIX ${version} keeps its own counters and ignores Redis. Counters shared by several gateways need 3.18 or newer.`,
    )
  if (lemonadeApiKey === null)
    found.push(
      'No API key of the LLM server is set. If the server does not require one, people can use it directly, without the gateway and its limits.',
    )
  return found
}

/** Why the configuration cannot be applied with a version that does not support dashes. */
export function needsNewer(version: string | null): string {
  return `APISIX ${version} does not allow dashes in names, and the consumers here have them. Update it to 3.13 or newer, then apply.`
}

/** Whether names of consumers may have dashes, which those of THON have. */
export function supportsDashes(version: string | null): boolean {
  return isAtLeast(version, 3, 13)
}

/** An unknown version counts as a new one. */
function isAtLeast(version: string | null, major: number, minor: number): boolean {
  const [, foundMajor, foundMinor] = /^(\d+)\.(\d+)/.exec(version ?? '') ?? []
  if (foundMajor === undefined) return true
  return Number(foundMajor) > major || (Number(foundMajor) === major && Number(foundMinor) >= minor)
}

/** Whether the labels of an existing consumer name the same owner as a desired one. */
export function matches(existing: ExistingConsumer, desired: DesiredConsumer): boolean {
  return existing.type !== 'OTHER' && ownerOf(existing) === ownerOf(desired)
}

function ownerOf({ type, userId, groupId }: Pick<ExistingConsumer, 'type' | 'userId' | 'groupId'>): string {
  return type === 'USER' ? `user ${userId}` : `group ${groupId}`
}

/** The name, or one with a number: consumers that someone created by hand are not taken over. */
function freeName(name: string, taken: Set<string>): string {
  let free = name
  for (let n = 2; taken.has(free); n++) free = `${name}--${n}`
  taken.add(free)
  return free
}
