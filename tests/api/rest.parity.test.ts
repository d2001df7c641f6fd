import { describe, expect, test } from 'vitest'
import { startApp, type TestApp } from '../kit/app.ts'
import { addGroup, userOf } from '../kit/groups.ts'
import { inState, running } from '../kit/instances.ts'

/** One of two equal databases, with the ids of the same things in it. */
interface Twin {
  app: TestApp
  group: string
  other: string
  user: string
  instance: string
}

interface Case {
  name: string
  graphql: (ids: Twin) => [query: string, variables?: Record<string, unknown>]
  rest: (ids: Twin) => [method: string, path: string, body?: object]
  /** The error code that both must return; undefined when both must succeed. */
  refused?: string
}

const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000'
const CODES: Record<number, string> = { 404: 'NOT_FOUND', 409: 'CONFLICT', 422: 'INVALID_INPUT', 503: 'UNAVAILABLE' }
const CREATE = 'mutation ($input: CreateInstanceInput!) { createInstance(input: $input) { id } }'

const CASES: Case[] = [
  ...['gamma', '  gamma  ', 'Ünïcode 日本語', 'a'.repeat(64)].map((name) => createGroup(name)),
  ...['', '   ', 'a/b', '..', 'nul\u0000x', 'a'.repeat(65), '<b>'].map((name) => createGroup(name, 'INVALID_INPUT')),
  createGroup('alpha', 'CONFLICT'),
  ...[
    ['renamed', undefined],
    ['alpha', undefined],
    ['beta', 'CONFLICT'],
    ['a/b', 'INVALID_INPUT'],
  ].map(([name, refused]) => ({
    name: `rename group to ${name}`,
    graphql: ({ group }: Twin): [string] => [
      `mutation { updateGroup(input: { id: "${group}", name: "${name}" }) { id } }`,
    ],
    rest: ({ group }: Twin): [string, string, object] => ['PUT', `/groups/${group}`, { name }],
    refused,
  })),
  {
    name: 'rename an unknown group',
    graphql: () => [`mutation { updateGroup(input: { id: "${UNKNOWN_ID}", name: "x" }) { id } }`],
    rest: () => ['PUT', `/groups/${UNKNOWN_ID}`, { name: 'x' }],
    refused: 'NOT_FOUND',
  },
  {
    name: 'delete a group and its instances',
    graphql: ({ group }) => [`mutation { deleteGroup(input: { id: "${group}" }) { id } }`],
    rest: ({ group }) => ['DELETE', `/groups/${group}`],
  },
  ...[
    ['carol', undefined],
    ['ann', 'CONFLICT'],
    ['', 'INVALID_INPUT'],
    ['a\tb', 'INVALID_INPUT'],
  ].map(([username, refused]) => ({
    name: `add user ${JSON.stringify(username)}`,
    graphql: ({ group }: Twin): [string, Record<string, unknown>] => [
      'mutation ($groupId: ID!, $username: String!) { createUser(input: { groupId: $groupId, username: $username }) { id } }',
      { groupId: group, username },
    ],
    rest: ({ group }: Twin): [string, string, object] => ['POST', `/groups/${group}/users`, { username }],
    refused,
  })),
  ...[
    ['ann@example.org', undefined],
    [' ann@x.y ', undefined],
    [null, undefined],
    ['no address', 'INVALID_INPUT'],
    [`${'a'.repeat(300)}@x.y`, 'INVALID_INPUT'],
  ].map(([email, refused]) => ({
    name: `set e-mail ${String(email).slice(0, 20)}`,
    graphql: ({ user }: Twin): [string, Record<string, unknown>] => [
      'mutation ($id: ID!, $email: String) { updateUser(input: { id: $id, email: $email }) { id } }',
      { id: user, email },
    ],
    rest: ({ user }: Twin): [string, string, object] => ['PATCH', `/users/${user}`, { email }],
    refused: refused as string | undefined,
  })),
  ...[
    ['anna', undefined],
    ['bob', 'CONFLICT'],
    ['a/b', 'INVALID_INPUT'],
  ].map(([username, refused]) => ({
    name: `rename user to ${username}`,
    graphql: ({ user }: Twin): [string] => [
      `mutation { updateUser(input: { id: "${user}", username: "${username}" }) { id } }`,
    ],
    rest: ({ user }: Twin): [string, string, object] => ['PATCH', `/users/${user}`, { username }],
    refused,
  })),
  {
    name: 'remove a user and the instance',
    graphql: ({ user }) => [`mutation { deleteUser(input: { id: "${user}" }) { id } }`],
    rest: ({ user }) => ['DELETE', `/users/${user}`],
  },
  {
    name: 'transfer a user who has an active instance',
    graphql: ({ user, other }) => [`mutation { transferUser(input: { id: "${user}", groupId: "${other}" }) { id } }`],
    rest: ({ group, user, other }) => ['POST', `/groups/${group}/users/${user}/transfer`, { target_group_id: other }],
    refused: 'CONFLICT',
  },
  ...[
    [{ group: 'alpha', username: 'bob' }, undefined],
    [{ group: 'nobody', username: 'known', port: 9000, secure: true }, undefined],
    [{}, undefined],
    [{ group: 'alpha', username: 'ann' }, 'CONFLICT'],
    [{ port: 0 }, 'INVALID_INPUT'],
    [{ port: 65536 }, 'INVALID_INPUT'],
    [{ group: 'a/b' }, 'INVALID_INPUT'],
    [{ username: '..', port: -1 }, 'INVALID_INPUT'],
  ].map(([input, refused]) => ({
    name: `create instance ${JSON.stringify(input)}`,
    graphql: (): [string, Record<string, unknown>] => [CREATE, { input }],
    rest: (): [string, string, object] => ['POST', '/instances', input as object],
    refused: refused as string | undefined,
  })),
  ...(['pause', 'resume', 'kill', 'recreate', 'renew'] as const).flatMap((command) => [
    {
      name: `${command} an instance`,
      graphql: ({ instance }: Twin): [string] => [
        `mutation { ${command}Instance(input: { id: "${instance}" }) { id } }`,
      ],
      rest: ({ instance }: Twin): [string, string] =>
        command === 'kill' ? ['DELETE', `/instances/${instance}`] : ['POST', `/instances/${instance}/${command}`],
      refused: command === 'resume' ? 'CONFLICT' : undefined,
    },
  ]),
  ...[0, 525_601].map((minutes) => ({
    name: `renew for ${minutes} minutes`,
    graphql: ({ instance }: Twin): [string] => [
      `mutation { renewInstance(input: { id: "${instance}", timeoutMinutes: ${minutes} }) { id } }`,
    ],
    rest: ({ instance }: Twin): [string, string, object] => [
      'POST',
      `/instances/${instance}/renew`,
      { timeout_minutes: minutes },
    ],
    refused: 'INVALID_INPUT',
  })),
  {
    name: 'pause an unknown instance',
    graphql: () => [`mutation { pauseInstance(input: { id: "${UNKNOWN_ID}" }) { id } }`],
    rest: () => ['POST', `/instances/${UNKNOWN_ID}/pause`],
    refused: 'NOT_FOUND',
  },
]

/** Sentences of REST that scripts know from its contract; GraphQL words them for people. */
const FIXED = /^(User .* already has instance|Instance .* not found$)/

describe('GraphQL and REST do the same, and refuse the same', () => {
  test.each(CASES)('$name', async ({ graphql, rest, refused }) => {
    const [one, other] = await Promise.all([twin(), twin()])
    const answer = await one.app.answer(...graphql(one))
    const code = answer.errors?.[0]?.extensions?.code

    const [method, path, body] = rest(other)
    const response = await fetch(`${other.app.url}/api${path}`, {
      method,
      ...(body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
    })
    expect([code, response.ok ? undefined : CODES[response.status]]).toEqual([refused, refused])
    if (refused && refused !== 'INVALID_INPUT') {
      const { detail } = (await response.json()) as { detail: string }
      if (!FIXED.test(detail)) expect(anonymous(detail, other)).toBe(anonymous(answer.errors?.[0]?.message ?? '', one))
    }
    if (refused === 'INVALID_INPUT') {
      const { detail } = (await response.json()) as { detail: { loc: string[]; msg: string }[] }
      const fields = answer.errors?.[0]?.extensions?.fields ?? []
      expect(detail.map(({ loc, msg }) => [loc.at(-1), msg])).toEqual(
        fields.map(({ field, message }) => [snake(field), `Value error, ${message}`]),
      )
    }
    await expect.poll(() => rows(one.app), { timeout: 10_000 }).toEqual(await settledRows(other.app))
  })
})

function createGroup(name: string, refused?: string): Case {
  return {
    name: `create group ${JSON.stringify(name.slice(0, 20))}`,
    graphql: () => ['mutation ($name: String!) { createGroup(input: { name: $name }) { id } }', { name }],
    rest: () => ['POST', '/groups', { name }],
    ...(refused && { refused }),
  }
}

/** A server with two groups, where ann has a running instance. */
async function twin(): Promise<Twin> {
  const app = await startApp()
  const alpha = await addGroup(app, 'alpha', ['ann', 'bob'])
  const beta = await addGroup(app, 'beta')
  const { id } = await running(app, 'ann')
  return { app, group: alpha.id, other: beta.id, user: userOf(alpha, 'ann').id, instance: id }
}

/** Everything in the database, without what differs between two runs. */
async function rows({ db }: TestApp) {
  const [groups, users, instances] = await Promise.all([
    db.group.findMany({ orderBy: { name: 'asc' } }),
    db.user.findMany({ orderBy: { username: 'asc' }, include: { group: true } }),
    db.instance.findMany({ orderBy: [{ username: 'asc' }, { createdAt: 'asc' }] }),
  ])
  return {
    groups: groups.map(({ name, title, eventId }) => ({ name, title, eventId })),
    users: users.map(({ username, email, volume, workspacePath, group }) => ({
      ...{ username, email, volume, workspacePath },
      group: group.name,
    })),
    instances: instances.map(({ group, username, state, port, secure, volume, activeKey, expiresAt, userId }) => ({
      ...{ group, username, state, port, secure, volume, activeKey },
      known: userId !== null,
      minutesLeft: expiresAt && Math.round((expiresAt.getTime() - Date.now()) / 60_000),
    })),
  }
}

/** REST answers when its work is done; other rows may still be changing. */
async function settledRows(app: TestApp) {
  const active = await app.db.instance.findMany({ where: { state: { in: ['Pending', 'Pausing', 'Stopping'] } } })
  await Promise.all(active.map(({ id }) => inState(app, id, 'Running')))
  return rows(app)
}

function anonymous(text: string, { group, other, user, instance }: Twin): string {
  return [group, other, user, instance].reduce((all, id, index) => all.replaceAll(id, `#${index}`), text)
}

function snake(field: string): string | undefined {
  return field
    .split('.')
    .at(-1)
    ?.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
