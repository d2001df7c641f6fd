import { createClient } from '@libsql/client'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { nodeOf } from '../kit/docker-app.ts'
import { Home } from '../kit/thon-command.ts'

const LONG = { timeout: 180_000 }

interface Finding {
  what: string
  state: string
  said: string
  advice: string | null
}

/** A home in which nothing needs Docker. */
function home(variables: Record<string, string> = {}): Home {
  return new Home({ THON_ENGINE: 'process', ...variables })
}

test('config shows values by precedence, masks secrets and names lines of errors', LONG, async () => {
  const thonHome = home({ SANDBOX_CPUS: '3', SANDBOX_MEMORY: '' })
  writeFileSync(
    thonHome.path('own.yaml'),
    'sandbox:\n  cpus: 1\n  memory: 1g\n  memroy: 2g\nauth:\n  local_password: "open \'it"\n',
  )
  const config = ['--config', 'own.yaml']
  const shown = await thonHome.json<{ name: string; value: string | null; from: string }[]>([
    'config',
    'show',
    ...config,
  ])
  const of = (name: string) => shown.find((one) => one.name === name)
  expect(of('SANDBOX_CPUS')).toMatchObject({ value: '3', from: 'environment' })
  expect(of('SANDBOX_MEMORY')).toMatchObject({ value: '1g', from: 'thon.yaml' })
  expect(of('SANDBOX_PIDS')).toMatchObject({ value: '1024', from: 'default' })
  expect(of('AUTH_LOCAL_PASSWORD')).toMatchObject({ value: '********' })
  expect((await thonHome.thon('config', 'validate', ...config)).stdout).toContain('Did you mean sandbox.memory?')
  writeFileSync(thonHome.path('own.yaml'), 'sandbox:\n  memory: lots\n')
  const wrong = await thonHome.thon('config', 'validate', ...config)
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('(thon.yaml, line 2)')])
  expect((await thonHome.thon('status', '--config', 'nowhere.yaml')).stderr).toContain('cannot be read')
})

const ODD = String.raw`~/$HOME "it's" \ #1 $(id) \`x\``

test('config env prints a .env that shells and docker read back unchanged', LONG, async () => {
  const thonHome = home({ AUTH_LOCAL_PASSWORD: ODD, THON_DB_PATH: '~/other.db', EXTERNAL_IP: '' })
  const printed = (await thonHome.thon('config', 'env')).stdout
  expect(printed).toContain('# AUTH_LOCAL_PASSWORD is set; --with-secrets includes it')
  expect(printed).not.toContain(ODD)
  expect(printed).toContain('\n# EXTERNAL_IP=\n')
  writeFileSync(thonHome.path('.env'), (await thonHome.thon('config', 'env', '--with-secrets')).stdout)
  const shell = await new Promise<string>((resolve) => {
    const script = 'set -a; . ./.env; env -0'
    execFile('sh', ['-c', script], { cwd: thonHome.dir, env: { HOME: '/h' } }, (_error, out) => resolve(out))
  })
  const sourced = shell.split('\0')
  expect(sourced).toContain(`AUTH_LOCAL_PASSWORD=${ODD}`)
  expect(sourced).toContain('THON_DB_PATH=/h/other.db')
  expect(sourced).toContain('THON_WILDCARD_DNS={ip}.sslip.io')
  const docker = (await thonHome.thon('config', 'env', '--with-secrets', '--docker')).stdout.split('\n')
  expect(docker).toContain(`AUTH_LOCAL_PASSWORD=${ODD}`)
  thonHome.variables.AUTH_LOCAL_PASSWORD = 'two\nlines'
  expect((await thonHome.thon('config', 'env', '--with-secrets', '--docker')).code).toBe(1)
})

test('the doctor checks everything, and says what to do', LONG, async () => {
  const thonHome = home({ DASHBOARD_HOST: '0.0.0.0' })
  const findings = await thonHome.json<Finding[]>(['doctor'], 1)
  const of = (what: string) => findings.find((one) => one.what === what)
  expect(findings.map(({ what }) => what)).toEqual([
    ...['Configuration', 'Disk', 'Database', 'Server', 'Engine', 'Lemonade', 'AI gateway', 'Login'],
  ])
  expect(of('Engine')).toMatchObject({ state: 'warning', said: expect.stringContaining('not isolated') as string })
  expect(of('Lemonade')).toMatchObject({ state: 'warning', advice: expect.stringContaining('LEMONADE_HOST') as string })
  expect(of('Login')).toMatchObject({ state: 'fault', advice: 'Set AUTH_LOCAL_PASSWORD.' })
  writeFileSync(thonHome.path('thon.db'), 'this is not a database, but long enough to pass for a page of one')
  expect(await thonHome.json<Finding[]>(['doctor'], 1)).toContainEqual(
    expect.objectContaining({ what: 'Database', state: 'fault' }),
  )
})

test('the doctor names each broken part, and skips what needs an offline one', LONG, async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void taken.close())
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const thonHome = home({ GATEWAY_ENABLED: 'true', GATEWAY_ADMIN_URL: 'http://127.0.0.1:1' })
  Object.assign(thonHome.variables, {
    THON_PORTS: String(port),
    THON_ENGINE: 'docker',
    DOCKER_HOST: 'unix:///none.sock',
  })
  const findings = await thonHome.json<Finding[]>(['doctor'], 1)
  const faults = findings.filter(({ state }) => state === 'fault')
  expect(faults.map(({ what }) => what)).toEqual(['Server', 'Engine', 'AI gateway'])
  for (const { advice } of faults) expect(advice).toMatch(/\w/)
  expect(findings.map(({ what }) => what).filter((what) => what.startsWith('Image'))).toEqual([])
  thonHome.variables.SANDBOX_CPUS = 'many'
  expect(await thonHome.json<Finding[]>(['doctor'], 1)).toMatchObject([{ what: 'Configuration', state: 'fault' }])
})

test('a backup is taken while a server runs, and restored when it is stopped', LONG, async () => {
  const thonHome = home()
  writeFileSync(thonHome.path('groups.yaml'), 'groups:\n  alpha: [ann]\n')
  const { end } = await thonHome.serve()
  await thonHome.thon('groups', 'import', 'groups.yaml')
  expect((await thonHome.thon('backup', 'copy.db')).code).toBe(0)
  expect(statSync(thonHome.path('copy.db')).mode & 0o777).toBe(0o600)
  expect((await thonHome.thon('backup', 'copy.db')).stderr).toContain('already exists')
  writeFileSync(thonHome.path('groups.yaml'), 'groups:\n  beta: [bob]\n')
  await thonHome.thon('groups', 'import', 'groups.yaml')
  expect(await thonHome.thon('restore', 'copy.db')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Stop it') as string,
  })
  await end()
  const present = (await thonHome.thon('groups', 'export')).stdout
  writeFileSync(thonHome.path('no.db'), 'no database')
  writeFileSync(thonHome.path('cut.db'), readFileSync(thonHome.path('copy.db')).subarray(0, 100_000))
  copyFileSync(thonHome.path('copy.db'), thonHome.path('newer.db'))
  const newer = createClient({ url: `file:${thonHome.path('newer.db')}` })
  await newer.execute(
    "INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('x', 'x', '9999_later', 1)",
  )
  newer.close()
  for (const [file, message] of [
    ['no.db', 'is not a database'],
    ['cut.db', 'malformed'],
    ['newer.db', 'written by a newer THON (9999_later)'],
    ['thon.db', 'is the database itself'],
    ['none.db', 'There is no file'],
  ] as const)
    expect(await thonHome.thon('restore', file)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(message) as string,
    })
  expect((await thonHome.thon('groups', 'export')).stdout).toBe(present)
  const { kept } = await thonHome.json<{ kept: string }>(['restore', 'copy.db'])
  expect((await thonHome.thon('groups', 'export')).stdout).toBe('groups:\n  alpha:\n    - ann\n')
  await thonHome.thon('restore', kept)
  expect((await thonHome.thon('groups', 'export')).stdout).toBe(present)
  expect(readdirSync(thonHome.dir).filter((name) => name.endsWith('.new'))).toEqual([])
})

test('a restored backup keeps its identity, or gets a new one where that is asked for', LONG, async () => {
  const thonHome = home()
  await thonHome.thon('status')
  const node = await nodeOf(thonHome.dir)
  await thonHome.thon('backup', 'copy.db')
  await thonHome.thon('restore', 'copy.db')
  expect(await nodeOf(thonHome.dir)).toBe(node)
  // A backup of a version that had none continues as the database that it replaces.
  const older = createClient({ url: `file:${thonHome.path('copy.db')}` })
  await older.execute('DELETE FROM Node')
  older.close()
  await thonHome.thon('restore', 'copy.db')
  expect(await nodeOf(thonHome.dir)).toBe(node)
  await thonHome.thon('restore', 'copy.db', '--new-identity')
  const fresh = await nodeOf(thonHome.dir)
  expect(fresh).toMatch(/^[0-9a-f]{12}$/)
  expect(fresh).not.toBe(node)
})
