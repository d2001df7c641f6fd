import { builder } from '../graphql/builder.ts'
import { asOf, trouble } from '../graphql/upstream.ts'
import type { Snapshot } from '../upstream/polled-resource.ts'
import type { Model, Pull } from './model.ts'

const ModelType = builder.objectRef<Model>('LemonadeModel').implement({
  description: 'A model that is downloaded, or that could be.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name, by which it is loaded.' }),
    checkpoint: t.exposeString('checkpoint', { nullable: true, description: 'Repository and variant.' }),
    recipe: t.exposeString('recipe', { nullable: true, description: 'What runs it, such as llamacpp.' }),
    labels: t.exposeStringList('labels', { description: 'What it can do, such as vision.' }),
    downloaded: t.exposeBoolean('downloaded', { description: 'Whether it is on the disk of Lemonade.' }),
    suggested: t.exposeBoolean('suggested', { description: 'Whether Lemonade suggests it.' }),
    custom: t.exposeBoolean('custom', { description: 'Whether an organizer added it to the catalogue.' }),
    sizeGb: t.exposeFloat('sizeGb', {
      nullable: true,
      description: 'Size in GB; null when unknown, or next to nothing.',
    }),
    contextSize: t.exposeInt('contextSize', {
      nullable: true,
      description: 'Tokens of context: as loaded, else at most.',
    }),
    maxContext: t.exposeInt('maxContext', { nullable: true, description: 'Tokens of context it was trained for.' }),
  }),
})

/** Its models. */
export const Models = builder.objectRef<Snapshot<Model[]>>('LemonadeModels').implement({
  description: "Models on Lemonade's disk and in its catalogue.",
  fields: (t) => ({
    asOf: t.field({ ...asOf, resolve: ({ at }) => at }),
    trouble: t.expose('error', trouble),
    models: t.field({
      type: [ModelType],
      description: 'Downloaded ones first, each by name.',
      resolve: ({ value }) => value ?? [],
    }),
  }),
})

const PULL_WORDS: Record<Pull['state'], { description: string }> = {
  DOWNLOADING: { description: 'Bytes come.' },
  RETRYING: { description: 'No byte has come for a while: Lemonade waits, up to two minutes, and tries again.' },
  PAUSED: { description: 'Somebody paused it, elsewhere.' },
  COMPLETED: { description: 'The model is there.' },
  FAILED: { description: 'It ended with an error.' },
  CANCELLED: { description: 'Somebody ended it. What came of it stays.' },
}

const PullState = builder.enumType('LemonadePullState', { description: 'How a download goes.', values: PULL_WORDS })

/** A download of a model. */
export const LemonadePull = builder.objectRef<Pull>('LemonadePull').implement({
  description:
    'A download that Lemonade does in the background. RETRYING: no byte has come for a while, and it tries again.',
  fields: (t) => ({
    id: t.exposeString('id', { description: 'By which it is cancelled or dismissed.' }),
    model: t.exposeString('model', { description: 'The model.' }),
    state: t.expose('state', { type: PullState, description: 'How it goes.' }),
    percent: t.exposeFloat('percent', {
      nullable: true,
      description: 'Of all its files; null while their size is unknown.',
    }),
    file: t.exposeString('file', { nullable: true, description: 'The file it is at.' }),
    fileIndex: t.exposeInt('fileIndex', { nullable: true, description: 'The place of that file, from 1.' }),
    totalFiles: t.exposeInt('totalFiles', { nullable: true, description: 'How many files there are.' }),
    bytesDone: t.exposeFloat('bytesDone', { nullable: true, description: 'Bytes of all files that are there.' }),
    bytesTotal: t.exposeFloat('bytesTotal', { nullable: true, description: 'Bytes of all files.' }),
    bytesPerSecond: t.exposeFloat('bytesPerSecond', {
      nullable: true,
      description: 'Its speed; null unless it moves.',
    }),
    quietSince: t.expose('quietSince', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when no byte has come.',
    }),
    error: t.exposeString('error', { nullable: true, description: 'Why it failed.' }),
  }),
})

/** Its downloads. */
export const Pulls = builder.objectRef<Snapshot<Pull[]>>('LemonadePulls').implement({
  description: 'Downloads under way, and those that ended and were not dismissed.',
  fields: (t) => ({
    asOf: t.field({ ...asOf, resolve: ({ at }) => at }),
    trouble: t.expose('error', trouble),
    pulls: t.field({
      type: [LemonadePull],
      description: 'As Lemonade lists them.',
      resolve: ({ value }) => value ?? [],
    }),
  }),
})
