import { writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { ensureDocker, ensureTestImages } from '../kit/docker.ts'
import { containersOf, docker } from '../kit/docker-app.ts'
import { Home } from '../kit/thon-command.ts'

const LONG = { timeout: 120_000 }
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

/** A home with a groups file. @param served with a server that runs beside */
async function home(served: boolean, variables = {}): Promise<Home> {
  const made = new Home(variables)
  writeFileSync(made.path('groups.yaml'), GROUPS)
  if (served) await made.serve()
  return made
}

describe.each([
  ['beside a server that runs', true],
  ['with the database alone', false],
])('%s', (_name, served) => {
  test('groups are rehearsed, imported, and exported as they came', LONG, async () => {
    const { thon } = bound(await home(served))
    expect((await thon('groups', 'import', 'groups.yaml', '--dry-run')).stdout).toContain('5 changes would be made')
    expect((await thon('groups', 'export')).stdout).toBe('groups: {}\n')
    expect((await thon('groups', 'import', 'groups.yaml')).stdout).toContain('5 changes made')
    expect((await thon('groups', 'export')).stdout).toBe(GROUPS)
    const wrong = await thon('groups', 'import', '/dev/null')
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('line 1')])
  })

  test('everybody is launched, listed with addresses and passwords, seen, and stopped', LONG, async () => {
    const made = await home(served, served ? {} : { THON_PORTS: '18122,18123' })
    const { instances } = await made.json<Launched>(['launch', '--groups', 'groups.yaml', '--secure'])
    expect(instances.map(({ group, username, state }) => [group, username, state]).sort()).toEqual([
      ...[
        ['alpha', 'ann', 'RUNNING'],
        ['alpha', 'bob', 'RUNNING'],
        ['beta', 'cy', 'RUNNING'],
      ],
    ])
    for (const { password } of instances) expect(password).toMatch(/^[\w-]{32}$/)
    const status = await made.json<Status>(['status'])
    expect(status.server === null).toBe(!served)
    expect(status.groups).toMatchObject([
      { group: 'alpha', users: 2, running: 2 },
      { group: 'beta', users: 1, running: 1 },
    ])
    const { port } = new URL(instances[0]?.url ?? '')
    expect(port).toBe(served ? new URL(status.server as string).port : '18123')
    const again = await made.json<Launched>(['launch', '--group', 'beta'])
    expect(again).toMatchObject({ instances: [{ username: 'cy' }], skipped: [{ username: 'cy' }] })
    expect(await made.json(['stop', '--group', 'beta'])).toEqual({ ended: 1, left: [] })
    expect((await containersOf(made.dir)).length).toBeGreaterThanOrEqual(2)
    expect((await made.thon('stop', '--all')).stdout).toBe('2 of 2 ended. Files are kept.\n')
    expect((await made.thon('stop', '--all')).stdout).toBe('Nothing runs.\n')
  })

  test('a file given by a flag goes before the stored one, and is really inside', LONG, async () => {
    const made = await home(served)
    writeFileSync(made.path('settings.json'), '{ "given": true } // by a flag')
    await made.thon('groups', 'import', 'groups.yaml')
    await made.json(['launch', '--group', 'beta', '--vscode-settings', 'settings.json', '--port', '9000'])
    const [container = ''] = await containersOf(made.dir)
    const path = '/home/vscode/.local/share/code-server/User/settings.json'
    expect(await docker('exec', container, 'cat', path)).toBe('{ "given": true } // by a flag')
    writeFileSync(made.path('settings.json'), '{')
    const wrong = await made.thon('launch', '--group', 'alpha', '--vscode-settings', 'settings.json')
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('line 1')])
  })

  test('keys are made, listed without themselves, and taken back', LONG, async () => {
    const made = await home(served)
    const { token, id } = await made.json<{ token: string; id: string }>(['token', 'create', 'for ci', '--days', '7'])
    expect(token).toMatch(/^thon_/)
    const { stdout } = await made.thon('token', 'list')
    expect(stdout).toContain('for ci')
    expect(stdout).not.toContain(token)
    await made.json(['token', 'revoke', id])
    expect((await made.thon('token', 'list')).stdout).toBe('There are none.\n')
  })
})

function bound(made: Home) {
  return { thon: (...args: string[]) => made.thon(...args) }
}

test('a sandbox that does not come up is told, and the command ends with 1', LONG, async () => {
  const made = await home(false, { SANDBOX_IMAGE: 'thon-sandbox:test-crash' })
  const { instances } = await made.json<Launched>(['launch', '--groups', 'groups.yaml', '--group', 'beta'], 1)
  expect(instances).toMatchObject([{ username: 'cy', state: 'FAILED', reason: expect.any(String) as string }])
})

test(
  'progress is a line each where there is no terminal, and a file or option that is wrong changes nothing',
  LONG,
  async () => {
    const made = await home(false)
    writeFileSync(made.path('kilo.json'), '{')
    for (const [args, said] of [
      [['--port', '0'], 'port: must be 1 to 65535'],
      [['--kilo', 'kilo.json'], 'kilo.json: line 1'],
      [['--vscode-settings', 'none.json'], 'none.json cannot be read: there is no such file'],
    ] as const) {
      const { code, stderr } = await made.thon('launch', '--groups', 'groups.yaml', ...args)
      expect([code, stderr]).toEqual([1, expect.stringContaining(said)])
    }
    expect((await made.thon('groups', 'export')).stdout).toBe('groups: {}\n')
    const { stdout, stderr } = await made.thon('launch', '--groups', 'groups.yaml', '--group', 'alpha')
    expect(stderr.trim().split('\n').sort()).toEqual([
      expect.stringMatching(/^alpha\/ann: Running \([12] of 2\)$/),
      expect.stringMatching(/^alpha\/bob: Running \([12] of 2\)$/),
    ])
    expect(stdout).toMatch(/^alpha +ann +Running[^]*^alpha +bob +Running[^]*^2 of 2 run\.$/m)
  },
)

test(
  'Ctrl-C leaves a launch off cleanly: nothing is lost, and the next one waits for what was begun',
  LONG,
  async () => {
    const made = await home(false, { SANDBOX_IMAGE: 'thon-sandbox:test-hang', THON_READY_SECONDS: '60' })
    const launch = made.start('launch', '--groups', 'groups.yaml', '--group', 'beta', '--json')
    await vi.waitFor(async () => expect(await containersOf(made.dir)).toHaveLength(1), { timeout: 60_000 })
    const ended = await launch.interrupt()
    expect(ended).toMatchObject({
      code: 130,
      stderr: expect.stringContaining('goes on when THON runs again') as string,
    })
    expect(JSON.parse(ended.stdout)).toMatchObject({ error: { code: 'INTERRUPTED' } })
    made.variables.THON_READY_SECONDS = '1'
    const again = await made.json<Launched>(['launch', '--group', 'beta'], 1)
    expect(again).toMatchObject({ instances: [{ username: 'cy', state: 'FAILED' }], skipped: [{ username: 'cy' }] })
  },
)

test('the doctor holds the image to what THON expects of one', LONG, async () => {
  interface Finding {
    what: string
    state: string
    said: string
  }
  const made = await home(false)
  const imageOf = async (image: string, code: number) => {
    made.variables.SANDBOX_IMAGE = image
    return (await made.json<Finding[]>(['doctor'], code)).find(({ what }) => what === `Image ${image}`)
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
    /✗ code-server answers \/healthz: it ended with code 3, and said last: .+/,
  )
  made.variables.THON_READY_SECONDS = '1'
  expect((await imageOf('thon-sandbox:test-hang', 1))?.said).toContain('it did not answer in time')
  expect(await imageOf('thon-sandbox:none', 0)).toMatchObject({ state: 'warning' })
})

test('sandboxes of the embedded engine are not started by a command that ends', LONG, async () => {
  const made = await home(false, { THON_ENGINE: 'process' })
  const { code, stderr } = await made.thon('launch', '--groups', 'groups.yaml')
  expect([code, stderr]).toEqual([1, expect.stringContaining('thon serve')])
})

test(
  'the groups of thon.yaml are launched where nothing else says whom, with its port and passwords',
  LONG,
  async () => {
    const made = new Home()
    writeFileSync(made.path('hall.yaml'), 'groups:\n  gamma: [dee]\nvscode:\n  port: 9001\n  secure: true\n')
    expect((await made.thon('groups', 'import')).stderr).toContain('thon.yaml has no groups')
    expect((await made.thon('groups', 'import', '--dry-run', '--config', 'hall.yaml')).stdout).toContain('gamma/dee')
    const { instances } = await made.json<Launched>(['launch', '--config', 'hall.yaml'])
    expect(instances).toMatchObject([
      { group: 'gamma', username: 'dee', state: 'RUNNING', password: expect.stringMatching(/^[\w-]{32}$/) as string },
    ])
    const [container = ''] = await containersOf(made.dir)
    expect(await docker('inspect', '--format', '{{json .Config.Cmd}}', container)).toContain('0.0.0.0:9001')
  },
)

test('serve ends cleanly on SIGTERM, and a second server of the same database is refused', LONG, async () => {
  const made = await home(false)
  const { url, end } = await made.serve()
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
  const second = await made.thon('serve')
  expect([second.code, second.stderr]).toEqual([
    1,
    expect.stringContaining('Another THON is running with the database'),
  ])
  expect(await end()).toBe(0)
  expect((await made.json<Status>(['status'])).server).toBeNull()
})
