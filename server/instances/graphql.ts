import { OperationTypeNode, type GraphQLResolveInfo } from 'graphql'
import type { Change as RowChange, Ready } from '../core/events.ts'
import { builder, screaming } from '../graphql/builder.ts'
import { EngineKindEnum } from '../engine/graphql.ts'
import { Change } from '../graphql/change.ts'
import { Page, PageInput } from '../graphql/page.ts'
import type { Instance } from '../../prisma/generated/client/client.ts'
import type { InstanceFiles } from './files.ts'
import type { MySandboxService } from './my-sandbox.ts'
import { noticeFor, reasonFor } from './reason.ts'
import type { InstancePage } from './repository.ts'
import type { InstancesService } from './service.ts'
import type { SyncInstanceCommands } from './sync-commands.ts'
import { canDo, COMMANDS, type State } from './sync/lifecycle.ts'

declare module '../graphql/context.ts' {
  interface Services {
    instances: InstancesService
    instanceFiles: InstanceFiles
    mySandbox: MySandboxService
    syncCommands: SyncInstanceCommands
  }
}

const InstanceState = builder.enumType('InstanceState', {
  description: 'What an instance is doing.',
  values: screaming({
    Pending: { description: 'Starting: in line, being created, or code-server does not answer yet.' },
    Running: { description: 'Its sandbox runs and code-server answers.' },
    Pausing: { description: 'Being paused.' },
    Paused: { description: 'Its processes are suspended and keep their memory.' },
    Stopping: { description: 'Being stopped.' },
    Terminated: { description: 'Stopped; its volume is kept.' },
    Failed: { description: 'It did not start, or crashed: see `reason`. Its volume is kept.' },
  }),
})

const InstanceCommand = builder.enumType('InstanceCommand', {
  description: 'A command for an instance.',
  values: screaming({
    pause: { description: 'Suspend its processes.' },
    resume: { description: 'Continue its processes.' },
    restart: { description: 'Stop and start it in place.' },
    kill: { description: 'Stop it for good.' },
    recreate: { description: 'Replace it with a new one.' },
    renew: { description: 'Set when it stops automatically.' },
  }),
})

/** Whether one instance is queried by itself: not in a list, where its log would cost too much, and not pushed. */
function isAlone(info: GraphQLResolveInfo): boolean {
  if (info.operation.operation === OperationTypeNode.SUBSCRIPTION) return false
  for (let path: typeof info.path | undefined = info.path; path; path = path.prev)
    if (typeof path.key === 'number') return false
  return true
}

/** One sandbox, and what THON knows of it. */
export const InstanceType = builder.prismaObject('Instance', {
  description: 'One sandbox: VS Code in the browser for one user, from its creation until it stops.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The same through pauses and restarts; a recreated instance gets a new one.' }),
    groupName: t.exposeString('group', {
      description: 'Name of the group it is for, which may not be in the database.',
    }),
    group: t.prismaField({
      type: 'Group',
      nullable: true,
      description: 'The group of that name; null when it is not in the database.',
      resolve: (query, row, _args, { db }) => db.group.findUnique({ ...query, where: { name: row.group } }),
    }),
    username: t.exposeString('username', {
      description: 'Name of the user it is for, who may not be in the database.',
    }),
    user: t.relation('user', { nullable: true, description: 'That user; null when they are not in the database.' }),
    state: t.field({ type: InstanceState, description: 'What it is doing now.', resolve: (row) => row.state }),
    stateAt: t.expose('stateAt', { type: 'DateTime', description: 'Since when it is in this state.' }),
    reason: t.string({
      nullable: true,
      description: 'Why it failed, or why it stopped without a command. Participants get it without technical details.',
      resolve: (row, _args, { viewer }) => reasonFor(viewer, row),
    }),
    notice: t.string({
      nullable: true,
      description:
        'Which configuration file it started without, and why. Null when it has them all, and for participants.',
      resolve: (row, _args, { viewer }) => noticeFor(viewer, row),
    }),
    commands: t.field({
      type: [InstanceCommand],
      description: 'The commands that its state allows.',
      resolve: (row) => COMMANDS.filter((command) => canDo(row.state, command)),
    }),
    queuePlace: t.int({
      nullable: true,
      description: 'Its place in line to start, 1 being next; null when it is not in line.',
      resolve: (row, _args, { instances }) => instances.queuePlace(row.id),
    }),
    progress: t.string({
      nullable: true,
      description: 'What a slow start is doing, such as "Pulling image 45 %".',
      resolve: (row, _args, { instances }) => instances.progress(row.id),
    }),
    port: t.exposeInt('port', { description: 'Port that code-server listens on inside the sandbox.' }),
    hostPort: t.exposeInt('hostPort', {
      nullable: true,
      description: 'Port of 127.0.0.1 that it is published on; null while it is not.',
    }),
    secure: t.exposeBoolean('secure', {
      description: 'Whether code-server asks for a password; `revealInstancePassword` returns it.',
    }),
    image: t.exposeString('image', { description: 'Image of its sandbox.' }),
    volume: t.exposeString('volume', { description: 'Volume mounted at /workspace.' }),
    engine: t.expose('engine', { type: EngineKindEnum, description: 'The engine that runs it.' }),
    ref: t.exposeString('ref', {
      nullable: true,
      description: "The engine's own id, such as the container id; null while there is no sandbox.",
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When its start was requested.' }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it last started; a resume is not a start. Null before its first start.',
    }),
    endedAt: t.expose('endedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it became TERMINATED or FAILED.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it stops automatically; null for never.',
    }),
  }),
})

builder.prismaObjectFields('Instance', (t) => ({
  url: t.string({
    nullable: true,
    description:
      'Address of its VS Code, by domain, else external IP, else this machine. Null while it is not published.',
    resolve: (row, _args, { addresses }) => addresses.of(row).url,
  }),
  publicUrl: t.string({
    nullable: true,
    description: 'Address by the external IP of the settings; null without one, and while it is not published.',
    resolve: (row, _args, { addresses }) => addresses.of(row).publicUrl,
  }),
  domainUrl: t.string({
    nullable: true,
    description: 'Address by the domain of the settings; null without one, and while it is not published.',
    resolve: (row, _args, { addresses }) => addresses.of(row).domainUrl,
  }),
  logs: t.string({
    description:
      'The last lines that its sandbox printed, oldest first; for a failed one, those before its end. Empty in lists and in subscriptions.',
    args: { lines: t.arg.int({ defaultValue: 50, description: 'How many lines, 1 to 500.' }) },
    resolve: (row, { lines }, { instances }, info) =>
      isAlone(info) ? instances.logs(row, Math.min(Math.max(lines ?? 50, 1), 500)) : '',
  }),
}))

const StateCount = builder.objectRef<{ state: State; count: number }>('InstanceStateCount').implement({
  description: 'The number of instances in a state.',
  fields: (t) => ({
    state: t.expose('state', { type: InstanceState, description: 'A state that has instances.' }),
    count: t.exposeInt('count', { description: 'Instances in it.' }),
  }),
})

const InstancePageType = builder.objectRef<InstancePage>('InstancePage').implement({
  description: 'One page of instances.',
  interfaces: [Page],
  fields: (t) => ({
    items: t.field({ type: [InstanceType], description: 'The instances of this page.', resolve: (page) => page.items }),
    counts: t.field({
      type: [StateCount],
      description: 'How many match the filter in each state, whatever its `states` says.',
      resolve: (page) => page.counts,
    }),
  }),
})

const InstanceFilter = builder.inputType('InstanceFilter', {
  description: 'Which instances to list; all of it has to match.',
  fields: (t) => ({
    search: t.string({ description: 'Part of the group or user name, in upper or lower case.' }),
    states: t.field({ type: [InstanceState], description: 'Only these states; empty means all.' }),
    group: t.string({ description: 'Exactly this group name.' }),
  }),
})

const InstanceSort = builder.inputType('InstanceSort', {
  description: 'The order of a list of instances.',
  fields: (t) => ({
    field: t.field({
      type: builder.enumType('InstanceSortField', {
        description: 'What instances can be sorted by.',
        values: screaming({
          createdAt: { description: 'When its start was requested.' },
          group: { description: 'Name of the group.' },
          username: { description: 'Name of the user.' },
          state: { description: 'Name of the state.' },
          expiresAt: { description: 'When it stops automatically; those without a limit come last.' },
        }),
      }),
      required: true,
      description: 'What to sort by.',
    }),
    descending: t.boolean({ defaultValue: false, description: 'Largest, latest or last first.' }),
  }),
})

builder.queryField('instances', (t) =>
  t.field({
    type: InstancePageType,
    description: 'Instances, newest first unless sorted otherwise.',
    args: {
      filter: t.arg({ type: InstanceFilter, description: 'All by default.' }),
      sort: t.arg({ type: InstanceSort, description: 'Newest first by default.' }),
      page: t.arg({ type: PageInput, description: 'The first 50 by default.' }),
    },
    resolve: (_root, args, { instances, viewer }) => instances.list(viewer, args),
  }),
)

builder.queryField('instance', (t) =>
  t.field({
    type: InstanceType,
    nullable: true,
    description: 'One instance; null when it does not exist or is not yours.',
    args: { id: t.arg.id({ required: true, description: 'Id of the instance.' }) },
    resolve: (_root, { id }, { instances, viewer }) => instances.find(viewer, id),
  }),
)

const InstanceChange = builder.objectRef<RowChange<Instance> | Ready>('InstanceChange').implement({
  description: 'A frame of `instanceChanged`.',
  interfaces: [Change],
  fields: (t) => ({
    instance: t.field({
      type: InstanceType,
      nullable: true,
      description: 'The instance after the change; null with READY.',
      resolve: (change) => change.row,
    }),
  }),
})

builder.subscriptionField('instanceChanged', (t) =>
  t.field({
    type: InstanceChange,
    description: 'Every change of every instance that you may see, whatever caused it.',
    subscribe: (_root, _args, { instances, viewer }) => instances.changes(viewer),
    resolve: (change) => change,
  }),
)

const LaunchFileInput = builder.inputType('LaunchFileInput', {
  description: 'A configuration file for a sandbox, in place of the stored one.',
  fields: (t) => ({
    key: t.string({ required: true, description: 'config_kilo_json or config_vscode_settings.' }),
    content: t.string({ required: true, description: 'JSON, with or without comments; 1 MiB at most.' }),
  }),
})

/** How sandboxes start. */
export const StartOptionsInput = builder.inputType('StartOptionsInput', {
  description: 'How sandboxes start. Whatever is left out is as the server is configured.',
  fields: (t) => ({
    port: t.int({ description: 'Port that code-server listens on inside the sandbox, 1 to 65535.' }),
    secure: t.boolean({ description: 'Whether code-server asks for a password, which THON generates.' }),
    timeoutMinutes: t.int({ description: 'Minutes until it stops, 1 to 525600; SANDBOX_TTL_MINUTES by default.' }),
    image: t.string({ description: 'Image of the sandboxes; SANDBOX_IMAGE by default.' }),
    files: t.field({ type: [LaunchFileInput], description: 'Configuration files in place of the stored ones.' }),
  }),
})
