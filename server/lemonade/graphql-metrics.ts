import { builder } from '../graphql/builder.ts'
import { asOf, upstreamError } from '../graphql/upstream.ts'
import type { Snapshot } from '../upstream/polled-resource.ts'
import { PEEK, WATCH } from './graphql.ts'
import type { Device, Sample, Slot, Stats, System } from './model.ts'

type StatsSnapshot = Snapshot<Stats & { samples: Sample[] }>

const LemonadeSample = builder.objectRef<Sample>('LemonadeSample').implement({
  description: 'The figures at one point in time.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime' }),
    timeToFirstToken: t.exposeFloat('timeToFirstToken', {
      nullable: true,
      description: 'Of the last request, in seconds.',
    }),
    tokensPerSecond: t.exposeFloat('tokensPerSecond', { nullable: true, description: 'Of the last request.' }),
    inputTokens: t.exposeInt('inputTokens', { nullable: true, description: 'Of the last request.' }),
    outputTokens: t.exposeInt('outputTokens', { nullable: true, description: 'Of the last request.' }),
    requests: t.exposeInt('requests', { nullable: true, description: 'Requests since Lemonade started.' }),
    cpuPercent: t.exposeFloat('cpuPercent', { nullable: true, description: 'Load of all processors.' }),
    memoryGib: t.exposeFloat('memoryGib', { nullable: true, description: 'Memory in use.' }),
  }),
})

/** A figure that is null until it is known. */
const figure = (name: keyof Stats, description: string) =>
  ({ nullable: true, description, resolve: ({ value }: StatsSnapshot) => value?.[name] }) as const

const LemonadeStats = builder.objectRef<StatsSnapshot>('LemonadeStats').implement({
  description:
    'How fast Lemonade answers, and how busy its machine is. Figures of requests are null before the first request.',
  fields: (t) => ({
    asOf: t.field({ ...asOf, resolve: ({ at }) => at }),
    error: t.expose('error', upstreamError),
    timeToFirstToken: t.float(figure('timeToFirstToken', 'Of the last request, in seconds.')),
    tokensPerSecond: t.float(figure('tokensPerSecond', 'Of the last request.')),
    inputTokens: t.int(figure('inputTokens', 'Of the last request, not counting those from the cache.')),
    outputTokens: t.int(figure('outputTokens', 'Of the last request.')),
    cacheTokens: t.int(figure('cacheTokens', 'More input tokens of the last request, which came from the cache.')),
    requestsTotal: t.int(figure('requestsTotal', 'Requests since Lemonade started.')),
    inputTokensTotal: t.float(figure('inputTokensTotal', 'Input tokens since Lemonade started.')),
    outputTokensTotal: t.float(figure('outputTokensTotal', 'Output tokens since Lemonade started.')),
    cpuPercent: t.float(figure('cpuPercent', 'Load of all processors.')),
    memoryGib: t.float(figure('memoryGib', 'Memory in use.')),
    gpuPercent: t.float(figure('gpuPercent', 'Load of the GPU.')),
    vramGib: t.float(figure('vramGib', 'Memory of the GPU in use.')),
    npuPercent: t.float(figure('npuPercent', 'Load of the NPU.')),
    samples: t.field({
      type: [LemonadeSample],
      description:
        'The last ten minutes, as far as someone was watching, the oldest first. A subscription sends only the newest.',
      resolve: ({ value }) => value?.samples ?? [],
    }),
  }),
})

const LemonadeSlot = builder.objectRef<Slot>('LemonadeSlot').implement({
  description: 'Room for one request in the model that was used last.',
  fields: (t) => ({
    id: t.exposeInt('id', { description: 'Number of the slot, from 0.' }),
    processing: t.exposeBoolean('processing', { description: 'Whether it is working on a request.' }),
    contextSize: t.exposeInt('contextSize', { nullable: true, description: 'Tokens of context.' }),
    tokens: t.exposeInt('tokens', {
      nullable: true,
      description: 'Tokens of context in use. An idle slot keeps them for requests that start with the same text.',
    }),
    inputTokens: t.exposeInt('inputTokens', {
      nullable: true,
      description: 'Tokens of the request read so far; null while the slot is idle.',
    }),
    cachedTokens: t.exposeInt('cachedTokens', {
      nullable: true,
      description: 'How many of them came from the cache; null while the slot is idle.',
    }),
    outputTokens: t.exposeInt('outputTokens', {
      nullable: true,
      description: 'Tokens written so far; null while the slot is idle.',
    }),
  }),
})

const LemonadeSlots = builder.objectRef<Snapshot<Slot[]>>('LemonadeSlots').implement({
  description: 'The slots of the model that was used last.',
  fields: (t) => ({
    asOf: t.field({ ...asOf, resolve: ({ at }) => at }),
    error: t.expose('error', upstreamError),
    slots: t.field({
      type: [LemonadeSlot],
      description: 'By number; empty while no model is loaded.',
      resolve: ({ value }) => value ?? [],
    }),
  }),
})

const DEVICE_KINDS: Record<Device['kind'], { description: string }> = {
  CPU: { description: 'A processor.' },
  AMD_GPU: { description: 'A GPU by AMD.' },
  NVIDIA_GPU: { description: 'A GPU by NVIDIA.' },
  NPU: { description: 'A neural processor.' },
}

const DeviceKind = builder.enumType('LemonadeDeviceKind', {
  description: 'A kind of processor.',
  values: DEVICE_KINDS,
})

const LemonadeDevice = builder.objectRef<Device>('LemonadeDevice').implement({
  description: 'A processor that can run models.',
  fields: (t) => ({
    kind: t.expose('kind', { type: DeviceKind }),
    name: t.exposeString('name', { description: 'Empty when the machine has no such device.' }),
    available: t.exposeBoolean('available', { description: 'Whether the machine has it and Lemonade can use it.' }),
    detail: t.exposeString('detail', { nullable: true, description: 'Cores and memory, or why it cannot be used.' }),
  }),
})

const LemonadeStorage = builder.objectRef<NonNullable<System['storage']>>('LemonadeStorage').implement({
  description: 'The disk with the models.',
  fields: (t) => ({
    path: t.exposeString('path', { nullable: true, description: "Folder on Lemonade's machine." }),
    usedBytes: t.exposeFloat('usedBytes', { nullable: true, description: 'In use on that disk.' }),
    totalBytes: t.exposeFloat('totalBytes', { nullable: true, description: 'Size of that disk.' }),
    freeBytes: t.exposeFloat('freeBytes', { nullable: true, description: 'Free on that disk.' }),
  }),
})

const LemonadeSystem = builder.objectRef<Snapshot<System>>('LemonadeSystem').implement({
  description: 'The machine that Lemonade runs on.',
  fields: (t) => ({
    asOf: t.field({ ...asOf, resolve: ({ at }) => at }),
    error: t.expose('error', upstreamError),
    os: t.string({ nullable: true, description: 'Operating system.', resolve: ({ value }) => value?.os }),
    processor: t.string({ nullable: true, description: 'Model name.', resolve: ({ value }) => value?.processor }),
    memoryGib: t.float({
      nullable: true,
      description: 'Memory of the machine.',
      resolve: ({ value }) => value?.memoryGib,
    }),
    devices: t.field({
      type: [LemonadeDevice],
      description: 'Its processors.',
      resolve: ({ value }) => value?.devices ?? [],
    }),
    storage: t.field({
      type: LemonadeStorage,
      nullable: true,
      description: 'The disk with the models.',
      resolve: ({ value }) => value?.storage,
    }),
  }),
})

builder.queryFields((t) => ({
  lemonadeStats: t.field({
    type: LemonadeStats,
    description: `How fast Lemonade answers. ${PEEK}`,
    resolve: (_root, _args, { lemonade, viewer }) => lemonade.resources(viewer).stats.peek(),
  }),
  lemonadeSlots: t.field({
    type: LemonadeSlots,
    description: `The slots. ${PEEK}`,
    resolve: (_root, _args, { lemonade, viewer }) => lemonade.resources(viewer).slots.peek(),
  }),
  lemonadeSystem: t.field({
    type: LemonadeSystem,
    description: `The machine. ${PEEK}`,
    resolve: (_root, _args, { lemonade, viewer }) => lemonade.resources(viewer).system.peek(),
  }),
}))

builder.subscriptionFields((t) => ({
  lemonadeStatsChanged: t.field({
    type: LemonadeStats,
    description: `How fast Lemonade answers. ${WATCH}`,
    subscribe: (_root, _args, { lemonade, viewer, replayNewest }) => {
      replayNewest()
      return lemonade.resources(viewer).stats.watch()
    },
    resolve: (stats) => ({
      ...stats,
      value: stats.value && { ...stats.value, samples: stats.value.samples.slice(-1) },
    }),
  }),
  lemonadeSlotsChanged: t.field({
    type: LemonadeSlots,
    description: `The slots. ${WATCH}`,
    subscribe: (_root, _args, { lemonade, viewer, replayNewest }) => {
      replayNewest()
      return lemonade.resources(viewer).slots.watch()
    },
    resolve: (slots) => slots,
  }),
  lemonadeSystemChanged: t.field({
    type: LemonadeSystem,
    description: `The machine. ${WATCH}`,
    subscribe: (_root, _args, { lemonade, viewer, replayNewest }) => {
      replayNewest()
      return lemonade.resources(viewer).system.watch()
    },
    resolve: (system) => system,
  }),
}))
