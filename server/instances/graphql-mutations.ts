import type { AppError } from '../core/errors.ts'
import { builder } from '../graphql/builder.ts'
import type { Instance } from '../../prisma/generated/client/client.ts'
import { InstanceType } from './graphql.ts'
import type { Result } from './bulk.ts'

const CreateInstanceInput = builder.inputType('CreateInstanceInput', {
  description: 'What instance to create.',
  fields: (t) => ({
    group: t.string({ defaultValue: 'default', description: 'Group name; need not be a group of the database.' }),
    username: t.string({ defaultValue: 'workspace', description: 'User name; need not be a user of the database.' }),
    port: t.int({ defaultValue: 8443, description: 'Port code-server listens on inside the sandbox, 1 to 65535.' }),
    secure: t.boolean({ defaultValue: false, description: 'Have code-server ask for a password, which THON makes.' }),
    timeoutMinutes: t.int({ description: 'Minutes to live, 1 to 525600; by default as SANDBOX_TTL_MINUTES says.' }),
    image: t.string({ description: 'Its image; SANDBOX_IMAGE by default.' }),
  }),
})

builder.mutationField('createInstance', (t) =>
  t.field({
    type: InstanceType,
    description: 'Starts a sandbox. Returns at once with a Pending instance. CONFLICT when the user has an active one.',
    args: { input: t.arg({ type: CreateInstanceInput, required: true, description: 'What to create.' }) },
    resolve: (_root, { input }, { instances, viewer }) => instances.create(viewer, input),
  }),
)

const single = {
  pauseInstance: ['pause', 'Suspends the processes of a Running instance.'],
  resumeInstance: ['resume', 'Lets a Paused instance go on.'],
  restartInstance: ['restart', 'Stops and starts a Running or Paused instance in place; its volume and password stay.'],
  killInstance: ['kill', 'Ends an instance; its volume stays. Legal in every state but Terminated.'],
  recreateInstance: [
    'recreate',
    'Makes a new instance with the same volume, port and password; an active one is ended first. Returns the new one.',
  ],
} as const

for (const [field, [command, description]] of Object.entries(single)) {
  builder.mutationField(field, (t) =>
    t.field({
      type: InstanceType,
      description: `${description} CONFLICT when its state does not allow it.`,
      args: { id: t.arg.id({ required: true, description: 'Id of the instance.' }) },
      resolve: (_root, { id }, { instances, viewer }) => instances[command](viewer, id),
    }),
  )
}

builder.mutationField('startOwnSandbox', (t) =>
  t.field({
    type: InstanceType,
    description:
      "Has a user's sandbox run: starts one where none is active, lets a paused one go on, leaves a running one alone. For whoever that user is, and for organizers. FORBIDDEN while the setting participants_may_start is `false`, but for a paused one.",
    args: { userId: t.arg.id({ required: true, description: 'Id of the user.' }) },
    resolve: (_root, { userId }, { mySandbox, viewer }) => mySandbox.start(viewer, userId),
  }),
)

builder.mutationField('renewInstance', (t) =>
  t.field({
    type: InstanceType,
    description: 'Lets an active instance live for so many minutes from now.',
    args: {
      id: t.arg.id({ required: true, description: 'Id of the instance.' }),
      timeoutMinutes: t.arg.int({ defaultValue: 60, description: 'Minutes from now, 1 to 525600.' }),
    },
    resolve: (_root, { id, timeoutMinutes }, { instances, viewer }) =>
      instances.renew(viewer, id, { timeoutMinutes: timeoutMinutes ?? undefined }),
  }),
)

const InstanceError = builder.objectRef<Pick<AppError, 'code' | 'message'>>('InstanceError').implement({
  description: 'Why a command was refused for one instance of several.',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'As in `extensions.code` of an error.' }),
    message: t.exposeString('message', { description: 'The reason, for people.' }),
  }),
})

const InstanceResult = builder.objectRef<Result<Instance>>('InstanceResult').implement({
  description: 'What became of one of several.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id that was asked for.' }),
    instance: t.field({
      type: InstanceType,
      nullable: true,
      description: 'The instance, if the command was taken on.',
      resolve: (one) => one.row,
    }),
    error: t.field({
      type: InstanceError,
      nullable: true,
      description: 'Why it was not.',
      // As a plain object: graphql throws an Error that it is handed.
      resolve: ({ error }) => error && { code: error.code, message: error.message },
    }),
  }),
})

builder.mutationField('updateSandboxFiles', (t) =>
  t.field({
    type: [InstanceResult],
    description:
      'Gives running sandboxes the configuration files as they are stored now: one result per id, in their order. A file that somebody has changed in their sandbox is kept beside it, as `<name>.bak`. CONFLICT for those that do not run.',
    args: {
      ids: t.arg.idList({ required: true, description: 'Ids of the instances, 2000 at most.' }),
      keysOnly: t.arg.boolean({
        defaultValue: false,
        description: 'Gives only the Kilo Code Config, which has people’s keys, and leaves their other files alone.',
      }),
    },
    resolve: (_root, { ids, keysOnly }, { instances, viewer }) => instances.updateFiles(viewer, ids, keysOnly ?? false),
  }),
)

const bulk = { pauseInstances: 'pause', resumeInstances: 'resume', killInstances: 'kill' } as const

for (const [field, command] of Object.entries(bulk)) {
  builder.mutationField(field, (t) =>
    t.field({
      type: [InstanceResult],
      description: `As ${command}Instance, on many: one result per id, in their order; a refused one keeps no other back.`,
      args: { ids: t.arg.idList({ required: true, description: 'Ids of the instances, 2000 at most.' }) },
      resolve: (_root, { ids }, { instances, viewer }) => instances.bulk(viewer, { command, ids }),
    }),
  )
}
