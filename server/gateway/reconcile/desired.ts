import { hashedName, sandboxName, slug } from '../../core/names.ts'
import type { Present, Setup, Wanted } from '../model.ts'

/** The one route, and the one instance in it that limits are counted for: a limit for another name would limit nothing. */
export const ROUTE_ID = 'ai-gateway-route'
export const INSTANCE = 'lemonade-instance'
export const URI = '/v1/chat/completions'

/** What THON writes on its consumers. */
const LABEL = { kind: 'thon-kind', user: 'thon-user', group: 'thon-group', users: 'thon-users' }
const MOST = 2_147_483_647
/** How long an answer may take: models are slow. */
const PATIENCE = 600_000

/** A group with its users, by name. */
export interface Team {
  id: string
  name: string
  users: { id: string; username: string }[]
}

/** The consumers that there should be: one for each user, or for each group that has users, in the order of their names. */
export function wantedConsumers(
  teams: readonly Team[],
  { mode, tokenLimit, timeWindow }: Pick<Setup, 'mode' | 'tokenLimit' | 'timeWindow'>,
): Wanted[] {
  const limits = (people: number) => ({ tokenLimit: Math.min(tokenLimit * people, MOST), timeWindow })
  return teams.flatMap(({ id: groupId, name: group, users }): Wanted[] => {
    if (users.length === 0) return []
    const userCount = users.length
    if (mode === 'per-group')
      return [
        {
          ...{
            username: groupName(group),
            type: 'GROUP' as const,
            userId: null,
            groupId,
            group,
            user: null,
            userCount,
          },
          ...limits(userCount),
        },
      ]
    return users.map(({ id: userId, username: user }) => ({
      ...{ username: userName(group, user), type: 'USER' as const, userId, groupId, group, user, userCount: 1 },
      ...limits(1),
    }))
  })
}

/** `<group>-<username>`, or a slug with a hash where APISIX would refuse it or it could be somebody else's. */
function userName(group: string, user: string): string {
  const name = sandboxName('', group, user).replace(/^-/, '')
  return isTaken(name) ? name : hashedName('', group, user, '').replace(/^-/, '')
}

function groupName(group: string): string {
  const name = `group-${group}`
  return isTaken(name) ? name : `group-${slug(group)}--${hashedName('', group, '', '').slice(-10)}`
}

/** Whether APISIX takes it for a name. */
function isTaken(name: string): boolean {
  return /^[A-Za-z0-9_-]{1,200}$/.test(name)
}

/** A consumer as it is written. @param key without `Bearer ` */
export function consumerBody(
  { username, tokenLimit, timeWindow }: { username: string; tokenLimit: number; timeWindow: number },
  key: string,
  redis: Setup['redis'],
  of: Wanted | null,
): Record<string, unknown> {
  return {
    username,
    ...(of && { desc: describe(of), labels: labelsOf(of) }),
    plugins: {
      // As clients of OpenAI send it, word for word.
      'key-auth': { key: `Bearer ${key}` },
      'ai-rate-limiting': {
        limit_strategy: 'total_tokens',
        instances: [{ name: INSTANCE, limit: tokenLimit, time_window: timeWindow }],
        rejected_code: 429,
        rejected_msg: 'Your tokens for this moment are used up. Try again in a little while.',
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

function describe({ group, user }: Wanted): string {
  const text = user === null ? `Group ${group}` : `${group}/${user}`
  return text.slice(0, 256).toWellFormed()
}

function labelsOf({ type, userId, groupId, userCount }: Wanted): Record<string, string> {
  return {
    [LABEL.kind]: type.toLowerCase(),
    [LABEL.group]: groupId,
    [LABEL.users]: String(userCount),
    ...(userId !== null && { [LABEL.user]: userId }),
  }
}

/** The route as it is written. */
export function routeBody({
  lemonadeUrl,
  lemonadeApiKey,
  lemonadeModel,
}: Pick<Setup, 'lemonadeUrl' | 'lemonadeApiKey' | 'lemonadeModel'>): Record<string, unknown> {
  return {
    name: 'thon-ai-gateway',
    desc: 'Made by THON: models for everybody with a key',
    uri: URI,
    methods: ['POST'],
    plugins: {
      'key-auth': { header: 'Authorization', hide_credentials: true },
      'ai-proxy-multi': {
        timeout: PATIENCE,
        instances: [
          {
            ...{ name: INSTANCE, provider: 'openai-compatible', weight: 100 },
            // With nothing here the client's own header, which is its key, would go on to the LLM server.
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

/** A route as APISIX has it, without the key of the LLM server. */
export function withoutAuth(route: Record<string, unknown>): Record<string, unknown> {
  // JSON came in, so JSON may go out.
  return JSON.parse(JSON.stringify(route, (name, value: unknown) => (name === 'auth' ? undefined : value))) as Record<
    string,
    unknown
  >
}

/** The whole address of the chat: APISIX takes any path, even `/`, for all of it. */
export function endpointOf(lemonadeUrl: string): string {
  const { origin, pathname } = new URL(lemonadeUrl)
  const path = pathname.replace(/\/+$/, '').replace(/\/(v1|v0)\/chat\/completions$/, '/$1')
  return `${origin}${path === '' || path === '/api' ? `${path}/v1` : path}/chat/completions`
}

/** Reads what the Admin API has of a consumer. */
export function readConsumer(value: Record<string, unknown>): Present | null {
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
  const label = (name: string) => (typeof labels?.[name] === 'string' ? (labels[name] as string) : null)
  const kind = label(LABEL.kind)
  return {
    username,
    key: typeof key === 'string' && key !== '' ? key.replace(/^Bearer /, '') : null,
    ...{ tokenLimit: whole(limit?.limit), timeWindow: whole(limit?.time_window) },
    type: kind === 'user' ? 'USER' : kind === 'group' ? 'GROUP' : 'OTHER',
    ...{ userId: label(LABEL.user), groupId: label(LABEL.group), desc: typeof desc === 'string' ? desc : null },
    body: value,
  }
}

function whole(value: unknown): number | null {
  return Number.isSafeInteger(value) ? (value as number) : null
}

/** Whether everything wanted is there as it is wanted; what else is there does not matter. */
export function holds(present: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted))
    return (
      Array.isArray(present) && present.length === wanted.length && wanted.every((one, at) => holds(present[at], one))
    )
  if (typeof wanted !== 'object' || wanted === null) return present === wanted
  if (typeof present !== 'object' || present === null) return false
  return Object.entries(wanted).every(([name, one]) => holds((present as Record<string, unknown>)[name], one))
}
