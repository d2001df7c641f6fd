import { writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { ensureDocker, ensureTestImages } from '../kit/docker.ts'
import { containersOf, docker } from '../kit/docker-app.ts'
import { Home } from '../kit/thon-command.ts'

const LONG = { timeout: 180_000 }
const GROUPS = 'groups:\n  alpha:\n    - ann\n    - name: bob\n      email: bob@x.org\n  beta:\n    - cy\n'

interface Launched {
  instances: { group: string; username: string; state: string; url: string; password: string | null }[]
  skipped: { group: string; username: string; reason: string }[]
}

interface Status {
  server: string | null
  groups: { group: string; users: number; running: number }[]
}

beforeAll(async () => {
  await ensureDocker()
  await ensureTestImages()
}, 300_000)

/** A home with a groups file. @param served with a running server */
async function home(served: boolean, variables = {}): Promise<Home> {
  const thonHome = new Home(variables)
  writeFileSync(thonHome.path('groups.yaml'), GROUPS)
  if (served) await thonHome.serve()
  return thonHome
}

describe.each([
  ['with a running server', true],
  ['with only the database', false],
])('%s', (_name, served) => {
  test('groups are previewed, imported, and exported unchanged', LONG, async () => {
    const { thon } = bound(await home(served))
    expect((await thon('groups', 'import', 'groups.yaml', '--dry-run')).stdout).toContain('5 changes would be made')
    expect((await thon('groups', 'export')).stdout).toBe('groups: {}\n')
    expect((await thon('groups', 'import', 'groups.yaml')).stdout).toContain('5 changes made')
    expect((await thon('groups', 'export')).stdout).toBe(GROUPS)
    const wrong = await thon('groups', 'import', '/dev/null')
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('line 1')])
  })

  test('everyone is launched, listed with addresses and passwords, and stopped', LONG, async () => {
    const thonHome = await home(served, served ? {} : { THON_PORTS: '18122,18123' })
    const { instances } = await thonHome.json<Launched>(['launch', '--groups', 'groups.yaml', '--secure'])
    expect(instances.map(({ group, username, state }) => [group, username, state]).sort()).toEqual([
      ...[
        ['alpha', 'ann', 'Running'],
        ['alpha', 'bob', 'Running'],
        ['beta', 'cy', 'Running'],
      ],
    ])
    for (const { password } of instances) expect(password).toMatch(/^[\w-]{32}$/)
    const status = await thonHome.json<Status>(['status'])
    expect(status.server === null).toBe(!served)
    expect(status.groups).toMatchObject([
      { group: 'alpha', users: 2, running: 2 },
      { group: 'beta', users: 1, running: 1 },
    ])
    const { port } = new URL(instances[0]?.url ?? '')
    expect(port).toBe(served ? new URL(status.server as string).port : '18123')
    const again = await thonHome.json<Launched>(['launch', '--group', 'beta'])
    expect(again).toMatchObject({ instances: [{ username: 'cy' }], skipped: [{ username: 'cy' }] })
    expect(await thonHome.json(['stop', '--group', 'beta'])).toEqual({ ended: 1, left: [] })
    expect((await containersOf(thonHome.dir)).length).toBeGreaterThanOrEqual(2)
    expect((await thonHome.thon('stop', '--all')).stdout).toBe('Stopped 2 of 2. Files are kept.\n')
    expect((await thonHome.thon('stop', '--all')).stdout).toBe('No sandbox is running.\n')
  })

  test('a file from a flag takes precedence over the stored one', LONG, async () => {
    const thonHome = await home(served)
    writeFileSync(thonHome.path('settings.json'), '{ "given": true } // by a flag')
    await thonHome.thon('groups', 'import', 'groups.yaml')
    await thonHome.json(['launch', '--group', 'beta', '--vscode-settings', 'settings.json', '--port', '9000'])
    const [container = ''] = await containersOf(thonHome.dir)
    const path = '/home/vscode/.local/share/code-server/User/settings.json'
    expect(await docker('exec', container, 'cat', path)).toBe('{ "given": true } // by a flag')
    writeFileSync(thonHome.path('settings.json'), '{')
    const wrong = await thonHome.thon('launch', '--group', 'alpha', '--vscode-settings', 'settings.json')
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('line 1')])
  })

  test('tokens are created, listed without their secret, and revoked', LONG, async () => {
    const thonHome = await home(served)
    const { token, id } = await thonHome.json<{ token: string; id: string }>([
      'token',
      'create',
      'for ci',
      '--days',
      '7',
    ])
    expect(token).toMatch(/^thon_/)
    const { stdout } = await thonHome.thon('token', 'list')
    expect(stdout).toContain('for ci')
    expect(stdout).not.toContain(token)
    await thonHome.json(['token', 'revoke', id])
    expect((await thonHome.thon('token', 'list')).stdout).toBe('There are no tokens.\n')
  })
})

function bound(thonHome: Home) {
  return { thon: (...args: string[]) => thonHome.thon(...args) }
}

test('launch exits with 1 and names the sandbox that did not start', LONG, async () => {
  const thonHome = await home(false, { SANDBOX_IMAGE: 'thon-sandbox:test-crash' })
  const { instances } = await thonHome.json<Launched>(['launch', '--groups', 'groups.yaml', '--group', 'beta'], 1)
  expect(instances).toMatchObject([{ username: 'cy', state: 'Failed', reason: expect.any(String) as string }])
})

test('without a terminal progress is printed in lines, and a bad option changes nothing', LONG, async () => {
  const thonHome = await home(false)
  writeFileSync(thonHome.path('kilo.json'), '{')
  for (const [args, message] of [
    [['--port', '0'], 'port: must be 1 to 65535'],
    [['--kilo', 'kilo.json'], 'kilo.json: line 1'],
    [['--vscode-settings', 'none.json'], 'none.json cannot be read: there is no such file'],
  ] as const) {
    const { code, stderr } = await thonHome.thon('launch', '--groups', 'groups.yaml', ...args)
    expect([code, stderr]).toEqual([1, expect.stringContaining(message)])
  }
  expect((await thonHome.thon('groups', 'export')).stdout).toBe('groups: {}\n')
  const { stdout, stderr } = await thonHome.thon('launch', '--groups', 'groups.yaml', '--group', 'alpha')
  expect(stderr.trim().split('\n').sort()).toEqual([
    expect.stringMatching(/^alpha\/ann: Running \([12] of 2\)$/),
    expect.stringMatching(/^alpha\/bob: Running \([12] of 2\)$/),
  ])
  expect(stdout).toMatch(/^alpha +ann +Running[^]*^alpha +bob +Running[^]*^2 of 2 running\.$/m)
})

test('Ctrl-C interrupts a launch, and the next one waits for what was started', LONG, async () => {
  const thonHome = await home(false, { SANDBOX_IMAGE: 'thon-sandbox:test-hang', THON_READY_SECONDS: '60' })
  const launch = thonHome.start('launch', '--groups', 'groups.yaml', '--group', 'beta', '--json')
  await vi.waitFor(async () => expect(await containersOf(thonHome.dir)).toHaveLength(1), { timeout: 60_000 })
  const ended = await launch.interrupt()
  expect(ended).toMatchObject({
    code: 130,
    stderr: expect.stringContaining('continues when THON runs again') as string,
  })
  expect(JSON.parse(ended.stdout)).toMatchObject({ error: { code: 'INTERRUPTED' } })
  thonHome.variables.THON_READY_SECONDS = '1'
  const again = await thonHome.json<Launched>(['launch', '--group', 'beta'], 1)
  expect(again).toMatchObject({ instances: [{ username: 'cy', state: 'Failed' }], skipped: [{ username: 'cy' }] })
})

test('the doctor checks the image for what THON expects of it', LONG, async () => {
  interface Finding {
    what: string
    state: string
    said: string
  }
  const thonHome = await home(false)
  const imageOf = async (image: string, code: number) => {
    thonHome.variables.SANDBOX_IMAGE = image
    return (await thonHome.json<Finding[]>(['doctor'], code)).find(({ what }) => what === `Image ${image}`)
  }
  const poor = await imageOf('thon-sandbox:test-nocmd', 1)
  expect(poor).toMatchObject({
    state: 'fault',
    said: expect.stringContaining('✗ code-server is on the PATH') as string,
  })
  expect(poor?.said).toContain('! git: install git')
  const small = (await imageOf('thon-sandbox:test', 1))?.said
  expect(small).not.toContain('code-server is on the PATH')
  expect(small).not.toContain('answers /healthz')
  expect((await imageOf('thon-sandbox:test-crash', 1))?.said).toMatch(
    /✗ code-server answers \/healthz: it stopped with exit code 3; its last log line: .+/,
  )
  thonHome.variables.THON_READY_SECONDS = '1'
  expect((await imageOf('thon-sandbox:test-hang', 1))?.said).toContain('it did not answer in time')
  expect(await imageOf('thon-sandbox:none', 0)).toMatchObject({ state: 'warning' })
})

test('a command does not start sandboxes of the embedded engine', LONG, async () => {
  const thonHome = await home(false, { THON_ENGINE: 'process' })
  const { code, stderr } = await thonHome.thon('launch', '--groups', 'groups.yaml')
  expect([code, stderr]).toEqual([1, expect.stringContaining('thon serve')])
})

test('launch starts the groups in thon.yaml, with its port and passwords', LONG, async () => {
  const thonHome = new Home()
  writeFileSync(thonHome.path('hall.yaml'), 'groups:\n  gamma: [dee]\nvscode:\n  port: 9001\n  secure: true\n')
  expect((await thonHome.thon('groups', 'import')).stderr).toContain('thon.yaml has no groups')
  expect((await thonHome.thon('groups', 'import', '--dry-run', '--config', 'hall.yaml')).stdout).toContain('gamma/dee')
  const { instances } = await thonHome.json<Launched>(['launch', '--config', 'hall.yaml'])
  expect(instances).toMatchObject([
    { group: 'gamma', username: 'dee', state: 'Running', password: expect.stringMatching(/^[\w-]{32}$/) as string },
  ])
  const [container = ''] = await containersOf(thonHome.dir)
  expect(await docker('inspect', '--format', '{{json .Config.Cmd}}', container)).toContain('0.0.0.0:9001')
})

test('serve stops cleanly on SIGTERM, and refuses a second server for its database', LONG, async () => {
  const thonHome = await home(false)
  const { url, end } = await thonHome.serve()
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
  const second = await thonHome.thon('serve')
  expect([second.code, second.stderr]).toEqual([
    1,
    expect.stringContaining('Another THON is running with the database'),
  ])
  expect(await end()).toBe(0)
  expect((await thonHome.json<Status>(['status'])).server).toBeNull()
})
