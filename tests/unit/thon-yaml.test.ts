import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { EnvError, loadEnv, variables } from '../../server/env.ts'
import { readThonYaml } from '../../server/thon-yaml.ts'
import { CHAPTERS } from '../../server/variables.ts'

const described = CHAPTERS.flatMap((chapter) => chapter.variables)

describe('the list of variables', () => {
  /** What other programs' variables are, and THON only reads. */
  const notOurs = ['HOME', 'PATH', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH', 'DOCKER_CONTEXT', 'DOCKER_CONFIG']

  test('has every variable that is read, and no other', () => {
    const read = Object.keys(variables.shape).filter((name) => !notOurs.includes(name))
    expect(described.map(({ name }) => name).sort()).toEqual(read.sort())
  })

  test('gives each a place of its own', () => {
    expect(new Set(described.map(({ at }) => at)).size).toBe(described.length)
  })

  test('tells the defaults that count', () => {
    const told = Object.fromEntries(described.filter(({ fallback }) => fallback).map((one) => [one.name, one.fallback]))
    expect(loadEnv({ HOME: '/h', ...told })).toEqual(loadEnv({ HOME: '/h' }))
  })
})

describe('a thon.yaml', () => {
  test('sets what its sections say, and the environment goes before it', () => {
    const file = readThonYaml(`
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
    expect(file).toMatchObject({ warnings: [], faults: [], groups: null })
    const env = loadEnv({ HOME: '/h', GATEWAY_RATE_LIMIT_TOKENS: '700' }, file)
    expect(env).toMatchObject({ ports: [8200, 8201], image: 'other/image:1.10', gateway: { tokenLimit: 700 } })
    expect(env.reach.externalIp).toBe('192.168.1.10')
    expect(env.limits.memoryBytes).toBe(1024 ** 3)
  })

  test('tells groups as they are written', () => {
    expect(readThonYaml('groups:\n  alpha: [ann]\n  beta: { users: [{ name: cy }] }').groups).toEqual({
      alpha: ['ann'],
      beta: { users: [{ name: 'cy' }] },
    })
  })

  test('warns of keys that are none, with their line and the one that was meant', () => {
    expect(readThonYaml('sandbox:\n  imgae: x\nlemonade:\n  flavour: y\nnginx:\n  enabled: true\n').warnings).toEqual([
      'line 2: sandbox.imgae is not a setting of THON and has no effect. Did you mean sandbox.image?',
      'line 4: lemonade.flavour is not a setting of THON and has no effect',
      'line 5: nginx is not a setting of THON and has no effect',
    ])
  })

  test.each([
    ['sandbox: [1', /^line 1, column 12: /],
    ['- a', /^line 1: must be sections with keys/],
    ['\nsandbox: fast', /^line 2: sandbox must be a section with keys$/],
    [
      'sandbox:\n  image: { a: 1 }',
      /^line 2: sandbox.image must be a text, a number, true or false, or a list of them$/,
    ],
  ])('that cannot be read says where: %j', (text, told) => {
    expect(readThonYaml(text)).toMatchObject({ values: {}, faults: [expect.stringMatching(told)] })
  })

  test('with values against the rules says their lines', () => {
    const file = readThonYaml('gateway:\n  mode: per-team\n  rate_limit_window: 0\nsandbox:\n')
    expect(() => loadEnv({}, file)).toThrow(EnvError)
    expect(() => loadEnv({}, file)).toThrow(
      /GATEWAY_MODE: must be per-user or per-group \(thon.yaml, line 2\)\n.*GATEWAY_RATE_LIMIT_WINDOW: .* \(thon.yaml, line 3\)/,
    )
  })

  test('may be empty, or nothing but comments, as the example is', () => {
    const example = readFileSync(join(import.meta.dirname, '../../thon.yaml.example'), 'utf8')
    for (const text of ['', '# nothing', example])
      expect(readThonYaml(text)).toEqual({ values: {}, groups: null, warnings: [], faults: [] })
  })

  test('made of the example without its comment signs is what the defaults are', () => {
    const example = readFileSync(join(import.meta.dirname, '../../thon.yaml.example'), 'utf8')
    const used = example.replace(/^( *)# (\w+:)/gm, '$1$2').replace(/^groups:[^]*/m, '')
    const file = readThonYaml(used)
    expect(file).toMatchObject({ warnings: [], faults: [] })
    expect(loadEnv({ HOME: '/h' }, file)).toEqual(loadEnv({ HOME: '/h' }))
  })
})
