import { queryFromInfo } from '@pothos/plugin-prisma'
import type { Change as RowChange, Ready } from '../core/events.ts'
import { builder, screaming } from '../graphql/builder.ts'
import { Change } from '../graphql/change.ts'
import { Page, PageInput } from '../graphql/page.ts'
import { InstanceType } from '../instances/graphql.ts'
import type { Event, Group } from '../../prisma/generated/client/client.ts'
import type { GroupsImport } from './import.ts'
import type { Paged } from './model.ts'
import { oldestFirst } from './repository.ts'
import { ownGroups, type GroupsService } from './service.ts'
import type { GroupStarter } from './starter.ts'
import { ownUsers, type UsersService } from './users.ts'

declare module '../graphql/context.ts' {
  interface Services {
    groups: GroupsService
    users: UsersService
    starter: GroupStarter
    groupsImport: GroupsImport
  }
}

const EventType = builder.prismaObject('Event', {
  description: 'A hackathon, with its groups.',
  fields: (t) => ({
    id: t.exposeID('id'),
    eventId: t.exposeString('eventId', { description: 'The short name from its groups file.' }),
    title: t.exposeString('title', { nullable: true, description: 'For people.' }),
    groups: t.relation('groups', {
      description: 'In the order they were created.',
      query: (_args, { viewer }) => ({ where: ownGroups(viewer), orderBy: oldestFirst }),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was imported.' }),
  }),
})

/** A group of users. */
export const GroupType = builder.prismaObject('Group', {
  description: 'A team.',
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name', { description: 'Unique on this server.' }),
    title: t.exposeString('title', { nullable: true, description: 'For people.' }),
    event: t.relation('event', { nullable: true, description: 'The event it belongs to, if any.' }),
    userCount: t.relationCount('users', {
      description: 'All its users, also for participants, who see only themselves.',
    }),
    users: t.relation('users', {
      description: 'In the order they were added. Participants see only themselves.',
      query: (_args, { viewer }) => ({ where: ownUsers(viewer), orderBy: oldestFirst }),
    }),
    peerAccess: t.exposeBoolean('peerAccess', {
      description: 'Whether its sandboxes may reach each other over the network.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last changed.' }),
  }),
})

/** A participant as the API shows them. */
export const UserType = builder.prismaObject('User', {
  description: 'A participant: one person in one group.',
  fields: (t) => ({
    id: t.exposeID('id'),
    username: t.exposeString('username', { description: 'Unique in the group.' }),
    email: t.string({
      nullable: true,
      description: 'Signing in with an account of this address makes a person this user.',
      select: { email: true },
      resolve: (user) => user.email || null,
    }),
    group: t.relation('group', { description: 'The group they are in.' }),
    workspacePath: t.exposeString('workspacePath', {
      nullable: true,
      description: 'Where scripts expect the files. Renames and transfers do not change it.',
    }),
    volume: t.exposeString('volume', {
      description: 'The volume with the files, mounted at /workspace. Renames and transfers do not change it.',
    }),
    address: t.string({
      description: 'Where VS Code opens, running or not. It stays the same until the user or the group is renamed.',
      select: { username: true, group: { select: { name: true } } },
      resolve: ({ username, group }, _args, { addresses }) => addresses.stable({ group: group.name, username }),
    }),
    instance: t.field({
      type: InstanceType,
      nullable: true,
      description: 'The active instance, or else the one that stopped last; null before the first start.',
      select: (_args, _context, nested) => ({
        instances: nested({ orderBy: [{ endedAt: { sort: 'desc', nulls: 'first' } }, { createdAt: 'desc' }], take: 1 }),
      }),
      resolve: (user) => user.instances[0] ?? null,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the user was added.' }),
  }),
})

const GroupPage = builder.objectRef<Paged<Group>>('GroupPage').implement({
  description: 'One page of groups.',
  interfaces: [Page],
  fields: (t) => ({ items: t.expose('items', { type: [GroupType], description: 'The groups of this page.' }) }),
})

const GroupFilter = builder.inputType('GroupFilter', {
  description: 'Which groups.',
  fields: (t) => ({
    search: t.string({ description: 'Part of a name or title of the group, or of a username in it, in any case.' }),
  }),
})

const GroupSort = builder.inputType('GroupSort', {
  description: 'The order of groups; oldest first by default.',
  fields: (t) => ({
    field: t.field({
      type: builder.enumType('GroupSortField', {
        description: 'What groups are sorted by.',
        values: screaming({
          createdAt: { description: 'When they were created.' },
          name: { description: 'Their name.' },
        }),
      }),
      required: true,
      description: 'What to sort by.',
    }),
    descending: t.boolean({ defaultValue: false, description: 'Latest or last first.' }),
  }),
})

const EventPage = builder.objectRef<Paged<Event>>('EventPage').implement({
  description: 'One page of events.',
  interfaces: [Page],
  fields: (t) => ({ items: t.expose('items', { type: [EventType], description: 'The events of this page.' }) }),
})

const EventFilter = builder.inputType('EventFilter', {
  description: 'Which events.',
  fields: (t) => ({ search: t.string({ description: 'Part of the short name or the title, in any case.' }) }),
})

const EventSort = builder.inputType('EventSort', {
  description: 'The order of events; oldest first by default.',
  fields: (t) => ({
    field: t.field({
      type: builder.enumType('EventSortField', {
        description: 'What events are sorted by.',
        values: screaming({
          createdAt: { description: 'When they were imported.' },
          eventId: { description: 'Their short name.' },
        }),
      }),
      required: true,
      description: 'What to sort by.',
    }),
    descending: t.boolean({ defaultValue: false, description: 'Latest or last first.' }),
  }),
})

builder.queryFields((t) => ({
  groups: t.field({
    type: GroupPage,
    description: 'Groups; participants see the ones they are in.',
    args: {
      filter: t.arg({ type: GroupFilter, description: 'Which ones; all by default.' }),
      sort: t.arg({ type: GroupSort, description: 'Their order.' }),
      page: t.arg({ type: PageInput, description: 'Which page; the first 50 by default.' }),
    },
    resolve: (_root, args, context, info) =>
      context.groups.list(context.viewer, args, queryFromInfo({ context, info, typeName: 'Group', path: ['items'] })),
  }),
  group: t.prismaField({
    type: 'Group',
    nullable: true,
    description: 'One group; null when it does not exist or is not yours.',
    args: { id: t.arg.id({ required: true, description: 'Which group.' }) },
    resolve: (query, _root, { id }, { groups, viewer }) => groups.find(viewer, id, query),
  }),
  events: t.field({
    type: EventPage,
    description: 'Events. For organizers.',
    args: {
      filter: t.arg({ type: EventFilter, description: 'Which ones; all by default.' }),
      sort: t.arg({ type: EventSort, description: 'Their order.' }),
      page: t.arg({ type: PageInput, description: 'Which page; the first 50 by default.' }),
    },
    resolve: (_root, args, context, info) =>
      context.groups.events(context.viewer, args, queryFromInfo({ context, info, typeName: 'Event', path: ['items'] })),
  }),
}))

const GroupChange = builder.objectRef<RowChange<Group> | Ready>('GroupChange').implement({
  description: 'One change of a group. A change of its users is an UPDATED of the group.',
  interfaces: [Change],
  fields: (t) => ({
    group: t.field({
      type: GroupType,
      nullable: true,
      description: 'The group as it is now; null with READY and REMOVED.',
      resolve: (change) => (change.kind === 'REMOVED' ? null : change.row),
    }),
  }),
})

builder.subscriptionField('groupChanged', (t) =>
  t.field({
    type: GroupChange,
    description: 'Every change of every group and of its users. For organizers.',
    subscribe: (_root, _args, { groups, viewer }) => groups.changes(viewer),
    resolve: (change) => change,
  }),
)
