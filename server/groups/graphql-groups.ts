import { builder } from '../graphql/builder.ts'
import { GroupType } from './graphql.ts'

const CreateGroupInput = builder.inputType('CreateGroupInput', {
  description: 'A new group.',
  fields: (t) => ({
    name: t.string({ required: true, description: '1 to 64 letters, digits, spaces, dots, dashes or underscores.' }),
    title: t.string({ description: 'For people; 200 characters at most.' }),
    eventId: t.string({ description: 'Short name of the event it belongs to.' }),
  }),
})

const UpdateGroupInput = builder.inputType('UpdateGroupInput', {
  description: 'What changes in a group; what is left out stays.',
  fields: (t) => ({
    id: t.id({ required: true }),
    name: t.string({ description: 'Another name. Files stay where they are; the addresses of its sandboxes change.' }),
    title: t.string({ description: 'Another title; null clears it.' }),
    peerAccess: t.boolean({
      description:
        'Whether its sandboxes may reach each other over the network. It takes effect at once, also for running ones.',
    }),
  }),
})

const DeleteGroupInput = builder.inputType('DeleteGroupInput', {
  description: 'Which group to delete, and whether with its files.',
  fields: (t) => ({
    id: t.id({ required: true }),
    deleteWorkspaces: t.boolean({
      defaultValue: false,
      description: 'Also delete the volumes of its users, with all files. They are kept by default.',
    }),
  }),
})

builder.mutationFields((t) => ({
  createGroup: t.field({
    type: GroupType,
    description: 'Creates a group. CONFLICT when the name is taken.',
    args: { input: t.arg({ type: CreateGroupInput, required: true, description: 'The group.' }) },
    resolve: (_root, { input }, { groups, viewer }) => groups.create(viewer, input),
  }),
  updateGroup: t.field({
    type: GroupType,
    description: 'Renames a group, or changes its title or its network. CONFLICT when the name is taken.',
    args: { input: t.arg({ type: UpdateGroupInput, required: true, description: 'What changes.' }) },
    resolve: (_root, { input: { id, ...changes } }, { groups, viewer }) => groups.update(viewer, id, changes),
  }),
  deleteGroup: t.field({
    type: GroupType,
    description:
      'Deletes a group and its users. Active sandboxes are stopped first; if one cannot be stopped, nothing is deleted.',
    args: { input: t.arg({ type: DeleteGroupInput, required: true, description: 'Which group.' }) },
    resolve: (_root, { input: { id, deleteWorkspaces } }, { groups, viewer }) =>
      groups.delete(viewer, id, { deleteWorkspaces: deleteWorkspaces ?? false }),
  }),
}))
