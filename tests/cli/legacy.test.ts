import { createClient } from '@libsql/client'
import { createHash } from 'node:crypto'
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { legacyDatabase, recordedRows, type LegacyRows } from '../kit/legacy.ts'
import { Home } from '../kit/thon-command.ts'

const LONG = { timeout: 60_000 }

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

async function stored(made: Home, sql: string): Promise<unknown[][]> {
  const client = createClient({ url: `file:${made.path('thon.db')}` })
  const { rows, columns } = await client.execute(sql)
  client.close()
  return rows.map((row) => columns.map((column) => row[column]))
}

/** Rows as events leave them, with some that THON cannot accept. */
const ROWS: LegacyRows = {
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
    { id: 's1', group: 'team', username: 'ann', state: 'RUNNING' },
    { id: 's2', group: 'team', username: 'bob', state: 'TERMINATED' },
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
  ['next to a running server', true],
  ['with the database alone', false],
])('an installation of the Python system is imported once, %s', LONG, async (_name, served) => {
  const made = home()
  ;(await legacyDatabase(made.path('old.db'), ROWS)).close()
  if (served) await made.serve()
  const rehearsal = await made.json<Report>(['import-legacy', 'old.db', '--dry-run'])
  expect(rehearsal.applied).toBe(false)
  expect((await made.thon('groups', 'export')).stdout).toBe('groups: {}\n')
  const done = await made.json<Report>(['import-legacy', 'old.db'])
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
  expect(lines(rehearsal)).toEqual(lines(done))
  for (const { action, detail } of done.changes) if (action === 'skip') expect(detail).toMatch(/\w/)
  const again = await made.json<Report>(['import-legacy', 'old.db'])
  expect(again.changes.filter(({ action }) => action === 'create' || action === 'update')).toEqual([])
  expect(
    await stored(made, 'SELECT username, email, volume, workspacePath, storagePath FROM User ORDER BY username'),
  ).toEqual([
    ['Zoë', null, expect.stringMatching(/^thon-workspace-/), 'thon-workspace-日本語', null],
    ['ann', 'ann@x.org', 'thon-workspace-old-ann', 'thon-workspace-old-ann', null],
    ['bob', null, 'thon-workspace-team-bob', '/workspace/bob', '/srv/bob'],
    ['cy', null, 'thon-workspace-team-cy', 'thon-workspace-team-cy', null],
  ])
})

test('everything recorded is imported, or skipped with a reason', LONG, async () => {
  const made = home()
  const rows = recordedRows()
  ;(await legacyDatabase(made.path('old.db'), rows)).close()
  const rehearsal = await made.json<Report>(['import-legacy', 'old.db', '--dry-run'])
  const done = await made.json<Report>(['import-legacy', 'old.db'])
  expect(lines(rehearsal)).toEqual(lines(done))
  const named = (kind: string) =>
    new Set(done.changes.filter((one) => one.kind === kind).map(({ name }) => name.trim()))
  expect(named('event')).toEqual(new Set(rows.event_records?.map(({ event_id }) => event_id)))
  expect(named('group')).toEqual(new Set(rows.group_records?.map(({ name }) => (name as string).trim())))
  const settings = new Set([...named('setting'), ...named('config file')])
  expect(settings).toEqual(new Set(rows.app_settings?.map(({ key }) => key)))
  expect(await stored(made, "SELECT email FROM User WHERE username = 'zoe'")).toEqual([['zoe@x.y']])
  const again = await made.json<Report>(['import-legacy', 'old.db'])
  expect(again.changes.filter(({ action }) => action === 'create' || action === 'update')).toEqual([])
})

test('changes made here after the first import stay', LONG, async () => {
  const made = home()
  ;(await legacyDatabase(made.path('old.db'), ROWS)).close()
  await made.json<Report>(['import-legacy', 'old.db'])
  writeFileSync(
    made.path('new.yaml'),
    'groups:\n  team: { title: Ours, users: [{ name: ann, email: ann@new.org }] }\nevents: { hack-25: { title: New } }\n',
  )
  await made.thon('groups', 'import', 'new.yaml')
  const client = createClient({ url: `file:${made.path('thon.db')}` })
  await client.execute("UPDATE User SET workspacePath = 'thon-own', volume = 'thon-own' WHERE username = 'ann'")
  client.close()
  const before = await stored(made, 'SELECT * FROM User ORDER BY id')
  const again = await made.json<Report>(['import-legacy', 'old.db'])
  expect(again.changes).toContainEqual(
    expect.objectContaining({ kind: 'workspace', name: 'team/ann', action: 'skip' }) as object,
  )
  expect(await stored(made, 'SELECT * FROM User ORDER BY id')).toEqual(before)
  expect((await made.thon('groups', 'export')).stdout).toMatch(/title: New[^]*title: Ours[^]*ann@new.org/)
})

test('the old file is only read, also with a WAL and read-only', LONG, async () => {
  const made = home()
  const old = await legacyDatabase(made.path('old.db'), ROWS, true)
  const parts = () =>
    readdirSync(made.dir)
      .filter((name) => name.startsWith('old.db') && !name.endsWith('-shm'))
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(made.path(name)))
          .digest('hex'),
      ])
  const before = parts()
  expect(before.map(([name]) => name)).toContain('old.db-wal')
  chmodSync(made.path('old.db'), 0o400)
  expect((await made.json<Report>(['import-legacy', 'old.db'])).changes.length).toBeGreaterThan(20)
  expect(parts()).toEqual(before)
  old.close()
})

test('other files than a database of the Python system are refused', LONG, async () => {
  const made = home()
  writeFileSync(made.path('text.db'), 'no database, but long enough to be taken for a page of one by a hasty reader')
  writeFileSync(made.path('empty.db'), '')
  await made.thon('status')
  for (const [file, said] of [
    ['text.db', 'file is not a database'],
    ['empty.db', 'database of the Python THON'],
    ['thon.db', 'is a database of this THON'],
    ['none.db', 'There is no file'],
    ['.', 'There is no file'],
  ] as const)
    expect(await made.thon('import-legacy', file)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(said) as string,
    })
})

test('a THON started on the old file itself imports it in place', LONG, async () => {
  const made = home()
  ;(await legacyDatabase(made.path('thon.db'), ROWS)).close()
  await made.serve()
  expect(lines(await made.json<Report>(['import-legacy', 'thon.db']))).toContain('create user team/ann')
  expect((await made.thon('groups', 'export')).stdout).toContain('ann@x.org')
})
