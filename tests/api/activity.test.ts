import { beforeEach, expect, test } from 'vitest'
import { startApp, type TestApp } from '../kit/app.ts'
import { addGroup, renameUser, startUser, userOf } from '../kit/groups.ts'
import { command, create, inState, refusedCommand, running } from '../kit/instances.ts'

interface Entry {
  id: string
  at: string
  actor: string
  action: string
  kind: string
  target: string | null
  label: string
  outcome: string
  detail: string | null
}

let app: TestApp
beforeEach(async () => {
  app = await startApp()
})

interface Page {
  items: Entry[]
  total: number
  number: number
  size: number
}

const LIST = `query ($filter: ActivityFilter, $page: PageInput) {
  activity(filter: $filter, page: $page) {
    total number size
    items { id at actor action kind target label outcome detail }
  }
}`

async function pageOf(variables: { filter?: object; page?: object } = {}): Promise<Page> {
  return (await app.execute<{ activity: Page }>(LIST, { ...variables })).activity
}

async function entries(filter: object = {}): Promise<Entry[]> {
  return (await pageOf({ filter })).items
}

test('every action is logged with who, what, which and how it went', async () => {
  const { id } = await running(app)
  await refusedCommand(app, 'resumeInstance', id)
  app.engine.refuse('pause', 'busy')
  await command(app, 'pauseInstance', id)
  await inState(app, id, 'RUNNING')
  await command(app, 'killInstance', id)
  await inState(app, id, 'TERMINATED')
  const log = (await entries({ kind: 'INSTANCE', target: id })).reverse()
  expect(log.map(({ actor, action, outcome }) => [actor, action, outcome])).toEqual([
    ['organizer', 'create', 'DONE'],
    ['THON', 'ready', 'DONE'],
    ['organizer', 'resume', 'REFUSED'],
    ['organizer', 'pause', 'DONE'],
    ['THON', 'pause', 'FAILED'],
    ['THON', 'ready', 'DONE'],
    ['organizer', 'kill', 'DONE'],
  ])
  expect(log[2]?.detail).toBe('Cannot resume alpha/ann: it is running.')
  expect(log[4]?.detail).toBe('busy')
  expect(log.every(({ label, at }) => label === 'alpha/ann' && Date.parse(at) > 0)).toBe(true)
  expect((await entries()).at(-1)).toMatchObject({
    action: 'create',
    outcome: 'DONE',
    kind: 'INSTANCE',
    label: 'alpha/ann',
  })
})

test('actions on groups and users are logged under the name of that time', async () => {
  const alpha = await addGroup(app, 'alpha', ['ann'])
  const ann = userOf(alpha, 'ann')
  await startUser(app, ann.id)
  await startUser(app, ann.id)
  await renameUser(app, ann.id, 'anna')
  await app.refused('mutation { createGroup(input: { name: "alpha" }) { id } }')
  await app.execute('mutation ($id: ID!) { updateGroup(input: { id: $id, name: "beta" }) { id } }', { id: alpha.id })
  await app.execute('mutation ($id: ID!) { deleteGroup(input: { id: $id, deleteWorkspaces: true }) { id } }', {
    id: alpha.id,
  })
  const log = (await entries()).reverse().filter(({ actor }) => actor === 'organizer')
  expect(log.map(({ action, kind, label, outcome }) => [action, kind, label, outcome])).toEqual([
    ['create group', 'GROUP', 'alpha', 'DONE'],
    ['create user', 'USER', 'alpha/ann', 'DONE'],
    ['start', 'INSTANCE', 'alpha/ann', 'DONE'],
    ['start', 'INSTANCE', 'alpha/ann', 'REFUSED'],
    ['rename user to anna', 'USER', 'alpha/ann', 'DONE'],
    ['create group', 'GROUP', 'alpha', 'REFUSED'],
    ['rename group to beta', 'GROUP', 'alpha', 'DONE'],
    ['delete group', 'GROUP', 'beta', 'DONE'],
    ['kill', 'INSTANCE', 'beta/anna', 'DONE'],
  ])
})

test('invalid input is not logged', async () => {
  await app.refused('mutation { createGroup(name: "a/b") { id } }')
  await app.refused('mutation { createInstance(input: { port: 0 }) { id } }')
  expect(await entries()).toEqual([])
})

test('a crash is logged', async () => {
  const { id, ref } = await running(app)
  await app.engine.exit(ref as string, 5)
  await inState(app, id, 'FAILED')
  await app.until<{ activity: Page }>(
    LIST,
    { filter: { target: id } },
    ({ activity }) => activity.items[0]?.action === 'fail',
  )
  expect((await entries())[0]).toMatchObject({
    actor: 'THON',
    outcome: 'FAILED',
    detail: 'Crashed, exit code 5.',
  })
})

test('the newest come first, a page at a time', async () => {
  for (let index = 0; index < 7; index++) await addGroup(app, `g${index}`)
  const labels = ({ items }: Page) => items.map(({ label }) => label)
  const first = await pageOf({ page: { size: 3 } })
  expect(labels(first)).toEqual(['g6', 'g5', 'g4'])
  expect(first).toMatchObject({ total: 7, number: 1, size: 3 })
  const second = await pageOf({ page: { number: 2, size: 3 } })
  expect(labels(second)).toEqual(['g3', 'g2', 'g1'])
  expect(second).toMatchObject({ total: 7, number: 2, size: 3 })
  expect(labels(await pageOf({ page: { number: 3, size: 3 } }))).toEqual(['g0'])
  expect(labels(await pageOf({ page: { number: 4, size: 3 } }))).toEqual([])
  for (const page of [{ size: 0 }, { size: 1001 }, { number: 0 }])
    expect((await app.refused(LIST, { page })).code).toBe('INVALID_INPUT')
})

test('pages that start before an entry stay stable while the log grows', async () => {
  for (let index = 0; index < 5; index++) await addGroup(app, `g${index}`)
  const newest = (await entries())[0]
  await addGroup(app, 'later')
  const before = { filter: { before: newest?.id }, page: { size: 2 } }
  const { items, total } = await pageOf(before)
  expect(items.map(({ label }) => label)).toEqual(['g3', 'g2'])
  expect(total).toBe(4)
})

test('the filter narrows to one kind of thing', async () => {
  await addGroup(app, 'alpha', ['ann'])
  await create(app)
  expect((await entries({ kind: 'GROUP' })).map(({ kind }) => kind)).toEqual(['GROUP'])
  expect((await entries({ kind: 'USER' })).map(({ label }) => label)).toEqual(['alpha/ann'])
  expect(await entries({ kind: 'CONFIG_FILE' })).toEqual([])
})

test.for(['abc', '-1', '1e9', '99999999999999999999'])('before: %j is refused, naming the field', async (before) => {
  const refusal = await app.refused(LIST, { filter: { before } })
  expect(refusal).toMatchObject({
    code: 'INVALID_INPUT',
    fields: [{ field: 'filter.before', message: 'must be the id of an entry' }],
  })
})

test('the log keeps the newest twenty thousand entries', async () => {
  const row = { actor: 'THON', action: 'x', kind: 'engine', label: 'x', outcome: 'done' } as const
  const add = (from: number, count: number) =>
    app.db.activity.createMany({ data: Array.from({ length: count }, (_, index) => ({ ...row, id: from + index })) })
  for (let at = 1; at <= 20_001; at += 2_000) await add(at, 2_000)
  await app.services.activity.prune()
  expect(await app.db.activity.count()).toBe(20_000)
  expect((await app.db.activity.findFirst({ orderBy: { id: 'asc' } }))?.id).toBe(2_001)
  await app.services.activity.prune()
  expect(await app.db.activity.count()).toBe(20_000)
})

test('an empty log can be pruned', async () => {
  await app.services.activity.prune()
  expect(await entries()).toEqual([])
})

test('what an action created can be found in the log by its id', async () => {
  const app = await startApp()
  const { createGroup } = await app.execute<{ createGroup: { id: string } }>(
    'mutation { createGroup(input: { name: "made" }) { id } }',
  )
  const { activity } = await app.execute<{ activity: { items: { action: string }[] } }>(
    'query ($id: ID!) { activity(filter: { kind: GROUP, target: $id }) { items { action } } }',
    { id: createGroup.id },
  )
  expect(activity.items).toEqual([{ action: 'create group' }])
})
