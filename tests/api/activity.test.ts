import { beforeEach, expect, test } from 'vitest'
import { startApp, type TestApp } from '../kit/app.ts'
import { addGroup, renameUser, startUser, userOf } from '../kit/groups.ts'
import { command, create, inState, refusedCommand, running } from '../kit/instances.ts'

interface Act {
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

const LIST = `query ($first: Int, $before: ID, $kind: String, $target: ID) {
  activity(first: $first, before: $before, kind: $kind, target: $target) { id at actor action kind target label outcome detail }
}`

async function acts(variables: object = {}): Promise<Act[]> {
  return (await app.execute<{ activity: Act[] }>(LIST, { ...variables })).activity
}

test('every act is written down with who, what, to which and how it ended', async () => {
  const { id } = await running(app)
  await refusedCommand(app, 'resumeInstance', id)
  app.engine.refuse('pause', 'busy')
  await command(app, 'pauseInstance', id)
  await inState(app, id, 'RUNNING')
  await command(app, 'killInstance', id)
  await inState(app, id, 'TERMINATED')
  const told = (await acts({ kind: 'instance', target: id })).reverse()
  expect(told.map((act) => [act.actor, act.action, act.outcome])).toEqual([
    ['organizer', 'create', 'done'],
    ['THON', 'ready', 'done'],
    ['organizer', 'resume', 'refused'],
    ['organizer', 'pause', 'done'],
    ['THON', 'pause', 'failed'],
    ['THON', 'ready', 'done'],
    ['organizer', 'kill', 'done'],
  ])
  expect(told[2]?.detail).toBe('Cannot resume alpha/ann: it is running.')
  expect(told[4]?.detail).toBe('busy')
  expect(told.every((act) => act.label === 'alpha/ann' && Date.parse(act.at) > 0)).toBe(true)
  expect((await acts()).at(-1)).toMatchObject({
    action: 'create',
    outcome: 'done',
    kind: 'instance',
    label: 'alpha/ann',
  })
})

test('acts on groups and users are written down, by the name they had then', async () => {
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
  const told = (await acts()).reverse().filter((act) => act.actor === 'organizer')
  expect(told.map((act) => [act.action, act.kind, act.label, act.outcome])).toEqual([
    ['create group', 'group', 'alpha', 'done'],
    ['create user', 'user', 'alpha/ann', 'done'],
    ['start', 'instance', 'alpha/ann', 'done'],
    ['start', 'instance', 'alpha/ann', 'refused'],
    ['rename user to anna', 'user', 'alpha/ann', 'done'],
    ['create group', 'group', 'alpha', 'refused'],
    ['rename group to beta', 'group', 'alpha', 'done'],
    ['kill', 'instance', 'beta/anna', 'done'],
    ['delete group', 'group', 'beta', 'done'],
  ])
})

test('bad input changed nothing and is not written down', async () => {
  await app.refused('mutation { createGroup(input: { name: "a/b" }) { id } }')
  await app.refused('mutation { createInstance(input: { port: 0 }) { id } }')
  expect(await acts()).toEqual([])
})

test('a crash that nobody asked for is written down', async () => {
  const { id, ref } = await running(app)
  await app.engine.exit(ref as string, 5)
  await inState(app, id, 'FAILED')
  await app.until<{ activity: Act[] }>(LIST, { target: id, first: 1 }, ({ activity }) => activity[0]?.action === 'fail')
  expect((await acts({ first: 1 }))[0]).toMatchObject({
    actor: 'THON',
    outcome: 'failed',
    detail: 'Crashed, exit code 5.',
  })
})

test('the newest come first, a page at a time', async () => {
  for (let index = 0; index < 7; index++) await addGroup(app, `g${index}`)
  const first = await acts({ first: 3 })
  expect(first.map((act) => act.label)).toEqual(['g6', 'g5', 'g4'])
  const second = await acts({ first: 3, before: first.at(-1)?.id })
  expect(second.map((act) => act.label)).toEqual(['g3', 'g2', 'g1'])
  expect(await acts({ first: 0 })).toHaveLength(1)
  expect(await acts({ first: 5000 })).toHaveLength(7)
})

test('narrows to one kind of thing', async () => {
  await addGroup(app, 'alpha', ['ann'])
  await create(app)
  expect((await acts({ kind: 'group' })).map((act) => act.kind)).toEqual(['group'])
  expect((await acts({ kind: 'user' })).map((act) => act.label)).toEqual(['alpha/ann'])
  expect(await acts({ kind: 'nothing' })).toEqual([])
})

test.for(['abc', '-1', '1e9', '99999999999999999999'])('before: %j is refused, naming the field', async (before) => {
  const refusal = await app.refused(LIST, { before })
  expect(refusal).toMatchObject({
    code: 'INVALID_INPUT',
    fields: [{ field: 'before', message: 'must be the id of an act' }],
  })
})

test('the log forgets the oldest, and keeps twenty thousand', async () => {
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
  expect(await acts()).toEqual([])
})

test('what an act made can be found in the log by its id', async () => {
  const app = await startApp()
  const { createGroup } = await app.execute<{ createGroup: { id: string } }>(
    'mutation { createGroup(input: { name: "made" }) { id } }',
  )
  const { activity } = await app.execute<{ activity: { action: string }[] }>(
    'query ($id: ID!) { activity(kind: "group", target: $id) { action } }',
    { id: createGroup.id },
  )
  expect(activity).toEqual([{ action: 'create group' }])
})
