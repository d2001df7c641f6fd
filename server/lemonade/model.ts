import { z } from 'zod'

/** What Lemonade serves now. */
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
  /** As Lemonade says, such as `ready` or `in_use`. */
  state: string | null
  busy: boolean
  /** Whether its backend still runs. */
  alive: boolean
  pinned: boolean
  /** Tokens, over all slots. */
  contextSize: number | null
  /** Tokens that the model was trained for. */
  maxContext: number | null
  /** Requests it serves at once. */
  slots: number
}

/** Figures of the last request, since the start, and of the machine. Null: unknown, or nothing happened yet. */
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

/** The figures at one moment. */
export interface Sample extends Pick<
  Stats,
  'timeToFirstToken' | 'tokensPerSecond' | 'inputTokens' | 'outputTokens' | 'cpuPercent' | 'memoryGib'
> {
  at: Date
  /** Requests served since Lemonade started. */
  requests: number | null
}

/** One of the requests that the model used last can serve at once. */
export interface Slot {
  id: number
  processing: boolean
  contextSize: number | null
  /** Of its context that are in use, or kept for a request that begins alike. */
  tokens: number | null
  /** Of its request, as far as they were read; null while it is idle, as are the next two. */
  inputTokens: number | null
  /** Those of them that were there already. */
  cachedTokens: number | null
  outputTokens: number | null
}

/** A processor that models could run on. */
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
  /** As text, such as `23.54 GB`. */
  memory: string | null
  devices: Device[]
  storage: { path: string | null; usedBytes: number | null; totalBytes: number | null; freeBytes: number | null } | null
}

/** A model that is downloaded, or could be. */
export interface Model {
  name: string
  checkpoint: string | null
  recipe: string | null
  labels: string[]
  downloaded: boolean
  suggested: boolean
  /** Registered by an organizer, not from Lemonade's catalogue. */
  custom: boolean
  sizeGb: number | null
  contextSize: number | null
  maxContext: number | null
}

/** A download that Lemonade does, or did, in the background. */
export interface Pull {
  id: string
  model: string
  state: 'DOWNLOADING' | 'RETRYING' | 'PAUSED' | 'COMPLETED' | 'FAILED' | 'CANCELLED'
  /** Of all its files; null when their size is unknown. */
  percent: number | null
  file: string | null
  fileIndex: number | null
  totalFiles: number | null
  bytesDone: number | null
  bytesTotal: number | null
  bytesPerSecond: number | null
  /** Since when no byte came, while it should run. */
  quietSince: Date | null
  error: string | null
}

/** A load that THON asked for: under way, or failed or lost and not dismissed. */
export interface Load {
  model: string
  state: 'LOADING' | 'FAILED' | 'LOST'
  since: Date
  by: string
  message: string | null
}

/** Files of a repository that can be pulled. */
export interface Variants {
  checkpoint: string
  recipe: string | null
  suggestedName: string | null
  suggestedLabels: string[]
  variants: { name: string; sizeBytes: number | null; files: number }[]
  /** One of which a model needs to understand pictures. */
  pictureFiles: string[]
}

const line = (longest: number) =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(longest, `must be at most ${longest} characters`)
    .regex(/^\P{Cc}*$/u, 'must not hold control characters')

/** The name of a model, with `user.` before it or without. */
export const modelInput = z.object({ model: line(200) })

/** What to pull: a model of the catalogue by its name, or one of a repository under a new name. */
export const pullInput = z
  .object({
    model: line(200),
    checkpoint: line(300)
      .regex(/^[^/\s]+\/[^/\s]+$/, 'must be owner/repository, with :variant behind it')
      .nullish(),
    recipe: line(50).nullish(),
    vision: z.boolean().nullish(),
    embedding: z.boolean().nullish(),
    reranking: z.boolean().nullish(),
    mmproj: line(300).nullish(),
  })
  .refine(({ model, checkpoint }) => !checkpoint || model.startsWith('user.'), {
    path: ['model'],
    message: 'must begin with user. when there is a checkpoint, such as user.my-model',
  })
  .refine(({ checkpoint, recipe }) => !checkpoint || recipe, {
    path: ['recipe'],
    message: 'is needed with a checkpoint, such as llamacpp',
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

/** The arguments of llama.cpp with so many slots, in place of what they say of that. */
export function withSlots(args: string, slots: number): string {
  const others = args.replace(/(^|\s)(-np|--parallel)[\s=]+\S+/g, '').trim()
  return [others, `-np ${slots}`].filter(Boolean).join(' ')
}
