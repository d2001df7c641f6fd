import { z } from '@hono/zod-openapi'
import type { Services } from '../graphql/context.ts'
import { text } from '../rest/fields.ts'
import { operation, type Operations } from '../rest/operation.ts'
import { UserResponse, UsersList, wireUser } from './rest-shapes.ts'

const ofUser = { user_id: 'Id of the user.' }
const name = text('1 to 64 letters, digits, spaces, dots, dashes or underscores.', 'ann')
const email = text('E-mail address.', 'ann@example.org').nullish()

const listUsers = operation({
  method: 'get',
  path: '/api/users',
  tag: 'users',
  summary: 'List users',
  query: z.object({ group_id: text('Only users of this group; all when empty.').optional() }),
  answer: UsersList,
  answers: 'Users in the order they were added.',
  cached: true,
})

const createUser = operation({
  method: 'post',
  path: '/api/users',
  tag: 'users',
  summary: 'Add a user',
  body: z.object({ username: name, group_id: text('Id of the group.'), email }).openapi('CreateUserRequest'),
  status: 201,
  answer: UserResponse,
  answers: 'The user.',
  refuses: ['NOT_FOUND', 'CONFLICT'],
})

const getUser = operation({
  method: 'get',
  path: '/api/users/{user_id}',
  tag: 'users',
  summary: 'Get a user',
  params: ofUser,
  answer: UserResponse,
  answers: 'The user.',
  refuses: ['NOT_FOUND'],
  cached: true,
})

const updateUser = operation({
  method: 'patch',
  path: '/api/users/{user_id}',
  tag: 'users',
  summary: 'Update a user',
  description: 'What is left out stays, and so does a null name. A null e-mail address is cleared.',
  params: ofUser,
  body: z.object({ username: name.nullish(), email }).openapi('UpdateUserRequest'),
  answer: UserResponse,
  answers: 'The user.',
  refuses: ['NOT_FOUND', 'CONFLICT'],
})

const deleteUser = operation({
  method: 'delete',
  path: '/api/users/{user_id}',
  tag: 'users',
  summary: 'Delete a user',
  description:
    'An active sandbox is stopped first; if it cannot be stopped, the user stays. The volume is always kept.',
  params: ofUser,
  answer: z.object({ status: z.literal('deleted'), user_id: z.string() }),
  answers: 'The user is deleted.',
  refuses: ['NOT_FOUND', 'UNAVAILABLE'],
})

const launchUser = operation({
  method: 'post',
  path: '/api/users/{user_id}/launch',
  tag: 'users',
  summary: "Start a user's sandbox",
  description: 'Answers once the sandbox runs.',
  params: ofUser,
  answer: UserResponse,
  answers: 'The user with the new instance.',
  refuses: ['NOT_FOUND', 'CONFLICT', 'UNAVAILABLE', 'UPSTREAM_FAILED'],
})

const stopUser = operation({
  method: 'post',
  path: '/api/users/{user_id}/stop',
  tag: 'users',
  summary: "Stop a user's sandbox",
  params: ofUser,
  answer: z.object({ status: z.literal('stopped'), user_id: z.string() }),
  answers: 'The sandbox is stopped; its volume is kept.',
  refuses: ['NOT_FOUND', 'UNAVAILABLE'],
})

/** `/api/users`: users across all groups, and their sandboxes. */
export function usersRest(operations: Operations, { users, starter }: Services): void {
  operations.add(listUsers, async ({ viewer, query }) => {
    const found = await users.list(viewer, { groupId: query.group_id })
    return { users: found.map(wireUser), total: found.length }
  })
  operations.add(createUser, async ({ viewer, body: { group_id, ...input } }) => {
    const { id } = await users.createUser(viewer, group_id, { ...input, workspacePath: null })
    return wireUser(await users.getWithActive(viewer, id))
  })
  operations.add(getUser, async ({ viewer, params }) => wireUser(await users.getWithActive(viewer, params.user_id)))
  operations.add(updateUser, async ({ viewer, params, body }) => {
    const { id } = await users.updateUser(viewer, params.user_id, { ...body, username: body.username ?? undefined })
    return wireUser(await users.getWithActive(viewer, id))
  })
  operations.add(deleteUser, async ({ viewer, params }) => {
    const { id } = await users.deleteUser(viewer, params.user_id, { deleteWorkspaces: false })
    return { status: 'deleted', user_id: id }
  })
  operations.add(launchUser, async ({ viewer, params }) => {
    await starter.launch(viewer, params.user_id)
    return wireUser(await users.getWithActive(viewer, params.user_id))
  })
  operations.add(stopUser, async ({ viewer, params }) => {
    await starter.stop(viewer, params.user_id)
    return { status: 'stopped', user_id: params.user_id }
  })
}
