import { z } from 'zod'
import { pageInput } from '../core/input.ts'
import type { UpstreamError } from '../upstream/polled-resource.ts'

export const MODES = ['per-user', 'per-group'] as const

/** Whether each user has a key and tokens of their own, or the users of a group share them. */
export type Mode = (typeof MODES)[number]

/** The settings in effect, secrets included: never leaves the server. */
export interface GatewayConfig {
  enabled: boolean
  mode: Mode
  /** Tokens of one person in one window. */
  tokenLimit: number
  /** Length of a window, in seconds. */
  timeWindow: number
  redis: { host: string; port: number; password: string | null } | null
  lemonadeUrl: string
  lemonadeApiKey: string | null
  /** Null leaves the choice to the client. */
  lemonadeModel: string | null
  adminUrl: string
  adminKey: string | null
  /** Where the Admin key comes from; null when no key is known. */
  adminKeyFrom: 'SETTINGS' | 'ENVIRONMENT' | 'FILE' | null
  /** The file with the Admin key, when it comes from one. */
  adminKeyFile: string | null
  proxyPort: number
}

/** A consumer as APISIX has it. */
export interface ExistingConsumer {
  username: string
  /** Without `Bearer `; null when the consumer has no key of its own. */
  key: string | null
  tokenLimit: number | null
  timeWindow: number | null
  /** Whom it belongs to, by the labels that THON wrote on it. */
  type: 'USER' | 'GROUP' | 'OTHER'
  userId: string | null
  groupId: string | null
  /** Names of its user and group, as THON wrote them. */
  desc: string | null
  /** Everything the Admin API returned, keys included: compared, and never shown. */
  body: Record<string, unknown>
}

/** A consumer as the database asks for it. */
export interface DesiredConsumer {
  /** Its name if it has to be created; an existing one keeps its own. */
  username: string
  type: 'USER' | 'GROUP'
  userId: string | null
  groupId: string
  group: string
  /** Name of the user; null for a group. */
  user: string | null
  userCount: number
  tokenLimit: number
  timeWindow: number
}

export const CONSUMER_STATUSES = ['CURRENT', 'OUTDATED', 'ORPHANED', 'OTHER'] as const

/** How a consumer compares with the one that the database asks for. */
export type ConsumerStatus = (typeof CONSUMER_STATUSES)[number]

/** A consumer as lists show it, without its key. */
export interface ConsumerRow {
  username: string
  maskedKey: string
  tokenLimit: number | null
  timeWindow: number | null
  type: ExistingConsumer['type']
  status: ConsumerStatus
  group: string | null
  user: string | null
  userCount: number
  /** Tokens since the current window began; null while the gateway's metrics do not say. */
  tokensInWindow: number | null
  /** Tokens since the gateway started; null when its metrics cannot be read. */
  tokensTotal: number | null
}

/** What applying the configuration would change, as numbers of consumers. */
export interface ApplyPlan {
  missing: number
  outdated: number
  orphaned: number
  current: number
  /** Whether the route would be created or updated. */
  routePending: boolean
}

/** The route as APISIX has it. */
export interface RouteState {
  configured: boolean
  current: boolean
  uri: string | null
  upstream: string | null
  model: string | null
}

/** Whether a server that the gateway works with answers, and if not, why. */
export interface Reachability {
  reachable: boolean
  message: string | null
}

/** What one look at the gateway found. */
export interface GatewaySnapshot {
  version: string | null
  rows: ConsumerRow[]
  route: RouteState
  plan: ApplyPlan
  limitations: string[]
  usage: Reachability
  /** Ids of running instances that do not have the current key of their user. */
  outdatedInstances: string[]
}

/** The status of the gateway, with the last snapshot. */
export interface GatewayStatus {
  state: 'DISABLED' | 'UNKNOWN' | 'RUNNING' | 'OFFLINE' | 'UNAUTHORIZED' | 'FAULTY'
  asOf: Date | null
  error: UpstreamError | null
  adminUrl: string
  proxyUrl: string
  peopleUrl: string
  mode: Mode
  snapshot: GatewaySnapshot | null
  /** Null when no Redis is configured. */
  redis: Reachability | null
}

const positive = z
  .number()
  .int('must be a whole number')
  .min(1, 'must be at least 1')
  .max(2_147_483_647, 'must be at most 2147483647')
const port = z.number().int().min(1, 'must be 1 to 65535').max(65_535, 'must be 1 to 65535')
/** @param mayBeEmpty whether an empty text is valid too */
const url = (mayBeEmpty: boolean) =>
  z
    .string()
    .trim()
    .max(500, 'must be at most 500 characters')
    .refine(
      (text) => (mayBeEmpty && text === '') || isPlainUrl(text),
      'must be an address such as http://127.0.0.1:13305, without a user name or password',
    )
    .transform((text) => text.replace(/\/+$/, ''))
const secret = z
  .string()
  .trim()
  .max(500, 'must be at most 500 characters')
  .regex(/^[\x21-\x7e]*$/, 'must be printable ASCII characters without spaces')
const line = z
  .string()
  .trim()
  .max(200, 'must be at most 200 characters')
  .regex(/^\P{Cc}*$/u, 'must be one line')

function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, search, hash } = new URL(text)
  return /^https?:$/.test(protocol) && !username && !password && !search && !hash
}

/** Changes of the settings. Fields that are null or left out stay; an empty text clears a setting or restores its first value. */
export const settingsInput = z.object({
  enabled: z.boolean().nullish(),
  mode: z.enum(MODES, 'must be per-user or per-group').nullish(),
  tokenLimit: positive.nullish(),
  timeWindow: positive.nullish(),
  redisHost: z
    .string()
    .trim()
    .regex(/^$|^[\w.:-]{2,253}$/, 'must be a host name or an IP address of at least 2 characters, or empty')
    .nullish(),
  redisPort: port.nullish(),
  redisPassword: secret.nullish(),
  lemonadeUrl: url(true).nullish(),
  lemonadeApiKey: secret.nullish(),
  lemonadeModel: line.nullish(),
  adminUrl: url(true).nullish(),
  adminKey: secret.nullish(),
  proxyPort: port.nullish(),
})

/** The fields that are neither null nor left out. */
export function givenFields(input: Record<string, unknown>): [name: string, value: unknown][] {
  return Object.entries(input).filter(([, value]) => value !== null && value !== undefined)
}

/** Values that replace settings for one call. */
export const overridesInput = settingsInput
  .pick({ mode: true, tokenLimit: true, timeWindow: true, lemonadeApiKey: true, lemonadeModel: true })
  .extend({ lemonadeUrl: url(false).nullish() })

/** Names that APISIX accepts: https://apisix.apache.org/docs/apisix/admin-api/#consumer */
const username = z.string().regex(/^[A-Za-z0-9_-]{1,256}$/, 'must be 1 to 256 letters, digits, _ or -')

/** A consumer that an organizer creates, outside the groups. */
export const createConsumerInput = z.object({
  username,
  /** Generated when it is empty or left out. */
  key: secret.nullish(),
  tokenLimit: positive.nullish(),
  timeWindow: positive.nullish(),
})

export const SORT_FIELDS = ['username', 'group', 'tokensTotal', 'tokensInWindow', 'tokenLimit'] as const

/** Filter, sorting and page of a list of consumers. */
export const consumerListInput = z.object({
  filter: z
    .object({
      search: z.string().trim().max(200).nullish(),
      type: z.enum(['USER', 'GROUP', 'OTHER']).nullish(),
      status: z.enum(CONSUMER_STATUSES).nullish(),
    })
    .nullish(),
  sort: z.object({ field: z.enum(SORT_FIELDS), descending: z.boolean().default(false) }).nullish(),
  page: pageInput,
})

/** Enough of a key to tell it from others. */
export function maskedKey(key: string | null): string {
  if (!key) return ''
  return key.length > 12 ? `${key.slice(0, 4)}…${key.slice(-2)}` : '…'
}

/** A key in plain text, and the base URL to use it with. */
export interface RevealedKey {
  username: string
  key: string
  baseUrl: string
}
