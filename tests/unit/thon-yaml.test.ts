import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { EnvError, loadEnv, variables } from '../../server/config/env.ts'
import { parseGroups } from '../../server/groups/yaml.ts'
import { readThonYaml } from '../../server/config/thon-yaml.ts'
import { CHAPTERS } from '../../server/config/variables.ts'

const read = (text: string) => readThonYaml(text, parseGroups)

const described = CHAPTERS.flatMap((chapter) => chapter.variables)

describe('the list of variables', () => {
  /** Variables of other programs, which THON only reads. */
  const foreign = ['HOME', 'PATH', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH', 'DOCKER_CONTEXT', 'DOCKER_CONFIG']

  test('has exactly the variables that are read', () => {
    const read = Object.keys(variables.shape).filter((name) => !foreign.includes(name))
    expect(described.map(({ name }) => name).sort()).toEqual(read.sort())
  })

  test('gives each variable its own path', () => {
    expect(new Set(described.map(({ at }) => at)).size).toBe(described.length)
  })

  test('states the actual defaults', () => {
    const stated = Object.fromEntries(
      described.filter(({ fallback }) => fallback).map((one) => [one.name, one.fallback]),
    )
    expect(loadEnv({ HOME: '/h', ...stated })).toEqual(loadEnv({ HOME: '/h' }))
  })
})

describe('a thon.yaml', () => {
  test('sets variables, and the environment takes precedence', () => {
    const file = read(`
external_ip: 192.168.1.10
dashboard:
  ports: [8200, 8201]
sandbox: { image: "other/image:1.10", memory: 1g }
auth:
  enabled: no
  github:
    client_id: abc
gateway:
  rate_limit_tokens: 900
`)
    expect(file).toMatchObject({ warnings: [], errors: [], groups: null })
    const env = loadEnv({ HOME: '/h', GATEWAY_RATE_LIMIT_TOKENS: '700' }, file)
    expect(env).toMatchObject({ ports: [8200, 8201], image: 'other/image:1.10', gateway: { tokenLimit: 700 } })
    expect(env.reach.externalIp).toBe('192.168.1.10')
    expect(env.limits.memoryBytes).toBe(1024 ** 3)
  })

  test('contains groups, as written', () => {
    const text = 'sandbox:\n  cpus: 1\ngroups:\n  alpha: [ann]\n  beta: { users: [{ name: cy }] }\nexternal_ip:\n'
    const { groups } = read(text)
    expect(parseGroups(groups ?? '')).toMatchObject({ groups: [{ name: 'alpha' }, { users: [{ name: 'cy' }] }] })
    expect(read('{ vscode: {}, groups: { alpha: [ann] } }').groups).toContain('groups: { alpha: [ann] }')
    expect(read('groups:\n').groups).toBeNull()
  })

  test('reports unknown keys with their line and the closest valid one', () => {
    expect(read('sandbox:\n  imgae: x\nlemonade:\n  flavor: y\nnginx:\n  enabled: true\n').warnings).toEqual([
      'line 2: sandbox.imgae is not a setting of THON and has no effect. Did you mean sandbox.image?',
      'line 4: lemonade.flavor is not a setting of THON and has no effect',
      'line 5: nginx is not a setting of THON and has no effect',
    ])
  })

  test.each([
    ['dashbord:\n  host: x', 'dashboard'],
    ['Sandbox:', 'sandbox'],
    ['grups: {}', 'groups'],
    ['external-ip: 1', 'external_ip'],
    ['SANDBOX_TTL_MINUTES: 1', 'sandbox.timeout_minutes'],
    ['sandbox: { timeout: 1 }', 'sandbox.timeout_minutes'],
    ['sandbox: { secure: 1 }', 'vscode.secure'],
  ])('suggests a valid key for %j', (text, suggestion) => {
    expect(read(text).warnings).toEqual([expect.stringMatching(new RegExp(`Did you mean ${suggestion}\\?$`))])
  })

  test('is refused when it is nested too deeply or longer than 1 MiB', () => {
    expect(read(`a: ${'['.repeat(100_000)}`).errors).toEqual([expect.stringMatching(/^line 1/)])
    expect(read(' '.repeat(2_000_000)).errors).toEqual(['line 1: the file must be at most 1 MiB'])
  })

  test('may use anchors, and reports only the first of many unknown keys', () => {
    const file = read('sandbox: { memory: &two 2g, image: *two }\nexternal_ip: *two')
    expect(file.values).toMatchObject({ SANDBOX_IMAGE: { text: '2g', line: 1 }, EXTERNAL_IP: { text: '2g', line: 2 } })
    const many = Array.from({ length: 50_000 }, (_, index) => `k${index}: 1`).join('\n')
    const { warnings } = read(many)
    expect([warnings.length, warnings.at(-1)]).toEqual([51, 'and 49950 more keys that are not settings of THON'])
  })

  test.each([
    ['sandbox: [1', /^line 1, column 12: /],
    ['- a', /^line 1: the file must consist of sections with keys/],
    ['\nsandbox: fast', /^line 2: sandbox must be a section with keys$/],
    [
      'sandbox:\n  image: { a: 1 }',
      /^line 2: sandbox.image must be text, a number, true or false, or a list of those$/,
    ],
    ['sandbox:\n  image: *none', /^line 2: sandbox.image must be text/],
    ['sandbox:\n  image: a\n\n  image: b', /^line 4: sandbox.image appears twice$/],
    ['sandbox:\n\timage: a', /^line 2, column 1: Tabs are not allowed/],
    ['sandbox:\n---\nsandbox:', /^line 2, column 1: only one YAML document is allowed$/],
    ['sandbox:\ngroups:\n  alpha: [ann, a/b]', /^line 3, column 16: user name must be/],
    ['groups: all', /^line 1, column 9: groups must be a map/],
  ])('is invalid at the reported line: %j', (text, message) => {
    expect(read(text)).toMatchObject({ values: {}, errors: [expect.stringMatching(message)] })
  })

  test('reports invalid values with their lines', () => {
    const file = read('gateway:\n  mode: per-team\n  rate_limit_window: 0\nsandbox:\n')
    expect(() => loadEnv({}, file)).toThrow(EnvError)
    expect(() => loadEnv({}, file)).toThrow(
      /GATEWAY_MODE: must be per-user or per-group \(thon.yaml, line 2\)\n.*GATEWAY_RATE_LIMIT_WINDOW: .* \(thon.yaml, line 3\)/,
    )
    expect(() => loadEnv({}, read('sandbox:\n  cpus: many\n  pids: 1.5\nvscode:\n  port: 0\n'))).toThrow(
      [
        'VSCODE_PORT: must be 1 to 65535 (thon.yaml, line 5)',
        'SANDBOX_CPUS: must be a number from 0.01 to 1024, or 0 for no limit (thon.yaml, line 2)',
        'SANDBOX_PIDS: must be a whole number from 16 to 1000000 (thon.yaml, line 3)',
      ]
        .sort()
        .join('\n'),
    )
  })

  test('may be empty, or only comments like the example', () => {
    const example = readFileSync(join(import.meta.dirname, '../../thon.yaml.example'), 'utf8')
    for (const text of ['', '# nothing', example])
      expect(read(text)).toEqual({ values: {}, groups: null, warnings: [], errors: [] })
  })

  test('made of the uncommented example equals the defaults', () => {
    const example = readFileSync(join(import.meta.dirname, '../../thon.yaml.example'), 'utf8')
    const used = example.replace(/^( *)# (\w+:)/gm, '$1$2').replace(/^# ( {2}\w+: \[)/gm, '$1')
    const file = read(used)
    expect(file).toMatchObject({ warnings: [], errors: [], groups: expect.stringContaining('beta: [cy]') as string })
    expect(loadEnv({ HOME: '/h' }, file)).toEqual(loadEnv({ HOME: '/h' }))
  })
})
