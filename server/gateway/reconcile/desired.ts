import { hashedName, sandboxName, slug } from '../../core/names.ts'
import type { ExistingConsumer, GatewayConfig, DesiredConsumer } from '../model.ts'

/** The only route. Limits apply to an instance of it by name, so consumers and route have to name the same one. */
export const ROUTE_ID = 'ai-gateway-route'
const INSTANCE = 'lemonade-instance'
const URI = '/v1/chat/completions'

/** Labels that THON writes on its consumers. */
const LABEL = { kind: 'thon-kind', user: 'thon-user', group: 'thon-group', users: 'thon-users' }
const MAX_TOKENS = 2_147_483_647
/** How long the LLM server may take to answer: models are slow. */
const TIMEOUT_MS = 600_000

/** A group as the database has it; users are sorted by name. */
export interface GroupWithUsers {
  id: string
  name: string
  users: { id: string; username: string }[]
}

/** The consumers that should exist: one for each user, or one for each group that has users, in the order of their names. */
export function desiredConsumers(
  groups: readonly GroupWithUsers[],
  { mode, tokenLimit, timeWindow }: Pick<GatewayConfig, 'mode' | 'tokenLimit' | 'timeWindow'>,
): DesiredConsumer[] {
  const limits = (people: number) => ({ tokenLimit: Math.min(tokenLimit * people, MAX_TOKENS), timeWindow })
  return groups.flatMap(({ id: groupId, name: group, users }): DesiredConsumer[] => {
    if (users.length === 0) return []
    const userCount = users.length
    const shared = { username: groupName(group), type: 'GROUP' as const, userId: null, groupId, group, user: null }
    if (mode === 'per-group') return [{ ...shared, userCount, ...limits(userCount) }]
    return users.map(({ id: userId, username: user }) => ({
      ...{ username: userName(group, user), type: 'USER' as const, userId, groupId, group, user, userCount: 1 },
      ...limits(1),
    }))
  })
}

/** `<group>-<username>`, or a slug with a hash where APISIX would reject that name or another user could have it. */
function userName(group: string, user: string): string {
  const name = sandboxName('', group, user).replace(/^-/, '')
  return isValidName(name) ? name : hashedName('', group, user, '').replace(/^-/, '')
}

function groupName(group: string): string {
  const name = `group-${group}`
  return isValidName(name) ? name : `group-${slug(group)}--${hashedName('', group, '', '').slice(-10)}`
}

/** Whether APISIX accepts it as a name, with room for the ending of a second one. */
function isValidName(name: string): boolean {
  return /^[A-Za-z0-9_-]{1,200}$/.test(name)
}

/** A consumer as THON writes it. @param key without `Bearer ` @param owner null for a consumer outside the groups */
export function consumerBody(
  { username, tokenLimit, timeWindow }: { username: string; tokenLimit: number; timeWindow: number },
  key: string,
  redis: GatewayConfig['redis'],
  owner: DesiredConsumer | null,
): Record<string, unknown> {
  return {
    username,
    ...(owner && { desc: ownerLabel(owner).slice(0, 256).toWellFormed(), labels: labelsOf(owner) }),
    plugins: {
      // OpenAI clients send the key in exactly this form.
      'key-auth': { key: `Bearer ${key}` },
      'ai-rate-limiting': {
        limit_strategy: 'total_tokens',
        instances: [{ name: INSTANCE, limit: tokenLimit, time_window: timeWindow }],
        rejected_code: 429,
        rejected_msg: 'You have used all your tokens for now. Try again in a moment.',
        ...(redis
          ? {
              ...{ policy: 'redis', redis_host: redis.host, redis_port: redis.port },
              ...(redis.password && { redis_password: redis.password }),
            }
          : { policy: 'local' }),
      },
    },
  }
}

/** Whose consumer it is, for people: `alpha/ann` or `Group alpha`. */
export function ownerLabel({ group, user }: Pick<DesiredConsumer, 'group' | 'user'>): string {
  return user === null ? `Group ${group}` : `${group}/${user}`
}

function labelsOf({ type, userId, groupId, userCount }: DesiredConsumer): Record<string, string> {
  return {
    [LABEL.kind]: type.toLowerCase(),
    [LABEL.group]: groupId,
    [LABEL.users]: String(userCount),
    ...(userId !== null && { [LABEL.user]: userId }),
  }
}

/** The route as THON writes it. */
export function routeBody({
  lemonadeUrl,
  lemonadeApiKey,
  lemonadeModel,
}: Pick<GatewayConfig, 'lemonadeUrl' | 'lemonadeApiKey' | 'lemonadeModel'>): Record<string, unknown> {
  return {
    name: 'thon-ai-gateway',
    desc: 'Made by THON: models for everybody with a key',
    uri: URI,
    methods: ['POST'],
    plugins: {
      'key-auth': { header: 'Authorization', hide_credentials: true },
      'ai-proxy-multi': {
        timeout: TIMEOUT_MS,
        instances: [
          {
            ...{ name: INSTANCE, provider: 'openai-compatible', weight: 100 },
            // Without a header here, APISIX would forward the client's own header, and with it the client's key.
            auth: { header: { Authorization: `Bearer ${lemonadeApiKey ?? 'none'}` } },
            override: { endpoint: endpointOf(lemonadeUrl) },
            ...(lemonadeModel !== null && { options: { model: lemonadeModel } }),
          },
        ],
      },
      prometheus: {},
    },
  }
}

/** A route as the Admin API returns it, without the key of the LLM server. */
export function withoutAuth(route: Record<string, unknown>): Record<string, unknown> {
  // It was parsed from JSON, so nothing is lost.
  return JSON.parse(JSON.stringify(route, (name, value: unknown) => (name === 'auth' ? undefined : value))) as Record<
    string,
    unknown
  >
}

/** The full address of chat completions: APISIX takes any path, even `/`, for the whole path. */
export function endpointOf(lemonadeUrl: string): string {
  const { origin, pathname } = new URL(lemonadeUrl)
  const path = pathname.replace(/\/+$/, '').replace(/\/(v1|v0)\/chat\/completions$/, '/$1')
  return `${origin}${path === '' || path === '/api' ? `${path}/v1` : path}/chat/completions`
}

/** Reads a consumer that the Admin API returned; null when it does not have a name. */
export function readConsumer(value: Record<string, unknown>): ExistingConsumer | null {
  const { username, desc, labels, plugins } = value as {
    username?: unknown
    desc?: unknown
    labels?: Record<string, unknown>
    plugins?: Record<string, Record<string, unknown> | undefined>
  }
  if (typeof username !== 'string' || username === '') return null
  const key = plugins?.['key-auth']?.key
  const limiting = plugins?.['ai-rate-limiting']
  const limit = (limiting?.instances as Record<string, unknown>[] | undefined)?.[0] ?? limiting
  const label = (name: string) => stringOrNull(labels?.[name])
  const kind = label(LABEL.kind)
  return {
    username,
    key: typeof key === 'string' && key !== '' ? key.replace(/^Bearer /, '') : null,
    ...{ tokenLimit: integer(limit?.limit), timeWindow: integer(limit?.time_window) },
    type: kind === 'user' ? 'USER' : kind === 'group' ? 'GROUP' : 'OTHER',
    ...{ userId: label(LABEL.user), groupId: label(LABEL.group), desc: stringOrNull(desc) },
    body: value,
  }
}

export function stringOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function integer(value: unknown): number | null {
  return Number.isSafeInteger(value) ? (value as number) : null
}

/** Whether every field of `desired` is in `existing` with the same value. Other fields of `existing` do not matter. */
export function contains(existing: unknown, desired: unknown): boolean {
  if (Array.isArray(desired))
    return (
      Array.isArray(existing) &&
      existing.length === desired.length &&
      desired.every((value, index) => contains(existing[index], value))
    )
  if (typeof desired !== 'object' || desired === null) return existing === desired
  if (typeof existing !== 'object' || existing === null) return false
  return Object.entries(desired).every(([name, value]) => contains((existing as Record<string, unknown>)[name], value))
}
