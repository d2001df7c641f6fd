import { expect, test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { addGroup, addUser, group, groups, renameUser, startUser, userOf } from '../kit/groups.ts'
import { command, inState } from '../kit/instances.ts'

/** Others who send the same query all the time, so that an answer is always in the cache. */
function crowd(ask: () => Promise<unknown>): () => Promise<void> {
  let over = false
  const many = Array.from({ length: 4 }, async () => {
    while (!over) await ask()
  })
  return async () => {
    over = true
    await Promise.all(many)
  }
}

test('a query after a change shows it, however many others query', async () => {
  const app = await startApp()
  const alpha = await addGroup(app, 'alpha', ['ann'])
  const ann = userOf(alpha, 'ann')
  const leave = crowd(() => groups(app))
  for (let round = 0; round < 15; round++) {
    await renameUser(app, ann.id, `ann${round}`)
    expect((await groups(app))[0]?.users[0]?.username).toBe(`ann${round}`)
    await app.execute('mutation ($id: ID!, $name: String!) { updateGroup(input: { id: $id, name: $name }) { id } }', {
      id: alpha.id,
      name: `g${round}`,
    })
    expect((await groups(app))[0]?.name).toBe(`g${round}`)
    await app.execute('mutation ($id: ID!, $email: String) { updateUser(input: { id: $id, email: $email }) { id } }', {
      id: ann.id,
      email: `u${round}@example.org`,
    })
    expect((await groups(app))[0]?.users[0]?.email).toBe(`u${round}@example.org`)
    const user = await addUser(app, alpha.id, `new${round}`)
    expect((await groups(app))[0]?.userCount).toBe(2)
    await app.execute('mutation ($id: ID!) { deleteUser(input: { id: $id }) { id } }', { id: user.id })
    expect((await groups(app))[0]?.userCount).toBe(1)
    await app.execute('mutation ($yaml: String!) { importGroups(input: { yaml: $yaml }) { applied } }', {
      yaml: `groups: { g${round}: { title: T${round}, users: [] } }`,
    })
    expect((await groups(app))[0]?.title).toBe(`T${round}`)
  }
  await leave()
})

test('a query is never older than the frame before it', async () => {
  const app = await startApp()
  const alpha = await addGroup(app, 'alpha', ['ann'])
  const leave = crowd(() => group(app, alpha.id))
  interface Frame {
    instanceChanged: { instance: { state: string } }
  }
  const frames = await app.subscribe<Frame>('subscription { instanceChanged { instance { state } } }')
  const seen = async () => (await group(app, alpha.id)).users[0]?.instance?.state
  const { instance } = await startUser(app, userOf(alpha, 'ann').id)
  const id = instance?.id as string
  await frames.until(({ instanceChanged }) => instanceChanged.instance.state === 'RUNNING')
  expect(await seen()).toBe('RUNNING')
  for (let round = 0; round < 5; round++) {
    await command(app, 'pauseInstance', id)
    await frames.until(({ instanceChanged }) => instanceChanged.instance.state === 'PAUSED')
    expect(await seen()).toBe('PAUSED')
    await command(app, 'resumeInstance', id)
    await frames.until(({ instanceChanged }) => instanceChanged.instance.state === 'RUNNING')
    expect(await seen()).toBe('RUNNING')
  }
  await app.engine.exit(app.engine.of(id).ref, 1)
  await frames.until(({ instanceChanged }) => instanceChanged.instance.state === 'FAILED')
  expect(await seen()).toBe('FAILED')
  await leave()
})

test('queue places, progress and the engine are never cached', async () => {
  const app = await startApp({ THON_START_CONCURRENCY: '1' })
  const release = app.engine.hold('create')
  const alpha = await addGroup(app, 'alpha', ['a', 'b', 'c'])
  const query = '{ groups { items { users { instance { id state queuePlace } } } } engine { waiting } }'
  interface Data {
    groups: { items: { users: { instance: { id: string; queuePlace: number | null } | null }[] }[] }
    engine: { waiting: number }
  }
  const places = async () =>
    (await app.execute<Data>(query)).groups.items[0]?.users.map((user) => user.instance?.queuePlace ?? null)
  for (const user of alpha.users) await startUser(app, user.id)
  await expect.poll(places).toEqual([null, 1, 2])
  release()
  for (const user of (await group(app, alpha.id)).users) await inState(app, user.instance?.id as string, 'RUNNING')
  expect(await places()).toEqual([null, null, null])
})
