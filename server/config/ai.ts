import { join } from 'node:path'
import { z } from 'zod'
import { httpUrl, onOff, onePort } from './rules.ts'

/** The LLM server (Lemonade). */
export interface LemonadeEnv {
  /** Where it answers, such as `http://127.0.0.1:13305`. */
  readonly url: string
  readonly apiKey: string | null
  /** Needed only for its `/internal` routes. */
  readonly adminApiKey: string | null
  /** Folder with `user_models.json` and `recipe_options.json` of older versions; null asks the server. */
  readonly configDir: string | null
}

/** Initial values of the AI gateway's settings; organizers can change them. */
export interface GatewayEnv {
  readonly enabled: boolean
  readonly mode: 'per-user' | 'per-group'
  /** Tokens that one person may use in one window. */
  readonly tokenLimit: number
  /** Length of a window, in seconds. */
  readonly timeWindow: number
  readonly redisHost: string | null
  readonly redisPort: number
  readonly redisPassword: string | null
  /** Where APISIX's Admin API answers. */
  readonly adminUrl: string
  readonly adminKey: string | null
  /** Port on which APISIX serves people. */
  readonly proxyPort: number
  /** Where APISIX's Prometheus metrics are. */
  readonly metricsUrl: string
  /** Where THON looks for APISIX's configuration, which has the Admin key. The first readable file counts. */
  readonly configFiles: readonly string[]
  readonly lemonadeUrl: string | null
  readonly lemonadeApiKey: string | null
  readonly lemonadeModel: string | null
}

const positive = z
  .string()
  .regex(/^\d+$/, 'must be a whole number')
  .transform(Number)
  .pipe(z.number().min(1, 'must be at least 1').max(2_147_483_647, 'must be at most 2147483647'))

/** The variables of Lemonade and the AI gateway. */
export const aiVariables = {
  LEMONADE_HOST: z
    .string()
    .regex(/^[\w.:-]+$|^\[[0-9a-fA-F:]+\]$/, 'must be an IP address or a host name')
    .default('0.0.0.0'),
  LEMONADE_PORT: onePort.default(13_305),
  LEMONADE_API_KEY: z.string().optional(),
  LEMONADE_ADMIN_API_KEY: z.string().optional(),
  LEMONADE_CONFIG_DIR: z.string().optional(),
  GATEWAY_ENABLED: onOff.default(false),
  GATEWAY_MODE: z.enum(['per-user', 'per-group'], 'must be per-user or per-group').default('per-user'),
  GATEWAY_RATE_LIMIT_TOKENS: positive.default(500),
  GATEWAY_RATE_LIMIT_WINDOW: positive.default(60),
  GATEWAY_REDIS_HOST: z.string().optional(),
  GATEWAY_REDIS_PORT: onePort.default(6379),
  GATEWAY_REDIS_PASSWORD: z.string().optional(),
  GATEWAY_ADMIN_URL: httpUrl.default('http://127.0.0.1:9180'),
  GATEWAY_ADMIN_KEY: z.string().optional(),
  GATEWAY_PROXY_PORT: onePort.default(9_080),
  GATEWAY_METRICS_URL: httpUrl.default('http://127.0.0.1:9091/apisix/prometheus/metrics'),
  GATEWAY_CONFIG_FILE: z.string().optional(),
  GATEWAY_LEMONADE_URL: httpUrl.optional(),
  GATEWAY_LEMONADE_MODEL: z.string().optional(),
}

type AiVariables = z.infer<z.ZodObject<typeof aiVariables>>

/** Where APISIX's packages and images keep its configuration. */
const APISIX_CONFIGS = ['/usr/local/apisix/conf/config.yaml', '/etc/apisix/config.yaml']

/** Lemonade's configuration. @param absolute makes a path absolute */
export function lemonadeOf(v: AiVariables, absolute: (path: string) => string): LemonadeEnv {
  // If it listens on every address, THON connects to it on this machine.
  const host = v.LEMONADE_HOST === '0.0.0.0' ? '127.0.0.1' : v.LEMONADE_HOST === '::' ? '[::1]' : v.LEMONADE_HOST
  return {
    url: `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${v.LEMONADE_PORT}`,
    apiKey: v.LEMONADE_API_KEY ?? null,
    adminApiKey: v.LEMONADE_ADMIN_API_KEY ?? null,
    configDir: v.LEMONADE_CONFIG_DIR ? absolute(v.LEMONADE_CONFIG_DIR) : null,
  }
}

/** Initial values of the gateway's settings. @param home the home folder */
export function gatewayOf(v: AiVariables, absolute: (path: string) => string, home: string): GatewayEnv {
  return {
    enabled: v.GATEWAY_ENABLED,
    mode: v.GATEWAY_MODE,
    tokenLimit: v.GATEWAY_RATE_LIMIT_TOKENS,
    timeWindow: v.GATEWAY_RATE_LIMIT_WINDOW,
    redisHost: v.GATEWAY_REDIS_HOST ?? null,
    redisPort: v.GATEWAY_REDIS_PORT,
    redisPassword: v.GATEWAY_REDIS_PASSWORD ?? null,
    adminUrl: v.GATEWAY_ADMIN_URL,
    adminKey: v.GATEWAY_ADMIN_KEY ?? null,
    proxyPort: v.GATEWAY_PROXY_PORT,
    metricsUrl: v.GATEWAY_METRICS_URL,
    configFiles: v.GATEWAY_CONFIG_FILE
      ? [absolute(v.GATEWAY_CONFIG_FILE)]
      : [...APISIX_CONFIGS, join(home, 'apisix', 'conf', 'config.yaml')],
    lemonadeUrl: v.GATEWAY_LEMONADE_URL ?? null,
    lemonadeApiKey: v.LEMONADE_API_KEY ?? null,
    lemonadeModel: v.GATEWAY_LEMONADE_MODEL ?? null,
  }
}
