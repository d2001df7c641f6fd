import { builder } from '../graphql/builder.ts'
import { asOf, trouble } from '../graphql/upstream.ts'
import type { Snapshot } from '../upstream/polled-resource.ts'
import { type Device, type Load, type LoadedModel, type Sample, type Slot, type Stats, type System } from './model.ts'
import type { LemonadeStatus, LemonadeService } from './service.ts'

declare module '../graphql/context.ts' {
  interface Services {
    lemonade: LemonadeService
  }
}

const LemonadeLoadedModel = builder.objectRef<LoadedModel>('LemonadeLoadedModel').implement({
  description: 'A model that Lemonade has in memory.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name.' }),
    checkpoint: t.exposeString('checkpoint', { nullable: true, description: 'Repository and variant it comes from.' }),
    recipe: t.exposeString('recipe', { nullable: true, description: 'What runs it, such as llamacpp.' }),
    type: t.exposeString('type', { nullable: true, description: 'What it is for, such as llm or embedding.' }),
    state: t.exposeString('state', { nullable: true, description: 'As Lemonade says, such as ready or in_use.' }),
    busy: t.exposeBoolean('busy', { description: 'Whether it works on a request.' }),
    alive: t.exposeBoolean('alive', { description: 'Whether the program that runs it does.' }),
    pinned: t.exposeBoolean('pinned', { description: 'Whether it stays when room is needed for others.' }),
    contextSize: t.exposeInt('contextSize', { nullable: true, description: 'Tokens of context, over all slots.' }),
    maxContext: t.exposeInt('maxContext', { nullable: true, description: 'Tokens of context it was trained for.' }),
    slots: t.exposeInt('slots', { description: 'Requests it serves at once.' }),
  }),
})

const LoadState = builder.enumType('LemonadeLoadState', {
  description: 'How a load goes.',
  values: {
    LOADING: { description: 'It is under way.' },
    FAILED: { description: 'It failed; told until somebody dismisses it, or loads the model again.' },
    LOST: {
      description:
        'THON was restarted meanwhile, and is not told how it ends; known as the others until the model is in memory.',
    },
  } as const,
})

/** A load that THON asked for. */
export const LemonadeLoad = builder.objectRef<Load>('LemonadeLoad').implement({
  description: 'A load that was asked for here. Lemonade itself names a model only once it is ready.',
  fields: (t) => ({
    model: t.exposeString('model', { description: 'The model.' }),
    state: t.expose('state', { type: LoadState, description: 'How it goes.' }),
    since: t.expose('since', { type: 'DateTime', description: 'When it was asked for.' }),
    by: t.exposeString('by', { description: 'Who asked for it.' }),
    message: t.exposeString('message', { nullable: true, description: 'Why it failed; null while it is under way.' }),
  }),
})

/** The LLM server. */
export const Status = builder.objectRef<LemonadeStatus>('LemonadeStatus').implement({
  description: 'The LLM server (Lemonade): whether it is there, how it is reached, and what it has in memory.',
  fields: (t) => ({
    endpoint: t.exposeString('endpoint', { description: 'Where THON asks it.' }),
    openaiUrl: t.exposeString('openaiUrl', { description: 'Base URL for clients of OpenAI.' }),
    hasApiKey: t.exposeBoolean('hasApiKey', { description: 'Whether LEMONADE_API_KEY is set.' }),
    hasAdminKey: t.exposeBoolean('hasAdminKey', { description: 'Whether LEMONADE_ADMIN_API_KEY is set.' }),
    online: t.boolean({
      nullable: true,
      description: 'Whether it answers, be it that it refuses the key; null before it was asked.',
      resolve: ({ at, error: now }) => (now ? now.kind === 'UNAUTHORIZED' || now.kind === 'FAULTY' : at ? true : null),
    }),
    asOf: t.field({ ...asOf, resolve: ({ at }) => at }),
    trouble: t.expose('error', trouble),
    version: t.string({ nullable: true, description: 'Its version.', resolve: ({ value }) => value?.version }),
    model: t.string({
      nullable: true,
      description: 'The model in memory that was used last; null when there is none.',
      resolve: ({ value }) => value?.model,
    }),
    contextSize: t.int({
      nullable: true,
      description: 'Tokens of context of that model, over all its slots.',
      resolve: ({ value }) => current(value)?.contextSize,
    }),
    users: t.int({
      nullable: true,
      description: 'How many people that model serves at once: its slots.',
      resolve: ({ value }) => current(value)?.slots,
    }),
    webSocketPort: t.int({
      nullable: true,
      description: 'Port of its WebSocket server; null while that is down.',
      resolve: ({ value }) => value?.webSocketPort,
    }),
    loaded: t.field({
      type: [LemonadeLoadedModel],
      description: 'The models in memory.',
      resolve: ({ value }) => value?.loaded ?? [],
    }),
    loads: t.expose('loads', {
      type: [LemonadeLoad],
      description: 'Loads under way, and those that failed or got lost.',
    }),
  }),
})

function current(value: LemonadeStatus['value']): LoadedModel | undefined {
  return value?.loaded.find(({ name }) => name === value.model) ?? value?.loaded[0]
}

const SampleType = builder.objectRef<Sample>('LemonadeSample').implement({
  description: 'The figures at one moment.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'When.' }),
    timeToFirstToken: t.exposeFloat('timeToFirstToken', {
      nullable: true,
      description: 'Of the last request, in seconds.',
    }),
    tokensPerSecond: t.exposeFloat('tokensPerSecond', { nullable: true, description: 'Of the last request.' }),
    inputTokens: t.exposeInt('inputTokens', { nullable: true, description: 'Of the last request.' }),
    outputTokens: t.exposeInt('outputTokens', { nullable: true, description: 'Of the last request.' }),
    requests: t.exposeInt('requests', { nullable: true, description: 'Requests since Lemonade started.' }),
    cpuPercent: t.exposeFloat('cpuPercent', { nullable: true, description: 'Load of all processors.' }),
    memoryGib: t.exposeFloat('memoryGib', { nullable: true, description: 'Memory in use, in GiB.' }),
  }),
})

/** How fast it answers. */
export const StatsType = builder.objectRef<Snapshot<Stats & { samples: Sample[] }>>('LemonadeStats').implement({
  description: 'How fast Lemonade answers, and how busy its machine is. Figures of requests are null before the first.',
  fields: (t) => ({
    asOf: t.field({ ...asOf, resolve: ({ at }) => at }),
    trouble: t.expose('error', trouble),
    timeToFirstToken: t.float({
      nullable: true,
      description: 'Until the first token of the last answer, in seconds.',
      resolve: ({ value }) => value?.timeToFirstToken,
    }),
    tokensPerSecond: t.float({
      nullable: true,
      description: 'Of the last answer.',
      resolve: ({ value }) => value?.tokensPerSecond,
    }),
    inputTokens: t.int({
      nullable: true,
      description: 'Of the last request, without those that were in the cache.',
      resolve: ({ value }) => value?.inputTokens,
    }),
    outputTokens: t.int({
      nullable: true,
      description: 'Of the last answer.',
      resolve: ({ value }) => value?.outputTokens,
    }),
    cacheTokens: t.int({
      nullable: true,
      description: 'Further tokens of the last request, which were in the cache.',
      resolve: ({ value }) => value?.cacheTokens,
    }),
    requestsTotal: t.int({
      nullable: true,
      description: 'Requests since Lemonade started.',
      resolve: ({ value }) => value?.requestsTotal,
    }),
    inputTokensTotal: t.float({
      nullable: true,
      description: 'Tokens taken in since Lemonade started.',
      resolve: ({ value }) => value?.inputTokensTotal,
    }),
    outputTokensTotal: t.float({
      nullable: true,
      description: 'Tokens given out since Lemonade started.',
      resolve: ({ value }) => value?.outputTokensTotal,
    }),
    samples: t.field({
      type: [SampleType],
      description: 'The last ten minutes, as far as somebody watched, the oldest first. In frames: only the newest.',
      resolve: ({ value }) => value?.samples ?? [],
    }),
  }),
})

builder.objectFields(StatsType, (t) => ({
  cpuPercent: t.float({
    nullable: true,
    description: 'Load of all processors.',
    resolve: ({ value }) => value?.cpuPercent,
  }),
  memoryGib: t.float({
    nullable: true,
    description: 'Memory in use, in GiB.',
    resolve: ({ value }) => value?.memoryGib,
  }),
  gpuPercent: t.float({ nullable: true, description: 'Load of the GPU.', resolve: ({ value }) => value?.gpuPercent }),
  vramGib: t.float({
    nullable: true,
    description: 'Memory of the GPU in use, in GiB.',
    resolve: ({ value }) => value?.vramGib,
  }),
  npuPercent: t.float({ nullable: true, description: 'Load of the NPU.', resolve: ({ value }) => value?.npuPercent }),
}))

const SlotType = builder.objectRef<Slot>('LemonadeSlot').implement({
  description: 'One of the requests that the model used last serves at once.',
  fields: (t) => ({
    id: t.exposeInt('id', { description: 'Its number, from 0.' }),
    processing: t.exposeBoolean('processing', { description: 'Whether it works on a request.' }),
    contextSize: t.exposeInt('contextSize', { nullable: true, description: 'Tokens of context it has.' }),
    tokens: t.exposeInt('tokens', {
      nullable: true,
      description: 'Tokens of its context in use; while it is idle those it keeps, for a request that begins alike.',
    }),
    inputTokens: t.exposeInt('inputTokens', {
      nullable: true,
      description: 'Tokens of its request that were read so far; null while it is idle.',
    }),
    cachedTokens: t.exposeInt('cachedTokens', {
      nullable: true,
      description: 'Those of them that were in the cache; null while it is idle.',
    }),
    outputTokens: t.exposeInt('outputTokens', {
      nullable: true,
      description: 'Tokens given out so far; null while it is idle.',
    }),
  }),
})

/** Its slots. */
export const Slots = builder.objectRef<Snapshot<Slot[]>>('LemonadeSlots').implement({
  description: 'The slots of the model that was used last; none while nothing is loaded.',
  fields: (t) => ({
    asOf: t.field({ ...asOf, resolve: ({ at }) => at }),
    trouble: t.expose('error', trouble),
    slots: t.field({ type: [SlotType], description: 'By number.', resolve: ({ value }) => value ?? [] }),
  }),
})

const DEVICE_WORDS: Record<Device['kind'], { description: string }> = {
  CPU: { description: 'The processor.' },
  AMD_GPU: { description: 'A GPU of AMD.' },
  NVIDIA_GPU: { description: 'A GPU of NVIDIA.' },
  NPU: { description: 'A neural processor.' },
}

const DeviceKind = builder.enumType('LemonadeDeviceKind', {
  description: 'What kind of processor it is.',
  values: DEVICE_WORDS,
})

const DeviceType = builder.objectRef<Device>('LemonadeDevice').implement({
  description: 'A processor that models could run on.',
  fields: (t) => ({
    kind: t.expose('kind', { type: DeviceKind, description: 'What kind it is.' }),
    name: t.exposeString('name', { description: 'Its name; empty when it is not there.' }),
    available: t.exposeBoolean('available', { description: 'Whether it is there and can be used.' }),
    detail: t.exposeString('detail', { nullable: true, description: 'What it has, or why it cannot be used.' }),
  }),
})

const Storage = builder.objectRef<NonNullable<System['storage']>>('LemonadeStorage').implement({
  description: 'Where models are kept.',
  fields: (t) => ({
    path: t.exposeString('path', { nullable: true, description: 'Folder on the machine of Lemonade.' }),
    usedBytes: t.exposeFloat('usedBytes', { nullable: true, description: 'In use on that disk.' }),
    totalBytes: t.exposeFloat('totalBytes', { nullable: true, description: 'Size of that disk.' }),
    freeBytes: t.exposeFloat('freeBytes', { nullable: true, description: 'Free on that disk.' }),
  }),
})

/** Its machine. */
export const SystemType = builder.objectRef<Snapshot<System>>('LemonadeSystem').implement({
  description: 'The machine that Lemonade runs on.',
  fields: (t) => ({
    asOf: t.field({ ...asOf, resolve: ({ at }) => at }),
    trouble: t.expose('error', trouble),
    os: t.string({ nullable: true, description: 'Operating system.', resolve: ({ value }) => value?.os }),
    processor: t.string({ nullable: true, description: 'Processor.', resolve: ({ value }) => value?.processor }),
    memory: t.string({
      nullable: true,
      description: 'Memory, such as 23.54 GB.',
      resolve: ({ value }) => value?.memory,
    }),
    devices: t.field({
      type: [DeviceType],
      description: 'Its processors.',
      resolve: ({ value }) => value?.devices ?? [],
    }),
    storage: t.field({
      type: Storage,
      nullable: true,
      description: 'Where models are kept.',
      resolve: ({ value }) => value?.storage,
    }),
  }),
})
