import { z } from '@hono/zod-openapi'
import { decimal, flag, integer, text } from '../rest/fields.ts'
import { operation } from '../rest/operation.ts'

const tag = 'lemonade'
const model_name = text('Name of the model.', 'user.gemma-4-31b-it')
const refuses = ['UPSTREAM_FAILED'] as const

/** Whatever Lemonade answers: its own manual says what. */
const Answer = z.record(z.string(), z.unknown())

/** A question that is passed on. */
function asked(path: `/api/lemonade/${string}`, summary: string, answers: string) {
  return operation({ method: 'get', path, tag, summary, answer: Answer, answers, refuses })
}

export const status = operation({
  method: 'get',
  path: '/api/lemonade/status',
  tag,
  summary: 'Whether Lemonade runs, and with what',
  answer: z
    .object({
      running: z.boolean().openapi({ description: 'Whether it answers.' }),
      endpoint: z.string().openapi({ description: 'Where it is asked.' }),
      model: z.string().openapi({ description: 'The model; empty when there is none.' }),
      api_key_configured: z.boolean().openapi({ description: 'Whether THON has its key.' }),
      ctx_size: z.number().openapi({ description: 'Tokens of context; 0 when unknown.' }),
      num_users: z.number().openapi({ description: 'How many are served at once; 0 when unknown.' }),
    })
    .openapi('LemonadeStatus'),
  answers: 'The status, also while it is away.',
})

export const models = operation({
  method: 'get',
  path: '/api/lemonade/models',
  tag,
  summary: 'List models',
  answer: z.object({ models: z.array(Answer).openapi({ description: 'Each with its name.' }) }),
  answers: 'The models; none while it is away.',
})

export const apiInfo = operation({
  method: 'get',
  path: '/api/lemonade/api-info',
  tag,
  summary: 'How Lemonade is reached',
  answer: z.object({
    endpoint: z.string().openapi({ description: 'Where it is asked.' }),
    openai_compatible: z.string().openapi({ description: 'Base URL for clients of OpenAI.' }),
    has_api_key: z.boolean().openapi({ description: 'Whether THON has its key.' }),
    has_admin_key: z.boolean().openapi({ description: 'Whether THON has its other key.' }),
    installed: z.boolean().openapi({ description: 'Whether its program is on this machine.' }),
  }),
  answers: 'Addresses, and which keys are set.',
})

export const health = asked('/api/lemonade/health', 'Its health', 'As Lemonade says.')
export const stats = asked('/api/lemonade/stats', 'Its performance', 'As Lemonade says.')
export const systemInfo = asked('/api/lemonade/system-info', 'Its machine', 'As Lemonade says.')
export const live = asked('/api/lemonade/live', 'Whether it lives', 'As Lemonade says.')

export const slots = operation({
  method: 'get',
  path: '/api/lemonade/slots',
  tag,
  summary: 'Slots of llama.cpp',
  answer: z.array(Answer),
  answers: 'As llama.cpp says.',
  refuses,
})

export const pull = operation({
  method: 'post',
  path: '/api/lemonade/pull',
  tag,
  summary: 'Download a model',
  description: 'Answers when it is there. The download goes on when the request is broken off.',
  body: z
    .object({
      model_name,
      checkpoint: text('owner/repository:variant, for a new model.').nullish(),
      recipe: text('What runs a new model.').nullish(),
      reasoning: flag('A new model reasons.').default(false),
      vision: flag('A new model understands pictures.').default(false),
      embedding: flag('A new model is for embeddings.').default(false),
      reranking: flag('A new model is for reranking.').default(false),
      mmproj: text('File with which a new model understands pictures.').nullish(),
      stream: flag('Ask Lemonade for a stream; the answer here is its end.').default(false),
    })
    .openapi('LemonadePullRequest'),
  answer: Answer,
  answers: 'As Lemonade says.',
  refuses,
})

export const variants = operation({
  method: 'get',
  path: '/api/lemonade/pull/variants',
  tag,
  summary: 'What a repository has to download',
  query: z.object({ checkpoint: text('owner/repository.') }),
  answer: Answer,
  answers: 'As Lemonade says.',
  refuses,
})

export const remove = operation({
  method: 'post',
  path: '/api/lemonade/delete',
  tag,
  summary: "Delete a model's files",
  body: z.object({ model_name }).openapi('LemonadeDeleteRequest'),
  answer: Answer,
  answers: 'As Lemonade says.',
  refuses,
})

export const load = operation({
  method: 'post',
  path: '/api/lemonade/load',
  tag,
  summary: 'Load a model',
  description: 'Answers when it is ready.',
  body: z
    .object({
      model_name,
      save_options: flag('Take these options for later loads, too.').default(false),
      ctx_size: integer('Tokens of context.').nullish(),
      llamacpp_backend: text('Backend of llama.cpp.').nullish(),
      llamacpp_args: text('Arguments of llama.cpp.').nullish(),
      whispercpp_backend: text('Backend of whisper.cpp.').nullish(),
      whispercpp_args: text('Arguments of whisper.cpp.').nullish(),
      steps: integer('Steps of an image.').nullish(),
      cfg_scale: decimal('Scale of an image.').nullish(),
      width: integer('Width of an image.').nullish(),
      height: integer('Height of an image.').nullish(),
    })
    .openapi('LemonadeLoadRequest'),
  answer: Answer,
  answers: 'As Lemonade says.',
  refuses,
})

export const unload = operation({
  method: 'post',
  path: '/api/lemonade/unload',
  tag,
  summary: 'Take a model, or all, out of memory',
  body: z
    .object({ model_name: text('Name of the model; left out, all of them.').nullish() })
    .openapi('LemonadeUnloadRequest')
    .optional(),
  answer: Answer,
  answers: 'As Lemonade says.',
  refuses,
})

const Backend = z
  .object({
    recipe: text('Such as llamacpp.'),
    backend: text('Such as vulkan.'),
    stream: flag('Ask Lemonade for a stream; the answer here is its end.').default(false),
    force: flag('Also where it is there already.').default(false),
  })
  .openapi('LemonadeBackendRequest')

export const install = operation({
  method: 'post',
  path: '/api/lemonade/install',
  tag,
  summary: 'Install a backend',
  body: Backend,
  answer: Answer,
  answers: 'As Lemonade says.',
  refuses,
})

export const uninstall = operation({
  method: 'post',
  path: '/api/lemonade/uninstall',
  tag,
  summary: 'Uninstall a backend',
  description: 'Lemonade may take models of that recipe out of memory.',
  body: Backend,
  answer: Answer,
  answers: 'As Lemonade says.',
  refuses,
})

const params = { slot_id: 'Number of the slot.' }
const Filename = z
  .object({ filename: text('Name of the file, without a folder.').nullish() })
  .openapi('LemonadeSlotActionRequest')

export const saveSlot = operation({
  method: 'post',
  path: '/api/lemonade/slots/{slot_id}/save',
  tag,
  summary: 'Save a slot',
  params,
  numbers: ['slot_id'],
  body: Filename,
  answer: Answer,
  answers: 'As llama.cpp says.',
  refuses,
})

export const restoreSlot = operation({
  method: 'post',
  path: '/api/lemonade/slots/{slot_id}/restore',
  tag,
  summary: 'Restore a slot',
  params,
  numbers: ['slot_id'],
  body: Filename,
  answer: Answer,
  answers: 'As llama.cpp says.',
  refuses,
})

export const eraseSlot = operation({
  method: 'post',
  path: '/api/lemonade/slots/{slot_id}/erase',
  tag,
  summary: 'Erase a slot',
  params,
  numbers: ['slot_id'],
  answer: Answer,
  answers: 'As llama.cpp says.',
  refuses,
})
