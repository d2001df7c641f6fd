import { z } from '@hono/zod-openapi'
import { flag, text } from '../rest/fields.ts'
import { operation } from '../rest/operation.ts'
import { EventRecord, ExportedGroups, GroupRecord, UserRecord, UsersList, UserResponse } from './rest-shapes.ts'

const ofGroup = { group_id: 'Id of the group.' }
const ofMember = { ...ofGroup, user_id: 'Id of one of its users.' }
const ofUser = { user_id: 'Id of the user.' }
const name = text('1 to 64 letters, digits, spaces or any of . _ -', 'team-a')
const email = text('E-mail address.', 'ann@example.org').nullish()
const withVolumes = z.object({
  delete_workspaces: flag('Delete the volumes with all their files as well; else they stay.').default(false),
})
const Deleted = z.object({ status: z.literal('deleted'), id: z.string() })

export const listGroups = operation({
  method: 'get',
  path: '/api/groups',
  tag: 'groups',
  summary: 'List groups',
  answer: z.array(GroupRecord),
  answers: 'All groups with their users, in the order they were made.',
  cached: true,
})

export const createGroup = operation({
  method: 'post',
  path: '/api/groups',
  tag: 'groups',
  summary: 'Create a group',
  body: z.object({ name }).openapi('CreateGroupRequest'),
  status: 201,
  answer: GroupRecord,
  answers: 'The group.',
  refuses: ['CONFLICT'],
})

export const exportGroups = operation({
  method: 'get',
  path: '/api/groups/export',
  tag: 'groups',
  summary: 'Export groups',
  answer: ExportedGroups,
  answers: 'Groups by name, as a groups file has them, with the first event.',
  cached: true,
})

export const listEvents = operation({
  method: 'get',
  path: '/api/groups/events',
  tag: 'groups',
  summary: 'List events',
  answer: z.array(EventRecord),
  answers: 'All events, in the order they were made.',
  cached: true,
})

export const getEvent = operation({
  method: 'get',
  path: '/api/groups/events/{event_id}',
  tag: 'groups',
  summary: 'Get an event',
  params: { event_id: 'The short name of the event.' },
  answer: EventRecord,
  answers: 'The event.',
  refuses: ['NOT_FOUND'],
  cached: true,
})

export const getGroup = operation({
  method: 'get',
  path: '/api/groups/{group_id}',
  tag: 'groups',
  summary: 'Get a group',
  params: ofGroup,
  answer: GroupRecord,
  answers: 'The group with its users.',
  refuses: ['NOT_FOUND'],
  cached: true,
})

export const renameGroup = operation({
  method: 'put',
  path: '/api/groups/{group_id}',
  tag: 'groups',
  summary: 'Rename a group',
  params: ofGroup,
  body: z.object({ name }).openapi('UpdateGroupRequest'),
  answer: GroupRecord,
  answers: 'The group.',
  refuses: ['NOT_FOUND', 'CONFLICT'],
})

export const deleteGroup = operation({
  method: 'delete',
  path: '/api/groups/{group_id}',
  tag: 'groups',
  summary: 'Delete a group with its users',
  description: 'Active instances are ended first; if one cannot be, nothing is deleted.',
  params: ofGroup,
  query: withVolumes,
  answer: Deleted,
  answers: 'It is deleted.',
  refuses: ['NOT_FOUND', 'CONFLICT', 'UNAVAILABLE'],
})

export const addMember = operation({
  method: 'post',
  path: '/api/groups/{group_id}/users',
  tag: 'groups',
  summary: 'Add a user to a group',
  params: ofGroup,
  body: z.object({ username: name }).openapi('AddUserRequest'),
  status: 201,
  answer: UserRecord,
  answers: 'The user.',
  refuses: ['NOT_FOUND', 'CONFLICT'],
})

export const changeMember = operation({
  method: 'put',
  path: '/api/groups/{group_id}/users/{user_id}',
  tag: 'groups',
  summary: 'Change a user of a group',
  description: 'What is left out, or null, stays. Files stay where they are, unless a `thon-…` volume is named.',
  params: ofMember,
  body: z
    .object({
      username: name.nullish(),
      workspace_path: text('Where scripts are told the files are; `thon-…` names a volume.').nullish(),
      storage_path: text('A path that is only kept.').nullish(),
    })
    .openapi('ChangeUserRequest'),
  answer: UserRecord,
  answers: 'The user.',
  refuses: ['NOT_FOUND', 'CONFLICT'],
})

export const removeMember = operation({
  method: 'delete',
  path: '/api/groups/{group_id}/users/{user_id}',
  tag: 'groups',
  summary: 'Remove a user of a group',
  description: 'An active instance is ended first; if it cannot be, the user stays.',
  params: ofMember,
  query: withVolumes,
  answer: Deleted,
  answers: 'It is removed.',
  refuses: ['NOT_FOUND', 'CONFLICT', 'UNAVAILABLE'],
})

export const transferMember = operation({
  method: 'post',
  path: '/api/groups/{group_id}/users/{user_id}/transfer',
  tag: 'groups',
  summary: 'Move a user to another group',
  description: 'The files go along. Not while the user has an active instance.',
  params: ofMember,
  body: z.object({ target_group_id: text('Id of the group to move to.') }).openapi('TransferUserRequest'),
  answer: UserRecord,
  answers: 'The user.',
  refuses: ['NOT_FOUND', 'CONFLICT'],
})

export const listUsers = operation({
  method: 'get',
  path: '/api/users',
  tag: 'users',
  summary: 'List users',
  query: z.object({ group_id: text('Only those of this group; empty is all.').optional() }),
  answer: UsersList,
  answers: 'Everybody, in the order they were added.',
  cached: true,
})

export const addUser = operation({
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

export const getUser = operation({
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

export const changeUser = operation({
  method: 'patch',
  path: '/api/users/{user_id}',
  tag: 'users',
  summary: 'Change a user',
  description: 'What is left out stays. A null e-mail clears it; a null name stays.',
  params: ofUser,
  body: z.object({ username: name.nullish(), email }).openapi('UpdateUserRequest'),
  answer: UserResponse,
  answers: 'The user.',
  refuses: ['NOT_FOUND', 'CONFLICT'],
})

export const removeUser = operation({
  method: 'delete',
  path: '/api/users/{user_id}',
  tag: 'users',
  summary: 'Remove a user',
  description: 'An active instance is ended first; if it cannot be, the user stays. The volume always stays.',
  params: ofUser,
  answer: z.object({ status: z.literal('deleted'), user_id: z.string() }),
  answers: 'It is removed.',
  refuses: ['NOT_FOUND', 'UNAVAILABLE'],
})

export const launchUser = operation({
  method: 'post',
  path: '/api/users/{user_id}/launch',
  tag: 'users',
  summary: "Start a user's instance",
  description: 'Answers when it runs.',
  params: ofUser,
  answer: UserResponse,
  answers: 'The user with the new instance.',
  refuses: ['NOT_FOUND', 'CONFLICT', 'UNAVAILABLE', 'UPSTREAM_FAILED'],
})

export const stopUser = operation({
  method: 'post',
  path: '/api/users/{user_id}/stop',
  tag: 'users',
  summary: "End a user's instance",
  params: ofUser,
  answer: z.object({ status: z.literal('stopped'), user_id: z.string() }),
  answers: 'It is ended; its volume stays.',
  refuses: ['NOT_FOUND', 'UNAVAILABLE'],
})
