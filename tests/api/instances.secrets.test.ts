import { expect, test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { addGroup, startUser, userOf } from '../kit/groups.ts'
import { command, create, get, inState, running } from '../kit/instances.ts'

const LIST = '{ instances { items { id password secure } } }'

test('a password is made only when asked for, is long, and differs each time', async () => {
  const app = await startApp()
  expect((await create(app, 'open')).password).toBeNull()
  const [one, other] = [await create(app, 'ann', { secure: true }), await create(app, 'bob', { secure: true })]
  expect(one.password).toMatch(/^[\w-]{32}$/)
  expect(other.password).not.toBe(one.password)
  expect((await get(app, one.id)).password).toBe(one.password)
})

test('code-server is given the password, and asks for it', async () => {
  const app = await startApp()
  const row = await running(app, 'ann', { secure: true })
  expect(app.engine.of(row.id).password).toBe(row.password)
  expect((await fetch(`http://127.0.0.1:${row.hostPort}/`)).status).toBe(401)
})

test('no list, bulk result, log of acts or subscription shows a password', async () => {
  const app = await startApp()
  const group = await addGroup(app, 'alpha', ['bob'])
  const frames = await app.subscribe<{
    instanceChanged: { instance: { id: string; state: string; password: string | null } }
  }>('subscription { instanceChanged { instance { id state password } } }')
  const acts = await app.subscribe('subscription { activityAdded { activity { label detail action target } } }')
  const groups = await app.subscribe<object>(
    'subscription { groupChanged { group { users { instance { password } } } } }',
  )
  const { id, password } = await create(app, 'ann', { secure: true })
  const shown: unknown[] = await frames.until(({ instanceChanged: { instance } }) => instance.state === 'RUNNING')
  shown.push(await app.execute(LIST))
  shown.push(
    await app.execute('mutation ($ids: [ID!]!) { pauseInstances(ids: $ids) { instance { password } } }', { ids: [id] }),
  )
  await inState(app, id, 'PAUSED')
  shown.push(await app.refused('mutation ($id: ID!) { pauseInstance(id: $id) { id } }', { id }))
  shown.push(await app.refused('mutation { createInstance(input: { group: "alpha", username: "ann" }) { id } }'))
  await app.db.instance.update({ where: { id }, data: { userId: userOf(group, 'bob').id } })
  await app.execute('mutation ($id: ID!) { updateGroup(input: { id: $id, name: "beta" }) { id } }', { id: group.id })
  shown.push(await groups.next(), await acts.next())
  shown.push(await app.execute('{ groups { items { users { instance { id password } } } } activity { label detail } }'))
  const text = JSON.stringify(shown)
  expect(text).toContain(id)
  expect(text).not.toContain(password)
  expect(JSON.stringify(await app.db.activity.findMany())).not.toContain(password)
})

test('the user of an instance can be shown their password by itself', async () => {
  const app = await startApp()
  const group = await addGroup(app, 'alpha', ['ann'])
  await startUser(app, userOf(group, 'ann').id)
  const row = await running(app, 'bob', { secure: true })
  const data = await app.execute<{ instance: { password: string } }>(
    'query ($id: ID!) { instance(id: $id) { password } }',
    row as never,
  )
  expect(data.instance.password).toBe(row.password)
})

test('an unexpected fault shows nothing of itself', async () => {
  const app = await startApp()
  app.logged.expect(/unexpected error/)
  const { id, password } = await create(app, 'ann', { secure: true })
  await inState(app, id, 'RUNNING')
  app.engine.logs = () => Promise.reject(new Error('not shown'))
  expect((await get(app, id)).logs).toBe('')
  app.services.instances.get = () => Promise.reject(new Error(`secret ${password}`))
  const refusal = await app.refused('mutation ($id: ID!) { pauseInstance(id: $id) { id } }', { id })
  expect(refusal).toMatchObject({ code: 'INTERNAL_ERROR', message: 'Internal Server Error' })
  await command(app, 'killInstance', id).catch(() => undefined)
})
