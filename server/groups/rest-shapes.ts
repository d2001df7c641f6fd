import { z } from '@hono/zod-openapi'
import type { Event, Group } from '../../prisma/generated/client/client.ts'
import { rowTime } from '../rest/times.ts'
import { oldestFirst } from './repository.ts'
import { withActive, type UserWithActive } from './users.ts'

const time = z.string().openapi({ description: 'UTC, without a time zone.', example: '2026-11-23T13:32:37.775000' })
const none = (description: string) => z.string().nullable().openapi({ description })

/** A user in a group on the wire. */
export const UserRecord = z
  .object({
    id: z.string().openapi({ description: 'UUID.' }),
    group_id: z.string().openapi({ description: 'Id of its group.' }),
    username: z.string().openapi({ description: 'Unique in the group.' }),
    email: none('E-mail address, if known.'),
    sandbox_id: none('Id of the active instance, if any.'),
    workspace_path: none('The volume with the files, or the path that was set; null for neither.'),
    storage_path: none('Stored for scripts; THON does not use it.'),
    created_at: time,
    updated_at: time,
  })
  .openapi('UserRecord')

/** A group with its users on the wire. */
export const GroupRecord = z
  .object({
    id: z.string().openapi({ description: 'UUID.' }),
    name: z.string().openapi({ description: 'Unique on this server.' }),
    event_id: none('The short name of the event it belongs to.'),
    title: none('For people.'),
    created_at: time,
    updated_at: time,
    users: z.array(UserRecord).openapi({ description: 'In the order they were added.' }),
  })
  .openapi('GroupRecordWithUsers')

/** An event on the wire. */
export const EventRecord = z
  .object({
    id: z.string().openapi({ description: 'UUID.' }),
    event_id: z.string().openapi({ description: 'The short name from its groups file.' }),
    title: none('For people.'),
    created_at: time,
    updated_at: time,
  })
  .openapi('EventRecord')

/** All groups on the wire, as in a groups file. */
export const ExportedGroups = z
  .object({
    groups: z
      .record(z.string(), z.object({ users: z.array(z.string()), title: z.string().optional() }))
      .openapi({ description: 'By the name of the group.' }),
    event_id: z.string().optional().openapi({ description: 'Short name of the first event, if any.' }),
    title: z.string().optional().openapi({ description: 'Title of that event.' }),
  })
  .openapi('ExportedGroups')

/** A user across groups on the wire. */
export const UserResponse = z
  .object({
    id: z.string().openapi({ description: 'UUID.' }),
    group_id: z.string().openapi({ description: 'Id of its group.' }),
    username: z.string().openapi({ description: 'Unique in the group.' }),
    email: none('E-mail address, if known.'),
    sandbox_id: none('Id of the active instance, if any.'),
    instance_state: none('State of the active instance, if any.'),
    workspace_path: none('The volume with the files, or `/workspace/` and the name.'),
  })
  .openapi('UserResponse')

/** Users across groups on the wire. */
export const UsersList = z.object({ users: z.array(UserResponse), total: z.int() }).openapi('UsersListResponse')

/** What `wireGroup` needs loaded with a group. */
export const withUsers = {
  users: { include: withActive, orderBy: oldestFirst },
}

/** A user as `/api/groups` shows it. */
export function wireUserRecord(user: UserWithActive): z.output<typeof UserRecord> {
  return {
    id: user.id,
    group_id: user.groupId,
    username: user.username,
    email: user.email,
    sandbox_id: user.instances[0]?.id ?? null,
    workspace_path: user.workspacePath,
    storage_path: user.storagePath,
    created_at: rowTime(user.createdAt),
    updated_at: rowTime(user.updatedAt),
  }
}

/** A user as `/api/users` shows it. */
export function wireUser(user: UserWithActive): z.output<typeof UserResponse> {
  const active = user.instances[0]
  return {
    id: user.id,
    group_id: user.groupId,
    username: user.username,
    email: user.email,
    sandbox_id: active?.id ?? null,
    instance_state: active?.state ?? null,
    workspace_path: user.workspacePath ?? `/workspace/${user.username}`,
  }
}

/** A group as `/api/groups` shows it. */
export function wireGroup(group: Group & { users: UserWithActive[] }): z.output<typeof GroupRecord> {
  return {
    id: group.id,
    name: group.name,
    event_id: group.eventId,
    title: group.title,
    created_at: rowTime(group.createdAt),
    updated_at: rowTime(group.updatedAt),
    users: group.users.map(wireUserRecord),
  }
}

/** An event as `/api/groups/events` shows it. */
export function wireEvent(event: Event): z.output<typeof EventRecord> {
  return {
    id: event.id,
    event_id: event.eventId,
    title: event.title,
    created_at: rowTime(event.createdAt),
    updated_at: rowTime(event.updatedAt),
  }
}
