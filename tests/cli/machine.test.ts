import { createClient } from '@libsql/client'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
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

test(
  'configuration: environment before file before default; secrets only when asked for; faults with their lines',
  LONG,
  async () => {
    const made = home({ SANDBOX_CPUS: '3', SANDBOX_MEMORY: '' })
    writeFileSync(
      made.path('own.yaml'),
      'sandbox:\n  cpus: 1\n  memory: 1g\n  memroy: 2g\nauth:\n  local_password: "open \'it"\n',
    )
    const config = ['--config', 'own.yaml']
    const shown = await made.json<{ name: string; value: string | null; from: string }[]>(['config', 'show', ...config])
    const of = (name: string) => shown.find((one) => one.name === name)
    expect(of('SANDBOX_CPUS')).toMatchObject({ value: '3', from: 'environment' })
    expect(of('SANDBOX_MEMORY')).toMatchObject({ value: '1g', from: 'thon.yaml' })
    expect(of('SANDBOX_PIDS')).toMatchObject({ value: '1024', from: 'default' })
    expect(of('AUTH_LOCAL_PASSWORD')).toMatchObject({ value: '********' })
    expect((await made.thon('config', 'validate', ...config)).stdout).toContain('Did you mean sandbox.memory?')
    writeFileSync(made.path('own.yaml'), 'sandbox:\n  memory: lots\n')
    const wrong = await made.thon('config', 'validate', ...config)
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('(thon.yaml, line 2)')])
    expect((await made.thon('status', '--config', 'nowhere.yaml')).stderr).toContain('cannot be read')
  },
)

const ODD = String.raw`~/$HOME "it's" \ #1 $(id) \`x\``

test(
  'a .env has every variable, and reads back as it was: in a shell, and without quotes for docker',
  LONG,
  async () => {
    const made = home({ AUTH_LOCAL_PASSWORD: ODD, THON_DB_PATH: '~/other.db', EXTERNAL_IP: '' })
    const plain = (await made.thon('config', 'env')).stdout
    expect(plain).toContain('# AUTH_LOCAL_PASSWORD is set, and left out')
    expect(plain).not.toContain(ODD)
    expect(plain).toContain('\n# EXTERNAL_IP=\n')
    writeFileSync(made.path('.env'), (await made.thon('config', 'env', '--with-secrets')).stdout)
    const shell = await new Promise<string>((resolve) => {
      const script = 'set -a; . ./.env; env -0'
      execFile('sh', ['-c', script], { cwd: made.dir, env: { HOME: '/h' } }, (_error, out) => resolve(out))
    })
    const sourced = shell.split('\0')
    expect(sourced).toContain(`AUTH_LOCAL_PASSWORD=${ODD}`)
    expect(sourced).toContain('THON_DB_PATH=/h/other.db')
    expect(sourced).toContain('THON_WILDCARD_DNS={ip}.sslip.io')
    const docker = (await made.thon('config', 'env', '--with-secrets', '--docker')).stdout.split('\n')
    expect(docker).toContain(`AUTH_LOCAL_PASSWORD=${ODD}`)
    made.variables.AUTH_LOCAL_PASSWORD = 'two\nlines'
    expect((await made.thon('config', 'env', '--with-secrets', '--docker')).code).toBe(1)
  },
)

test('the doctor looks at everything, and says what to do', LONG, async () => {
  const made = home({ DASHBOARD_HOST: '0.0.0.0' })
  const findings = await made.json<Finding[]>(['doctor'], 1)
  const of = (what: string) => findings.find((one) => one.what === what)
  expect(findings.map(({ what }) => what)).toEqual([
    ...['Configuration', 'Disk', 'Database', 'Server', 'Engine', 'Lemonade', 'AI gateway', 'Login'],
  ])
  expect(of('Engine')).toMatchObject({ state: 'warning', said: expect.stringContaining('not isolated') as string })
  expect(of('Lemonade')).toMatchObject({ state: 'warning', advice: expect.stringContaining('LEMONADE_HOST') as string })
  expect(of('Login')).toMatchObject({ state: 'fault', advice: 'set AUTH_LOCAL_PASSWORD' })
  writeFileSync(made.path('thon.db'), 'this is no database, and long enough to be taken for a page of one')
  expect(await made.json<Finding[]>(['doctor'], 1)).toContainEqual(
    expect.objectContaining({ what: 'Database', state: 'fault' }),
  )
})

test('the doctor names what fails, one by one, and asks nothing of what is away', LONG, async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void taken.close())
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const made = home({ GATEWAY_ENABLED: 'true', GATEWAY_ADMIN_URL: 'http://127.0.0.1:1' })
  Object.assign(made.variables, { THON_PORTS: String(port), THON_ENGINE: 'docker', DOCKER_HOST: 'unix:///none.sock' })
  const findings = await made.json<Finding[]>(['doctor'], 1)
  const faults = findings.filter(({ state }) => state === 'fault')
  expect(faults.map(({ what }) => what)).toEqual(['Server', 'Engine', 'AI gateway'])
  for (const { advice } of faults) expect(advice).toMatch(/\w/)
  expect(findings.map(({ what }) => what).filter((what) => what.startsWith('Image'))).toEqual([])
  made.variables.SANDBOX_CPUS = 'many'
  expect(await made.json<Finding[]>(['doctor'], 1)).toMatchObject([{ what: 'Configuration', state: 'fault' }])
})

test('a backup is taken while a server runs, and put back when none does', LONG, async () => {
  const made = home()
  writeFileSync(made.path('groups.yaml'), 'groups:\n  alpha: [ann]\n')
  const { end } = await made.serve()
  await made.thon('groups', 'import', 'groups.yaml')
  expect((await made.thon('backup', 'copy.db')).code).toBe(0)
  expect(statSync(made.path('copy.db')).mode & 0o777).toBe(0o600)
  expect((await made.thon('backup', 'copy.db')).stderr).toContain('is there already')
  writeFileSync(made.path('groups.yaml'), 'groups:\n  beta: [bob]\n')
  await made.thon('groups', 'import', 'groups.yaml')
  expect(await made.thon('restore', 'copy.db')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('End that one') as string,
  })
  await end()
  const present = (await made.thon('groups', 'export')).stdout
  writeFileSync(made.path('no.db'), 'no database')
  writeFileSync(made.path('cut.db'), readFileSync(made.path('copy.db')).subarray(0, 100_000))
  copyFileSync(made.path('copy.db'), made.path('newer.db'))
  const newer = createClient({ url: `file:${made.path('newer.db')}` })
  await newer.execute(
    "INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('x', 'x', '9999_later', 1)",
  )
  newer.close()
  for (const [file, said] of [
    ['no.db', 'is no database'],
    ['cut.db', 'malformed'],
    ['newer.db', 'written by a newer THON (9999_later)'],
    ['thon.db', 'is the database itself'],
    ['none.db', 'There is no file'],
  ] as const)
    expect(await made.thon('restore', file)).toMatchObject({ code: 1, stderr: expect.stringContaining(said) as string })
  expect((await made.thon('groups', 'export')).stdout).toBe(present)
  const { kept } = await made.json<{ kept: string }>(['restore', 'copy.db'])
  expect((await made.thon('groups', 'export')).stdout).toBe('groups:\n  alpha:\n    - ann\n')
  await made.thon('restore', kept)
  expect((await made.thon('groups', 'export')).stdout).toBe(present)
  expect(readdirSync(made.dir).filter((name) => name.endsWith('.new'))).toEqual([])
})
