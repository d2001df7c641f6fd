import { describe, expect, test } from 'vitest'
import { EnvError, loadEnv } from '../../server/config/env.ts'
import { isLoopback } from '../../server/config/rules.ts'

function errorsOf(source: Record<string, string>): string[] {
  try {
    loadEnv(source)
  } catch (error) {
    if (error instanceof EnvError) return error.message.split('\n')
    throw error
  }
  throw new Error('the configuration was accepted')
}

test('nothing set gives the defaults', () => {
  expect(loadEnv({ HOME: '/home/me' })).toMatchObject({
    ...{ host: '127.0.0.1', ports: [8100, 8501], dbPath: '/home/me/.thon/thon.db' },
    ...{ workspaceDir: '/home/me/.thon/workspace', engine: 'auto', image: 'waterpistol/thon:latest' },
    limits: { memoryBytes: 2 * 1024 ** 3, cpus: 2, pids: 1024 },
    ...{ startConcurrency: 8, readySeconds: 60, ttlMinutes: null, logLevel: 'warn', allowedHosts: [], warnings: [] },
  })
})

test('empty values count as unset', () => {
  expect(loadEnv({ HOME: '/h', THON_PORTS: '', THON_ENGINE: ' ', SANDBOX_MEMORY: '' })).toEqual(loadEnv({ HOME: '/h' }))
})

test('the environment is frozen', () => {
  expect(Object.isFrozen(loadEnv({}))).toBe(true)
})

test('all errors are reported at once, each with its name and its rule', () => {
  const reported = errorsOf({
    ...{ THON_PORTS: '8100,x,70000', THON_ENGINE: 'podman', THON_START_CONCURRENCY: '0', THON_READY_SECONDS: 'soon' },
    ...{ SANDBOX_MEMORY: 'lots', SANDBOX_CPUS: '-1', SANDBOX_PIDS: '3', SANDBOX_TTL_MINUTES: '0.5' },
    ...{ SANDBOX_IMAGE: 'no image', THON_LOG_LEVEL: 'loud', AUTH_SESSION_SECRET: 'too short', AUTH_ENABLED: 'true' },
  })
  const names = reported.map((line) => line.split(/[ :]/)[0])
  expect(names.sort()).toEqual(
    [
      ...['THON_PORTS', 'THON_PORTS', 'THON_ENGINE', 'THON_START_CONCURRENCY', 'THON_READY_SECONDS', 'SANDBOX_MEMORY'],
      ...['SANDBOX_CPUS', 'SANDBOX_PIDS', 'SANDBOX_TTL_MINUTES', 'SANDBOX_IMAGE', 'THON_LOG_LEVEL'],
      ...['AUTH_SESSION_SECRET', 'AUTH_ENABLED'],
    ].sort(),
  )
  for (const line of reported) expect(line, 'a rule, not only "invalid"').not.toMatch(/: Invalid input$/)
  expect(reported.join()).not.toContain('secret-1')
})

test.for([
  ['THON_PORTS', '8100,', 'THON_PORTS (entry 2): must be a port number'],
  ['THON_PORTS', '65536', 'THON_PORTS (entry 1): must be 0 to 65535'],
  ['SANDBOX_MEMORY', '1m', 'SANDBOX_MEMORY: must be at least 6m, or 0 for no limit'],
  ['SANDBOX_MEMORY', '2 gigs', 'SANDBOX_MEMORY: must be a size such as 512m or 2g'],
  ['THON_ENGINE', 'swarm', 'THON_ENGINE: must be docker, process or auto'],
  ['SANDBOX_IMAGE', '-x', 'SANDBOX_IMAGE: must be an image name'],
] as const)('%s=%s is refused: %s', ([name, value, message]) => {
  expect(errorsOf({ [name]: value })[0]).toContain(message)
})

test.for([
  ['512m', 512 * 1024 ** 2],
  ['1.5G', 1.5 * 1024 ** 3],
  ['2g', 2 * 1024 ** 3],
  ['8388608', 8_388_608],
  ['8388608b', 8_388_608],
  ['10240k', 10_485_760],
  ['0', null],
] as const)('SANDBOX_MEMORY=%s is %s bytes', ([text, bytes]) => {
  expect(loadEnv({ SANDBOX_MEMORY: text }).limits.memoryBytes).toBe(bytes)
})

test('0 means no limit, and no end', () => {
  const env = loadEnv({ SANDBOX_MEMORY: '0', SANDBOX_CPUS: '0', SANDBOX_PIDS: '0', SANDBOX_TTL_MINUTES: '0' })
  expect(env.limits).toEqual({ memoryBytes: null, cpus: null, pids: null })
  expect(env.ttlMinutes).toBeNull()
})

test('numbers are read as numbers', () => {
  const env = loadEnv({
    SANDBOX_CPUS: '0.5',
    SANDBOX_PIDS: '64',
    SANDBOX_TTL_MINUTES: '90',
    THON_START_CONCURRENCY: '3',
  })
  expect(env.limits).toMatchObject({ cpus: 0.5, pids: 64 })
  expect([env.ttlMinutes, env.startConcurrency]).toEqual([90, 3])
})

test.for([
  ['~/x/thon.db', '/home/me/x/thon.db'],
  ['/var/thon.db', '/var/thon.db'],
  ['~', '/home/me'],
] as const)('path %s becomes %s', ([given, path]) => {
  expect(loadEnv({ HOME: '/home/me', THON_DB_PATH: given }).dbPath).toBe(path)
})

describe('warnings', () => {
  const warnings = (source: Record<string, string>) => loadEnv(source).warnings

  test('an unknown name with a prefix of THON is reported', () => {
    expect(warnings({ THON_PORT: '1', SANDBOX_MEM: '2', DASHBOARD_PORT: '3', OTHER: '4' })).toEqual([
      ...['THON_PORT', 'SANDBOX_MEM', 'DASHBOARD_PORT'].map((name) => expect.stringContaining(name) as string),
    ])
  })

  test('an unused OpenSandbox server is reported, without its key', () => {
    const reported = warnings({ SANDBOX_DOMAIN: 'sandbox:8080', SANDBOX_API_KEY: 'top-secret' })
    expect(reported).toEqual([expect.stringContaining('SANDBOX_DOMAIN')])
    expect(reported.join()).not.toContain('top-secret')
  })

  test.for(['0.0.0.0', '192.168.1.5', '::'])(
    'an address that others can reach without a login (%s) is reported',
    (host) => {
      expect(warnings({ DASHBOARD_HOST: host })[0]).toContain('no login')
    },
  )

  test.for(['127.0.0.1', '127.3.2.1', '::1', 'localhost'])('%s is reachable only from this machine', (host) => {
    expect(isLoopback(host)).toBe(true)
    expect(warnings({ DASHBOARD_HOST: host })).toEqual([])
  })
})
