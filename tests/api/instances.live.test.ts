import { expect, test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { addGroup, addUser, renameUser, startGroup, userOf } from '../kit/groups.ts'
import { command, create, get, inState, running } from '../kit/instances.ts'
import { follow, says, states, type Frame } from '../kit/live.ts'

test('subscribers see every state of an instance in order', async () => {
  const app = await startApp()
  const frames = await follow(app)
  const seen: Frame[] = []
  const { id } = await create(app)
  seen.push(...(await frames.until(says(id, 'RUNNING'))))
  await command(app, 'pauseInstance', id)
  seen.push(...(await frames.until(says(id, 'PAUSED'))))
  await command(app, 'resumeInstance', id)
  seen.push(...(await frames.until(says(id, 'RUNNING'))))
  await command(app, 'restartInstance', id)
  seen.push(...(await frames.until(says(id, 'RUNNING'))))
  await command(app, 'killInstance', id)
  seen.push(...(await frames.until(says(id, 'TERMINATED'))))
  expect(seen[0]?.instanceChanged).toMatchObject({ kind: 'ADDED', id, instance: { state: 'PENDING' } })
  expect(seen.slice(1).every((frame) => frame.instanceChanged.kind === 'UPDATED')).toBe(true)
  expect(states(seen, id)).toEqual([
    ...[
      'PENDING',
      'RUNNING',
      'PAUSING',
      'PAUSED',
      'PENDING',
      'RUNNING',
      'PENDING',
      'RUNNING',
      'STOPPING',
      'TERMINATED',
    ],
  ])
})

test('READY comes first, without any change', async () => {
  const app = await startApp()
  const client = app.socket()
  const source = client.iterate<Frame>({ query: 'subscription { instanceChanged { kind id instance { id } } }' })
  for await (const { data } of source) {
    expect(data?.instanceChanged).toEqual({ kind: 'READY', id: null, instance: null })
    break
  }
})

test('changes made on the engine reach subscribers', async () => {
  const app = await startApp()
  const { id, ref } = await running(app)
  const frames = await follow(app)
  app.engine.byHand(ref as string, 'paused')
  await frames.until(says(id, 'PAUSED'))
  await app.engine.exit(ref as string, 7)
  const last = (await frames.until(says(id, 'FAILED'))).at(-1)
  expect(last?.instanceChanged.instance?.reason).toContain('exit code 7')
})

test('a frame shows the row after its change, even if more followed', async () => {
  const app = await startApp()
  const frames = await follow(app)
  const { id } = await create(app)
  await inState(app, id, 'RUNNING')
  await command(app, 'killInstance', id)
  await inState(app, id, 'TERMINATED')
  expect(states(await frames.until(says(id, 'TERMINATED')), id)).toEqual([
    'PENDING',
    'RUNNING',
    'STOPPING',
    'TERMINATED',
  ])
})

test('a rename of a user reaches subscribers of instances', async () => {
  const app = await startApp()
  const group = await addGroup(app, 'alpha', ['ann'])
  const [started] = await startGroup(app, group.id)
  const id = started?.instance?.id as string
  await inState(app, id, 'RUNNING')
  const frames = await follow(app)
  await renameUser(app, userOf(group, 'ann').id, 'anna')
  const last = (await frames.until(({ instanceChanged }) => instanceChanged.instance?.username === 'anna')).at(-1)
  expect(last?.instanceChanged.instance?.state).toBe('RUNNING')
  expect((await get(app, id)).username).toBe('anna')
})

test('subscribers see groups added, changed and removed', async () => {
  const app = await startApp()
  interface GroupFrame {
    groupChanged: { kind: string; id: string; group: { name: string; userCount: number } | null }
  }
  const frames = await app.subscribe<GroupFrame>('subscription { groupChanged { kind id group { name userCount } } }')
  const next = async () => (await frames.next()).groupChanged
  const group = await addGroup(app, 'alpha')
  expect(await next()).toEqual({ kind: 'ADDED', id: group.id, group: { name: 'alpha', userCount: 0 } })
  await addUser(app, group.id, 'ann')
  expect(await next()).toEqual({ kind: 'UPDATED', id: group.id, group: { name: 'alpha', userCount: 1 } })
  await app.execute('mutation ($id: ID!) { updateGroup(input: { id: $id, name: "beta" }) { id } }', { id: group.id })
  expect(await next()).toEqual({ kind: 'UPDATED', id: group.id, group: { name: 'beta', userCount: 1 } })
  await app.execute('mutation ($id: ID!) { deleteGroup(input: { id: $id }) { id } }', { id: group.id })
  expect(await next()).toEqual({ kind: 'REMOVED', id: group.id, group: null })
})

test('subscribers see activities once they are stored', async () => {
  const app = await startApp()
  interface ActFrame {
    activityChanged: { kind: string; activity: { id: string; action: string; outcome: string; label: string } }
  }
  const frames = await app.subscribe<ActFrame>(
    'subscription { activityChanged { kind activity { id action outcome label } } }',
  )
  await addGroup(app, 'alpha')
  const { activityChanged } = await frames.next()
  expect(activityChanged).toMatchObject({
    kind: 'ADDED',
    activity: { action: 'create group', outcome: 'DONE', label: 'alpha' },
  })
  expect(await app.db.activity.count({ where: { id: Number(activityChanged.activity.id) } })).toBe(1)
})
