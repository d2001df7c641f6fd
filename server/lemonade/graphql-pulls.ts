import { builder } from '../graphql/builder.ts'
import { asOf, upstreamError } from '../graphql/upstream.ts'
import type { Snapshot } from '../upstream/polled-resource.ts'
import { PEEK, WATCH } from './graphql.ts'
import type { Pull, Variants } from './model.ts'

const STATES: Record<Pull['state'], { description: string }> = {
  DOWNLOADING: { description: 'Bytes are arriving.' },
  RETRYING: { description: 'No byte has arrived for a while. Lemonade waits, up to two minutes, and tries again.' },
  PAUSED: { description: 'Someone paused it in Lemonade.' },
  COMPLETED: { description: 'The model is on the disk.' },
  FAILED: { description: 'It stopped with an error.' },
  CANCELED: { description: 'Someone canceled it. Its files stay, so that pulling again resumes there.' },
}

const PullState = builder.enumType('LemonadePullState', { description: 'How a download is going.', values: STATES })

const LemonadePull = builder.objectRef<Pull>('LemonadePull').implement({
  description: 'A download that Lemonade runs in the background.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'For cancelPull and deletePull.' }),
    model: t.exposeString('model'),
    state: t.expose('state', { type: PullState }),
    percent: t.exposeFloat('percent', {
      nullable: true,
      description: 'Of all files; null while their size is unknown.',
    }),
    file: t.exposeString('file', { nullable: true, description: 'The current file.' }),
    fileIndex: t.exposeInt('fileIndex', { nullable: true, description: 'Number of the current file, from 1.' }),
    totalFiles: t.exposeInt('totalFiles', { nullable: true, description: 'How many files there are.' }),
    bytesDone: t.exposeFloat('bytesDone', { nullable: true, description: 'Bytes downloaded, of all files.' }),
    bytesTotal: t.exposeFloat('bytesTotal', { nullable: true, description: 'Size of all files.' }),
    bytesPerSecond: t.exposeFloat('bytesPerSecond', {
      nullable: true,
      description: 'Null while no bytes are arriving.',
    }),
    quietSince: t.expose('quietSince', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when no byte has arrived, although the download is active.',
    }),
    error: t.exposeString('error', { nullable: true, description: 'Why it failed.' }),
  }),
})

const Pulls = builder.objectRef<Snapshot<Pull[]>>('LemonadePulls').implement({
  description: 'Downloads in progress, and finished ones that were not deleted from the list.',
  fields: (t) => ({
    asOf: t.field({ ...asOf, resolve: ({ at }) => at }),
    error: t.expose('error', upstreamError),
    pulls: t.field({
      type: [LemonadePull],
      description: "In Lemonade's order.",
      resolve: ({ value }) => value ?? [],
    }),
  }),
})

const Variant = builder.objectRef<Variants['variants'][number]>('LemonadeVariant').implement({
  description: 'One size of a model.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What follows the colon in owner/repository:variant.' }),
    sizeBytes: t.exposeFloat('sizeBytes', { nullable: true, description: 'Size of its files.' }),
    files: t.exposeInt('files', { description: 'How many files it has.' }),
  }),
})

const VariantsType = builder.objectRef<Variants>('LemonadeVariants').implement({
  description: 'What a repository of the model hub offers for download.',
  fields: (t) => ({
    checkpoint: t.exposeString('checkpoint', { description: 'The repository.' }),
    recipe: t.exposeString('recipe', { nullable: true, description: 'What would run the model.' }),
    suggestedName: t.exposeString('suggestedName', { nullable: true, description: 'A name for the model.' }),
    suggestedLabels: t.exposeStringList('suggestedLabels', { description: 'What the model can do.' }),
    variants: t.expose('variants', { type: [Variant], description: 'The sizes.' }),
    pictureFiles: t.exposeStringList('pictureFiles', {
      description: 'Files for mmproj: the model needs one of them to understand images. Most repositories have none.',
    }),
  }),
})

builder.queryFields((t) => ({
  lemonadePulls: t.field({
    type: Pulls,
    description: `The downloads. ${PEEK}`,
    resolve: (_root, _args, { lemonade, viewer }) => lemonade.resources(viewer).pulls.peek(),
  }),
  lemonadeVariants: t.field({
    type: VariantsType,
    nullable: true,
    description:
      'What a repository of the model hub offers. Null, with the error UPSTREAM_FAILED, when the hub does not say.',
    args: { checkpoint: t.arg.string({ required: true, description: 'owner/repository.' }) },
    resolve: (_root, { checkpoint }, { lemonade, viewer }) => lemonade.variants(viewer, checkpoint),
  }),
}))

builder.subscriptionField('lemonadePullsChanged', (t) =>
  t.field({
    type: Pulls,
    description: `The downloads. ${WATCH}`,
    subscribe: (_root, _args, { lemonade, viewer, replayNewest }) => {
      replayNewest()
      return lemonade.resources(viewer).pulls.watch()
    },
    resolve: (pulls) => pulls,
  }),
)

const PullModelInput = builder.inputType('PullModelInput', {
  description: 'What to download.',
  fields: (t) => ({
    model: t.string({
      required: true,
      description: 'A name of the catalog, or a new name that starts with user. and has a checkpoint and a recipe.',
    }),
    checkpoint: t.string({ description: 'owner/repository:variant, for a new model.' }),
    recipe: t.string({ description: 'What runs a new model, such as llamacpp.' }),
    vision: t.boolean({ description: 'The new model understands images.' }),
    embedding: t.boolean({ description: 'The new model is for embeddings.' }),
    reranking: t.boolean({ description: 'The new model is for reranking.' }),
    mmproj: t.string({ description: 'File of the repository with which the new model understands images.' }),
  }),
})

const id = { required: true, description: 'Id of the download.' } as const

const CancelPullInput = builder.inputType('CancelPullInput', {
  description: 'Which download to cancel.',
  fields: (t) => ({ id: t.id(id) }),
})

const DeletePullInput = builder.inputType('DeletePullInput', {
  description: 'Which download to delete from the list.',
  fields: (t) => ({ id: t.id(id) }),
})

builder.mutationFields((t) => ({
  pullModel: t.field({
    type: LemonadePull,
    description: 'Starts to download a model. lemonadePullsChanged reports how it goes.',
    args: { input: t.arg({ type: PullModelInput, required: true, description: 'What to download.' }) },
    resolve: (_root, { input }, { lemonade, viewer }) => lemonade.pull(viewer, input),
  }),
  cancelPull: t.boolean({
    description: 'Stops a download. Its files stay, so that pulling again resumes there.',
    args: { input: t.arg({ type: CancelPullInput, required: true, description: 'Which download.' }) },
    resolve: (_root, { input }, { lemonade, viewer }) => lemonade.cancelPull(viewer, input.id),
  }),
  deletePull: t.boolean({
    description: 'Removes a finished download from the list. The model stays.',
    args: { input: t.arg({ type: DeletePullInput, required: true, description: 'Which download.' }) },
    resolve: (_root, { input }, { lemonade, viewer }) => lemonade.deletePull(viewer, input.id),
  }),
}))
