import { builder } from '../graphql/builder.ts'
import { ResultError } from '../graphql/result.ts'
import type { Instance } from '../../prisma/generated/client/client.ts'
import type { Result } from './bulk.ts'
import { InstanceType } from './graphql.ts'

const CreateInstanceInput = builder.inputType('CreateInstanceInput', {
  description: 'A new instance.',
  fields: (t) => ({
    group: t.string({ defaultValue: 'default', description: 'Group name, which need not be in the database.' }),
    username: t.string({ defaultValue: 'workspace', description: 'User name, which need not be in the database.' }),
    port: t.int({
      defaultValue: 8443,
      description: 'Port that code-server listens on inside the sandbox, 1 to 65535.',
    }),
    secure: t.boolean({
      defaultValue: false,
      description: 'Whether code-server asks for a password, which THON generates.',
    }),
    timeoutMinutes: t.int({ description: 'Minutes until it stops, 1 to 525600; SANDBOX_TTL_MINUTES by default.' }),
    image: t.string({ description: 'Its image; SANDBOX_IMAGE by default.' }),
  }),
})

builder.mutationField('createInstance', (t) =>
  t.field({
    type: InstanceType,
    description: 'Starts a sandbox and returns its PENDING instance at once. CONFLICT when the user has an active one.',
    args: { input: t.arg({ type: CreateInstanceInput, required: true, description: 'What to create.' }) },
    resolve: (_root, { input }, { instances, viewer }) => instances.create(viewer, input),
  }),
)

/** The input of a mutation that needs nothing but an instance. */
function inputWithId(name: string) {
  return builder.inputType(name, {
    description: 'Which instance.',
    fields: (t) => ({ id: t.id({ required: true, description: 'Id of the instance.' }) }),
  })
}

const commands = {
  PauseInstance: ['pause', 'Suspends the processes of a RUNNING instance.'],
  ResumeInstance: ['resume', 'Continues the processes of a PAUSED instance.'],
  RestartInstance: ['restart', 'Stops and starts a RUNNING or PAUSED instance in place; its volume and password stay.'],
  KillInstance: ['kill', 'Stops an instance for good; its volume stays. Allowed in every state but TERMINATED.'],
  RecreateInstance: [
    'recreate',
    'Replaces an instance with a new one that has the same volume, port and password, and returns the new one. An active one is stopped first.',
  ],
} as const

for (const [name, [command, description]] of Object.entries(commands)) {
  const input = inputWithId(`${name}Input`)
  builder.mutationField(lowerFirst(name), (t) =>
    t.field({
      type: InstanceType,
      description: `${description} CONFLICT when its state does not allow it.`,
      args: { input: t.arg({ type: input, required: true, description: 'Which instance.' }) },
      resolve: (_root, { input: { id } }, { instances, viewer }) => instances[command](viewer, id),
    }),
  )
}

const StartMySandboxInput = builder.inputType('StartMySandboxInput', {
  description: 'Whose sandbox.',
  fields: (t) => ({
    userId: t.id({ required: true, description: 'The user, who is you unless you are an organizer.' }),
  }),
})

builder.mutationField('startMySandbox', (t) =>
  t.field({
    type: InstanceType,
    description:
      "Gets a user's sandbox running: starts one if none is active, resumes a paused one, leaves a running one alone. FORBIDDEN to participants while the setting participants_may_start is `false`, except for a paused one.",
    args: { input: t.arg({ type: StartMySandboxInput, required: true, description: 'Whose sandbox.' }) },
    resolve: (_root, { input }, { mySandbox, viewer }) => mySandbox.start(viewer, input.userId),
  }),
)

const RenewInstanceInput = builder.inputType('RenewInstanceInput', {
  description: 'Which instance, and for how long.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Id of the instance.' }),
    timeoutMinutes: t.int({ defaultValue: 60, description: 'Minutes from now, 1 to 525600.' }),
  }),
})

builder.mutationField('renewInstance', (t) =>
  t.field({
    type: InstanceType,
    description: 'Sets when an active instance stops automatically.',
    args: {
      input: t.arg({ type: RenewInstanceInput, required: true, description: 'Which instance, and for how long.' }),
    },
    resolve: (_root, { input: { id, timeoutMinutes } }, { instances, viewer }) =>
      instances.renew(viewer, id, { timeoutMinutes: timeoutMinutes ?? undefined }),
  }),
)

const RevealedPassword = builder.objectRef<{ id: string; password: string }>('RevealedPassword').implement({
  description: 'The password of one instance.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The instance.' }),
    password: t.exposeString('password', { description: 'The password that its code-server asks for.' }),
  }),
})

const RevealInstancePasswordInput = inputWithId('RevealInstancePasswordInput')

builder.mutationField('revealInstancePassword', (t) =>
  t.field({
    type: RevealedPassword,
    description: 'Returns the password of an instance. CONFLICT when it has none: see `Instance.secure`.',
    args: { input: t.arg({ type: RevealInstancePasswordInput, required: true, description: 'Which instance.' }) },
    resolve: (_root, { input }, { instances, viewer }) => instances.revealPassword(viewer, input.id),
  }),
)

const InstanceResult = builder.objectRef<Result<Instance>>('InstanceResult').implement({
  description: 'The outcome for one of several instances.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Id as it was sent.' }),
    instance: t.field({
      type: InstanceType,
      nullable: true,
      description: 'The instance; null when the command was refused.',
      resolve: (one) => one.row,
    }),
    error: t.field({
      type: ResultError,
      nullable: true,
      description: 'Why it was refused.',
      resolve: ({ error }) => error && { code: error.code, message: error.message, fields: error.fields },
    }),
  }),
})

const IDS = 'Ids of the instances, 2000 at most.'

const UpdateInstanceFilesInput = builder.inputType('UpdateInstanceFilesInput', {
  description: 'Which instances, and which files.',
  fields: (t) => ({
    ids: t.idList({ required: true, description: IDS }),
    keysOnly: t.boolean({
      defaultValue: false,
      description: "Writes only the Kilo Code Config, which has people's keys, and leaves other files alone.",
    }),
  }),
})

builder.mutationField('updateInstanceFiles', (t) =>
  t.field({
    type: [InstanceResult],
    description:
      'Writes the stored configuration files into running sandboxes: one result per id, in their order. A file that someone changed in their sandbox is kept as `<name>.bak`. CONFLICT for those that do not run.',
    args: {
      input: t.arg({
        type: UpdateInstanceFilesInput,
        required: true,
        description: 'Which instances, and which files.',
      }),
    },
    resolve: (_root, { input: { ids, keysOnly } }, { instanceFiles, viewer }) =>
      instanceFiles.update(viewer, ids, keysOnly ?? false),
  }),
)

const bulkCommands = { PauseInstances: 'pause', ResumeInstances: 'resume', KillInstances: 'kill' } as const

for (const [name, command] of Object.entries(bulkCommands)) {
  const input = builder.inputType(`${name}Input`, {
    description: 'Which instances.',
    fields: (t) => ({ ids: t.idList({ required: true, description: IDS }) }),
  })
  builder.mutationField(lowerFirst(name), (t) =>
    t.field({
      type: [InstanceResult],
      description: `As ${command}Instance, for several: one result per id, in their order. A refusal does not stop the others.`,
      args: { input: t.arg({ type: input, required: true, description: 'Which instances.' }) },
      resolve: (_root, { input: { ids } }, { instances, viewer }) => instances.bulk(viewer, { command, ids }),
    }),
  )
}

function lowerFirst(name: string): string {
  return `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`
}
