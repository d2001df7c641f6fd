import { describe, expect, test, vi } from 'vitest'
import { startApp, type TestApp } from '../kit/app.ts'
import { addGroup, addUser, userOf } from '../kit/groups.ts'

const LIST = '{ groups { items { name users { username email instance { state } } } } }'

interface List {
  groups: {
    items: { name: string; users: { username: string; email: string | null; instance: { state: string } | null }[] }[]
  }
}

function list(app: TestApp): Promise<List> {
  return app.execute<List>(LIST)
}

/** Counts how often groups are loaded from now on. */
function loads(app: TestApp) {
  return vi.spyOn(app.services.groups, 'list')
}

describe('an answer made of rows only', () => {
  test('is computed once for repeated queries', async () => {
    const app = await startApp()
    await addGroup(app, 'alpha', ['ann'])
    const loaded = loads(app)
    expect(await list(app)).toEqual(await list(app))
    expect(loaded).toHaveBeenCalledTimes(1)
  })

  test('is computed once for twenty queries at once', async () => {
    const app = await startApp()
    await addGroup(app, 'alpha', ['ann'])
    const loaded = loads(app)
    await Promise.all(Array.from({ length: 20 }, () => list(app)))
    expect(loaded).toHaveBeenCalledTimes(1)
  })

  test('differs for other variables', async () => {
    const app = await startApp()
    await addGroup(app, 'alpha')
    await addGroup(app, 'beta')
    const search = 'query ($search: String) { groups(filter: { search: $search }) { items { name } } }'
    for (const name of ['alpha', 'beta', 'alpha'])
      expect(await app.execute(search, { search: name })).toEqual({ groups: { items: [{ name }] } })
  })

  test('is not cached when it failed', async () => {
    const app = await startApp()
    app.logged.expect(/disk/)
    await addGroup(app, 'alpha')
    loads(app).mockRejectedValueOnce(new Error('disk'))
    expect((await app.answer(LIST)).errors?.[0]?.extensions?.code).toBe('INTERNAL_ERROR')
    expect((await list(app)).groups.items).toHaveLength(1)
  })
})

describe('after a change', () => {
  test.for([
    ['updateGroup', (ids: Ids) => `updateGroup(input: { id: "${ids.group}", name: "omega" }) { id }`],
    ['createUser', (ids: Ids) => `createUser(input: { groupId: "${ids.group}", username: "bob" }) { id }`],
    ['updateUser', (ids: Ids) => `updateUser(input: { id: "${ids.user}", username: "anna" }) { id }`],
    ['updateUser’s e-mail', (ids: Ids) => `updateUser(input: { id: "${ids.user}", email: "a@example.org" }) { id }`],
    ['transferUser', (ids: Ids) => `transferUser(input: { id: "${ids.user}", groupId: "${ids.other}" }) { id }`],
    ['deleteUser', (ids: Ids) => `deleteUser(input: { id: "${ids.user}" }) { id }`],
    ['deleteGroup', (ids: Ids) => `deleteGroup(input: { id: "${ids.group}" }) { id }`],
    ['importGroups', () => `importGroups(input: { yaml: "groups: {gamma: [eve]}" }) { applied }`],
    ['startUser', (ids: Ids) => `startUser(input: { id: "${ids.user}" }) { error { message } }`],
  ] as const)('by %s, the next answer shows it', async ([, mutation]) => {
    const app = await startApp()
    const before = await list(app)
    const alpha = await addGroup(app, 'alpha', ['ann'])
    const beta = await addGroup(app, 'beta')
    const known = await list(app)
    expect(known).not.toEqual(before)
    await app.execute(`mutation { ${mutation({ group: alpha.id, other: beta.id, user: userOf(alpha, 'ann').id })} }`)
    expect(await list(app)).not.toEqual(known)
  })

  test('by an import of an event without groups, too', async () => {
    const app = await startApp()
    const events = '{ events { items { eventId title } } }'
    const file = (title: string) =>
      `mutation { importGroups(input: { yaml: "event_id: e1\\ntitle: ${title}\\ngroups: {}" }) { applied } }`
    await app.execute(file('One'))
    expect(await app.execute(events)).toEqual({ events: { items: [{ eventId: 'e1', title: 'One' }] } })
    await app.execute(file('Two'))
    expect(await app.execute(events)).toEqual({ events: { items: [{ eventId: 'e1', title: 'Two' }] } })
  })

  test('an answer that began before it is not reused', async () => {
    const app = await startApp()
    const alpha = await addGroup(app, 'alpha')
    const [read, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const real = app.services.groups.list.bind(app.services.groups)
    loads(app).mockImplementationOnce(async (...args) => {
      const rows = await real(...args)
      read.resolve()
      await release.promise
      return rows
    })
    const early = list(app)
    await read.promise
    await addUser(app, alpha.id, 'bob')
    const late = await list(app)
    release.resolve()
    expect((await early).groups.items[0]?.users).toEqual([])
    for (const answer of [late, await list(app)]) expect(answer.groups.items[0]?.users).toHaveLength(1)
  })

  test('no answer is older than the changes before its query', async () => {
    const app = await startApp()
    const alpha = await addGroup(app, 'name-0')
    let done = 0
    let going = true
    const readers = Array.from({ length: 6 }, async () => {
      while (going) {
        const atLeast = done
        const [first] = (await list(app)).groups.items
        expect(Number(first?.name.slice('name-'.length))).toBeGreaterThanOrEqual(atLeast)
      }
    })
    for (let number = 1; number <= 40; number++) {
      await app.execute(`mutation { updateGroup(input: { id: "${alpha.id}", name: "name-${number}" }) { id } }`)
      done = number
    }
    going = false
    await Promise.all(readers)
  })

  test('states of instances are up to date', async () => {
    const app = await startApp()
    const ann = userOf(await addGroup(app, 'alpha', ['ann']), 'ann')
    const state = async () => (await list(app)).groups.items[0]?.users[0]?.instance?.state
    expect(await state()).toBeUndefined()
    await app.execute(`mutation { startUser(input: { id: "${ann.id}" }) { error { message } } }`)
    await app.until<List>(LIST, {}, ({ groups }) => groups.items[0]?.users[0]?.instance?.state === 'RUNNING')
    const { instances } = await app.execute<{ instances: { items: { id: string }[] } }>(
      '{ instances { items { id } } }',
    )
    await app.execute(`mutation { pauseInstance(input: { id: "${instances.items[0]?.id}" }) { id } }`)
    await app.until<List>(LIST, {}, ({ groups }) => groups.items[0]?.users[0]?.instance?.state === 'PAUSED')
  })
})

describe('an answer made of more than rows is never cached', () => {
  test.for(['queuePlace', 'progress', 'logs'])('%s', async (field) => {
    const app = await startApp()
    const ann = userOf(await addGroup(app, 'alpha', ['ann']), 'ann')
    await app.execute(`mutation { startUser(input: { id: "${ann.id}" }) { error { message } } }`)
    await app.until<List>(LIST, {}, ({ groups }) => groups.items[0]?.users[0]?.instance?.state === 'RUNNING')
    const loaded = loads(app)
    for (let turn = 0; turn < 3; turn++) await app.execute(`{ groups { items { users { instance { ${field} } } } } }`)
    expect(loaded).toHaveBeenCalledTimes(3)
  })

  test('a list together with the engine', async () => {
    const app = await startApp()
    const loaded = loads(app)
    for (let turn = 0; turn < 3; turn++) await app.execute('{ groups { items { name } } engine { waiting } }')
    expect(loaded).toHaveBeenCalledTimes(3)
  })

  test('mutations', async () => {
    const app = await startApp()
    const create = 'mutation { createGroup(input: { name: "alpha" }) { name } }'
    await app.execute(create)
    expect((await app.answer(create)).errors?.[0]?.extensions?.code).toBe('CONFLICT')
  })
})

test('a group of 1,500 users can be listed', async () => {
  const app = await startApp()
  const { id: groupId } = await app.db.group.create({ data: { name: 'alpha' } })
  const users = Array.from({ length: 1_500 }, (_, index) => ({
    groupId,
    username: `u${index}`,
    volume: `thon-${index}`,
  }))
  await app.db.user.createMany({ data: users })
  expect((await list(app)).groups.items[0]?.users).toHaveLength(1_500)
})

interface Ids {
  group: string
  other: string
  user: string
}
