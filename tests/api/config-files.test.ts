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
const UPDATE = `mutation ($input: UpdateConfigFileInput!) { updateConfigFile(input: $input) { ${FIELDS} } }`
const DELETE = 'mutation ($key: String!) { deleteConfigFile(input: { key: $key }) }'
const CHECK = `query ($key: String!, $content: String!) {
  checkConfigFile(key: $key, content: $content) { line column message }
}`

const GROUPS = 'config_groups_yaml'
const KILO = 'config_kilo_json'
const VSCODE = 'config_vscode_settings'
const MIB = 1024 * 1024

let app: TestApp
beforeEach(async () => {
  app = await startApp()
})

async function update(
  key: string,
  content: string,
  expected: { expectedUpdatedAt?: string | null } = {},
): Promise<File> {
  return (await app.execute<{ updateConfigFile: File }>(UPDATE, { input: { key, content, ...expected } }))
    .updateConfigFile
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

describe('the kinds', () => {
  test('are three, always listed in the same order', async () => {
    expect(await list()).toEqual([
      { key: GROUPS, label: 'Groups YAML', content: null, ...UNSET },
      { key: KILO, label: 'Kilo Code Config (kilo.jsonc)', content: null, ...UNSET },
      { key: VSCODE, label: 'VS Code Settings', content: null, ...UNSET },
    ])
    expect(await get(KILO)).toEqual({ key: KILO, label: 'Kilo Code Config (kilo.jsonc)', content: '', ...UNSET })
  })

  test('show what is stored, without contents in the list', async () => {
    const began = Date.now()
    const content = '{"apiKey": "ü🎉"}'
    const stored = await update(KILO, content)
    expect(stored).toMatchObject({ key: KILO, content, hasContent: true, size: 20, updatedBy: 'organizer' })
    expect(Date.parse(stored.updatedAt as string)).toBeGreaterThanOrEqual(began)
    expect(await get(KILO)).toEqual(stored)
    expect((await list())[1]).toEqual({ ...stored, content: null })
  })

  test('have no content when only white space is stored', async () => {
    const stored = await update(VSCODE, ' \n\t ')
    expect(stored).toMatchObject({ content: ' \n\t ', hasContent: false, size: 4, updatedBy: 'organizer' })
  })

  test('are deleted once', async () => {
    await update(KILO, '{}')
    expect(await remove(KILO)).toBe(true)
    expect(await remove(KILO)).toBe(false)
    expect(await get(KILO)).toMatchObject({ content: '', ...UNSET })
    await update(KILO, '[]')
    const both = await Promise.all([remove(KILO), remove(KILO)])
    expect(both.sort()).toEqual([false, true])
  })

  test('have no other keys', async () => {
    const refusal = { code: 'NOT_FOUND', message: 'Unknown config key: nope' }
    expect(await app.execute(GET, { key: 'nope' })).toEqual({ configFile: null })
    expect(await app.refused(CHECK, { key: 'nope', content: '' })).toMatchObject(refusal)
    expect(await app.refused(UPDATE, { input: { key: 'nope', content: '{' } })).toMatchObject(refusal)
    expect(await app.refused(DELETE, { key: 'nope' })).toMatchObject(refusal)
    await expect(upload('nope', Buffer.of(255))).rejects.toMatchObject(refusal)
    expect(await app.db.configFile.count()).toBe(0)
  })

  test('survive a restart', async () => {
    const stored = await update(GROUPS, 'groups:\n  a:\n    users: [x]\n')
    const again = await app.restart()
    expect(await get(GROUPS, again)).toEqual(stored)
  })
})

describe('stored unchanged', () => {
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
    expect((await update(key, content)).content).toBe(content)
    expect((await get(key)).content).toBe(content)
  })

  test('except for a byte order mark at the start', async () => {
    expect(await update(KILO, '\uFEFF{}')).toMatchObject({ content: '{}', size: 2 })
    expect((await upload(KILO, '\uFEFF[]')).content).toBe('[]')
    expect((await update(GROUPS, '\uFEFFgroups: {}')).content).toBe('groups: {}')
  })

  test('up to 1 MiB of UTF-8', async () => {
    const largest = `"${'ü'.repeat(MIB / 2 - 1)}"`
    expect((await update(KILO, largest)).size).toBe(MIB)
    expect((await upload(VSCODE, `\uFEFF${largest}`)).size).toBe(MIB)
    const refusal = {
      code: 'TOO_LARGE',
      message: 'Kilo Code Config (kilo.jsonc) must be at most 1 MiB of UTF-8',
      fields: [{ field: 'content' }],
    }
    expect(await app.refused(UPDATE, { input: { key: KILO, content: `${largest} ` } })).toMatchObject(refusal)
    await expect(upload(KILO, `${largest} `)).rejects.toMatchObject(refusal)
    await expect(upload(KILO, Buffer.alloc(2 * MIB, 255))).rejects.toMatchObject(refusal)
    expect((await get(KILO)).content).toBe(largest)
  })
})

describe('refused with line and column, without a change', () => {
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
    [VSCODE, '{"a": "\ud800"}', /^must not contain lone surrogates/],
    [GROUPS, '# \udfff', /^must not contain lone surrogates/],
    [GROUPS, 'groups: {} # \0', /NUL$/],
  ] as const)('%s: %j', async ([key, content, message]) => {
    const before = await update(key, key === GROUPS ? 'groups: {}' : '{}')
    expect(await app.refused(UPDATE, { input: { key, content } })).toMatchObject({
      code: 'INVALID_INPUT',
      fields: [{ field: 'content', message: expect.stringMatching(message) as string }],
    })
    expect(await get(key)).toEqual(before)
    expect(app.logged.lines).toEqual([])
  })

  test('an upload that is not UTF-8, with the byte', async () => {
    const before = await update(KILO, '{}')
    for (const [bytes, at] of [
      [[0x61, 0xff, 0xfe, 0x62], 2],
      [[0x22, 0xc3], 2],
      [[0xff], 1],
    ] as const)
      await expect(upload(KILO, Uint8Array.from(bytes))).rejects.toMatchObject({
        code: 'INVALID_INPUT',
        fields: [{ field: 'file', message: `must be UTF-8; byte ${at} is not` }],
      })
    expect(await get(KILO)).toEqual(before)
  })

  test('1 MiB of quotes is refused, and within seconds', { timeout: 60_000 }, async () => {
    expect((await app.refused(UPDATE, { input: { key: GROUPS, content: '"'.repeat(MIB) } })).code).toBe('INVALID_INPUT')
  })
})

describe('a check', () => {
  test('reports line, column and message, and stores nothing', async () => {
    const check = async (key: string, content: string) =>
      (await app.execute<{ checkConfigFile: object[] }>(CHECK, { key, content })).checkConfigFile
    expect(await check(VSCODE, '{\n  "a": }')).toEqual([{ line: 2, column: 8, message: 'Value expected' }])
    expect(await check(GROUPS, 'a: *b')).toEqual([
      { line: 1, column: 4, message: 'There is no anchor &b before this alias' },
    ])
    expect(await check(KILO, 'a\0')).toMatchObject([{ line: 1, column: 1 }])
    expect(await check(VSCODE, '{ "a": 1, }')).toEqual([])
    expect(await app.db.configFile.count()).toBe(0)
  })
})

describe('two organizers at once', () => {
  test('a save over a newer version is refused with its author and time', async () => {
    const first = await update(KILO, '{"a": 1}', { expectedUpdatedAt: null })
    const second = await update(KILO, '{"a": 2}', { expectedUpdatedAt: first.updatedAt })
    const reason = `Kilo Code Config (kilo.jsonc) was changed by organizer at ${second.updatedAt}`
    const refusal = { code: 'CONFLICT', fields: [{ field: 'expectedUpdatedAt' }] }
    for (const expectedUpdatedAt of [first.updatedAt, null]) {
      const refused = await app.refused(UPDATE, { input: { key: KILO, content: '{"a": 3}', expectedUpdatedAt } })
      expect(refused).toMatchObject({ ...refusal, message: expect.stringContaining(reason) as string })
    }
    expect(await get(KILO)).toEqual(second)
    expect((await update(KILO, '{"a": 4}')).content).toBe('{"a": 4}')
    await remove(KILO)
    const gone = await app.refused(UPDATE, {
      input: { key: KILO, content: '{}', expectedUpdatedAt: second.updatedAt },
    })
    expect(gone).toMatchObject({
      ...refusal,
      message: expect.stringContaining('was deleted in the meantime') as string,
    })
    expect((await get(KILO)).content).toBe('')
  })

  test('of twenty changes of one version exactly one is stored', async () => {
    let { updatedAt } = await update(KILO, '{}')
    for (let round = 0; round < 5; round++) {
      const variables = Array.from({ length: 20 }, (_, one) => ({
        input: { key: KILO, content: `[${round}, ${one}]`, expectedUpdatedAt: updatedAt },
      }))
      const answers = await Promise.all(variables.map((one) => app.answer<{ updateConfigFile: File }>(UPDATE, one)))
      const done = answers.flatMap(({ data }) => data?.updateConfigFile ?? [])
      expect(done).toHaveLength(1)
      expect(answers.flatMap(({ errors }) => errors?.[0]?.extensions?.code ?? [])).toEqual(
        Array<string>(19).fill('CONFLICT'),
      )
      expect(await get(KILO)).toEqual(done[0])
      updatedAt = done[0]?.updatedAt as string
    }
  })

  test.for(['yesterday', '', '2026-11-23'])('%j is refused as an expected time', async (expectedUpdatedAt) => {
    expect(await app.refused(UPDATE, { input: { key: KILO, content: '{}', expectedUpdatedAt } })).toMatchObject({
      code: 'INVALID_INPUT',
      fields: [{ field: 'expectedUpdatedAt', message: expect.stringContaining('ISO 8601') as string }],
    })
  })
})

test('each change is logged by its kind, never with contents', async () => {
  const { updatedAt } = await update(KILO, '{"key": "hunter2"}')
  await update(KILO, '{"key": "hunter22"}')
  await app.refused(UPDATE, { input: { key: KILO, content: '["hunter2"]', expectedUpdatedAt: updatedAt } })
  await app.refused(UPDATE, { input: { key: KILO, content: '{hunter2' } })
  await app.refused(UPDATE, { input: { key: KILO, content: 'hunter2'.repeat(200_000) } })
  await remove(KILO)
  await remove(KILO)
  const query = '{ activity(filter: { kind: CONFIG_FILE }) { items { actor action target label outcome } } }'
  const { activity } = await app.execute<{ activity: { items: object[] } }>(query)
  const entry = { actor: 'organizer', target: KILO, label: 'Kilo Code Config (kilo.jsonc)' }
  expect(activity.items).toEqual([
    { ...entry, action: 'delete', outcome: 'DONE' },
    { ...entry, action: 'update', outcome: 'REFUSED' },
    { ...entry, action: 'update', outcome: 'DONE' },
    { ...entry, action: 'update', outcome: 'DONE' },
  ])
  expect(JSON.stringify(await app.db.activity.findMany())).not.toContain('hunter2')
})

test('each change is pushed, after READY, without contents', async () => {
  const query = `subscription { configFileChanged { kind id configFile { ${FIELDS} } } }`
  const frames = await app.subscribe<{ configFileChanged: object }>(query)
  const next = async () => (await frames.next()).configFileChanged
  const added = await update(KILO, '{"key": "hunter2"}')
  expect(await next()).toEqual({ kind: 'ADDED', id: KILO, configFile: { ...added, content: null } })
  const updated = await update(KILO, '{}')
  expect(await next()).toEqual({ kind: 'UPDATED', id: KILO, configFile: { ...updated, content: null } })
  await remove(KILO)
  expect(await next()).toEqual({
    kind: 'REMOVED',
    id: KILO,
    configFile: { key: KILO, label: 'Kilo Code Config (kilo.jsonc)', content: null, ...UNSET },
  })
})
