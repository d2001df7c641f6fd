import { z } from 'zod'

/** What Lemonade serves right now. */
export interface Health {
  version: string | null
  /** The loaded model that was used last; null when none is loaded. */
  model: string | null
  webSocketPort: number | null
  loaded: LoadedModel[]
}

/** A model in memory. */
export interface LoadedModel {
  name: string
  checkpoint: string | null
  recipe: string | null
  type: string | null
  /** Lemonade's own word, such as `ready` or `in_use`. */
  state: string | null
  busy: boolean
  /** Whether its backend is still running. */
  alive: boolean
  pinned: boolean
  /** Tokens, shared by all slots. */
  contextSize: number | null
  /** Tokens that the model was trained for. */
  maxContext: number | null
  /** How many requests it serves at the same time. */
  slots: number
}

/** Figures of the last request, of all requests since Lemonade started, and of the machine. Null is unknown, or before the first request. */
export interface Stats {
  /** Seconds. */
  timeToFirstToken: number | null
  tokensPerSecond: number | null
  inputTokens: number | null
  outputTokens: number | null
  cacheTokens: number | null
  requestsTotal: number | null
  inputTokensTotal: number | null
  outputTokensTotal: number | null
  cpuPercent: number | null
  memoryGib: number | null
  gpuPercent: number | null
  vramGib: number | null
  npuPercent: number | null
}

/** The figures at one point in time. */
export interface Sample extends Pick<
  Stats,
  'timeToFirstToken' | 'tokensPerSecond' | 'inputTokens' | 'outputTokens' | 'cpuPercent' | 'memoryGib'
> {
  at: Date
  /** Requests served since Lemonade started. */
  requests: number | null
}

/** Room for one request in the model that was used last. */
export interface Slot {
  id: number
  processing: boolean
  contextSize: number | null
  /** Tokens of its context in use; an idle slot keeps them for requests that start with the same text. */
  tokens: number | null
  /** Tokens of the request read so far. This and the next two are null while the slot is idle. */
  inputTokens: number | null
  /** How many of them came from the cache. */
  cachedTokens: number | null
  outputTokens: number | null
}

/** A processor that can run models. */
export interface Device {
  kind: 'CPU' | 'AMD_GPU' | 'NVIDIA_GPU' | 'NPU'
  name: string
  available: boolean
  detail: string | null
}

/** The machine Lemonade runs on. */
export interface System {
  os: string | null
  processor: string | null
  memoryGib: number | null
  devices: Device[]
  storage: { path: string | null; usedBytes: number | null; totalBytes: number | null; freeBytes: number | null } | null
}

/** A model on Lemonade's disk or in its catalog. */
export interface Model {
  name: string
  checkpoint: string | null
  recipe: string | null
  labels: string[]
  downloaded: boolean
  suggested: boolean
  /** Registered by an organizer, not from Lemonade's catalog. */
  custom: boolean
  /** Of its files. */
  sizeGib: number | null
  contextSize: number | null
  maxContext: number | null
}

/** A download that Lemonade runs, or ran, in the background. */
export interface Pull {
  id: string
  model: string
  state: 'DOWNLOADING' | 'RETRYING' | 'PAUSED' | 'COMPLETED' | 'FAILED' | 'CANCELED'
  /** Of all files; null when their size is unknown. */
  percent: number | null
  file: string | null
  fileIndex: number | null
  totalFiles: number | null
  bytesDone: number | null
  bytesTotal: number | null
  bytesPerSecond: number | null
  /** Since when no byte has arrived, although the download is active. */
  quietSince: Date | null
  error: string | null
}

/** A load that THON started: in progress, or failed or lost and not deleted yet. */
export interface Load {
  model: string
  state: 'LOADING' | 'FAILED' | 'LOST'
  since: Date
  by: string
  message: string | null
}

/** What a repository of the model hub offers. */
export interface Variants {
  checkpoint: string
  recipe: string | null
  suggestedName: string | null
  suggestedLabels: string[]
  variants: { name: string; sizeBytes: number | null; files: number }[]
  /** A model needs one of these to understand images. */
  pictureFiles: string[]
}

const line = (maxLength: number) =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(maxLength, `must be at most ${maxLength} characters`)
    .regex(/^\P{Cc}*$/u, 'must not contain control characters')

/** The name of a model, with or without the prefix `user.`. */
export const modelInput = z.object({ model: line(200) })

/** What to pull: a model of the catalog by its name, or one from a repository under a new name. */
export const pullInput = z
  .object({
    model: line(200),
    checkpoint: line(300)
      .regex(/^[^/\s]+\/[^/\s]+$/, 'must be owner/repository:variant')
      .nullish(),
    recipe: line(50).nullish(),
    vision: z.boolean().nullish(),
    embedding: z.boolean().nullish(),
    reranking: z.boolean().nullish(),
    mmproj: line(300).nullish(),
  })
  .refine(({ model, checkpoint }) => !checkpoint || model.startsWith('user.'), {
    path: ['model'],
    message: 'must start with user. when a checkpoint is given, such as user.my-model',
  })
  .refine(({ checkpoint, recipe }) => !checkpoint || recipe, {
    path: ['recipe'],
    message: 'is required with a checkpoint, such as llamacpp',
  })

/** How to load a model. */
export const loadInput = z.object({
  model: line(200),
  contextSize: z.number().int().min(1, 'must be 1 to 10000000').max(10_000_000, 'must be 1 to 10000000').nullish(),
  parallel: z.number().int().min(1, 'must be 1 to 256').max(256, 'must be 1 to 256').nullish(),
  llamacppArgs: line(2_000).nullish(),
  llamacppBackend: line(50).nullish(),
  saveOptions: z.boolean().nullish(),
})

/** Sets the number of slots in arguments of llama.cpp. */
export function withSlots(args: string, slots: number): string {
  const others = args.replace(/(^|\s)(-np|--parallel)[\s=]+\S+/g, '').trim()
  return [others, `-np ${slots}`].filter(Boolean).join(' ')
}
