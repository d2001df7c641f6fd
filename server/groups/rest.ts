import { z } from '@hono/zod-openapi'
import type { Services } from '../graphql/context.ts'
import { flag, text } from '../rest/fields.ts'
import { operation, type Operations } from '../rest/operation.ts'
import {
  EventRecord,
  ExportedGroups,
  GroupRecord,
  UserRecord,
  wireEvent,
  wireGroup,
  wireUserRecord,
  withUsers,
} from './rest-shapes.ts'

const ofGroup = { group_id: 'Id of the group.' }
const ofMember = { ...ofGroup, user_id: 'Id of one of its users.' }
const name = text('1 to 64 letters, digits, spaces, dots, dashes or underscores.', 'team-a')
const withVolumes = z.object({
  delete_workspaces: flag('Also delete the volumes with all files. They are kept by default.').default(false),
})
const Deleted = z.object({ status: z.literal('deleted'), id: z.string() })

const listGroups = operation({
  method: 'get',
  path: '/api/groups',
  tag: 'groups',
  summary: 'List groups',
  answer: z.array(GroupRecord),
  answers: 'All groups with their users, in the order they were created.',
  cached: true,
})

const createGroup = operation({
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

const exportGroups = operation({
  method: 'get',
  path: '/api/groups/export',
  tag: 'groups',
  summary: 'Export groups',
  answer: ExportedGroups,
  answers: 'Groups by name, as in a groups file, with the first event.',
  cached: true,
})

const listEvents = operation({
  method: 'get',
  path: '/api/groups/events',
  tag: 'groups',
  summary: 'List events',
  answer: z.array(EventRecord),
  answers: 'All events, in the order they were created.',
  cached: true,
})

const getEvent = operation({
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

const getGroup = operation({
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

const renameGroup = operation({
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

const deleteGroup = operation({
  method: 'delete',
  path: '/api/groups/{group_id}',
  tag: 'groups',
  summary: 'Delete a group with its users',
  description: 'Active sandboxes are stopped first; if one cannot be stopped, nothing is deleted.',
  params: ofGroup,
  query: withVolumes,
  answer: Deleted,
  answers: 'The group is deleted.',
  refuses: ['NOT_FOUND', 'CONFLICT', 'UNAVAILABLE'],
})

const createMember = operation({
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

const updateMember = operation({
  method: 'put',
  path: '/api/groups/{group_id}/users/{user_id}',
  tag: 'groups',
  summary: 'Update a user of a group',
  description:
    'What is left out, or null, stays. Files stay where they are, unless `workspace_path` names a `thon-…` volume.',
  params: ofMember,
  body: z
    .object({
      username: name.nullish(),
      workspace_path: text('Where scripts expect the files; `thon-…` names a volume.').nullish(),
      storage_path: text('Stored for scripts; THON does not use it.').nullish(),
    })
    .openapi('ChangeUserRequest'),
  answer: UserRecord,
  answers: 'The user.',
  refuses: ['NOT_FOUND', 'CONFLICT'],
})

const deleteMember = operation({
  method: 'delete',
  path: '/api/groups/{group_id}/users/{user_id}',
  tag: 'groups',
  summary: 'Delete a user of a group',
  description: 'An active sandbox is stopped first; if it cannot be stopped, the user stays.',
  params: ofMember,
  query: withVolumes,
  answer: Deleted,
  answers: 'The user is deleted.',
  refuses: ['NOT_FOUND', 'CONFLICT', 'UNAVAILABLE'],
})

const transferMember = operation({
  method: 'post',
  path: '/api/groups/{group_id}/users/{user_id}/transfer',
  tag: 'groups',
  summary: 'Move a user to another group',
  description: 'With the files. Not while the sandbox is active.',
  params: ofMember,
  body: z.object({ target_group_id: text('Id of the group to move to.') }).openapi('TransferUserRequest'),
  answer: UserRecord,
  answers: 'The user.',
  refuses: ['NOT_FOUND', 'CONFLICT'],
})

/** `/api/groups`: groups, their users and their events. */
export function groupsRest(operations: Operations, { groups, groupsImport, users }: Services): void {
  operations.add(listGroups, async ({ viewer }) => (await groups.all(viewer, { include: withUsers })).map(wireGroup))
  operations.add(createGroup, async ({ viewer, body }) =>
    wireGroup({ ...(await groups.create(viewer, body)), users: [] }),
  )
  operations.add(exportGroups, ({ viewer }) => groupsImport.exportRecord(viewer))
  operations.add(listEvents, async ({ viewer }) => (await groups.allEvents(viewer)).map(wireEvent))
  operations.add(getEvent, async ({ viewer, params }) => wireEvent(await groups.event(viewer, params.event_id)))
  operations.add(getGroup, async ({ viewer, params }) =>
    wireGroup(await groups.get(viewer, params.group_id, { include: withUsers })),
  )
  operations.add(renameGroup, async ({ viewer, params, body: { name } }) =>
    wireGroup(await groups.update(viewer, params.group_id, { name }, { include: withUsers })),
  )
  operations.add(deleteGroup, async ({ viewer, params, query }) => {
    const { id } = await groups.delete(viewer, params.group_id, { deleteWorkspaces: query.delete_workspaces })
    return { status: 'deleted', id }
  })

  operations.add(createMember, async ({ viewer, params, body }) => {
    const { id } = await users.createUser(viewer, params.group_id, body)
    return wireUserRecord(await users.getWithActive(viewer, id))
  })
  operations.add(updateMember, async ({ viewer, params, body }) => {
    const id = params.user_id
    await users.assertIn(viewer, params.group_id, id)
    await users.updateUser(viewer, id, {
      username: body.username ?? undefined,
      workspacePath: body.workspace_path ?? undefined,
      storagePath: body.storage_path ?? undefined,
    })
    return wireUserRecord(await users.getWithActive(viewer, id))
  })
  operations.add(deleteMember, async ({ viewer, params, query }) => {
    const id = params.user_id
    await users.assertIn(viewer, params.group_id, id)
    await users.deleteUser(viewer, id, { deleteWorkspaces: query.delete_workspaces })
    return { status: 'deleted', id }
  })
  operations.add(transferMember, async ({ viewer, params, body }) => {
    const id = params.user_id
    await users.assertIn(viewer, params.group_id, id)
    await users.transferUser(viewer, id, body.target_group_id)
    return wireUserRecord(await users.getWithActive(viewer, id))
  })
}
