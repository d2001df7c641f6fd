import { builder, screaming } from '../graphql/builder.ts'
import { InstanceType, StartOptionsInput } from '../instances/graphql.ts'
import { GroupType, UserType } from './graphql.ts'
import type { ImportChange, ImportReport } from './import.ts'
import type { StartResult } from './starter.ts'

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

const ImportChangeType = builder.objectRef<ImportChange>('ImportChange').implement({
  description: 'One line of what an import does.',
  fields: (t) => ({
    kind: t.field({
      type: builder.enumType('ImportKind', {
        description: 'What a line is about.',
        values: screaming({
          event: { description: 'An event.' },
          group: { description: 'A group.' },
          user: { description: 'A user of a group.' },
        }),
      }),
      description: 'What it is about.',
      resolve: (change) => change.kind,
    }),
    name: t.exposeString('name', { description: "Its name; a user's is group/username." }),
    action: t.field({
      type: builder.enumType('ImportAction', {
        description: 'What happens to it.',
        values: screaming({
          create: { description: 'It is new.' },
          update: { description: 'It is there, and changes as `detail` says.' },
          keep: { description: 'It is there, and stays as it is.' },
        }),
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
    args: {
      id: t.arg.id({ required: true, description: 'Id of the user.' }),
      options: t.arg({ type: StartOptionsInput, description: 'How.' }),
    },
    resolve: (_root, { id, options }, { starter, viewer }) => starter.startUser(viewer, id, given(options)),
  }),
  startGroup: t.field({
    type: [Started],
    description: 'Starts the sandboxes of everybody in a group at once, each on their own volume: one result per user.',
    args: {
      id: t.arg.id({ required: true, description: 'Id of the group.' }),
      options: t.arg({ type: StartOptionsInput, description: 'How, for all of them.' }),
    },
    resolve: (_root, { id, options }, { starter, viewer }) => starter.startGroup(viewer, id, given(options)),
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

/** Without what was left out or null: then the usual counts. */
function given(options: object | null | undefined): object {
  return Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== null && value !== undefined))
}
