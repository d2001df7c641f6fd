import { beforeEach, expect, test } from 'vitest'
import { startApp, type TestApp } from '../kit/app.ts'
import { all, create, get, refusedCreate, running } from '../kit/instances.ts'

let app: TestApp
beforeEach(async () => {
  app = await startApp()
})

const NAME = 'must be 1 to 64 letters, digits, spaces, dots, dashes or underscores, and not just "." or ".."'
const PORT = 'must be 1 to 65535'
const MINUTES = 'must be 1 to 525600 minutes'

test.for([
  [{ username: 'a/b' }, 'username', NAME],
  [{ username: '' }, 'username', NAME],
  [{ username: '   ' }, 'username', NAME],
  [{ username: '.' }, 'username', NAME],
  [{ username: '..' }, 'username', NAME],
  [{ username: 'a\u0000b' }, 'username', NAME],
  [{ username: 'a\nb' }, 'username', NAME],
  [{ username: '👍' }, 'username', NAME],
  [{ group: 'x'.repeat(65) }, 'group', NAME],
  [{ group: '../../etc' }, 'group', NAME],
  [{ port: 0 }, 'port', PORT],
  [{ port: 70_000 }, 'port', PORT],
  [{ port: -1 }, 'port', PORT],
  [{ timeoutMinutes: 0 }, 'timeoutMinutes', MINUTES],
  [{ timeoutMinutes: 525_601 }, 'timeoutMinutes', MINUTES],
] as const)('%j is refused with its field and rule, and creates nothing', async ([input, field, message]) => {
  const refusal = await refusedCreate(app, input)
  expect(refusal.code).toBe('INVALID_INPUT')
  expect(refusal.fields).toEqual([{ field, message }])
  expect(await all(app)).toEqual([])
  expect(app.engine.calls).toEqual([])
  expect(await app.db.activity.count()).toBe(0)
})

test('all problems of an input are reported at once', async () => {
  const refusal = await refusedCreate(app, { group: 'a/b', username: '', port: 0 })
  expect(refusal.fields?.map((one) => one.field)).toEqual(['group', 'username', 'port'])
})

test.for(['8443', 8443.5, true])('the schema refuses a port that is %j', async (port) => {
  expect((await refusedCreate(app, { port })).message).toContain('Int cannot represent')
})

test('spaces around names are removed', async () => {
  expect(await create(app, '  ann  ', { group: ' alpha ' })).toMatchObject({ groupName: 'alpha', username: 'ann' })
})

test.for(['東京', 'Zoë van Dam', 'मुंबई', 'a.b_c-d', '2026', 'x'.repeat(64)])(
  'user %s gets a sandbox',
  async (username) => {
    const row = await running(app, username)
    expect(row.username).toBe(username)
    expect(row.volume).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/)
  },
)

test('the lowest and highest ports and lifetimes are accepted', async () => {
  expect((await create(app, 'a', { port: 1, timeoutMinutes: 1 })).port).toBe(1)
  expect((await create(app, 'b', { port: 65_535, timeoutMinutes: 525_600 })).port).toBe(65_535)
})

const RENEW =
  'mutation ($id: ID!, $minutes: Int) { renewInstance(input: { id: $id, timeoutMinutes: $minutes }) { expiresAt } }'

test.for([0, -5, 525_601])('renewing for %d minutes is refused and changes nothing', async (minutes) => {
  const { id } = await create(app, 'ann', { timeoutMinutes: 10 })
  const { expiresAt } = await get(app, id)
  const refusal = await app.refused(RENEW, { id, minutes })
  expect(refusal).toMatchObject({ code: 'INVALID_INPUT', fields: [{ field: 'timeoutMinutes', message: MINUTES }] })
  expect((await get(app, id)).expiresAt).toBe(expiresAt)
})

test('renewing counts from now, for an hour by default', async () => {
  const { id } = await create(app)
  const renew = async (minutes?: number) => {
    const { renewInstance } = await app.execute<{ renewInstance: { expiresAt: string } }>(RENEW, { id, minutes })
    return Math.round((Date.parse(renewInstance.expiresAt) - Date.now()) / 60_000)
  }
  expect(await renew(120)).toBe(120)
  expect(await renew(5)).toBe(5)
  expect(await renew()).toBe(60)
})
