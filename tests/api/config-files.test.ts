import { beforeEach, describe, expect, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { startApp, type TestApp } from '../kit/app.ts'

interface File {
  key: string
  label: string
  hasContent: boolean
  size: number
  content: string | null
  updatedAt: string | null
  updatedBy: string | null
}

const FIELDS = 'key label hasContent size content updatedAt updatedBy'
const GET = `query ($key: String!) { configFile(key: $key) { ${FIELDS} } }`
const PUT = `mutation ($key: String!, $content: String!, $expectedUpdatedAt: String) {
  setConfigFile(key: $key, content: $content, expectedUpdatedAt: $expectedUpdatedAt) { ${FIELDS} } }`
const DELETE = 'mutation ($key: String!) { deleteConfigFile(key: $key) }'

const GROUPS = 'config_groups_yaml'
const KILO = 'config_kilo_json'
const VSCODE = 'config_vscode_settings'
const MIB = 1024 * 1024

let app: TestApp
beforeEach(async () => {
  app = await startApp()
})

async function put(key: string, content: string, expected: { expectedUpdatedAt?: string | null } = {}): Promise<File> {
  return (await app.execute<{ setConfigFile: File }>(PUT, { key, content, ...expected })).setConfigFile
}

async function get(key: string, from = app): Promise<File> {
  return (await from.execute<{ configFile: File }>(GET, { key })).configFile
}

async function list(): Promise<File[]> {
  return (await app.execute<{ configFiles: File[] }>(`{ configFiles { ${FIELDS} } }`)).configFiles
}

async function remove(key: string): Promise<boolean> {
  return (await app.execute<{ deleteConfigFile: boolean }>(DELETE, { key })).deleteConfigFile
}

function upload(key: string, bytes: Uint8Array | string) {
  return app.services.configFiles.upload(organizer, key, Buffer.from(bytes))
}

const UNSET = { hasContent: false, size: 0, updatedAt: null, updatedBy: null }

describe('the slots', () => {
  test('are three, always there, in their order', async () => {
    expect(await list()).toEqual([
      { key: GROUPS, label: 'Groups YAML', content: null, ...UNSET },
      { key: KILO, label: 'Kilo Code Config (kilo.jsonc)', content: null, ...UNSET },
      { key: VSCODE, label: 'VS Code Settings', content: null, ...UNSET },
    ])
    expect(await get(KILO)).toEqual({ key: KILO, label: 'Kilo Code Config (kilo.jsonc)', content: '', ...UNSET })
  })

  test('tell what is stored, the list without contents', async () => {
    const content = '{"apiKey": "ü🎉"}'
    const stored = await put(KILO, content)
    expect(stored).toMatchObject({ key: KILO, content, hasContent: true, size: 20, updatedBy: 'organizer' })
    expect(Math.abs(Date.parse(stored.updatedAt as string) - Date.now())).toBeLessThan(60_000)
    expect(await get(KILO)).toEqual(stored)
    expect((await list())[1]).toEqual({ ...stored, content: null })
  })

  test('hold nothing when all that is stored is whitespace', async () => {
    const stored = await put(VSCODE, ' \n\t ')
    expect(stored).toMatchObject({ content: ' \n\t ', hasContent: false, size: 4, updatedBy: 'organizer' })
  })

  test('are emptied once', async () => {
    await put(KILO, '{}')
    expect(await remove(KILO)).toBe(true)
    expect(await remove(KILO)).toBe(false)
    expect(await get(KILO)).toMatchObject({ content: '', ...UNSET })
    await put(KILO, '[]')
    const both = await Promise.all([remove(KILO), remove(KILO)])
    expect(both.sort()).toEqual([false, true])
  })

  test('are no others, and no settings', async () => {
    const refusal = { code: 'NOT_FOUND', message: 'Unknown config key: nope' }
    expect(await app.refused(GET, { key: 'nope' })).toMatchObject(refusal)
    expect(await app.refused(PUT, { key: 'nope', content: '{' })).toMatchObject(refusal)
    expect(await app.refused(DELETE, { key: 'nope' })).toMatchObject(refusal)
    await expect(upload('nope', Buffer.of(255))).rejects.toMatchObject(refusal)
    expect(await app.db.configFile.count()).toBe(0)
  })

  test('are kept over a restart', async () => {
    const stored = await put(GROUPS, 'groups:\n  a:\n    users: [x]\n')
    const again = await app.restart()
    expect(await get(GROUPS, again)).toEqual(stored)
  })
})

describe('stored as they are', () => {
  test.for([
    [GROUPS, 'groups:\n  a:\n    users: [x]\n'],
    [GROUPS, 'groups: {}'],
    [GROUPS, '{"groups": {"üx": []}} # 🎉'],
    [KILO, '{"x": 1} // c\n'],
    [KILO, '{\r\n  /* ü🎉 </script> */ "a": [1, 2,],\r\n}'],
    [KILO, '// only a comment'],
    [VSCODE, '"\\u0000"'],
    [VSCODE, `${'['.repeat(400)}${']'.repeat(400)}`],
    [VSCODE, ''],
  ] as const)('%s: %j', async ([key, content]) => {
    expect((await put(key, content)).content).toBe(content)
    expect((await get(key)).content).toBe(content)
  })

  test('but for a byte order mark at the start', async () => {
    expect(await put(KILO, '\uFEFF{}')).toMatchObject({ content: '{}', size: 2 })
    expect((await upload(KILO, '\uFEFF[]')).content).toBe('[]')
    expect((await put(GROUPS, '\uFEFFgroups: {}')).content).toBe('groups: {}')
  })

  test('up to 1 MiB of UTF-8', async () => {
    const largest = `"${'ü'.repeat(MIB / 2 - 1)}"`
    expect((await put(KILO, largest)).size).toBe(MIB)
    expect((await upload(VSCODE, `\uFEFF${largest}`)).size).toBe(MIB)
    const refusal = {
      code: 'TOO_LARGE',
      message: 'Kilo Code Config (kilo.jsonc) must be at most 1 MiB of UTF-8',
      fields: [{ field: 'content' }],
    }
    expect(await app.refused(PUT, { key: KILO, content: `${largest} ` })).toMatchObject(refusal)
    await expect(upload(KILO, `${largest} `)).rejects.toMatchObject(refusal)
    await expect(upload(KILO, Buffer.alloc(2 * MIB, 255))).rejects.toMatchObject(refusal)
    expect((await get(KILO)).content).toBe(largest)
  })
})

describe('refused, naming line and column, and changing nothing', () => {
  test.for([
    [GROUPS, 'groups: [unclosed', /^line 1, column 18: Flow sequence/],
    [GROUPS, 'groups:\n  a: [x]\n\tb: [y]', /^line 3, column 1: Tabs/],
    [GROUPS, 'groups: {}\n---\ngroups: {}', /^line 2, column 1: A second document/],
    [GROUPS, 'groups:\n  a: *nobody', /^line 2, column 6: There is no anchor &nobody/],
    [GROUPS, '['.repeat(5_000), /^line 1, column \d+: Nested too deeply$/],
    [GROUPS, '!'.repeat(5_000), /^line 1, column 1: .{1,210}$/],
    [KILO, '{not json', /^line 1, column 2: Invalid symbol$/],
    [KILO, '{\n  "a": 1\n  "b": 2\n}', /^line 3, column 3: Comma expected$/],
    [KILO, '{"a": 1', /^line 1, column 8: Close brace expected$/],
    [KILO, 'a'.repeat(MIB), /^line 1, column 1: Invalid symbol$/],
    [VSCODE, '{"a": "ü🎉"}\r\n </script>', /^line 2, column 2: Invalid symbol$/],
    [VSCODE, '['.repeat(100_000), /^line 1, column 501: Nested too deeply$/],
    [VSCODE, '{"a": "\ud800"}', /^must not hold lone surrogates/],
    [GROUPS, '# \udfff', /^must not hold lone surrogates/],
    [GROUPS, 'groups: {} # \0', /NUL$/],
  ] as const)('%s: %j', async ([key, content, message]) => {
    const before = await put(key, key === GROUPS ? 'groups: {}' : '{}')
    expect(await app.refused(PUT, { key, content })).toMatchObject({
      code: 'INVALID_INPUT',
      fields: [{ field: 'content', message: expect.stringMatching(message) }],
    })
    expect(await get(key)).toEqual(before)
    expect(app.logged.lines).toEqual([])
  })

  test('an upload that is not UTF-8, naming the byte', async () => {
    const before = await put(KILO, '{}')
    for (const [bytes, at] of [
      [[0x61, 0xff, 0xfe, 0x62], 2],
      [[0x22, 0xc3], 2],
      [[0xff], 1],
    ] as const)
      await expect(upload(KILO, Uint8Array.from(bytes))).rejects.toMatchObject({
        code: 'INVALID_INPUT',
        fields: [{ field: 'file', message: `must be UTF-8, which it is not from byte ${at} on` }],
      })
    expect(await get(KILO)).toEqual(before)
  })

  test('1 MiB of quotes is refused, and within seconds', { timeout: 60_000 }, async () => {
    expect((await app.refused(PUT, { key: GROUPS, content: '"'.repeat(MIB) })).code).toBe('INVALID_INPUT')
  })
})

describe('two people at once', () => {
  test('who saves what another one changed meanwhile is told who and when, and changes nothing', async () => {
    const first = await put(KILO, '{"a": 1}', { expectedUpdatedAt: null })
    const second = await put(KILO, '{"a": 2}', { expectedUpdatedAt: first.updatedAt })
    const told = `Kilo Code Config (kilo.jsonc) was changed by organizer at ${second.updatedAt}`
    const refusal = { code: 'CONFLICT', fields: [{ field: 'expectedUpdatedAt' }] }
    for (const expectedUpdatedAt of [first.updatedAt, null]) {
      const refused = await app.refused(PUT, { key: KILO, content: '{"a": 3}', expectedUpdatedAt })
      expect(refused).toMatchObject({ ...refusal, message: expect.stringContaining(told) })
    }
    expect(await get(KILO)).toEqual(second)
    expect((await put(KILO, '{"a": 4}')).content).toBe('{"a": 4}')
    await remove(KILO)
    const gone = await app.refused(PUT, { key: KILO, content: '{}', expectedUpdatedAt: second.updatedAt })
    expect(gone).toMatchObject({ ...refusal, message: expect.stringContaining('was deleted meanwhile') })
    expect((await get(KILO)).content).toBe('')
  })

  test('of twenty that change the same one is stored, also within a millisecond', async () => {
    let { updatedAt } = await put(KILO, '{}')
    for (let round = 0; round < 5; round++) {
      const variables = Array.from({ length: 20 }, (_, one) => ({
        key: KILO,
        content: `[${round}, ${one}]`,
        expectedUpdatedAt: updatedAt,
      }))
      const answers = await Promise.all(variables.map((one) => app.answer<{ setConfigFile: File }>(PUT, one)))
      const done = answers.flatMap(({ data }) => data?.setConfigFile ?? [])
      expect(done).toHaveLength(1)
      expect(answers.flatMap(({ errors }) => errors?.[0]?.extensions?.code ?? [])).toEqual(Array(19).fill('CONFLICT'))
      expect(await get(KILO)).toEqual(done[0])
      updatedAt = done[0]?.updatedAt as string
    }
  })

  test.for(['yesterday', '', '2026-11-23'])('%j is refused as the time that is expected', async (expectedUpdatedAt) => {
    expect(await app.refused(PUT, { key: KILO, content: '{}', expectedUpdatedAt })).toMatchObject({
      code: 'INVALID_INPUT',
      fields: [{ field: 'expectedUpdatedAt', message: expect.stringContaining('ISO 8601') }],
    })
  })
})

test('each act is written down by its slot, never with contents', async () => {
  const { updatedAt } = await put(KILO, '{"key": "hunter2"}')
  await put(KILO, '{"key": "hunter22"}')
  await app.refused(PUT, { key: KILO, content: '["hunter2"]', expectedUpdatedAt: updatedAt })
  await app.refused(PUT, { key: KILO, content: '{hunter2' })
  await app.refused(PUT, { key: KILO, content: 'hunter2'.repeat(200_000) })
  await remove(KILO)
  await remove(KILO)
  const query = '{ activity(kind: "config file") { actor action target label outcome } }'
  const { activity } = await app.execute<{ activity: object[] }>(query)
  const act = { actor: 'organizer', target: KILO, label: 'Kilo Code Config (kilo.jsonc)' }
  expect(activity).toEqual([
    { ...act, action: 'delete', outcome: 'done' },
    { ...act, action: 'store', outcome: 'refused' },
    { ...act, action: 'store', outcome: 'done' },
    { ...act, action: 'store', outcome: 'done' },
  ])
  expect(JSON.stringify(await app.db.activity.findMany())).not.toContain('hunter2')
})

test('each change is pushed, after READY, without contents', async () => {
  const query = `subscription { configFileChanged { kind key configFile { ${FIELDS} } } }`
  const frames = app.socket().iterate<{ configFileChanged: object }>({ query })
  const next = async () => ((await frames.next()).value?.data as { configFileChanged: object }).configFileChanged
  expect(await next()).toEqual({ kind: 'READY', key: null, configFile: null })
  const added = await put(KILO, '{"key": "hunter2"}')
  expect(await next()).toEqual({ kind: 'ADDED', key: KILO, configFile: { ...added, content: null } })
  const updated = await put(KILO, '{}')
  expect(await next()).toEqual({ kind: 'UPDATED', key: KILO, configFile: { ...updated, content: null } })
  await remove(KILO)
  expect(await next()).toEqual({
    kind: 'REMOVED',
    key: KILO,
    configFile: { key: KILO, label: 'Kilo Code Config (kilo.jsonc)', content: null, ...UNSET },
  })
})
