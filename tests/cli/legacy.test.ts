import { createClient } from '@libsql/client'
import { createHash } from 'node:crypto'
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { legacyDatabase, recordedRows, type LegacyRows } from '../kit/legacy.ts'
import { Home } from '../kit/thon-command.ts'

const LONG = { timeout: 180_000 }

interface Report {
  applied: boolean
  changes: { kind: string; name: string; action: string; detail: string | null }[]
}

/** A home whose THON does not need Docker. */
function home(): Home {
  return new Home({ THON_ENGINE: 'process' })
}

function lines({ changes }: Report): string[] {
  return changes.map(({ kind, name, action }) => `${action} ${kind} ${name}`).sort()
}

async function stored(thonHome: Home, sql: string): Promise<unknown[][]> {
  const client = createClient({ url: `file:${thonHome.path('thon.db')}` })
  const { rows, columns } = await client.execute(sql)
  client.close()
  return rows.map((row) => columns.map((column) => row[column]))
}

/** What an event left in it, with values that nobody should have entered. */
const LEGACY_ROWS: LegacyRows = {
  event_records: [
    { id: 'e1', event_id: 'hack-25', title: 'Hack 2025', created_at: '2026-01-02T03:04:05' },
    { id: 'e2', event_id: 'x'.repeat(101) },
  ],
  group_records: [
    { id: 'g1', name: 'team', event_id: 'hack-25', title: 'The Team' },
    { id: 'g2', name: 'a/b' },
    { id: 'g3', name: 'empty', title: 't'.repeat(201) },
    { id: 'g4', name: null },
    { id: 'g5', name: ' team ' },
    { id: 'g6', name: '日本語 Ü', event_id: 'gone' },
  ],
  user_records: [
    { id: 'u1', group_id: 'g1', username: 'ann', email: 'ann@x.org', workspace_path: 'thon-workspace-old-ann' },
    { id: 'u2', group_id: 'g1', username: 'bob', workspace_path: '/workspace/bob', storage_path: '/srv/bob' },
    { id: 'u3', group_id: 'g2', username: 'lost' },
    { id: 'u4', group_id: 'g5', username: 'cy', email: 'no address', workspace_path: 'thon-workspace-old-ann' },
    { id: 'u5', group_id: 'g5', username: 'ann ' },
    { id: 'u6', group_id: 'g6', username: 'Zoë', workspace_path: 'thon-workspace-日本語' },
    { id: 'u7', group_id: null, username: null },
  ],
  sandbox_records: [
    { id: 's1', group: 'team', username: 'ann', state: 'Running' },
    { id: 's2', group: 'team', username: 'bob', state: 'Terminated' },
  ],
  app_settings: [
    { key: 'external_ip', value: '192.168.1.9' },
    { key: 'domain', value: 'http://no' },
    { key: 'note', value: 'by hand' },
    { key: 'nothing', value: null },
    { key: 'config_vscode_settings', value: '{ "old": true }' },
    { key: 'config_kilo_json', value: '{ broken' },
    { key: 'config_unknown', value: 'x' },
  ],
}

test.each([
  ['with a running server', true],
  ['with only the database', false],
])('data of the Python system is imported once, %s', LONG, async (_name, served) => {
  const thonHome = home()
  ;(await legacyDatabase(thonHome.path('old.db'), LEGACY_ROWS)).close()
  if (served) await thonHome.serve()
  const preview = await thonHome.json<Report>(['import-legacy', 'old.db', '--dry-run'])
  expect(preview.applied).toBe(false)
  expect((await thonHome.thon('groups', 'export')).stdout).toBe('groups: {}\n')
  const done = await thonHome.json<Report>(['import-legacy', 'old.db'])
  expect(lines(done)).toEqual(
    [
      ...['create event hack-25', 'create group team', 'create group empty', 'create group 日本語 Ü'],
      ...['create user team/ann', 'create user team/bob', 'create user team/cy', 'create user 日本語 Ü/Zoë'],
      ...[
        'update workspace team/ann',
        'update workspace team/bob',
        'skip workspace team/cy',
        'update workspace 日本語 Ü/Zoë',
      ],
      ...['create setting external_ip', 'create setting note', 'skip setting domain', 'skip setting nothing'],
      ...['create config file config_vscode_settings', 'skip config file config_kilo_json'],
      ...['skip config file config_unknown', `skip event ${'x'.repeat(101)}`, 'skip group a/b', 'skip group empty'],
      ...[
        'skip group g4',
        'skip group team',
        'skip user g2/lost',
        'skip user team/cy',
        'skip user team/ann',
        'skip user /',
      ],
      'skip sandbox team/ann',
    ].sort(),
  )
  expect(lines(preview)).toEqual(lines(done))
  for (const { action, detail } of done.changes) if (action === 'skip') expect(detail).toMatch(/\w/)
  const again = await thonHome.json<Report>(['import-legacy', 'old.db'])
  expect(again.changes.filter(({ action }) => action === 'create' || action === 'update')).toEqual([])
  expect(
    await stored(thonHome, 'SELECT username, email, volume, workspacePath, storagePath FROM User ORDER BY username'),
  ).toEqual([
    ['Zoë', null, expect.stringMatching(/^thon-workspace-/), 'thon-workspace-日本語', null],
    ['ann', 'ann@x.org', 'thon-workspace-old-ann', 'thon-workspace-old-ann', null],
    ['bob', null, 'thon-workspace-team-bob', '/workspace/bob', '/srv/bob'],
    ['cy', null, 'thon-workspace-team-cy', 'thon-workspace-team-cy', null],
  ])
})

test('everything in the recorded Python system is imported, or left out with a reason', LONG, async () => {
  const thonHome = home()
  const rows = recordedRows()
  ;(await legacyDatabase(thonHome.path('old.db'), rows)).close()
  const preview = await thonHome.json<Report>(['import-legacy', 'old.db', '--dry-run'])
  const done = await thonHome.json<Report>(['import-legacy', 'old.db'])
  expect(lines(preview)).toEqual(lines(done))
  const reported = (kind: string) =>
    new Set(done.changes.filter((one) => one.kind === kind).map(({ name }) => name.trim()))
  expect(reported('event')).toEqual(new Set(rows.event_records?.map(({ event_id }) => event_id)))
  expect(reported('group')).toEqual(new Set(rows.group_records?.map(({ name }) => (name as string).trim())))
  const settings = new Set([...reported('setting'), ...reported('config file')])
  expect(settings).toEqual(new Set(rows.app_settings?.map(({ key }) => key)))
  expect(await stored(thonHome, "SELECT email FROM User WHERE username = 'zoe'")).toEqual([['zoe@x.y']])
  const again = await thonHome.json<Report>(['import-legacy', 'old.db'])
  expect(again.changes.filter(({ action }) => action === 'create' || action === 'update')).toEqual([])
})

test('a second import keeps what was changed since the first', LONG, async () => {
  const thonHome = home()
  ;(await legacyDatabase(thonHome.path('old.db'), LEGACY_ROWS)).close()
  await thonHome.json<Report>(['import-legacy', 'old.db'])
  writeFileSync(
    thonHome.path('new.yaml'),
    'groups:\n  team: { title: Ours, users: [{ name: ann, email: ann@new.org }] }\nevents: { hack-25: { title: New } }\n',
  )
  await thonHome.thon('groups', 'import', 'new.yaml')
  const client = createClient({ url: `file:${thonHome.path('thon.db')}` })
  await client.execute("UPDATE User SET workspacePath = 'thon-own', volume = 'thon-own' WHERE username = 'ann'")
  client.close()
  const before = await stored(thonHome, 'SELECT * FROM User ORDER BY id')
  const again = await thonHome.json<Report>(['import-legacy', 'old.db'])
  expect(again.changes).toContainEqual(
    expect.objectContaining({ kind: 'workspace', name: 'team/ann', action: 'skip' }) as object,
  )
  expect(await stored(thonHome, 'SELECT * FROM User ORDER BY id')).toEqual(before)
  expect((await thonHome.thon('groups', 'export')).stdout).toMatch(/title: New[^]*title: Ours[^]*ann@new.org/)
})

test('the old file is only read, also while it is open and has a log next to it', LONG, async () => {
  const thonHome = home()
  const old = await legacyDatabase(thonHome.path('old.db'), LEGACY_ROWS, true)
  const parts = () =>
    readdirSync(thonHome.dir)
      .filter((name) => name.startsWith('old.db') && !name.endsWith('-shm'))
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(thonHome.path(name)))
          .digest('hex'),
      ])
  const before = parts()
  expect(before.map(([name]) => name)).toContain('old.db-wal')
  chmodSync(thonHome.path('old.db'), 0o400)
  expect((await thonHome.json<Report>(['import-legacy', 'old.db'])).changes.length).toBeGreaterThan(20)
  expect(parts()).toEqual(before)
  old.close()
})

test('anything that is not a database of the Python system is refused', LONG, async () => {
  const thonHome = home()
  writeFileSync(
    thonHome.path('text.db'),
    'no database, but long enough to be taken for a page of one by a hasty reader',
  )
  writeFileSync(thonHome.path('empty.db'), '')
  await thonHome.thon('status')
  for (const [file, message] of [
    ['text.db', 'file is not a database'],
    ['empty.db', 'is not a database of the Python THON'],
    ['thon.db', 'is a database of this THON'],
    ['none.db', 'There is no file'],
    ['.', 'There is no file'],
  ] as const)
    expect(await thonHome.thon('import-legacy', file)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(message) as string,
    })
})

test('a THON started on the old file itself imports it in place', LONG, async () => {
  const thonHome = home()
  ;(await legacyDatabase(thonHome.path('thon.db'), LEGACY_ROWS)).close()
  await thonHome.serve()
  expect(lines(await thonHome.json<Report>(['import-legacy', 'thon.db']))).toContain('create user team/ann')
  expect((await thonHome.thon('groups', 'export')).stdout).toContain('ann@x.org')
})
