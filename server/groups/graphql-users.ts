import { builder } from '../graphql/builder.ts'
import { ResultError } from '../graphql/result.ts'
import { InstanceType, StartOptionsInput } from '../instances/graphql.ts'
import { UserType } from './graphql.ts'
import type { StartResult } from './starter.ts'

const CreateUserInput = builder.inputType('CreateUserInput', {
  description: 'A new user.',
  fields: (t) => ({
    groupId: t.id({ required: true, description: 'The group to add the user to.' }),
    username: t.string({
      required: true,
      description: '1 to 64 letters, digits, spaces, dots, dashes or underscores.',
    }),
    email: t.string({ description: 'Signing in with an account of this address makes a person this user.' }),
  }),
})

const UpdateUserInput = builder.inputType('UpdateUserInput', {
  description: 'What changes in a user; what is left out stays.',
  fields: (t) => ({
    id: t.id({ required: true }),
    username: t.string({ description: 'Another name. Files stay where they are; the address of the sandbox changes.' }),
    email: t.string({ description: 'Another address; null clears it.' }),
  }),
})

const DeleteUserInput = builder.inputType('DeleteUserInput', {
  description: 'Which user to delete, and whether with their files.',
  fields: (t) => ({
    id: t.id({ required: true }),
    deleteWorkspaces: t.boolean({
      defaultValue: false,
      description: 'Also delete the volume with all files. It is kept by default.',
    }),
  }),
})

const TransferUserInput = builder.inputType('TransferUserInput', {
  description: 'Who moves where.',
  fields: (t) => ({
    id: t.id({ required: true }),
    groupId: t.id({ required: true, description: 'The group to move to.' }),
  }),
})

const DeleteWorkspaceInput = builder.inputType('DeleteWorkspaceInput', {
  description: 'Which volume to delete, said twice.',
  fields: (t) => ({
    volume: t.string({ required: true, description: 'Name of the volume: `User.volume` or `Instance.volume`.' }),
    confirm: t.string({ required: true, description: 'The same name again, as the confirmation.' }),
  }),
})

builder.mutationFields((t) => ({
  createUser: t.field({
    type: UserType,
    description: 'Adds a user to a group. CONFLICT when the name is taken in the group.',
    args: { input: t.arg({ type: CreateUserInput, required: true, description: 'The user.' }) },
    resolve: (_root, { input: { groupId, ...user } }, { users, viewer }) => users.createUser(viewer, groupId, user),
  }),
  updateUser: t.field({
    type: UserType,
    description: 'Renames a user, or changes the e-mail address. CONFLICT when the name is taken in the group.',
    args: { input: t.arg({ type: UpdateUserInput, required: true, description: 'What changes.' }) },
    resolve: (_root, { input: { id, username, email } }, { users, viewer }) =>
      users.updateUser(viewer, id, { username: username ?? undefined, email }),
  }),
  deleteUser: t.field({
    type: UserType,
    description: 'Deletes a user. An active sandbox is stopped first; if it cannot be stopped, the user stays.',
    args: { input: t.arg({ type: DeleteUserInput, required: true, description: 'Which user.' }) },
    resolve: (_root, { input: { id, deleteWorkspaces } }, { users, viewer }) =>
      users.deleteUser(viewer, id, { deleteWorkspaces: deleteWorkspaces ?? false }),
  }),
  transferUser: t.field({
    type: UserType,
    description:
      'Moves a user to another group, with the files. CONFLICT while the sandbox is active, or when the name is taken there.',
    args: { input: t.arg({ type: TransferUserInput, required: true, description: 'Who moves where.' }) },
    resolve: (_root, { input: { id, groupId } }, { users, viewer }) => users.transferUser(viewer, id, groupId),
  }),
  deleteWorkspace: t.string({
    description: 'Deletes a volume with all its files, for good. Returns its name. CONFLICT while a sandbox uses it.',
    args: { input: t.arg({ type: DeleteWorkspaceInput, required: true, description: 'Which volume.' }) },
    resolve: (_root, { input: { volume, confirm } }, { users, viewer }) =>
      users.deleteWorkspace(viewer, volume, confirm),
  }),
}))

const StartResultType = builder.objectRef<StartResult>('StartResult').implement({
  description: "The result of one user's start: an instance or an error.",
  fields: (t) => ({
    user: t.field({ type: UserType, description: 'Whose start.', resolve: ({ user }) => user }),
    instance: t.field({
      type: InstanceType,
      nullable: true,
      description: 'The new instance, which is PENDING; null with an error.',
      resolve: ({ instance }) => instance,
    }),
    error: t.field({
      type: ResultError,
      nullable: true,
      description: 'Why nothing was started. CONFLICT: the user has an active sandbox already.',
      resolve: ({ error }) => error && { code: error.code, message: error.message, fields: error.fields },
    }),
  }),
})

const StartUserInput = builder.inputType('StartUserInput', {
  description: 'Which user to start, and how.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The user.' }),
    options: t.field({ type: StartOptionsInput, description: 'What differs from the defaults.' }),
  }),
})

const StartGroupInput = builder.inputType('StartGroupInput', {
  description: 'Which group to start, and how.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The group.' }),
    options: t.field({ type: StartOptionsInput, description: 'What differs from the defaults, for all its users.' }),
  }),
})

builder.mutationFields((t) => ({
  startUser: t.field({
    type: StartResultType,
    description: "Starts a user's sandbox on their volume.",
    args: { input: t.arg({ type: StartUserInput, required: true, description: 'Which user, and how.' }) },
    resolve: (_root, { input: { id, options } }, { starter, viewer }) => starter.startUser(viewer, id, given(options)),
  }),
  startGroup: t.field({
    type: [StartResultType],
    description: 'Starts the sandboxes of all users of a group, each on their volume: one result per user.',
    args: { input: t.arg({ type: StartGroupInput, required: true, description: 'Which group, and how.' }) },
    resolve: (_root, { input: { id, options } }, { starter, viewer }) => starter.startGroup(viewer, id, given(options)),
  }),
}))

/** Options without those that are left out or null, which count as their default. */
function given(options: object | null | undefined): object {
  return Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== null && value !== undefined))
}
