import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { z } from 'zod'
import { aiVariables, gatewayOf, lemonadeOf, type GatewayEnv, type LemonadeEnv } from './ai.ts'
import { authOf, authVariables, authWarnings, signInErrors, type AuthEnv } from './auth.ts'
import { networkOf, reachErrors, reachOf, reachVariables, type NetworkEnv, type ReachEnv } from './reach.ts'
import { imageName, isLoopback, list, onePort, onOff, port, processors, size, whole } from './rules.ts'

/** Where the Docker engine is: the variables that Docker's own clients read. Null or false when unset. */
export interface DockerConnection {
  /** DOCKER_HOST; takes precedence over every context. */
  host: string | null
  /** DOCKER_TLS_VERIFY: use TLS and check the engine's certificate. */
  tlsVerify: boolean
  /** DOCKER_CERT_PATH: folder with `ca.pem`, `cert.pem` and `key.pem`; together with a host it turns on TLS. */
  certPath: string | null
  /** DOCKER_CONTEXT; null takes the one selected by `docker context use`. */
  context: string | null
  /** DOCKER_CONFIG; null is `~/.docker`. */
  configDir: string | null
}

/** Limits of one sandbox; null means no limit. */
export interface Limits {
  memoryBytes: number | null
  cpus: number | null
  pids: number | null
}

/** The configuration of one server, validated and frozen. Nothing else reads the environment. */
export interface Env {
  /** Address to listen on. */
  readonly host: string
  /** Ports to listen on; each serves everything. 0 picks a free one. */
  readonly ports: readonly number[]
  /** Absolute path of the SQLite file. */
  readonly dbPath: string
  /** Absolute path of the folder for the embedded engine's workspaces. */
  readonly workspaceDir: string
  /** Which sandbox engine to use; `auto` takes Docker when it answers. */
  readonly engine: 'auto' | 'docker' | 'process'
  /** Image of new sandboxes. */
  readonly image: string
  readonly limits: Limits
  /** How many sandboxes start at the same time. */
  readonly startConcurrency: number
  /** How long code-server may take to answer, in seconds. */
  readonly readySeconds: number
  /** Minutes until a new instance stops automatically; null means never. */
  readonly ttlMinutes: number | null
  /** How code-server runs, unless a start says otherwise. */
  readonly vscode: { readonly port: number; readonly secure: boolean }
  readonly docker: DockerConnection
  /** Where the embedded engine looks for code-server. */
  readonly path: string
  /** Host names that requests may use in addition to the server's addresses. Guards against DNS rebinding. */
  readonly allowedHosts: readonly string[]
  readonly logLevel: string
  readonly auth: AuthEnv
  readonly reach: ReachEnv
  readonly network: NetworkEnv
  readonly lemonade: LemonadeEnv
  readonly gateway: GatewayEnv
  /** What organizers should know at start, although it does not keep the server from starting. */
  readonly warnings: readonly string[]
}

/** The configuration is invalid. The message lists every problem, one per line. */
export class EnvError extends Error {}

const NO_FILE: FileSettings = { values: {}, warnings: [] }

const unlimited = <T extends z.ZodType<number>>(rule: T) => z.union([z.literal('0').transform(() => null), rule])

/** Every variable and its rule. */
export const variables = z.object({
  DASHBOARD_HOST: z.string().default('127.0.0.1'),
  THON_PORTS: z
    .string()
    .default('8100,8501')
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(port)),
  THON_DB_PATH: z.string().default('~/.thon/thon.db'),
  THON_WORKSPACE_DIR: z.string().default('~/.thon/workspace'),
  THON_ENGINE: z.enum(['auto', 'docker', 'process'], 'must be docker, process or auto').default('auto'),
  THON_START_CONCURRENCY: whole(1, 64).default(8),
  THON_READY_SECONDS: whole(1, 3600).default(60),
  THON_ALLOWED_HOSTS: list.default([]),
  THON_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('warn'),
  ...reachVariables,
  ...aiVariables,
  SANDBOX_IMAGE: imageName.default('waterpistol/thon:latest'),
  SANDBOX_DOMAIN: z.string().optional(),
  SANDBOX_API_KEY: z.string().optional(),
  SANDBOX_MEMORY: unlimited(size).default(2 * 1024 ** 3),
  SANDBOX_CPUS: unlimited(processors).default(2),
  SANDBOX_PIDS: unlimited(whole(16, 1_000_000)).default(1024),
  VSCODE_PORT: onePort.default(8443),
  VSCODE_SECURE: onOff.default(false),
  SANDBOX_TTL_MINUTES: unlimited(whole(1, 525_600)).default(null),
  ...authVariables,
  HOME: z.string().default(homedir()),
  PATH: z.string().default(''),
  DOCKER_HOST: z.string().optional(),
  DOCKER_TLS_VERIFY: z.string().optional(),
  DOCKER_CERT_PATH: z.string().optional(),
  DOCKER_CONTEXT: z.string().optional(),
  DOCKER_CONFIG: z.string().optional(),
})

/** Settings from a file; the environment takes precedence over them. */
export interface FileSettings {
  /** By variable, each with its line in the file. */
  values: Record<string, { text: string; line: number }>
  warnings: readonly string[]
}

/**
 * Reads the environment. Empty values count as unset.
 * @param source usually process.env
 * @param file the settings in thon.yaml
 * @throws EnvError with every problem at once
 */
export function loadEnv(source: Record<string, string | undefined>, file: FileSettings = NO_FILE): Env {
  const set = Object.fromEntries(
    Object.entries(source).filter(([, value]) => value !== undefined && value.trim() !== ''),
  )
  const inFile = Object.entries(file.values).filter(([name]) => set[name] === undefined)
  const given: Record<string, string | undefined> = {
    ...Object.fromEntries(inFile.map(([name, { text }]) => [name, text])),
    ...set,
  }
  const parsed = variables.safeParse(given)
  const errors = [
    ...(parsed.error?.issues ?? []).map(describeIssue),
    ...signInErrors(given),
    ...reachErrors(given, (path) => absolute(path, given.HOME ?? homedir())),
  ]
  const lines = new Map(inFile.map(([name, { line }]) => [name, line]))
  if (!parsed.success || errors.length > 0) throw new EnvError(errors.map((error) => withLine(error, lines)).join('\n'))
  const v = parsed.data
  const auth = authOf(v)
  return Object.freeze({
    host: v.DASHBOARD_HOST,
    ports: v.THON_PORTS,
    dbPath: absolute(v.THON_DB_PATH, v.HOME),
    workspaceDir: absolute(v.THON_WORKSPACE_DIR, v.HOME),
    engine: v.THON_ENGINE,
    image: v.SANDBOX_IMAGE,
    limits: { memoryBytes: v.SANDBOX_MEMORY, cpus: v.SANDBOX_CPUS, pids: v.SANDBOX_PIDS },
    startConcurrency: v.THON_START_CONCURRENCY,
    readySeconds: v.THON_READY_SECONDS,
    ttlMinutes: v.SANDBOX_TTL_MINUTES,
    vscode: { port: v.VSCODE_PORT, secure: v.VSCODE_SECURE },
    docker: {
      host: v.DOCKER_HOST ?? null,
      tlsVerify: v.DOCKER_TLS_VERIFY !== undefined,
      certPath: v.DOCKER_CERT_PATH ?? null,
      context: v.DOCKER_CONTEXT ?? null,
      configDir: v.DOCKER_CONFIG ?? join(v.HOME, '.docker'),
    },
    path: v.PATH,
    allowedHosts: [
      ...v.THON_ALLOWED_HOSTS.map((host) => host.toLowerCase()),
      ...(v.THON_PUBLIC_URL ? [new URL(v.THON_PUBLIC_URL).hostname] : []),
    ],
    logLevel: v.THON_LOG_LEVEL,
    auth,
    reach: reachOf(v, (path) => absolute(path, v.HOME)),
    network: networkOf(v, v),
    lemonade: lemonadeOf(v, (path) => absolute(path, v.HOME)),
    gateway: gatewayOf(v, (path) => absolute(path, v.HOME), v.HOME),
    warnings: [...warnings(given, v, auth), ...file.warnings],
  })
}

/** Adds the line of a variable that was set in the file. */
function withLine(error: string, lines: Map<string, number>): string {
  const [name = ''] = error.split(/[ :]/, 1)
  const line = lines.get(name)
  return line === undefined ? error : `${error} (thon.yaml, line ${line})`
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const [name = '', index] = issue.path
  // For "0 or this rule", people need to read the rule.
  const rule = issue.code === 'invalid_union' ? issue.errors.at(-1)?.[0]?.message : undefined
  return `${String(name)}${index === undefined ? '' : ` (entry ${Number(index) + 1})`}: ${rule ?? issue.message}`
}

function absolute(path: string, home: string): string {
  const expanded = path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path
  return isAbsolute(expanded) ? expanded : resolve(expanded)
}

function warnings(given: Record<string, unknown>, v: z.infer<typeof variables>, auth: AuthEnv): string[] {
  const known = Object.keys(variables.shape)
  const found = Object.keys(given)
    .filter((name) => /^(THON|SANDBOX|VSCODE|DASHBOARD|AUTH|LEMONADE|GATEWAY)_/.test(name) && !known.includes(name))
    .map((name) => `${name} is not a setting of THON and has no effect`)
  if (v.SANDBOX_DOMAIN)
    found.push(
      'SANDBOX_DOMAIN is set to an OpenSandbox server, but this version runs sandboxes on the local Docker engine',
    )
  found.push(...authWarnings(v))
  if (v.THON_PATH_PORT !== undefined)
    found.push(
      'THON_PATH_PORT is set, so all sandboxes share one origin: a page in one sandbox can read and control another one that is open in the same browser. Use it only among people who trust each other',
    )
  if (!isLoopback(v.DASHBOARD_HOST) && !auth.enabled && !auth.localPassword)
    found.push(
      `DASHBOARD_HOST ${v.DASHBOARD_HOST} can be reached from other machines, and there is no login: anyone there can do everything an organizer can. Generate a password on the Settings page, or set AUTH_LOCAL_PASSWORD`,
    )
  return found
}
