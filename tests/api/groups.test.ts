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
  test('come in the order they were made, with their users in theirs, and counts', async () => {
    await addGroup(app, 'zeta', ['zoe', 'ann'])
    await addGroup(app, 'alpha')
    const listed = await groups(app)
    expect(listed.map(({ name, userCount }) => [name, userCount])).toEqual([
      ['zeta', 2],
      ['alpha', 0],
    ])
    expect(listed[0]?.users.map((user) => user.username)).toEqual(['zoe', 'ann'])
  })

  test('are made with a title and an event, which has to be there', async () => {
    await app.db.event.create({ data: { eventId: 'hack26', title: 'Hack' } })
    const { createGroup } = await app.execute<{ createGroup: object }>(CREATE, {
      name: ' alpha ',
      title: ' Team A ',
      eventId: 'hack26',
    })
    expect(createGroup).toMatchObject({ name: 'alpha', title: 'Team A', event: { eventId: 'hack26' } })
    expect(await app.refused(CREATE, { name: 'beta', eventId: 'none' })).toMatchObject({ code: 'NOT_FOUND' })
    const { events } = await app.execute<{ events: object[] }>('{ events { items { eventId title groups { name } } } }')
    expect(events).toEqual([{ eventId: 'hack26', title: 'Hack', groups: [{ name: 'alpha' }] }])
    expect(await groups(app)).toHaveLength(1)
  })

  test('a taken name is refused, naming the field', async () => {
    await addGroup(app, 'alpha')
    const other = await addGroup(app, 'beta')
    const refusal = { code: 'CONFLICT', fields: [{ field: 'name' }] }
    expect(await app.refused(CREATE, { name: ' alpha' })).toMatchObject(refusal)
    expect(await app.refused(RENAME, { id: other.id, name: 'alpha' })).toMatchObject(refusal)
    expect((await group(app, other.id)).name).toBe('beta')
  })

  test('of twenty of the same name at once one is made', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => app.answer(CREATE, { name: 'alpha' })))
    expect(answers.filter((answer) => !answer.errors)).toHaveLength(1)
    expect(
      answers.flatMap((answer) => answer.errors ?? []).every((error) => error.extensions?.code === 'CONFLICT'),
    ).toBe(true)
  })

  test.for(['', ' ', 'a/b', '..', 'x'.repeat(65), '👍', 'a\nb'])(
    'the name %j is refused, naming field and rule',
    async (name) => {
      const { id } = await addGroup(app, 'alpha', ['ann'])
      for (const [mutation, variables, field] of [
        [CREATE, { name }, 'name'],
        [RENAME, { id, name }, 'name'],
        [ADD, { groupId: id, username: name }, 'username'],
      ] as const) {
        const refusal = await app.refused(mutation, variables)
        expect(refusal).toMatchObject({
          code: 'INVALID_INPUT',
          fields: [{ field, message: expect.stringContaining('1 to 64 letters') }],
        })
      }
      expect((await groups(app)).map((one) => [one.name, one.userCount])).toEqual([['alpha', 1]])
    },
  )

  test('one that is not there is NOT_FOUND, whatever is asked of it', async () => {
    const id = 'nobody'
    for (const query of [
      'query ($id: ID!) { group(id: $id) { id } }',
      'mutation ($id: ID!) { deleteGroup(input: { id: $id }) { id } }',
      'mutation ($id: ID!) { startGroup(input: { id: $id }) { error { message } } }',
    ])
      expect((await app.refused(query, { id })).code).toBe('NOT_FOUND')
    expect((await app.refused(RENAME, { id, name: 'x' })).code).toBe('NOT_FOUND')
    expect((await app.refused(ADD, { groupId: id, username: 'x' })).code).toBe('NOT_FOUND')
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
  test('know their id, name, e-mail, group, volume and workspace', async () => {
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

  test('a name is taken once in a group, and free in another', async () => {
    const [alpha, beta] = [await addGroup(app, 'alpha', ['ann', 'bob']), await addGroup(app, 'beta', ['ann'])]
    const taken = { code: 'CONFLICT', fields: [{ field: 'username' }] }
    expect(await app.refused(ADD, { groupId: alpha.id, username: 'ann' })).toMatchObject(taken)
    const mutation =
      'mutation ($id: ID!, $username: String!) { updateUser(input: { id: $id, username: $username }) { id } }'
    expect(await app.refused(mutation, { id: userOf(alpha, 'bob').id, username: 'ann' })).toMatchObject(taken)
    expect(userOf(alpha, 'ann').volume).not.toBe(userOf(beta, 'ann').volume)
  })

  test('e-mail is checked, set and cleared', async () => {
    const alpha = await addGroup(app, 'alpha', ['ann'])
    const { id } = userOf(alpha, 'ann')
    for (const email of ['nobody', 'a@', '@b.org', 'a b@c.org', `${'x'.repeat(250)}@example.org`])
      expect(await app.refused(EMAIL, { id, email })).toMatchObject({
        code: 'INVALID_INPUT',
        fields: [{ field: 'email' }],
      })
    expect(
      (await app.execute<{ setUserEmail: object }>(EMAIL, { id, email: ' ann@example.org ' })).setUserEmail,
    ).toEqual({ email: 'ann@example.org' })
    expect((await app.execute<{ setUserEmail: object }>(EMAIL, { id, email: null })).setUserEmail).toEqual({
      email: null,
    })
    const refusal = await app.refused(ADD, { groupId: alpha.id, username: 'bob', email: 'bad' })
    expect(refusal.fields?.[0]).toEqual({ field: 'email', message: 'must be an e-mail address' })
    expect((await group(app, alpha.id)).userCount).toBe(1)
  })

  test('one that is not there is NOT_FOUND', async () => {
    for (const mutation of [
      'deleteUser(input: { id: "x" }) { id }',
      'startUser(input: { id: "x" }) { error { message } }',
      'updateUser(input: { id: "x", email: null }) { id }',
      'updateUser(input: { id: "x", username: "y" }) { id }',
      'transferUser(input: { id: "x", groupId: "y" }) { id }',
    ])
      expect((await app.refused(`mutation { ${mutation} }`)).code).toBe('NOT_FOUND')
  })

  test('a rename to the same name changes nothing and is no conflict', async () => {
    const alpha = await addGroup(app, 'alpha', ['ann'])
    expect((await renameUser(app, userOf(alpha, 'ann').id, 'ann')).username).toBe('ann')
  })
})
