import { beforeEach, describe, expect, test } from 'vitest'
import { startApp, type TestApp } from '../kit/app.ts'
import { addGroup, addUser, group, groups, renameUser, userOf } from '../kit/groups.ts'

let app: TestApp
beforeEach(async () => {
  app = await startApp()
})

const CREATE =
  'mutation ($name: String!, $title: String, $eventId: String) { createGroup(input: { name: $name, title: $title, eventId: $eventId }) { id name title event { eventId } } }'
const RENAME = 'mutation ($id: ID!, $name: String!) { updateGroup(input: { id: $id, name: $name }) { id name } }'
const ADD =
  'mutation ($groupId: ID!, $username: String!, $email: String) { createUser(input: { groupId: $groupId, username: $username, email: $email }) { id email } }'
const EMAIL = 'mutation ($id: ID!, $email: String) { updateUser(input: { id: $id, email: $email }) { email } }'

describe('groups', () => {
  test('are listed oldest first, with their users and counts', async () => {
    await addGroup(app, 'zeta', ['zoe', 'ann'])
    await addGroup(app, 'alpha')
    const listed = await groups(app)
    expect(listed.map(({ name, userCount }) => [name, userCount])).toEqual([
      ['zeta', 2],
      ['alpha', 0],
    ])
    expect(listed[0]?.users.map((user) => user.username)).toEqual(['zoe', 'ann'])
  })

  test('are created with a title and an event that exists', async () => {
    await app.db.event.create({ data: { eventId: 'hack26', title: 'Hack' } })
    const { createGroup } = await app.execute<{ createGroup: object }>(CREATE, {
      name: ' alpha ',
      title: ' Team A ',
      eventId: 'hack26',
    })
    expect(createGroup).toMatchObject({ name: 'alpha', title: 'Team A', event: { eventId: 'hack26' } })
    expect(await app.refused(CREATE, { name: 'beta', eventId: 'none' })).toMatchObject({ code: 'NOT_FOUND' })
    const { events } = await app.execute<{ events: { items: object[] } }>(
      '{ events { items { eventId title groups { name } } } }',
    )
    expect(events.items).toEqual([{ eventId: 'hack26', title: 'Hack', groups: [{ name: 'alpha' }] }])
    expect(await groups(app)).toHaveLength(1)
  })

  test('a name that is taken is refused', async () => {
    await addGroup(app, 'alpha')
    const other = await addGroup(app, 'beta')
    const refusal = { code: 'CONFLICT', fields: [{ field: 'name' }] }
    expect(await app.refused(CREATE, { name: ' alpha' })).toMatchObject(refusal)
    expect(await app.refused(RENAME, { id: other.id, name: 'alpha' })).toMatchObject(refusal)
    expect((await group(app, other.id)).name).toBe('beta')
  })

  test('twenty requests for one name at once create one group', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => app.answer(CREATE, { name: 'alpha' })))
    expect(answers.filter((answer) => !answer.errors)).toHaveLength(1)
    expect(
      answers.flatMap((answer) => answer.errors ?? []).every((error) => error.extensions?.code === 'CONFLICT'),
    ).toBe(true)
  })

  test.for(['', ' ', 'a/b', '..', 'x'.repeat(65), '👍', 'a\nb'])('the name %j is refused', async (name) => {
    const { id } = await addGroup(app, 'alpha', ['ann'])
    for (const [mutation, variables, field] of [
      [CREATE, { name }, 'name'],
      [RENAME, { id, name }, 'name'],
      [ADD, { groupId: id, username: name }, 'username'],
    ] as const) {
      const refusal = await app.refused(mutation, variables)
      expect(refusal).toMatchObject({
        code: 'INVALID_INPUT',
        fields: [{ field, message: expect.stringContaining('1 to 64 letters') as string }],
      })
    }
    expect((await groups(app)).map((one) => [one.name, one.userCount])).toEqual([['alpha', 1]])
  })

  test('a group that does not exist is null, and NOT_FOUND to mutations', async () => {
    const id = 'nobody'
    for (const query of [
      'mutation ($id: ID!) { deleteGroup(input: { id: $id }) { id } }',
      'mutation ($id: ID!) { startGroup(input: { id: $id }) { error { message } } }',
    ])
      expect((await app.refused(query, { id })).code).toBe('NOT_FOUND')
    expect((await app.refused(RENAME, { id, name: 'x' })).code).toBe('NOT_FOUND')
    expect(await app.execute('query ($id: ID!) { group(id: $id) { id } }', { id })).toEqual({ group: null })
    expect((await app.refused(ADD, { groupId: id, username: 'x' })).code).toBe('NOT_FOUND')
  })
})

describe('pages of groups', () => {
  const PAGE = `query ($sort: GroupSort, $page: PageInput) {
    groups(sort: $sort, page: $page) { total number size items { name } }
  }`

  test('have the rows asked for, in the order asked for', async () => {
    for (const name of ['beta', 'gamma', 'alpha']) await addGroup(app, name)
    const page = async (variables: Record<string, unknown>) =>
      (await app.execute<{ groups: { total: number; items: { name: string }[] } }>(PAGE, variables)).groups
    expect(await page({ page: { number: 2, size: 2 } })).toEqual({
      total: 3,
      number: 2,
      size: 2,
      items: [{ name: 'alpha' }],
    })
    expect(await page({})).toMatchObject({ total: 3, number: 1, size: 50 })
    const byName = await page({ sort: { field: 'NAME', descending: true } })
    expect(byName.items.map(({ name }) => name)).toEqual(['gamma', 'beta', 'alpha'])
    expect((await page({ page: { number: 2_000_000, size: 1000 } })).items).toEqual([])
  })

  test.for([{ number: 0 }, { size: 0 }, { size: 1001 }, { number: 2_000_001 }])('%j is refused', async (page) => {
    expect((await app.refused(PAGE, { page })).code).toBe('INVALID_INPUT')
  })
})

describe('updates of a group', () => {
  const UPDATE = `mutation ($input: UpdateGroupInput!) { updateGroup(input: $input) { name title peerAccess } }`

  test('change what is given, and are logged in one line', async () => {
    const { id } = await addGroup(app, 'alpha')
    const update = async (changes: object) =>
      (await app.execute<{ updateGroup: object }>(UPDATE, { input: { id, ...changes } })).updateGroup
    expect(await update({ title: 'Team A' })).toEqual({ name: 'alpha', title: 'Team A', peerAccess: false })
    expect(await update({ name: 'beta', peerAccess: true })).toEqual({
      name: 'beta',
      title: 'Team A',
      peerAccess: true,
    })
    expect(await update({ title: null, name: null })).toEqual({ name: 'beta', title: null, peerAccess: true })
    const actions = (await app.db.activity.findMany({ where: { target: id }, orderBy: { id: 'asc' } })).slice(1)
    expect(actions.map(({ action }) => action)).toEqual([
      'set title to Team A',
      'rename group to beta, allow peer access',
      'clear title',
    ])
  })
})

describe('search', () => {
  beforeEach(async () => {
    await addGroup(app, 'Ångström', ['Zoë', 'bob'])
    await addGroup(app, 'Команда', ['Анна'])
    await addGroup(app, 'plain_1', ['dave'])
    await app.db.group.updateMany({ where: { name: 'plain_1' }, data: { title: 'The ORGANIZERS' } })
  })

  test.for([
    ['ång', ['Ångström']],
    ['ÅNGSTRÖM', ['Ångström']],
    ['A\u030angstro\u0308m', ['Ångström']],
    ['ZOË', ['Ångström']],
    ['анн', ['Команда']],
    ['КОМАНДА', ['Команда']],
    ['organizers', ['plain_1']],
    ['_', ['plain_1']],
    ['%', []],
    ['o', ['Ångström', 'plain_1']],
    [' bob ', ['Ångström']],
    ['', ['Ångström', 'Команда', 'plain_1']],
    ['nobody', []],
  ] as const)('%j finds %j', async ([search, found]) => {
    expect((await groups(app, search)).map((one) => one.name)).toEqual(found)
  })
})

describe('users', () => {
  test('have an id, a name, an e-mail address, a group, a volume and a workspace', async () => {
    const alpha = await addGroup(app, 'alpha')
    const user = await addUser(app, alpha.id, ' ann ')
    expect(user.id).toMatch(/^[0-9a-f-]{36}$/)
    const volume = 'thon-workspace-alpha-ann'
    expect(user).toMatchObject({
      username: 'ann',
      email: null,
      volume,
      workspacePath: volume,
      group: { name: 'alpha' },
      instance: null,
    })
  })

  test('a name can be taken once in each group', async () => {
    const [alpha, beta] = [await addGroup(app, 'alpha', ['ann', 'bob']), await addGroup(app, 'beta', ['ann'])]
    const taken = { code: 'CONFLICT', fields: [{ field: 'username' }] }
    expect(await app.refused(ADD, { groupId: alpha.id, username: 'ann' })).toMatchObject(taken)
    const mutation =
      'mutation ($id: ID!, $username: String!) { updateUser(input: { id: $id, username: $username }) { id } }'
    expect(await app.refused(mutation, { id: userOf(alpha, 'bob').id, username: 'ann' })).toMatchObject(taken)
    expect(userOf(alpha, 'ann').volume).not.toBe(userOf(beta, 'ann').volume)
  })

  test('an e-mail address is checked, set and cleared', async () => {
    const alpha = await addGroup(app, 'alpha', ['ann'])
    const { id } = userOf(alpha, 'ann')
    for (const email of ['nobody', 'a@', '@b.org', 'a b@c.org', `${'x'.repeat(250)}@example.org`])
      expect(await app.refused(EMAIL, { id, email })).toMatchObject({
        code: 'INVALID_INPUT',
        fields: [{ field: 'email' }],
      })
    expect((await app.execute<{ updateUser: object }>(EMAIL, { id, email: ' ann@example.org ' })).updateUser).toEqual({
      email: 'ann@example.org',
    })
    expect((await app.execute<{ updateUser: object }>(EMAIL, { id, email: null })).updateUser).toEqual({
      email: null,
    })
    const refusal = await app.refused(ADD, { groupId: alpha.id, username: 'bob', email: 'bad' })
    expect(refusal.fields?.[0]).toEqual({ field: 'email', message: 'must be an e-mail address' })
    expect((await group(app, alpha.id)).userCount).toBe(1)
  })

  test('mutations of a user that does not exist are NOT_FOUND', async () => {
    for (const mutation of [
      'deleteUser(input: { id: "x" }) { id }',
      'startUser(input: { id: "x" }) { error { message } }',
      'updateUser(input: { id: "x", email: null }) { id }',
      'updateUser(input: { id: "x", username: "y" }) { id }',
      'transferUser(input: { id: "x", groupId: "y" }) { id }',
    ])
      expect((await app.refused(`mutation { ${mutation} }`)).code).toBe('NOT_FOUND')
  })

  test('a rename to the same name is not a conflict', async () => {
    const alpha = await addGroup(app, 'alpha', ['ann'])
    expect((await renameUser(app, userOf(alpha, 'ann').id, 'ann')).username).toBe('ann')
  })
})
