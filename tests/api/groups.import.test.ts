import { expect, test } from 'vitest'
import { startApp, type TestApp } from '../kit/app.ts'
import { addGroup, groups, renameUser, userOf } from '../kit/groups.ts'

interface Report {
  applied: boolean
  changes: { kind: string; name: string; action: string; detail: string | null }[]
}

const IMPORT =
  'mutation ($yaml: String!, $dryRun: Boolean) { importGroups(input: { yaml: $yaml, dryRun: $dryRun }) { applied changes { kind name action detail } } }'

async function importGroups(app: TestApp, yaml: string, dryRun = false): Promise<Report> {
  return (await app.execute<{ importGroups: Report }>(IMPORT, { yaml, dryRun })).importGroups
}

/** All events and groups, without ids and times. */
async function picture(app: TestApp) {
  const all = await groups(app)
  const users = all.map((one) => one.users.map(({ username, email, volume }) => ({ username, email, volume })))
  const { events } = await app.execute<{ events: { items: object[] } }>('{ events { items { eventId title } } }')
  return {
    events: events.items,
    groups: all.map(({ name, title, event }, index) => ({ name, title, event, users: users[index] })),
  }
}

const FILE = `event_id: hack26
title: Hack 2026
groups:
  zeta:
    title: Team Zeta
    users: [zoe, { name: ann, email: ann@example.org }]
  alpha: [bob, 007]
`

test('a file creates its events, groups and users, in its order', async () => {
  const app = await startApp()
  const report = await importGroups(app, FILE)
  expect(report.applied).toBe(true)
  expect(report.changes.map((one) => `${one.action} ${one.kind} ${one.name}`)).toEqual([
    ...['CREATE EVENT hack26', 'CREATE GROUP zeta', 'CREATE USER zeta/zoe', 'CREATE USER zeta/ann'],
    ...['CREATE GROUP alpha', 'CREATE USER alpha/bob', 'CREATE USER alpha/007'],
  ])
  const event = { eventId: 'hack26', title: 'Hack 2026' }
  const user = (username: string, group: string, email: string | null = null) => ({
    username,
    email,
    volume: `thon-workspace-${group}-${username}`,
  })
  expect(await picture(app)).toEqual({
    events: [event],
    groups: [
      { name: 'zeta', title: 'Team Zeta', event, users: [user('zoe', 'zeta'), user('ann', 'zeta', 'ann@example.org')] },
      { name: 'alpha', title: null, event, users: [user('bob', 'alpha'), user('007', 'alpha')] },
    ],
  })
})

test('a dry run changes nothing, and reports what the import then does', async () => {
  const app = await startApp()
  await importGroups(app, FILE)
  const changed = FILE.replace('Hack 2026', 'Hack!').replace(
    '[bob, 007]',
    '{ title: A, users: [bob, { name: "007", email: j@example.org }, new] }',
  )
  const before = await picture(app)
  const acts = await app.db.activity.count()
  const dry = await importGroups(app, changed, true)
  expect(dry.applied).toBe(false)
  expect(await picture(app)).toEqual(before)
  expect(await app.db.activity.count()).toBe(acts)
  const real = await importGroups(app, changed)
  expect(real).toEqual({ ...dry, applied: true })
  expect(real.changes.filter((one) => one.action !== 'KEEP')).toEqual([
    { kind: 'EVENT', name: 'hack26', action: 'UPDATE', detail: 'title: Hack 2026 → Hack!' },
    { kind: 'GROUP', name: 'alpha', action: 'UPDATE', detail: 'title: none → A' },
    { kind: 'USER', name: 'alpha/007', action: 'UPDATE', detail: 'email: none → j@example.org' },
    { kind: 'USER', name: 'alpha/new', action: 'CREATE', detail: null },
  ])
})

test('the same file again changes nothing', async () => {
  const app = await startApp()
  await importGroups(app, FILE)
  const before = await picture(app)
  const again = await importGroups(app, FILE)
  expect(again.changes.every((one) => one.action === 'KEEP')).toBe(true)
  expect(await picture(app)).toEqual(before)
})

test('an import deletes nothing, and keeps what the file leaves out', async () => {
  const app = await startApp()
  await importGroups(app, FILE)
  await importGroups(app, 'groups: { zeta: [new] }')
  const { groups: after } = await picture(app)
  expect(after[0]).toMatchObject({ title: 'Team Zeta', event: { eventId: 'hack26' } })
  expect(after[0]?.users?.map((user) => user.username)).toEqual(['zoe', 'ann', 'new'])
  expect(after).toHaveLength(2)
})

test('a file with a problem changes nothing; each problem has its line', async () => {
  const app = await startApp()
  const yaml = 'groups:\n  good: [ann]\n  bad: [a/b]\n  worse: x\n'
  const refusal = await app.refused(IMPORT, { yaml })
  expect(refusal.code).toBe('INVALID_INPUT')
  expect(refusal.fields?.map((one) => one.message.split(':')[0])).toEqual(['line 3, column 9', 'line 4, column 10'])
  expect(await groups(app)).toEqual([])
})

test('an import that fails halfway changes nothing', async () => {
  const app = await startApp()
  app.logged.expect(/unexpected error/)
  await app.db.$executeRawUnsafe(
    `CREATE TRIGGER fail BEFORE INSERT ON "User" WHEN NEW.username = '007' BEGIN SELECT RAISE(ABORT, 'disk full'); END`,
  )
  expect((await app.refused(IMPORT, { yaml: FILE })).code).toBe('INTERNAL_ERROR')
  expect(await picture(app)).toEqual({ events: [], groups: [] })
  await app.db.$executeRawUnsafe('DROP TRIGGER fail')
  expect((await importGroups(app, FILE)).applied).toBe(true)
})

test('an imported user with the former name of another gets another volume', async () => {
  const app = await startApp()
  const alpha = await addGroup(app, 'alpha', ['bob'])
  await renameUser(app, userOf(alpha, 'bob').id, 'robert')
  await importGroups(app, FILE)
  const users = (await groups(app))[0]?.users ?? []
  expect(new Set(users.map((user) => user.volume)).size).toBe(users.length)
  expect(users.map((user) => user.username)).toEqual(['robert', 'bob', '007'])
})

test('an import is published group by group, and logged once', async () => {
  const app = await startApp()
  interface Frame {
    groupChanged: { kind: string; group: { name: string } }
  }
  const frames = await app.subscribe<Frame>('subscription { groupChanged { kind group { name } } }')
  await importGroups(app, FILE)
  const changes = [(await frames.next()).groupChanged, (await frames.next()).groupChanged]
  expect(changes.map((one) => `${one.kind} ${one.group.name}`)).toEqual(['ADDED zeta', 'ADDED alpha'])
  expect(await app.db.activity.findMany()).toMatchObject([
    { action: 'import groups', label: 'hack26', detail: '7 created, 0 updated', outcome: 'done' },
  ])
})

test('an empty server imports an export as the same', async () => {
  const app = await startApp()
  await importGroups(app, FILE)
  await importGroups(app, 'event_id: other\ntitle: "Späť: #1"\ngroups: { 9: [é], ten: { title: "- x", users: [yes] } }')
  await addGroup(app, 'outside', ['nobody'])
  const { exportGroups } = await app.execute<{ exportGroups: string }>('{ exportGroups }')
  const other = await startApp()
  await importGroups(other, exportGroups)
  expect(await picture(other)).toEqual(await picture(app))
})

test('a thousand users are imported at once', async () => {
  const app = await startApp()
  const lines = Array.from(
    { length: 100 },
    (_, index) => `  g${index}: [${Array.from({ length: 10 }, (_, user) => `u${user}`).join(', ')}]`,
  )
  await importGroups(app, `groups:\n${lines.join('\n')}`)
  expect(await app.db.user.count()).toBe(1000)
  expect(new Set((await app.db.user.findMany()).map((user) => user.volume)).size).toBe(1000)
})
