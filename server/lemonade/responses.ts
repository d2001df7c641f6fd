import { z } from 'zod'
import { unreadable, type Json } from './client.ts'
import type { Device, Health, LoadedModel, Model, Slot, Stats, System, Variants } from './model.ts'

// A field that is missing or has another type is unknown; the rest of the response still counts.
const text = z.string().nullable().catch(null)
// No larger than GraphQL's Int.
const whole = z.int32().nullable().catch(null)
const number = z.number().nullable().catch(null)
const yes = z.boolean().catch(false)
const listOf = <T>(one: z.ZodType<T>) =>
  z
    .array(z.unknown())
    .catch([])
    .transform((all) => all.flatMap((each) => one.safeParse(each).data ?? []))

/** @throws UpstreamFailure when the response has another shape */
function shaped<T>(shape: z.ZodType<T>, json: Json): T {
  const { data, error } = shape.safeParse(json)
  if (error) throw unreadable(error.issues[0]?.message ?? 'it has another shape')
  return data
}

/** The first of each name or number, which are the keys of what is shown. */
function distinct<T>(all: T[], by: (one: T) => string | number): T[] {
  return [...new Map(all.toReversed().map((one) => [by(one), one])).values()].reverse()
}

const loadedShape = z
  .object({
    ...{ model_name: z.string(), checkpoint: text, recipe: text, type: text, status: text, is_busy: yes, pinned: yes },
    backend_alive: z.boolean().catch(true),
    max_context_window: whole,
    recipe_options: z.object({ ctx_size: whole, llamacpp_args: text }).catch({ ctx_size: null, llamacpp_args: null }),
    launch_command: z.array(z.string()).catch([]),
  })
  .transform((one): LoadedModel => ({
    ...{ name: one.model_name, checkpoint: one.checkpoint, recipe: one.recipe, type: one.type, state: one.status },
    ...{ busy: one.is_busy, alive: one.backend_alive, pinned: one.pinned },
    contextSize: one.recipe_options.ctx_size,
    maxContext: one.max_context_window,
    // The command also has paths of the machine, so nothing else of it is passed on.
    slots: slotsIn(one.launch_command.join(' ')) ?? slotsIn(one.recipe_options.llamacpp_args ?? '') ?? 1,
  }))

const healthShape = z
  .object({ version: text, model_loaded: text, websocket_port: whole, all_models_loaded: listOf(loadedShape) })
  .transform(({ version, model_loaded, websocket_port, all_models_loaded }): Health => ({
    ...{ version, model: model_loaded, webSocketPort: websocket_port },
    loaded: distinct(all_models_loaded, ({ name }) => name),
  }))

/** `GET /v1/health`. */
export function readHealth(json: Json): Health {
  return shaped(healthShape, json)
}

/** How many requests llama.cpp serves at once, by its arguments. The last one counts; null when they don't say. */
export function slotsIn(args: string): number | null {
  const found = [...args.matchAll(/(?:^|\s)(?:-np|--parallel)[\s=]+(\d{1,4})(?=\s|$)/g)].at(-1)?.[1]
  return found === undefined ? null : Number(found)
}

const statsShape = z.object({
  ...{ time_to_first_token: number, tokens_per_second: number, input_tokens: whole, output_tokens: whole },
  ...{ cache_tokens: whole, request_count_total: whole, input_tokens_total: number, output_tokens_total: number },
})
const machineShape = z.object({
  ...{ cpu_percent: number, memory_gb: number, gpu_percent: number, vram_gb: number, npu_percent: number },
})

/** `GET /v1/stats` and `GET /v1/system-stats`. Zeros from before the first request count as unknown. */
export function readStats(json: Json, machine: Json): Stats {
  const one = shaped(statsShape, json)
  const { cpu_percent, memory_gb, gpu_percent, vram_gb, npu_percent } = shaped(machineShape, machine)
  const hasServed = one.request_count_total !== 0 || Boolean(one.output_tokens)
  const last = (value: number | null) => (hasServed ? value : null)
  return {
    timeToFirstToken: last(one.time_to_first_token),
    tokensPerSecond: last(one.tokens_per_second),
    inputTokens: last(one.input_tokens),
    outputTokens: last(one.output_tokens),
    cacheTokens: last(one.cache_tokens),
    requestsTotal: one.request_count_total,
    inputTokensTotal: one.input_tokens_total,
    outputTokensTotal: one.output_tokens_total,
    ...{
      cpuPercent: cpu_percent,
      memoryGib: memory_gb,
      gpuPercent: gpu_percent,
      vramGib: vram_gb,
      npuPercent: npu_percent,
    },
  }
}

const slotShape = z
  .object({
    ...{ id: z.int32(), is_processing: yes, n_ctx: whole, n_prompt_tokens: whole, n_prompt_tokens_cache: whole },
    ...{ n_prompt_tokens_processed: whole, next_token: listOf(z.object({ n_decoded: whole })) },
  })
  .transform((one): Slot => {
    const { is_processing: processing, n_prompt_tokens_cache: cached, n_prompt_tokens_processed: read } = one
    // Between requests llama.cpp reports zeros here.
    const now = (value: number | null | undefined) => (processing ? (value ?? null) : null)
    return {
      ...{ id: one.id, processing, contextSize: one.n_ctx },
      // Despite its name, this includes the tokens written.
      tokens: one.n_prompt_tokens,
      inputTokens: now(cached === null && read === null ? null : (cached ?? 0) + (read ?? 0)),
      ...{ cachedTokens: now(cached), outputTokens: now(one.next_token[0]?.n_decoded) },
    }
  })

/** `GET /v1/slots`, in the order of their ids. */
export function readSlots(json: Json): Slot[] {
  const slots = shaped(z.array(z.unknown()).pipe(listOf(slotShape)), json)
  return distinct(slots, ({ id }) => id).sort((a, b) => a.id - b.id)
}

const deviceShape = z.object({
  ...{
    name: z.string().catch(''),
    available: yes,
    error: text,
    cores: whole,
    threads: whole,
    vram_gb: number,
    family: text,
  },
})
const oneOrMore = z.union([z.array(z.unknown()), z.unknown().transform((one) => (one ? [one] : []))]).catch([])
const systemShape = z.object({
  ...{ 'OS Version': text, Processor: text, 'Physical Memory': text },
  devices: z
    .object({ cpu: oneOrMore, amd_gpu: oneOrMore, nvidia_gpu: oneOrMore, amd_npu: oneOrMore })
    .catch({ cpu: [], amd_gpu: [], nvidia_gpu: [], amd_npu: [] }),
  model_storage: z
    .object({ path: text, used_bytes: number, total_bytes: number, free_bytes: number })
    .nullable()
    .catch(null),
})

/** `GET /v1/system-info`. */
export function readSystem(json: Json): System {
  const { devices, model_storage: storage, ...one } = shaped(systemShape, json)
  return {
    ...{ os: one['OS Version'], processor: one.Processor, memoryGib: gibIn(one['Physical Memory']) },
    devices: [
      ...devicesOf('CPU', devices.cpu),
      ...devicesOf('AMD_GPU', devices.amd_gpu),
      ...devicesOf('NVIDIA_GPU', devices.nvidia_gpu),
      ...devicesOf('NPU', devices.amd_npu),
    ],
    storage: storage && {
      ...{ path: storage.path, usedBytes: storage.used_bytes, totalBytes: storage.total_bytes },
      freeBytes: storage.free_bytes,
    },
  }
}

/** What Lemonade calls GB is GiB, here and in the sizes of models. */
function gibIn(text: string | null): number | null {
  const found = /^(\d+(?:\.\d+)?) ?GB$/.exec(text ?? '')?.[1]
  return found === undefined ? null : Number(found)
}

function devicesOf(kind: Device['kind'], given: unknown[]): Device[] {
  return given.flatMap((raw) => {
    const one = deviceShape.safeParse(raw).data
    if (!one) return []
    const { available, cores, threads, vram_gb: vram } = one
    const facts = [
      cores && `${cores} cores`,
      threads && `${threads} threads`,
      vram && `${vram} GiB of memory`,
      one.family,
    ]
    const detail = available ? facts.filter(Boolean).join(', ') : one.error
    // Lemonade gives a missing NPU the name of the processor.
    return [{ kind, name: available ? one.name : '', available, detail: detail || null }]
  })
}

const modelShape = z
  .object({
    ...{
      id: z.string().min(1),
      checkpoint: text,
      recipe: text,
      labels: listOf(z.string()),
      downloaded: yes,
      suggested: yes,
    },
    ...{ size: number, context_length: whole, max_context_window: whole },
  })
  .transform((one): Model => ({
    ...{ name: one.id, checkpoint: one.checkpoint, recipe: one.recipe, labels: one.labels, downloaded: one.downloaded },
    ...{ suggested: one.suggested, custom: one.labels.includes('custom'), sizeGib: one.size },
    ...{ contextSize: one.context_length, maxContext: one.max_context_window },
  }))

/** `GET /v1/models?show_all=true`: what is downloaded first, each by name. */
export function readModels(json: Json): Model[] {
  const { data } = shaped(z.object({ data: z.array(z.unknown()).pipe(listOf(modelShape)) }), json)
  return distinct(data, ({ name }) => name).sort(
    (a, b) => Number(b.downloaded) - Number(a.downloaded) || (a.name < b.name ? -1 : 1),
  )
}

const variantsShape = z.object({
  ...{ recipe: text, suggested_name: text, suggested_labels: listOf(z.string()), mmproj_files: listOf(z.string()) },
  variants: listOf(z.object({ name: z.string(), size_bytes: number, files: z.array(z.unknown()).catch([]) })),
})

/** `GET /v1/pull/variants`. */
export function readVariants(checkpoint: string, json: Json): Variants {
  const one = shaped(variantsShape, json)
  return {
    ...{ checkpoint, recipe: one.recipe, suggestedName: one.suggested_name, suggestedLabels: one.suggested_labels },
    variants: distinct(
      one.variants.map(({ name, size_bytes, files }) => ({ name, sizeBytes: size_bytes, files: files.length })),
      ({ name }) => name,
    ),
    pictureFiles: distinct(one.mmproj_files, (file) => file),
  }
}
