import { z } from '@hono/zod-openapi'
import { decimal, flag, integer, text } from '../rest/fields.ts'

const model_name = text('Name of the model.', 'user.gemma-4-31b-it')
const stream = flag('Ask Lemonade for a stream; the answer here is how it ends.').default(false)

/** Anything that Lemonade answers; its own manual describes it. */
export const Answer = z.record(z.string(), z.unknown())

/** The answer of `GET /api/lemonade/status`. */
export const StatusAnswer = z
  .object({
    running: z.boolean().openapi({ description: 'Whether it answers.' }),
    endpoint: z.string().openapi({ description: 'Where THON reaches it.' }),
    model: z.string().openapi({ description: 'The model; empty when none is loaded.' }),
    api_key_configured: z.boolean().openapi({ description: 'Whether LEMONADE_API_KEY is set.' }),
    ctx_size: z.number().openapi({ description: 'Tokens of context; 0 when unknown.' }),
    num_users: z.number().openapi({ description: 'Requests answered at the same time; 0 when unknown.' }),
  })
  .openapi('LemonadeStatus')

/** The answer of `GET /api/lemonade/api-info`. */
export const ApiInfoAnswer = z.object({
  endpoint: z.string().openapi({ description: 'Where THON reaches it.' }),
  openai_compatible: z.string().openapi({ description: 'Base URL for OpenAI clients.' }),
  has_api_key: z.boolean().openapi({ description: 'Whether LEMONADE_API_KEY is set.' }),
  has_admin_key: z.boolean().openapi({ description: 'Whether LEMONADE_ADMIN_API_KEY is set.' }),
  installed: z.boolean().openapi({ description: 'Whether its program is on this machine.' }),
})

/** Which model to download. */
export const PullBody = z
  .object({
    model_name,
    checkpoint: text('owner/repository:variant, for a new model.').nullish(),
    recipe: text('What runs a new model.').nullish(),
    reasoning: flag('A new model reasons.').default(false),
    vision: flag('A new model understands images.').default(false),
    embedding: flag('A new model is for embeddings.').default(false),
    reranking: flag('A new model is for reranking.').default(false),
    mmproj: text('File with which a new model understands images.').nullish(),
    stream,
  })
  .openapi('LemonadePullRequest')

/** Which model to delete. */
export const DeleteBody = z.object({ model_name }).openapi('LemonadeDeleteRequest')

/** Which model to load, and how. */
export const LoadBody = z
  .object({
    model_name,
    save_options: flag('Use these options for later loads too.').default(false),
    ctx_size: integer('Tokens of context.').nullish(),
    llamacpp_backend: text('Backend of llama.cpp.').nullish(),
    llamacpp_args: text('Arguments of llama.cpp.').nullish(),
    whispercpp_backend: text('Backend of whisper.cpp.').nullish(),
    whispercpp_args: text('Arguments of whisper.cpp.').nullish(),
    steps: integer('Steps of an image.').nullish(),
    cfg_scale: decimal('Guidance scale of an image.').nullish(),
    width: integer('Width of an image.').nullish(),
    height: integer('Height of an image.').nullish(),
  })
  .openapi('LemonadeLoadRequest')

/** Which model to unload. */
export const UnloadBody = z
  .object({ model_name: text('Name of the model; without it, all models are unloaded.').nullish() })
  .openapi('LemonadeUnloadRequest')

/** A program that runs models. */
export const BackendBody = z
  .object({
    recipe: text('Such as llamacpp.'),
    backend: text('Such as vulkan.'),
    stream,
    force: flag('Install it again if it is installed already.').default(false),
  })
  .openapi('LemonadeBackendRequest')

/** Where to save a slot, or to restore it from. */
export const SlotBody = z
  .object({ filename: text('Name of the file, without a folder.').nullish() })
  .openapi('LemonadeSlotActionRequest')
