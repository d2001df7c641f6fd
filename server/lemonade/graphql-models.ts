import { builder } from '../graphql/builder.ts'
import { asOf, upstreamError } from '../graphql/upstream.ts'
import type { Snapshot } from '../upstream/polled-resource.ts'
import { PEEK, WATCH } from './graphql.ts'
import type { Model } from './model.ts'

const LemonadeModel = builder.objectRef<Model>('LemonadeModel').implement({
  description: "A model on Lemonade's disk or in its catalog.",
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name to load it by.' }),
    checkpoint: t.exposeString('checkpoint', { nullable: true, description: 'Repository and variant.' }),
    recipe: t.exposeString('recipe', { nullable: true, description: 'What runs it, such as llamacpp.' }),
    labels: t.exposeStringList('labels', { description: 'What it can do, such as vision.' }),
    downloaded: t.exposeBoolean('downloaded', { description: "Whether it is on Lemonade's disk." }),
    suggested: t.exposeBoolean('suggested', { description: 'Whether Lemonade suggests it.' }),
    custom: t.exposeBoolean('custom', { description: 'Whether an organizer added it to the catalog.' }),
    sizeGib: t.exposeFloat('sizeGib', {
      nullable: true,
      description: 'Size of its files; null when unknown or close to zero.',
    }),
    contextSize: t.exposeInt('contextSize', {
      nullable: true,
      description: 'Tokens of context: as loaded, otherwise the maximum.',
    }),
    maxContext: t.exposeInt('maxContext', { nullable: true, description: 'Tokens of context it was trained for.' }),
  }),
})

const Models = builder.objectRef<Snapshot<Model[]>>('LemonadeModels').implement({
  description: "Models on Lemonade's disk and in its catalog.",
  fields: (t) => ({
    asOf: t.field({ ...asOf, resolve: ({ at }) => at }),
    error: t.expose('error', upstreamError),
    models: t.field({
      type: [LemonadeModel],
      description: 'Downloaded ones first, each part sorted by name.',
      resolve: ({ value }) => value ?? [],
    }),
  }),
})

builder.queryField('lemonadeModels', (t) =>
  t.field({
    type: Models,
    description: `The models. ${PEEK}`,
    resolve: (_root, _args, { lemonade, viewer }) => lemonade.resources(viewer).models.peek(),
  }),
)

builder.subscriptionField('lemonadeModelsChanged', (t) =>
  t.field({
    type: Models,
    description: `The models. ${WATCH}`,
    subscribe: (_root, _args, { lemonade, viewer, replayNewest }) => {
      replayNewest()
      return lemonade.resources(viewer).models.watch()
    },
    resolve: (models) => models,
  }),
)

const DeleteModelInput = builder.inputType('DeleteModelInput', {
  description: 'Which model to delete.',
  fields: (t) => ({ model: t.string({ required: true, description: 'Name of the model.' }) }),
})

builder.mutationField('deleteModel', (t) =>
  t.boolean({
    description: "Deletes a model's files, and unloads it first.",
    args: { input: t.arg({ type: DeleteModelInput, required: true, description: 'Which model.' }) },
    resolve: (_root, { input }, { lemonade, viewer }) => lemonade.delete(viewer, input.model),
  }),
)
