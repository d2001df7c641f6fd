import { z } from '@hono/zod-openapi'
import type { Event, Group } from '../../prisma/generated/client/client.ts'
import { rowTime } from '../rest/times.ts'
import { withActive, type UserNow } from './users.ts'

const time = z.string().openapi({ description: 'UTC, without saying so.', example: '2026-11-23T13:32:37.775000' })
const none = (description: string) => z.string().nullable().openapi({ description })

/** A user in a group on the wire. */
export const UserRecord = z
  .object({
    id: z.string().openapi({ description: 'Its id.' }),
    group_id: z.string().openapi({ description: 'Id of its group.' }),
    username: z.string().openapi({ description: 'The name, unique in the group.' }),
    email: none('E-mail address, when known.'),
    sandbox_id: none('Id of the active instance.'),
    workspace_path: none('The volume with the files, or what was set; null when nothing was.'),
    storage_path: none('A path that is only kept.'),
    created_at: time,
    updated_at: time,
  })
  .openapi('UserRecord')

/** A group with its users on the wire. */
export const GroupRecord = z
  .object({
    id: z.string().openapi({ description: 'Its id.' }),
    name: z.string().openapi({ description: 'Its name, unique on this server.' }),
    event_id: none('The short name of the event it belongs to.'),
    title: none('Its title for people.'),
    created_at: time,
    updated_at: time,
    users: z.array(UserRecord).openapi({ description: 'In the order they were added.' }),
  })
  .openapi('GroupRecordWithUsers')

/** An event on the wire. */
export const EventRecord = z
  .object({
    id: z.string().openapi({ description: 'Its id.' }),
    event_id: z.string().openapi({ description: 'Its short name.' }),
    title: none('Its title for people.'),
    created_at: time,
    updated_at: time,
  })
  .openapi('EventRecord')

/** All groups as a groups file has them. */
export const ExportedGroups = z
  .object({
    groups: z
      .record(z.string(), z.object({ users: z.array(z.string()), title: z.string().optional() }))
      .openapi({ description: 'By name.' }),
    event_id: z.string().optional().openapi({ description: 'Short name of the first event, when there is one.' }),
    title: z.string().optional().openapi({ description: 'Its title.' }),
  })
  .openapi('ExportedGroups')

/** A user across groups on the wire. */
export const UserResponse = z
  .object({
    id: z.string().openapi({ description: 'Its id.' }),
    group_id: z.string().openapi({ description: 'Id of its group.' }),
    username: z.string().openapi({ description: 'The name, unique in the group.' }),
    email: none('E-mail address, when known.'),
    sandbox_id: none('Id of the active instance.'),
    instance_state: none('State of the active instance.'),
    workspace_path: none('The volume with the files, or a path made of the name.'),
  })
  .openapi('UserResponse')

/** Users across groups on the wire. */
export const UsersList = z.object({ users: z.array(UserResponse), total: z.int() }).openapi('UsersListResponse')

/** What `wireGroup` needs loaded with a group. */
export const withUsers = {
  users: { include: withActive, orderBy: [{ createdAt: 'asc' as const }, { id: 'asc' as const }] },
}

/** A user as `/api/groups` shows it. */
export function wireUserRecord(user: UserNow): z.output<typeof UserRecord> {
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
export function wireUser(user: UserNow): z.output<typeof UserResponse> {
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
export function wireGroup(group: Group & { users: UserNow[] }): z.output<typeof GroupRecord> {
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
