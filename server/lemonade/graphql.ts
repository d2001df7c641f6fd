import { builder } from '../graphql/builder.ts'
import { asOf, upstreamError } from '../graphql/upstream.ts'
import type { Load, LoadedModel } from './model.ts'
import type { LemonadeService, LemonadeStatus } from './service.ts'

declare module '../graphql/context.ts' {
  interface Services {
    lemonade: LemonadeService
  }
}

/** How every query of this feature answers. */
export const PEEK = 'Answers at once: if Lemonade takes more than a second, with the last known values and their asOf.'
/** How every subscription of this feature sends. */
export const WATCH = 'The current values first, then every change. THON polls Lemonade once for all subscribers.'

const LemonadeLoadedModel = builder.objectRef<LoadedModel>('LemonadeLoadedModel').implement({
  description: 'A model in memory.',
  fields: (t) => ({
    name: t.exposeString('name'),
    checkpoint: t.exposeString('checkpoint', { nullable: true, description: 'Repository and variant it comes from.' }),
    recipe: t.exposeString('recipe', { nullable: true, description: 'What runs it, such as llamacpp.' }),
    type: t.exposeString('type', { nullable: true, description: 'What it is for, such as llm or embedding.' }),
    state: t.exposeString('state', { nullable: true, description: "Lemonade's own word, such as ready or in_use." }),
    busy: t.exposeBoolean('busy', { description: 'Whether it is working on a request.' }),
    alive: t.exposeBoolean('alive', { description: 'Whether its backend is still running.' }),
    pinned: t.exposeBoolean('pinned', { description: 'Whether it stays in memory when other models need room.' }),
    contextSize: t.exposeInt('contextSize', { nullable: true, description: 'Tokens of context, shared by all slots.' }),
    maxContext: t.exposeInt('maxContext', { nullable: true, description: 'Tokens of context it was trained for.' }),
    slots: t.exposeInt('slots', { description: 'How many requests it serves at the same time.' }),
  }),
})

const LoadState = builder.enumType('LemonadeLoadState', {
  description: 'How a load is going.',
  values: {
    LOADING: { description: 'In progress.' },
    FAILED: { description: 'Stays in the list until it is deleted or the model is loaded again.' },
    LOST: {
      description:
        'THON was restarted during the load and cannot know how it ends. Stays until the model is in memory or the load is deleted.',
    },
  } as const,
})

const LemonadeLoad = builder.objectRef<Load>('LemonadeLoad').implement({
  description: 'A load that was started here. Lemonade itself names a model only once it is ready.',
  fields: (t) => ({
    model: t.exposeString('model'),
    state: t.expose('state', { type: LoadState }),
    since: t.expose('since', { type: 'DateTime', description: 'When it was started.' }),
    by: t.exposeString('by', { description: 'Who started it.' }),
    message: t.exposeString('message', { nullable: true, description: 'Why it failed.' }),
  }),
})

const Status = builder.objectRef<LemonadeStatus>('LemonadeStatus').implement({
  description: 'The LLM server (Lemonade): whether it is online, how to reach it, and what it has in memory.',
  fields: (t) => ({
    endpoint: t.exposeString('endpoint', { description: 'Where THON reaches it.' }),
    openaiUrl: t.exposeString('openaiUrl', { description: 'Base URL for OpenAI clients.' }),
    hasApiKey: t.exposeBoolean('hasApiKey', { description: 'Whether LEMONADE_API_KEY is set.' }),
    hasAdminKey: t.exposeBoolean('hasAdminKey', { description: 'Whether LEMONADE_ADMIN_API_KEY is set.' }),
    online: t.boolean({
      nullable: true,
      description: 'Whether it answers, even if it refuses the key; null before the first request.',
      resolve: ({ at, error }) => (error ? error.kind === 'UNAUTHORIZED' || error.kind === 'FAULTY' : at ? true : null),
    }),
    asOf: t.field({ ...asOf, resolve: ({ at }) => at }),
    error: t.expose('error', upstreamError),
    version: t.string({
      nullable: true,
      description: "Lemonade's version.",
      resolve: ({ value }) => value?.version,
    }),
    model: t.string({
      nullable: true,
      description: 'The model in memory that was used last; null when none is loaded.',
      resolve: ({ value }) => value?.model,
    }),
    contextSize: t.int({
      nullable: true,
      description: 'Tokens of context of that model, shared by all its slots.',
      resolve: ({ value }) => currentModel(value)?.contextSize,
    }),
    users: t.int({
      nullable: true,
      description: 'How many requests that model serves at the same time: its slots.',
      resolve: ({ value }) => currentModel(value)?.slots,
    }),
    webSocketPort: t.int({
      nullable: true,
      description: 'Port of its WebSocket server; null while that is not running.',
      resolve: ({ value }) => value?.webSocketPort,
    }),
    loaded: t.field({
      type: [LemonadeLoadedModel],
      description: 'The models in memory.',
      resolve: ({ value }) => value?.loaded ?? [],
    }),
    loads: t.expose('loads', {
      type: [LemonadeLoad],
      description: 'Loads in progress, and those that failed or got lost.',
    }),
  }),
})

function currentModel(value: LemonadeStatus['value']): LoadedModel | undefined {
  return value?.loaded.find(({ name }) => name === value.model) ?? value?.loaded[0]
}

builder.queryField('lemonadeStatus', (t) =>
  t.field({
    type: Status,
    description: `The LLM server. ${PEEK}`,
    resolve: async (_root, _args, { lemonade, viewer }) =>
      lemonade.status(await lemonade.resources(viewer).health.peek()),
  }),
)

builder.subscriptionField('lemonadeStatusChanged', (t) =>
  t.field({
    type: Status,
    description: `The LLM server. ${WATCH}`,
    subscribe: (_root, _args, { lemonade, viewer, replayNewest }) => {
      replayNewest()
      return lemonade.resources(viewer).health.watch()
    },
    resolve: (health, _args, { lemonade }) => lemonade.status(health),
  }),
)

const LoadModelInput = builder.inputType('LoadModelInput', {
  description: 'Which model to load, and how.',
  fields: (t) => ({
    model: t.string({ required: true, description: 'Name of the model.' }),
    contextSize: t.int({
      description: 'Tokens of context over all slots, 1 to 10000000. Lemonade chooses by default.',
    }),
    parallel: t.int({ description: 'How many requests to serve at the same time, 1 to 256: its slots.' }),
    llamacppArgs: t.string({ description: 'More arguments for llama.cpp.' }),
    llamacppBackend: t.string({ description: 'Backend of llama.cpp, such as vulkan.' }),
    saveOptions: t.boolean({ defaultValue: false, description: 'Use these options for later loads of the model too.' }),
  }),
})

const DeleteModelLoadInput = builder.inputType('DeleteModelLoadInput', {
  description: 'Which load to delete.',
  fields: (t) => ({ model: t.string({ required: true, description: 'Name of the model.' }) }),
})

const UnloadModelInput = builder.inputType('UnloadModelInput', {
  description: 'What to unload.',
  fields: (t) => ({ model: t.string({ description: 'Name of the model; without it, all models are unloaded.' }) }),
})

builder.mutationFields((t) => ({
  loadModel: t.field({
    type: LemonadeLoad,
    description: 'Starts to load a model, and answers at once. The loads of lemonadeStatusChanged report how it goes.',
    args: { input: t.arg({ type: LoadModelInput, required: true, description: 'Which model, and how.' }) },
    resolve: (_root, { input }, { lemonade, viewer }) => lemonade.load(viewer, input),
  }),
  deleteModelLoad: t.boolean({
    description: 'Deletes a load that failed or got lost. Returns whether there was one.',
    args: { input: t.arg({ type: DeleteModelLoadInput, required: true, description: 'Which load.' }) },
    resolve: (_root, { input }, { lemonade, viewer }) => lemonade.deleteLoad(viewer, input.model),
  }),
  unloadModel: t.boolean({
    description: 'Removes a model from memory. Requests it is working on get no answer.',
    args: { input: t.arg({ type: UnloadModelInput, required: true, description: 'Which model, or all.' }) },
    resolve: (_root, { input }, { lemonade, viewer }) => lemonade.unload(viewer, input.model ?? null),
  }),
}))
