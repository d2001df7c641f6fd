import type { Change, Ready } from '../core/events.ts'
import { builder, ChangeKind } from '../graphql/builder.ts'
import { InstanceType } from '../instances/graphql.ts'
import type { Group } from '../../prisma/generated/client/client.ts'
import { ownGroups, type GroupsService } from './service.ts'
import { ownUsers, type UsersService } from './users.ts'
import type { GroupStarter } from './starter.ts'
import type { GroupsImport } from './import.ts'

declare module '../graphql/context.ts' {
  interface Services {
    groups: GroupsService
    users: UsersService
    starter: GroupStarter
    groupsImport: GroupsImport
  }
}

builder.prismaObject('Event', {
  description: 'A hackathon; owns groups.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its id.' }),
    eventId: t.exposeString('eventId', { description: 'The short name its groups file gave it.' }),
    title: t.exposeString('title', { nullable: true, description: 'Its title for people.' }),
    groups: t.relation('groups', {
      description: 'Its groups, in the order they were made.',
      query: (_args, { viewer }) => ({ where: ownGroups(viewer), orderBy: inOrder() }),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
  }),
})

/** A group of users. */
export const GroupType = builder.prismaObject('Group', {
  description: 'A team.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its id.' }),
    name: t.exposeString('name', { description: 'Its name, unique on this server.' }),
    title: t.exposeString('title', { nullable: true, description: 'Its title for people.' }),
    event: t.relation('event', { nullable: true, description: 'The event it belongs to.' }),
    userCount: t.relationCount('users', { description: 'How many users it has.' }),
    users: t.relation('users', {
      description: 'Its users, in the order they were added. Participants see themselves.',
      query: (_args, { viewer }) => ({ where: ownUsers(viewer), orderBy: inOrder() }),
    }),
    peerAccess: t.exposeBoolean('peerAccess', {
      description: 'Whether its sandboxes may reach each other over the network.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last changed.' }),
  }),
})

/** A participant as the API shows them. */
export const UserType = builder.prismaObject('User', {
  description: 'A participant: one person in one group.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its UUID.' }),
    username: t.exposeString('username', { description: 'The name, unique in the group.' }),
    email: t.string({
      nullable: true,
      description: 'E-mail address, when known.',
      select: { email: true },
      resolve: (user) => user.email || null,
    }),
    group: t.relation('group', { description: 'The group.' }),
    workspacePath: t.exposeString('workspacePath', {
      nullable: true,
      description: 'Where scripts are told the files are; never changed by rename or transfer.',
    }),
    volume: t.exposeString('volume', {
      description: 'The volume that holds the files, mounted at /workspace. Chosen once.',
    }),
    address: t.string({
      description:
        'Where the sandbox opens, running or not: the same for as long as the names of user and group stay. Whoever may not open it is sent to sign in.',
      select: { username: true, group: { select: { name: true } } },
      resolve: ({ username, group }, _args, { addresses }) => addresses.stable({ group: group.name, username }),
    }),
    instance: t.field({
      type: InstanceType,
      nullable: true,
      description: 'The active instance, else the one that ended last; null when there never was one.',
      select: (_args, _context, nested) => ({
        instances: nested({ orderBy: [{ endedAt: { sort: 'desc', nulls: 'first' } }, { createdAt: 'desc' }], take: 1 }),
      }),
      resolve: (user) => user.instances[0] ?? null,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the user was added.' }),
  }),
})

function inOrder() {
  return [{ createdAt: 'asc' as const }, { id: 'asc' as const }]
}

builder.queryFields((t) => ({
  groups: t.prismaField({
    type: ['Group'],
    description: 'Groups, in the order they were made.',
    args: {
      search: t.arg.string({
        description: "Part of a group's name or title, or of one of its users' names, in any case.",
      }),
    },
    resolve: (query, _root, { search }, { groups, viewer }) => groups.list(viewer, { search }, query),
  }),
  group: t.prismaField({
    type: 'Group',
    description: 'One group. NOT_FOUND when there is none.',
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: (query, _root, { id }, { groups, viewer }) => groups.get(viewer, id, query),
  }),
  events: t.prismaField({
    type: ['Event'],
    description: 'Events, in the order they were made.',
    resolve: (query, _root, _args, { groups, viewer }) => groups.events(viewer, query),
  }),
  exportGroups: t.string({
    description: 'Everything as a groups file (YAML), which importGroups reads back as the same.',
    resolve: (_root, _args, { groupsImport, viewer }) => groupsImport.export(viewer),
  }),
}))

const GroupChange = builder.objectRef<Change<Group> | Ready>('GroupChange').implement({
  description: 'A frame of `groupChanged`.',
  fields: (t) => ({
    kind: t.field({
      type: ChangeKind,
      description: 'What happened. A change of its users is an UPDATED of the group.',
      resolve: (change) => change.kind,
    }),
    id: t.id({ nullable: true, description: 'Which group; null when READY.', resolve: (change) => change.id }),
    group: t.field({
      type: GroupType,
      nullable: true,
      description: 'The group as it is now; null when READY or REMOVED.',
      resolve: (change) => (change.kind === 'REMOVED' ? null : change.row),
    }),
  }),
})

builder.subscriptionField('groupChanged', (t) =>
  t.field({
    type: GroupChange,
    description: 'Every change of every group and of its users.',
    subscribe: (_root, _args, { groups, viewer }) => groups.changes(viewer),
    resolve: (change) => change,
  }),
)
