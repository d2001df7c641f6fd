import { beforeEach, describe, expect, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { startApp, type TestApp } from '../kit/app.ts'

interface Setting {
  key: string
  value: string
  updatedAt: string
  updatedBy: string
}

const UPDATE = `mutation ($key: String!, $value: String!) {
  updateSetting(input: { key: $key, value: $value }) { key value updatedBy }
}`
const GET = 'query ($key: String!) { setting(key: $key) { key value updatedAt updatedBy } }'

let app: TestApp
beforeEach(async () => {
  app = await startApp()
})

async function set(key: string, value: string): Promise<Setting> {
  return (await app.execute<{ updateSetting: Setting }>(UPDATE, { key, value })).updateSetting
}

async function get(key: string, from = app): Promise<string | null> {
  return (await from.execute<{ setting: Setting | null }>(GET, { key })).setting?.value ?? null
}

async function addresses(from = app): Promise<object> {
  return (await from.execute<{ settings: object }>('{ settings { externalIp domain } }')).settings
}

async function log(): Promise<object[]> {
  const query = '{ activity(filter: { kind: SETTING }) { items { actor action kind target label outcome detail } } }'
  return (await app.execute<{ activity: { items: object[] } }>(query)).activity.items
}

describe('a setting', () => {
  test('is null until it is set, and then has its value, with who and when', async () => {
    const began = Date.now()
    expect(await get('k1')).toBe(null)
    expect(await set('k1', 'v')).toEqual({ key: 'k1', value: 'v', updatedBy: 'organizer' })
    await set('k1', ' w\r\n\x01 ')
    expect(await get('k1')).toBe(' w\r\n\x01 ')
    const { setting } = await app.execute<{ setting: Setting }>(GET, { key: 'k1' })
    expect(Date.parse(setting.updatedAt)).toBeGreaterThanOrEqual(began)
  })

  test('may be empty', async () => {
    await set('k1', '')
    expect((await app.execute<{ setting: Setting }>(GET, { key: 'k1' })).setting.value).toBe('')
  })

  test.for(['ü🎉', 'no.such key', ' ', '__proto__', 'constructor', "'; DROP TABLE Setting; --", 'x'.repeat(200), '%'])(
    'may be called %j',
    async (key) => {
      await set(key, 'ü🎉')
      expect(await get(key)).toBe('ü🎉')
      expect(await get(`${key.slice(0, 100)}.`)).toBe(null)
    },
  )

  test('survives a restart', async () => {
    for (const [key, value] of [
      ['k2', '2'],
      ['k1', '1'],
      ['external_ip', '203.0.113.5'],
      ['domain', 'hack.example.org'],
    ] as const)
      await set(key, value)
    const again = await app.restart()
    expect(await get('k1', again)).toBe('1')
    expect(await addresses(again)).toEqual({ externalIp: '203.0.113.5', domain: 'hack.example.org' })
    const all = await again.services.settings.all(organizer)
    expect(all.map(({ key, value }) => [key, value])).toEqual([
      ['domain', 'hack.example.org'],
      ['external_ip', '203.0.113.5'],
      ['k1', '1'],
      ['k2', '2'],
    ])
  })

  test('takes the longest value, but no longer one', async () => {
    await set('k1', 'ü'.repeat(100_000))
    expect(await app.refused(UPDATE, { key: 'k1', value: 'x'.repeat(100_001) })).toMatchObject({
      code: 'INVALID_INPUT',
      fields: [{ field: 'value', message: 'must be at most 100000 characters' }],
    })
    expect(await get('k1')).toHaveLength(100_000)
  })

  test('set by many at once has one of the values, and each change is pushed', async () => {
    const frames = await app.subscribe<{ settingChanged: { kind: string; setting: Setting } }>(
      'subscription { settingChanged { kind setting { value } } }',
    )
    const values = Array.from({ length: 50 }, (_, index) => `v${index}`)
    const answers = await Promise.all(values.map((value) => set('k1', value)))
    expect(answers.map(({ value }) => value)).toEqual(values)
    const pushed = []
    for (const _ of values) pushed.push((await frames.next()).settingChanged)
    expect(pushed.map(({ kind }) => kind)).toEqual(['ADDED', ...values.slice(1).map(() => 'UPDATED')])
    expect(await get('k1')).toBe(pushed.at(-1)?.setting.value)
    expect(await app.db.setting.count()).toBe(1)
  })
})

describe('refused with field and rule, without a change', () => {
  test.for([
    ['', 'must not be empty'],
    ['x'.repeat(201), 'must be at most 200 characters'],
    ['a\nb', 'must not contain control characters or lone surrogates'],
    ['a\u0000', 'must not contain control characters or lone surrogates'],
    ['\u0085', 'must not contain control characters or lone surrogates'],
    ['\ud800', 'must not contain control characters or lone surrogates'],
  ] as const)('the key %j', async ([key, message]) => {
    const refusal = { code: 'INVALID_INPUT', fields: [{ field: 'key', message }] }
    expect(await app.refused(UPDATE, { key, value: 'v' })).toMatchObject(refusal)
    expect(await app.refused(GET, { key })).toMatchObject(refusal)
    expect(await app.db.setting.count()).toBe(0)
  })

  test.for(['a\udc00', 'a\0b'])('the value %j, which cannot be stored', async (value) => {
    expect(await app.refused(UPDATE, { key: 'k', value })).toMatchObject({
      code: 'INVALID_INPUT',
      fields: [{ field: 'value', message: expect.stringContaining('lone surrogates') as string }],
    })
    expect(await get('k')).toBe(null)
  })

  test.for(['config_groups_yaml', 'config_', 'config_nope'])('the key %s, which is not a setting', async (key) => {
    await app.db.configFile.create({ data: { key, content: 'secret', updatedBy: 'x' } })
    const refusal = { code: 'NOT_FOUND', message: `Unknown setting: ${key}` }
    expect(await app.execute(GET, { key })).toEqual({ setting: null })
    expect(await app.refused(UPDATE, { key, value: 'v' })).toMatchObject(refusal)
    expect(await app.db.setting.count()).toBe(0)
  })

  test.for([
    ['external_ip', 'https://203.0.113.5'],
    ['external_ip', '203.0.113.5:8501'],
    ['external_ip', '203.0.113.300'],
    ['external_ip', '[2001:db8::5]'],
    ['external_ip', 'a b'],
    ['external_ip', '0.0.0.0'],
    ['domain', 'https://hack.example.org'],
    ['domain', 'hack.example.org/x'],
    ['domain', 'hack.example.org:443'],
    ['domain', '203.0.113.5'],
    ['domain', '<b>'],
  ] as const)('%s as %j', async ([key, value]) => {
    await set(key, 'before.example')
    const rule = expect.stringMatching(
      /host name( of this machine)?, without scheme, port or path; empty clears it$/,
    ) as string
    expect(await app.refused(UPDATE, { key, value })).toMatchObject({
      code: 'INVALID_INPUT',
      fields: [{ field: 'value', message: rule }],
    })
    expect(await get(key)).toBe('before.example')
  })
})

describe('external IP and domain', () => {
  test('take effect at once, trimmed, until they are cleared', async () => {
    expect(await addresses()).toEqual({ externalIp: null, domain: null })
    expect((await set('external_ip', ' 2001:db8::5\n')).value).toBe('2001:db8::5')
    expect((await set('domain', ' hack.example.org ')).value).toBe('hack.example.org')
    expect(await addresses()).toEqual({ externalIp: '2001:db8::5', domain: 'hack.example.org' })
    const ann = { group: 'alpha', username: 'ann', hostPort: 32001 }
    const { port } = new URL(app.url)
    expect(app.services.addresses.of(ann)).toEqual({
      url: `http://alpha-ann.hack.example.org:${port}/`,
      publicUrl: `http://alpha-ann.2001-db8--5.sslip.io:${port}/`,
      domainUrl: `http://alpha-ann.hack.example.org:${port}/`,
    })
    await set('external_ip', ' ')
    expect(await get('external_ip')).toBe('')
    expect(await addresses()).toEqual({ externalIp: null, domain: 'hack.example.org' })
    expect(app.services.addresses.of(ann).publicUrl).toBe(null)
  })
})

test('each change is logged by its key, never with the value', async () => {
  await set('k1', 'hunter2')
  await set('external_ip', '203.0.113.5')
  await app.refused(UPDATE, { key: 'domain', value: 'hunter2/' })
  await app.refused(UPDATE, { key: 'config_x', value: 'hunter2' })
  const entry = { actor: 'organizer', action: 'update', kind: 'SETTING', outcome: 'DONE', detail: null }
  expect(await log()).toEqual([
    { ...entry, target: 'external_ip', label: 'external_ip' },
    { ...entry, target: 'k1', label: 'k1' },
  ])
  expect(JSON.stringify(await app.db.activity.findMany())).not.toMatch(/hunter2|203\.0/)
})

test('each change is pushed, after READY', async () => {
  const frames = await app.subscribe('subscription { settingChanged { kind id setting { value } } }')
  const next = () => frames.next()
  await set('k1', 'v')
  expect(await next()).toEqual({ settingChanged: { kind: 'ADDED', id: 'k1', setting: { value: 'v' } } })
  await app.refused(UPDATE, { key: 'domain', value: '/' })
  await set('k1', 'w')
  expect(await next()).toEqual({ settingChanged: { kind: 'UPDATED', id: 'k1', setting: { value: 'w' } } })
})
