import { builder } from '../graphql/builder.ts'
import { LemonadeLoad } from './graphql.ts'
import { LemonadePull } from './graphql-models.ts'
import type { Variants } from './model.ts'

const Variant = builder.objectRef<Variants['variants'][number]>('LemonadeVariant').implement({
  description: 'One size of a model.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name, which goes behind a colon: owner/repository:NAME.' }),
    sizeBytes: t.exposeFloat('sizeBytes', { nullable: true, description: 'Size of its files.' }),
    files: t.exposeInt('files', { description: 'How many files it has.' }),
  }),
})

const VariantsType = builder.objectRef<Variants>('LemonadeVariants').implement({
  description: 'What a repository has to pull.',
  fields: (t) => ({
    checkpoint: t.exposeString('checkpoint', { description: 'The repository.' }),
    recipe: t.exposeString('recipe', { nullable: true, description: 'What would run it.' }),
    suggestedName: t.exposeString('suggestedName', { nullable: true, description: 'A name for it.' }),
    suggestedLabels: t.exposeStringList('suggestedLabels', { description: 'What it can do.' }),
    variants: t.expose('variants', { type: [Variant], description: 'Its sizes.' }),
    pictureFiles: t.exposeStringList('pictureFiles', {
      description: 'Files of which it needs one to understand pictures, for mmproj; often there is none.',
    }),
  }),
})

builder.queryField('lemonadeVariants', (t) =>
  t.field({
    type: VariantsType,
    description: 'What a repository of the model hub has to pull. UPSTREAM_FAILED when the hub does not say.',
    args: { checkpoint: t.arg.string({ required: true, description: 'owner/repository.' }) },
    resolve: (_root, { checkpoint }, { lemonade, viewer }) => lemonade.variants(viewer, checkpoint),
  }),
)

const PullModelInput = builder.inputType('PullModelInput', {
  description: 'What to download.',
  fields: (t) => ({
    model: t.string({
      required: true,
      description: 'A name of the catalogue, or a new one that begins with user. and has a checkpoint and a recipe.',
    }),
    checkpoint: t.string({ description: 'owner/repository:variant, for a new model.' }),
    recipe: t.string({ description: 'What is to run a new model, such as llamacpp.' }),
    vision: t.boolean({ description: 'A new model understands pictures.' }),
    embedding: t.boolean({ description: 'A new model is for embeddings.' }),
    reranking: t.boolean({ description: 'A new model is for reranking.' }),
    mmproj: t.string({ description: 'File of the repository with which a new model understands pictures.' }),
  }),
})

const LoadModelInput = builder.inputType('LoadModelInput', {
  description: 'What to load, and how.',
  fields: (t) => ({
    model: t.string({ required: true, description: 'Name of the model.' }),
    contextSize: t.int({ description: 'Tokens of context over all slots, 1 to 10000000; left out, Lemonade picks.' }),
    parallel: t.int({ description: 'Requests it serves at once, 1 to 256: its slots.' }),
    llamacppArgs: t.string({ description: 'Further arguments of llama.cpp.' }),
    llamacppBackend: t.string({ description: 'Backend of llama.cpp, such as vulkan.' }),
    saveOptions: t.boolean({ defaultValue: false, description: 'Take these for later loads of the model, too.' }),
  }),
})

const itsModel = { required: true, description: 'Name of the model.' } as const
const itsPull = { required: true, description: 'Id of the download.' } as const

builder.mutationFields((t) => ({
  pullModel: t.field({
    type: LemonadePull,
    description:
      'Begins to download a model. Lemonade does it by itself; how it goes on is told by lemonadePullsChanged.',
    args: { input: t.arg({ type: PullModelInput, required: true, description: 'What to download.' }) },
    resolve: (_root, { input }, { lemonade, viewer }) => lemonade.pull(viewer, input),
  }),
  cancelPull: t.boolean({
    description: 'Ends a download. What came of it stays, so that pulling again goes on from there.',
    args: { id: t.arg.string(itsPull) },
    resolve: (_root, { id }, { lemonade, viewer }) => lemonade.cancelPull(viewer, id),
  }),
  dismissPull: t.boolean({
    description: 'Takes a download that has ended off the list.',
    args: { id: t.arg.string(itsPull) },
    resolve: (_root, { id }, { lemonade, viewer }) => lemonade.dismissPull(viewer, id),
  }),
  loadModel: t.field({
    type: LemonadeLoad,
    description:
      'Begins to load a model, and answers at once; how it goes on is told by lemonadeStatusChanged (loads).',
    args: { input: t.arg({ type: LoadModelInput, required: true, description: 'What to load, and how.' }) },
    resolve: (_root, { input }, { lemonade, viewer }) => lemonade.load(viewer, input),
  }),
  dismissLoad: t.boolean({
    description: 'Forgets a load that failed or got lost. Returns whether there was one.',
    args: { model: t.arg.string(itsModel) },
    resolve: (_root, { model }, { lemonade, viewer }) => lemonade.dismissLoad(viewer, model),
  }),
  unloadModel: t.boolean({
    description: 'Takes a model out of memory. Whoever asks it something at the moment gets no answer.',
    args: { model: t.arg.string({ description: 'Name of the model; left out or null, all are taken out.' }) },
    resolve: (_root, { model }, { lemonade, viewer }) => lemonade.unload(viewer, model ?? null),
  }),
  deleteModel: t.boolean({
    description: "Deletes a model's files, and takes it out of memory first.",
    args: { model: t.arg.string(itsModel) },
    resolve: (_root, { model }, { lemonade, viewer }) => lemonade.delete(viewer, model),
  }),
}))
