import { expect, test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { addGroup, userOf } from '../kit/groups.ts'
import { command, create, get, inState, passwordOf, running } from '../kit/instances.ts'

const REVEAL = 'mutation ($id: ID!) { revealInstancePassword(input: { id: $id }) { password } }'

test('a secure sandbox gets a long password that differs each time', async () => {
  const app = await startApp()
  const [one, other] = [await create(app, 'ann', { secure: true }), await create(app, 'bob', { secure: true })]
  const password = await passwordOf(app, one.id)
  expect(password).toMatch(/^[\w-]{32}$/)
  expect(await passwordOf(app, one.id)).toBe(password)
  expect(await passwordOf(app, other.id)).not.toBe(password)
})

test('a sandbox without a password has none to reveal', async () => {
  const app = await startApp()
  const { id } = await create(app, 'open')
  expect(await app.refused(REVEAL, { id })).toMatchObject({
    code: 'CONFLICT',
    message: 'The sandbox of alpha/open has no password.',
  })
  expect(await app.refused(REVEAL, { id: 'nobody' })).toMatchObject({ code: 'NOT_FOUND' })
})

test('code-server asks for the password', async () => {
  const app = await startApp()
  const row = await running(app, 'ann', { secure: true })
  expect(app.engine.of(row.id).password).toBe(await passwordOf(app, row.id))
  expect((await fetch(`http://127.0.0.1:${row.hostPort}/`)).status).toBe(401)
})

test('a reveal is logged, and nothing else shows a password', async () => {
  const app = await startApp()
  const group = await addGroup(app, 'alpha', ['bob'])
  const frames = await app.subscribe<{ instanceChanged: { instance: { id: string; state: string } } }>(
    'subscription { instanceChanged { instance { id state secure reason notice } } }',
  )
  const { id } = await create(app, 'ann', { secure: true })
  const shown: unknown[] = await frames.until(({ instanceChanged: { instance } }) => instance.state === 'RUNNING')
  const password = await passwordOf(app, id)
  expect(await app.db.activity.findMany({ where: { target: id, action: 'reveal password' } })).toMatchObject([
    { label: 'alpha/ann', outcome: 'done', detail: null },
  ])
  await command(app, 'pauseInstance', id)
  await inState(app, id, 'PAUSED')
  shown.push(await app.refused('mutation ($id: ID!) { pauseInstance(input: { id: $id }) { id } }', { id }))
  shown.push(await app.refused('mutation { createInstance(input: { group: "alpha", username: "ann" }) { id } }'))
  await app.db.instance.update({ where: { id }, data: { userId: userOf(group, 'bob').id } })
  shown.push(await get(app, id), await app.db.activity.findMany())
  expect(JSON.stringify(shown)).toContain(id)
  expect(JSON.stringify(shown)).not.toContain(password)
})

test('an unexpected error shows nothing of itself', async () => {
  const app = await startApp()
  app.logged.expect(/unexpected error/)
  const { id } = await create(app, 'ann', { secure: true })
  await inState(app, id, 'RUNNING')
  const password = await passwordOf(app, id)
  app.engine.logs = () => Promise.reject(new Error('not shown'))
  expect((await get(app, id)).logs).toBe('')
  app.services.instances.get = () => Promise.reject(new Error(`secret ${password}`))
  const refusal = await app.refused('mutation ($id: ID!) { pauseInstance(input: { id: $id }) { id } }', { id })
  expect(refusal).toMatchObject({ code: 'INTERNAL_ERROR', message: 'Internal Server Error' })
  await command(app, 'killInstance', id).catch(() => undefined)
})
