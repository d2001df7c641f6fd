import type { Services } from '../graphql/context.ts'
import type { Operations } from '../rest/operation.ts'
import * as routes from './rest-users.ts'
import { wireEvent, wireGroup, wireUser, wireUserRecord, withUsers } from './rest-shapes.ts'

/** `/api/groups`: groups, their users and their events. */
export function groupsRest(operations: Operations, { groups, users }: Services): void {
  operations.add(routes.listGroups, async ({ viewer }) =>
    (await groups.list(viewer, {}, { include: withUsers })).map(wireGroup),
  )
  operations.add(routes.createGroup, async ({ viewer, body }) =>
    wireGroup({ ...(await groups.create(viewer, body)), users: [] }),
  )
  operations.add(routes.exportGroups, ({ viewer }) => groups.exported(viewer))
  operations.add(routes.listEvents, async ({ viewer }) => (await groups.events(viewer)).map(wireEvent))
  operations.add(routes.getEvent, async ({ viewer, params }) => wireEvent(await groups.event(viewer, params.event_id)))
  operations.add(routes.getGroup, async ({ viewer, params }) =>
    wireGroup(await groups.get(viewer, params.group_id, { include: withUsers })),
  )
  operations.add(routes.renameGroup, async ({ viewer, params, body }) =>
    wireGroup(await groups.rename(viewer, params.group_id, body, { include: withUsers })),
  )
  operations.add(routes.deleteGroup, async ({ viewer, params, query }) => {
    const { id } = await groups.remove(viewer, params.group_id, { deleteWorkspaces: query.delete_workspaces })
    return { status: 'deleted', id }
  })

  operations.add(routes.addMember, async ({ viewer, params, body }) => {
    const { id } = await users.addUser(viewer, params.group_id, body)
    return wireUserRecord(await users.getNow(viewer, id))
  })
  operations.add(routes.changeMember, async ({ viewer, params, body }) => {
    const id = params.user_id
    await users.assertIn(viewer, params.group_id, id)
    await users.updateUser(viewer, id, {
      username: body.username ?? undefined,
      workspacePath: body.workspace_path ?? undefined,
      storagePath: body.storage_path ?? undefined,
    })
    return wireUserRecord(await users.getNow(viewer, id))
  })
  operations.add(routes.removeMember, async ({ viewer, params, query }) => {
    const id = params.user_id
    await users.assertIn(viewer, params.group_id, id)
    await users.removeUser(viewer, id, { deleteWorkspaces: query.delete_workspaces })
    return { status: 'deleted', id }
  })
  operations.add(routes.transferMember, async ({ viewer, params, body }) => {
    const id = params.user_id
    await users.assertIn(viewer, params.group_id, id)
    await users.transferUser(viewer, id, body.target_group_id)
    return wireUserRecord(await users.getNow(viewer, id))
  })
}

/** `/api/users`: users across all groups, and their sandboxes. */
export function usersRest(operations: Operations, { users, starter }: Services): void {
  operations.add(routes.listUsers, async ({ viewer, query }) => {
    const found = await users.list(viewer, { groupId: query.group_id })
    return { users: found.map(wireUser), total: found.length }
  })
  operations.add(routes.addUser, async ({ viewer, body: { group_id, ...input } }) => {
    const { id } = await users.addUser(viewer, group_id, { ...input, workspacePath: null })
    return wireUser(await users.getNow(viewer, id))
  })
  operations.add(routes.getUser, async ({ viewer, params }) => wireUser(await users.getNow(viewer, params.user_id)))
  operations.add(routes.changeUser, async ({ viewer, params, body }) => {
    const { id } = await users.updateUser(viewer, params.user_id, { ...body, username: body.username ?? undefined })
    return wireUser(await users.getNow(viewer, id))
  })
  operations.add(routes.removeUser, async ({ viewer, params }) => {
    const { id } = await users.removeUser(viewer, params.user_id, { deleteWorkspaces: false })
    return { status: 'deleted', user_id: id }
  })
  operations.add(routes.launchUser, async ({ viewer, params }) => {
    await starter.launch(viewer, params.user_id)
    return wireUser(await users.getNow(viewer, params.user_id))
  })
  operations.add(routes.stopUser, async ({ viewer, params }) => {
    await starter.stop(viewer, params.user_id)
    return { status: 'stopped', user_id: params.user_id }
  })
}
