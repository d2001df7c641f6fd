import { OperationTypeNode, type GraphQLResolveInfo } from 'graphql'
import type { Change, Ready } from '../core/events.ts'
import { builder, ChangeKind, screaming } from '../graphql/builder.ts'
import type { Instance } from '../../prisma/generated/client/client.ts'
import { canDo, COMMANDS, type State } from './sync/lifecycle.ts'
import type { InstancePage } from './list.ts'
import type { InstancesService } from './service.ts'
import type { MySandboxService } from './my-sandbox.ts'
import type { SyncInstanceCommands } from './sync-commands.ts'

declare module '../graphql/context.ts' {
  interface Services {
    instances: InstancesService
    mySandbox: MySandboxService
    syncCommands: SyncInstanceCommands
  }
}

const InstanceState = builder.enumType('InstanceState', {
  description: 'Where an instance is in its life.',
  values: screaming({
    Pending: {
      description: 'On its way to Running: waiting for its turn, being made, or code-server does not answer yet.',
    },
    Running: { description: 'Its sandbox runs and code-server answers.' },
    Pausing: { description: 'Being paused.' },
    Paused: { description: 'Its processes are suspended and keep their memory.' },
    Stopping: { description: 'Being ended.' },
    Terminated: { description: 'Ended; its volume is kept.' },
    Failed: { description: 'It did not start, or crashed: `reason` says why. Its volume is kept.' },
  }),
})

const InstanceCommand = builder.enumType('InstanceCommand', {
  description: 'What can be done with an instance.',
  values: screaming({
    pause: { description: 'Suspend its processes.' },
    resume: { description: 'Let its processes go on.' },
    restart: { description: 'Stop and start it in place.' },
    kill: { description: 'End it.' },
    recreate: { description: 'Make a new one in its place.' },
    renew: { description: 'Let it live longer.' },
  }),
})

/** Passwords are shown for one instance asked for by itself, never in lists, and never pushed. */
function isAlone(info: GraphQLResolveInfo): boolean {
  if (info.operation.operation === OperationTypeNode.SUBSCRIPTION) return false
  for (let path: typeof info.path | undefined = info.path; path; path = path.prev)
    if (typeof path.key === 'number') return false
  return true
}

/** One sandbox and what is known of it. */
export const InstanceType = builder.prismaObject('Instance', {
  description: 'One sandbox: a VS Code in the browser for one user, from the command that asked for it to its end.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its id.' }),
    group: t.exposeString('group', { description: 'Name of the group it is for.' }),
    username: t.exposeString('username', { description: 'Name of the user it is for.' }),
    user: t.relation('user', { nullable: true, description: 'That user, when the database knows it.' }),
    state: t.field({
      type: InstanceState,
      description: 'Where it is in its life.',
      resolve: (row) => row.state,
    }),
    stateAt: t.expose('stateAt', { type: 'DateTime', description: 'Since when it is in this state.' }),
    reason: t.exposeString('reason', {
      nullable: true,
      description: 'Why it failed, or how it ended if not by a command.',
    }),
    notice: t.exposeString('notice', {
      nullable: true,
      description: 'Which configuration file it was started without, and why; null when it has them all.',
    }),
    commands: t.field({
      type: [InstanceCommand],
      description: 'What may be done with it in its present state.',
      resolve: (row) => COMMANDS.filter((command) => canDo(row.state, command)),
    }),
    queuePlace: t.int({
      nullable: true,
      description: 'Its place among the starts that wait, 1 being next; null when it does not wait.',
      resolve: (row, _args, { instances }) => instances.queuePlace(row.id),
    }),
    progress: t.string({
      nullable: true,
      description: 'What a slow start is at, such as "Pulling image 45 %".',
      resolve: (row, _args, { instances }) => instances.progress(row.id),
    }),
    port: t.exposeInt('port', { description: 'Port code-server listens on inside the sandbox.' }),
    hostPort: t.exposeInt('hostPort', {
      nullable: true,
      description: 'Port of 127.0.0.1 it is published on; null unless it is.',
    }),
    secure: t.exposeBoolean('secure', { description: 'Whether code-server asks for a password.' }),
    password: t.string({
      nullable: true,
      description: 'That password. Only for an instance asked for by itself: null in lists and in subscriptions.',
      resolve: (row, _args, _context, info) => (isAlone(info) ? row.password : null),
    }),
    image: t.exposeString('image', { description: 'Image of its sandbox.' }),
    volume: t.exposeString('volume', { description: 'Volume mounted at /workspace.' }),
    engine: t.exposeString('engine', { description: 'Which engine runs it.' }),
    ref: t.exposeString('ref', { nullable: true, description: "The engine's own id, such as the container id." }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was asked for.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', nullable: true, description: 'When it last became Running.' }),
    endedAt: t.expose('endedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it became Terminated or Failed.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it will be ended; null for never.',
    }),
    logs: t.string({
      description:
        'The last lines its sandbox printed, oldest first; of a failed one those kept at its end. Not in lists.',
      args: { lines: t.arg.int({ defaultValue: 50, description: 'How many lines, 1 to 500.' }) },
      resolve: (row, { lines }, { instances }, info) =>
        isAlone(info) ? instances.logs(row, Math.min(Math.max(lines ?? 50, 1), 500)) : '',
    }),
  }),
})

builder.prismaObjectFields('Instance', (t) => ({
  url: t.string({
    nullable: true,
    description: 'Where its VS Code opens: by domain, else external IP, else here. Null unless it is published.',
    resolve: (row, _args, { addresses }) => addresses.of(row).url,
  }),
  publicUrl: t.string({
    nullable: true,
    description: 'Where it opens by the external IP of the settings; null without one, or unless it is published.',
    resolve: (row, _args, { addresses }) => addresses.of(row).publicUrl,
  }),
  domainUrl: t.string({
    nullable: true,
    description: 'Where it opens by the domain of the settings; null without one, or unless it is published.',
    resolve: (row, _args, { addresses }) => addresses.of(row).domainUrl,
  }),
}))

const StateCount = builder.objectRef<{ state: State; count: number }>('InstanceStateCount').implement({
  description: 'How many instances are in a state.',
  fields: (t) => ({
    state: t.expose('state', { type: InstanceState, description: 'The state.' }),
    count: t.exposeInt('count', { description: 'How many.' }),
  }),
})

const Page = builder.objectRef<InstancePage>('InstancePage').implement({
  description: 'One page of a list of instances.',
  fields: (t) => ({
    items: t.field({ type: [InstanceType], description: 'The instances of this page.', resolve: (page) => page.items }),
    total: t.exposeInt('total', { description: 'How many match the filter, on all pages.' }),
    number: t.exposeInt('number', { description: 'Number of this page, from 1.' }),
    size: t.exposeInt('size', { description: 'Instances a page holds at most.' }),
    counts: t.field({
      type: [StateCount],
      description: 'How many match the filter in each state, its `states` left aside.',
      resolve: (page) => page.counts,
    }),
  }),
})

const InstanceFilter = builder.inputType('InstanceFilter', {
  description: 'Which instances to list; everything given has to match.',
  fields: (t) => ({
    search: t.string({ description: 'Part of the group or user name, in any case.' }),
    states: t.field({ type: [InstanceState], description: 'Only these states; empty is all.' }),
    group: t.string({ description: 'Exactly this group.' }),
  }),
})

const InstanceSort = builder.inputType('InstanceSort', {
  description: 'The order of a list of instances.',
  fields: (t) => ({
    field: t.field({
      type: builder.enumType('InstanceSortField', {
        description: 'What instances can be sorted by.',
        values: screaming({
          createdAt: { description: 'When it was asked for.' },
          group: { description: 'Name of its group.' },
          username: { description: 'Name of its user.' },
          state: { description: 'Its state, by name.' },
          expiresAt: { description: 'When it will be ended; those that never are come last.' },
        }),
      }),
      required: true,
      description: 'What to sort by.',
    }),
    descending: t.boolean({ defaultValue: false, description: 'Largest, latest or last first.' }),
  }),
})

/** Which page of a list. */
export const PageInput = builder.inputType('PageInput', {
  description: 'Which page of a list.',
  fields: (t) => ({
    number: t.int({ defaultValue: 1, description: 'From 1.' }),
    size: t.int({ defaultValue: 50, description: 'Rows on a page, 1 to 1000.' }),
  }),
})

builder.queryField('instances', (t) =>
  t.field({
    type: Page,
    description: 'Instances, newest first unless sorted otherwise.',
    args: {
      filter: t.arg({ type: InstanceFilter, description: 'Which ones; all by default.' }),
      sort: t.arg({ type: InstanceSort, description: 'In which order.' }),
      page: t.arg({ type: PageInput, description: 'Which page; the first 50 by default.' }),
    },
    resolve: (_root, args, { instances, viewer }) => instances.list(viewer, args),
  }),
)

builder.queryField('instance', (t) =>
  t.field({
    type: InstanceType,
    description: 'One instance. NOT_FOUND when there is none.',
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: (_root, { id }, { instances, viewer }) => instances.get(viewer, id),
  }),
)

const InstanceChange = builder.objectRef<Change<Instance> | Ready>('InstanceChange').implement({
  description: 'A frame of `instanceChanged`.',
  fields: (t) => ({
    kind: t.field({ type: ChangeKind, description: 'What happened.', resolve: (change) => change.kind }),
    id: t.id({ nullable: true, description: 'Which instance; null when READY.', resolve: (change) => change.id }),
    instance: t.field({
      type: InstanceType,
      nullable: true,
      description: 'The instance as that change left it; null when READY.',
      resolve: (change) => change.row,
    }),
  }),
})

builder.subscriptionField('instanceChanged', (t) =>
  t.field({
    type: InstanceChange,
    description: 'Every change of every instance, from whatever side it came.',
    subscribe: (_root, _args, { instances, viewer }) => instances.changes(viewer),
    resolve: (change) => change,
  }),
)

const LaunchFileInput = builder.inputType('LaunchFileInput', {
  description: 'A configuration file for a sandbox in place of the stored one.',
  fields: (t) => ({
    key: t.string({ required: true, description: 'config_kilo_json or config_vscode_settings.' }),
    content: t.string({ required: true, description: 'JSON, with comments or without; 1 MiB at most.' }),
  }),
})

/** How sandboxes are started. */
export const StartOptionsInput = builder.inputType('StartOptionsInput', {
  description: 'How sandboxes are started; what is left out is as usual.',
  fields: (t) => ({
    port: t.int({ description: 'Port code-server listens on inside the sandbox, 1 to 65535; 8443 by default.' }),
    secure: t.boolean({
      description: 'Have code-server ask for a password, which THON makes; it does not by default.',
    }),
    timeoutMinutes: t.int({ description: 'Minutes to live, 1 to 525600; by default as SANDBOX_TTL_MINUTES says.' }),
    image: t.string({ description: 'Image of the sandboxes; SANDBOX_IMAGE by default.' }),
    files: t.field({ type: [LaunchFileInput], description: 'Configuration files in place of the stored ones.' }),
  }),
})
