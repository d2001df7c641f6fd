import { z } from 'zod'
import type { UpstreamError } from '../upstream/polled-resource.ts'

export const MODES = ['per-user', 'per-group'] as const

/** Who shares a key and its tokens: nobody, or a whole group. */
export type Mode = (typeof MODES)[number]

/** How the gateway is set up, secrets included: never leaves the server. */
export interface Setup {
  enabled: boolean
  mode: Mode
  /** Tokens of one person in one window. */
  tokenLimit: number
  /** Length of a window, in seconds. */
  timeWindow: number
  redis: { host: string; port: number; password: string | null } | null
  lemonadeUrl: string
  lemonadeApiKey: string | null
  /** Null leaves it to the client. */
  lemonadeModel: string | null
  adminUrl: string
  adminKey: string | null
  /** Where the Admin key is from; null when there is none. */
  adminKeyFrom: 'SETTINGS' | 'ENVIRONMENT' | 'FILE' | null
  /** The file it was found in, when it was. */
  adminKeyFile: string | null
  proxyPort: number
}

/** A consumer as APISIX has it. */
export interface Present {
  username: string
  /** Without `Bearer `; null when it has none of its own. */
  key: string | null
  tokenLimit: number | null
  timeWindow: number | null
  /** What THON wrote on it: whose it is. */
  type: 'USER' | 'GROUP' | 'OTHER'
  userId: string | null
  groupId: string | null
  /** Real names, as THON wrote them. */
  desc: string | null
  /** Everything that set-up would write, as it is: compared, and never shown. */
  body: Record<string, unknown>
}

/** A consumer as the database wants it. */
export interface Wanted {
  /** The name it gets, unless it is there under another. */
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

export const STANDINGS = ['CURRENT', 'OUTDATED', 'LEFT', 'OTHER'] as const

/** How a consumer stands to what set-up would write. */
export type Standing = (typeof STANDINGS)[number]

/** A consumer as people see it. Its key is asked for by itself. */
export interface ConsumerRow {
  username: string
  maskedKey: string
  tokenLimit: number | null
  timeWindow: number | null
  type: Present['type']
  standing: Standing
  group: string | null
  user: string | null
  userCount: number
  /** Tokens since the present window began; null while the gateway's metrics do not tell. */
  tokensInWindow: number | null
  /** Tokens since the gateway started; null when its metrics are not there. */
  tokensTotal: number | null
}

/** What set-up would do. */
export interface Plan {
  missing: number
  outdated: number
  left: number
  current: number
  routeDue: boolean
}

/** The route as APISIX has it. */
export interface RouteState {
  configured: boolean
  current: boolean
  uri: string | null
  upstream: string | null
  model: string | null
}

/** Whether something beside the gateway answers. */
export interface Reachable {
  reachable: boolean
  message: string | null
}

/** Everything that was found out about the gateway at one moment. */
export interface GatewaySnapshot {
  version: string | null
  rows: ConsumerRow[]
  route: RouteState
  plan: Plan
  limitations: string[]
  usage: Reachable
  /** Ids of running instances whose key is not that of their person. */
  outdatedInstances: string[]
}

/** The gateway as people see it first. */
export interface GatewayStatus {
  state: 'DISABLED' | 'UNKNOWN' | 'RUNNING' | 'OFFLINE' | 'UNAUTHORIZED' | 'FAULTY'
  asOf: Date | null
  trouble: UpstreamError | null
  adminUrl: string
  proxyUrl: string
  peopleUrl: string
  mode: Mode
  snapshot: GatewaySnapshot | null
  /** Null where none is set. */
  redis: Reachable | null
}

const positive = z
  .number()
  .int('must be a whole number')
  .min(1, 'must be at least 1')
  .max(2_147_483_647, 'must be at most 2147483647')
const port = z.number().int().min(1, 'must be 1 to 65535').max(65_535, 'must be 1 to 65535')
/** @param mayBeEmpty whether no text at all does, too */
const url = (mayBeEmpty: boolean) =>
  z
    .string()
    .trim()
    .max(500, 'must be at most 500 characters')
    .refine(
      (text) => (mayBeEmpty && text === '') || isPlainUrl(text),
      'must be an address such as http://127.0.0.1:13305, without a name or password in it',
    )
    .transform((text) => text.replace(/\/+$/, ''))
const secret = z
  .string()
  .trim()
  .max(500, 'must be at most 500 characters')
  .regex(/^[\x21-\x7e]*$/, 'must be letters, digits and signs without spaces')
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

/** Changes of the settings; what is left out or null stays. Empty text is none, or goes back to what there was first. */
export const settingsInput = z.object({
  enabled: z.boolean().nullish(),
  mode: z.enum(MODES, 'must be per-user or per-group').nullish(),
  tokenLimit: positive.nullish(),
  timeWindow: positive.nullish(),
  redisHost: z
    .string()
    .trim()
    .regex(/^$|^[\w.:-]{2,253}$/, 'must be a host name or an IP address of 2 characters or more; empty is none')
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

/** What may count for one set-up in place of the settings. */
export const onceInput = settingsInput
  .pick({ mode: true, tokenLimit: true, timeWindow: true, lemonadeApiKey: true, lemonadeModel: true })
  .extend({ lemonadeUrl: url(false).nullish() })

/** As APISIX takes names: https://apisix.apache.org/docs/apisix/admin-api/#consumer */
const username = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,256}$/, 'must be 1 to 256 letters, digits, _ or -, as APISIX takes them')

/** A consumer made by hand. */
export const consumerInput = z.object({
  username,
  /** Left out or empty: one is made. */
  key: secret.nullish(),
  tokenLimit: positive.nullish(),
  timeWindow: positive.nullish(),
})

export const SORT_FIELDS = ['username', 'group', 'tokensTotal', 'tokensInWindow', 'tokenLimit'] as const

/** Which consumers, in which order. */
export const listInput = z.object({
  filter: z
    .object({
      search: z.string().trim().max(200).nullish(),
      type: z.enum(['USER', 'GROUP', 'OTHER']).nullish(),
      standing: z.enum(STANDINGS).nullish(),
    })
    .nullish(),
  sort: z.object({ field: z.enum(SORT_FIELDS), descending: z.boolean().default(false) }).nullish(),
  page: z
    .object({
      number: z.number().int().min(1, 'must be at least 1').default(1),
      size: z.number().int().min(1, 'must be 1 to 1000').max(1000, 'must be 1 to 1000').default(50),
    })
    .nullish(),
})

/** Enough of a key to tell it from another. */
export function masked(key: string | null): string {
  if (!key) return ''
  return key.length > 12 ? `${key.slice(0, 4)}…${key.slice(-2)}` : '…'
}

/** A key in clear text, and where it is used. */
export interface RevealedKey {
  username: string
  key: string
  baseUrl: string
}
