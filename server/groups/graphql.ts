import type { Change, Ready } from '../events.ts'
import { builder, ChangeKind } from '../graphql/builder.ts'
import { InstanceType } from '../instances/graphql.ts'
import type { Group } from '../../prisma/generated/client/client.ts'
import type { ImportChange, ImportReport } from './import.ts'
import { ownGroups } from './service.ts'
import type { StartResult } from './start.ts'
import { ownUsers } from './users.ts'

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

const GroupType = builder.prismaObject('Group', {
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

const Started = builder.objectRef<StartResult>('StartResult').implement({
  description: "What became of one user's start.",
  fields: (t) => ({
    user: t.field({ type: UserType, description: 'The user.', resolve: (one) => one.user }),
    instance: t.field({
      type: InstanceType,
      nullable: true,
      description: 'The Pending instance; null when skipped.',
      resolve: (one) => one.instance,
    }),
    warning: t.exposeString('warning', { nullable: true, description: 'Why the user was skipped; null when started.' }),
  }),
})

const itsId = { required: true, description: 'Its id.' } as const
const orWithFiles = {
  defaultValue: false,
  description: 'Delete the volumes with all their files as well. They stay by default.',
}

builder.mutationFields((t) => ({
  createGroup: t.field({
    type: GroupType,
    description: 'Makes a group. CONFLICT when the name is taken.',
    args: {
      name: t.arg.string({ required: true, description: '1 to 64 letters, digits, spaces or . _ -' }),
      title: t.arg.string({ description: 'A title for people.' }),
      eventId: t.arg.string({ description: 'Short name of the event it belongs to.' }),
    },
    resolve: (_root, args, { groups, viewer }) => groups.create(viewer, args),
  }),
  renameGroup: t.field({
    type: GroupType,
    description: 'Renames a group; files stay where they are. CONFLICT when the name is taken.',
    args: { id: t.arg.id(itsId), name: t.arg.string({ required: true, description: 'The new name.' }) },
    resolve: (_root, args, { groups, viewer }) => groups.rename(viewer, args.id, args),
  }),
  setGroupPeerAccess: t.field({
    type: GroupType,
    description:
      'Lets the sandboxes of a group reach each other over the network, or no longer. It takes effect at once, also for those that run.',
    args: {
      id: t.arg.id(itsId),
      allowed: t.arg.boolean({ required: true, description: 'Whether they may.' }),
    },
    resolve: (_root, { id, allowed }, { groups, viewer }) => groups.setPeerAccess(viewer, id, allowed),
  }),
  deleteGroup: t.field({
    type: GroupType,
    description:
      'Deletes a group and its users. Their active instances are ended first; if one cannot be, nothing is deleted.',
    args: { id: t.arg.id(itsId), deleteWorkspaces: t.arg.boolean(orWithFiles) },
    resolve: (_root, args, { groups, viewer }) =>
      groups.remove(viewer, args.id, { deleteWorkspaces: args.deleteWorkspaces ?? false }),
  }),
}))

builder.mutationFields((t) => ({
  addUser: t.field({
    type: UserType,
    description: 'Adds a user to a group. CONFLICT when the group has one of that name.',
    args: {
      groupId: t.arg.id({ required: true, description: 'Id of the group.' }),
      username: t.arg.string({ required: true, description: '1 to 64 letters, digits, spaces or . _ -' }),
      email: t.arg.string({ description: 'E-mail address.' }),
    },
    resolve: (_root, args, { users, viewer }) => users.addUser(viewer, args.groupId, args),
  }),
  renameUser: t.field({
    type: UserType,
    description: 'Renames a user; files stay where they are.',
    args: { id: t.arg.id(itsId), username: t.arg.string({ required: true, description: 'The new name.' }) },
    resolve: (_root, args, { users, viewer }) => users.updateUser(viewer, args.id, { username: args.username }),
  }),
  setUserEmail: t.field({
    type: UserType,
    description: "Sets or clears a user's e-mail address.",
    args: { id: t.arg.id(itsId), email: t.arg.string({ description: 'The address; null clears it.' }) },
    resolve: (_root, args, { users, viewer }) => users.updateUser(viewer, args.id, { email: args.email ?? null }),
  }),
  removeUser: t.field({
    type: UserType,
    description: 'Removes a user. An active instance is ended first; if it cannot be, the user stays.',
    args: { id: t.arg.id(itsId), deleteWorkspaces: t.arg.boolean(orWithFiles) },
    resolve: (_root, args, { users, viewer }) =>
      users.removeUser(viewer, args.id, { deleteWorkspaces: args.deleteWorkspaces ?? false }),
  }),
  transferUser: t.field({
    type: UserType,
    description:
      'Moves a user to another group, files and all. CONFLICT while an instance is active, or when the name is taken there.',
    args: { id: t.arg.id(itsId), groupId: t.arg.id({ required: true, description: 'Id of the group to move to.' }) },
    resolve: (_root, args, { users, viewer }) => users.transferUser(viewer, args.id, args.groupId),
  }),
}))

builder.mutationFields((t) => ({
  startUser: t.field({
    type: Started,
    description: "Starts one user's sandbox on their own volume. Skipped with a warning when they have an active one.",
    args: { id: t.arg.id({ required: true, description: 'Id of the user.' }) },
    resolve: (_root, args, { starter, viewer }) => starter.startUser(viewer, args.id),
  }),
  startGroup: t.field({
    type: [Started],
    description: 'Starts the sandboxes of everybody in a group at once, each on their own volume: one result per user.',
    args: { id: t.arg.id({ required: true, description: 'Id of the group.' }) },
    resolve: (_root, args, { starter, viewer }) => starter.startGroup(viewer, args.id),
  }),
  importGroups: t.field({
    type: ImportReportType,
    description: 'Adds and updates events, groups and users from a groups file. Removes nobody. All or nothing.',
    args: {
      yaml: t.arg.string({ required: true, description: 'The groups file, YAML or JSON, 1 MiB at most.' }),
      dryRun: t.arg.boolean({ defaultValue: false, description: 'Only say what would happen.' }),
    },
    resolve: (_root, args, { groupsImport, viewer }) => groupsImport.import(viewer, args.yaml, args.dryRun ?? false),
  }),
  deleteWorkspace: t.string({
    description:
      'Deletes one volume with all its files, for good. Returns its name. CONFLICT while an active instance uses it.',
    args: {
      volume: t.arg.string({ required: true, description: 'Name of the volume: User.volume or Instance.volume.' }),
      confirm: t.arg.string({ required: true, description: 'The same name again, as the confirmation.' }),
    },
    resolve: (_root, args, { users, viewer }) => users.deleteWorkspace(viewer, args.volume, args.confirm),
  }),
}))

const ImportChangeType = builder.objectRef<ImportChange>('ImportChange').implement({
  description: 'One line of what an import does.',
  fields: (t) => ({
    kind: t.field({
      type: builder.enumType('ImportKind', {
        description: 'What a line is about.',
        values: {
          event: { description: 'An event.' },
          group: { description: 'A group.' },
          user: { description: 'A user of a group.' },
        } as const,
      }),
      description: 'What it is about.',
      resolve: (change) => change.kind,
    }),
    name: t.exposeString('name', { description: "Its name; a user's is group/username." }),
    action: t.field({
      type: builder.enumType('ImportAction', {
        description: 'What happens to it.',
        values: {
          create: { description: 'It is new.' },
          update: { description: 'It is there, and changes as `detail` says.' },
          keep: { description: 'It is there, and stays as it is.' },
        } as const,
      }),
      description: 'What happens to it.',
      resolve: (change) => change.action,
    }),
    detail: t.exposeString('detail', { nullable: true, description: 'What an update changes, in words.' }),
  }),
})

const ImportReportType = builder.objectRef<ImportReport>('ImportReport').implement({
  description: 'What an import did, or would do.',
  fields: (t) => ({
    applied: t.exposeBoolean('applied', { description: 'Whether it was carried out; false for a dry run.' }),
    changes: t.field({
      type: [ImportChangeType],
      description: 'Everything the file names, in its order.',
      resolve: (report) => report.changes,
    }),
  }),
})

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
