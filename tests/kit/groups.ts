import type { TestApp } from './app.ts'

export interface UserRow {
  id: string
  username: string
  email: string | null
  volume: string
  workspacePath: string | null
  group: { id: string; name: string }
  instance: { id: string; state: string } | null
}

export interface GroupRow {
  id: string
  name: string
  title: string | null
  userCount: number
  event: { eventId: string; title: string | null } | null
  users: UserRow[]
}

export interface Started {
  user: { id: string; username: string }
  instance: { id: string; state: string; volume: string } | null
  error: { code: string; message: string } | null
}

const USER = 'id username email volume workspacePath group { id name } instance { id state }'
const GROUP = `id name title userCount event { eventId title } users { ${USER} }`
const STARTED = 'user { id username } instance { id state volume } error { code message }'

export async function addGroup(app: TestApp, name: string, usernames: string[] = []): Promise<GroupRow> {
  const { createGroup } = await app.execute<{ createGroup: GroupRow }>(
    `mutation ($name: String!) { createGroup(input: { name: $name }) { id } }`,
    { name },
  )
  for (const username of usernames) await addUser(app, createGroup.id, username)
  return group(app, createGroup.id)
}

export async function addUser(app: TestApp, groupId: string, username: string): Promise<UserRow> {
  const { createUser } = await app.execute<{ createUser: UserRow }>(
    `mutation ($groupId: ID!, $username: String!) { createUser(input: { groupId: $groupId, username: $username }) { ${USER} } }`,
    { groupId, username },
  )
  return createUser
}

export async function group(app: TestApp, id: string): Promise<GroupRow> {
  return (await app.execute<{ group: GroupRow }>(`query ($id: ID!) { group(id: $id) { ${GROUP} } }`, { id })).group
}

export async function groups(app: TestApp, search?: string): Promise<GroupRow[]> {
  const query = `query ($search: String) { groups(filter: { search: $search }, page: { size: 1000 }) { items { ${GROUP} } } }`
  return (await app.execute<{ groups: { items: GroupRow[] } }>(query, { search })).groups.items
}

/** The only user of that name in a group as it was read. @throws when it has no such user */
export function userOf(of: GroupRow, username: string): UserRow {
  const found = of.users.find((user) => user.username === username)
  if (!found) throw new Error(`no user ${username} in ${of.name}`)
  return found
}

export async function renameUser(app: TestApp, id: string, username: string): Promise<UserRow> {
  const mutation = `mutation ($id: ID!, $username: String!) { updateUser(input: { id: $id, username: $username }) { ${USER} } }`
  return (await app.execute<{ updateUser: UserRow }>(mutation, { id, username })).updateUser
}

export const TRANSFER = `mutation ($id: ID!, $groupId: ID!) { transferUser(input: { id: $id, groupId: $groupId }) { ${USER} } }`

export async function startUser(app: TestApp, id: string): Promise<Started> {
  return (
    await app.execute<{ startUser: Started }>(`mutation ($id: ID!) { startUser(input: { id: $id }) { ${STARTED} } }`, {
      id,
    })
  ).startUser
}

export async function startGroup(app: TestApp, id: string): Promise<Started[]> {
  const mutation = `mutation ($id: ID!) { startGroup(input: { id: $id }) { ${STARTED} } }`
  return (await app.execute<{ startGroup: Started[] }>(mutation, { id })).startGroup
}
