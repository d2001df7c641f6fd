import { z } from '@hono/zod-openapi'
import { integer, oneOf, text } from '../rest/fields.ts'
import { operation } from '../rest/operation.ts'
import { MODES } from './model.ts'

const tag = 'gateway'
const refuses = ['BAD_REQUEST', 'UPSTREAM_FAILED'] as const
const rate_limit = integer('Tokens in one window; left out, as in the settings.', { minimum: 1 })
const time_window = integer('Length of a window, in seconds; left out, as in the settings.', { minimum: 1 })

const Consumer = z
  .object({
    username: z.string().openapi({ description: 'Its name.' }),
    api_key: z.string().openapi({ description: 'Its key; empty when it has none.' }),
    rate_limit: z.number().openapi({ description: 'Tokens in one window; 0 is no limit.' }),
    time_window: z.number().openapi({ description: 'Length of its window, in seconds.' }),
    group_name: z.string().nullable().openapi({ description: 'The group that shares it; null when none does.' }),
    user_count: z.number().openapi({ description: 'How many people use it.' }),
  })
  .openapi('ConsumerInfo')

export const status = operation({
  method: 'get',
  path: '/api/gateway/status',
  tag,
  summary: 'How the gateway is',
  answer: z
    .object({
      running: z.boolean().openapi({ description: 'Whether it answers, and takes our key.' }),
      installed: z.boolean().openapi({ description: "Whether APISIX's configuration is on this machine." }),
      admin_url: z.string().openapi({ description: 'Where its Admin API answers.' }),
      proxy_url: z.string().openapi({ description: 'Where it serves people.' }),
      consumers_count: z.number().openapi({ description: 'How many consumers it has.' }),
      route_configured: z.boolean().openapi({ description: 'Whether the route is there.' }),
      redis_connected: z.boolean().openapi({ description: 'Whether the Redis of the settings answers.' }),
      enabled: z.boolean().openapi({ description: 'Whether it is used.' }),
      mode: z.enum(MODES).openapi({ description: 'Who shares a key.' }),
      key_detected: z.boolean().openapi({ description: "Whether the Admin key was found in APISIX's configuration." }),
    })
    .openapi('GatewayStatus'),
  answers: 'The status, also while it is away.',
})

export const listConsumers = operation({
  method: 'get',
  path: '/api/gateway/consumers',
  tag,
  summary: 'List consumers, with their keys',
  answer: z.array(Consumer),
  answers: 'All of them.',
  refuses,
})

export const createConsumer = operation({
  method: 'post',
  path: '/api/gateway/consumers',
  tag,
  summary: 'Create or replace a consumer',
  body: z
    .object({
      username: text('Its name: letters, digits, _ and -.'),
      api_key: text('Its key; left out or empty, one is made.').nullish(),
      rate_limit: rate_limit.nullish(),
      time_window: time_window.nullish(),
    })
    .openapi('ConsumerCreateRequest'),
  wire: { key: 'api_key', tokenLimit: 'rate_limit', timeWindow: 'time_window' },
  status: 201,
  answer: Consumer,
  answers: 'The consumer.',
  refuses,
})

export const deleteConsumer = operation({
  method: 'delete',
  path: '/api/gateway/consumers/{username}',
  tag,
  summary: 'Delete a consumer',
  params: { username: 'Its name.' },
  answer: z.object({
    status: z.literal('deleted').openapi({ description: 'What became of it.' }),
    username: z.string(),
  }),
  answers: 'Its key does not work any more.',
  refuses: [...refuses, 'NOT_FOUND'],
})

export const setup = operation({
  method: 'post',
  path: '/api/gateway/setup',
  tag,
  summary: 'Make the gateway what the database says',
  description:
    'What is given counts for this once, in place of the settings; what is left out is as they say. Keys that are there stay. Answers when it is done.',
  body: z
    .object({
      lemonade_url: text('Where the gateway finds the LLM server.').nullish(),
      lemonade_api_key: text('Key of the LLM server.').nullish(),
      lemonade_model: text('The model everybody gets.').nullish(),
      rate_limit: rate_limit.nullish(),
      time_window: time_window.nullish(),
      mode: oneOf(MODES, 'Who shares a key.').nullish(),
    })
    .openapi('GatewaySetupRequest'),
  wire: {
    ...{ tokenLimit: 'rate_limit', timeWindow: 'time_window', lemonadeUrl: 'lemonade_url' },
    ...{ lemonadeApiKey: 'lemonade_api_key', lemonadeModel: 'lemonade_model' },
  },
  answer: z.array(Consumer),
  answers: 'Every consumer of a user or group.',
  refuses: [...refuses, 'CONFLICT'],
})

export const cleanup = operation({
  method: 'post',
  path: '/api/gateway/cleanup',
  tag,
  summary: 'Remove all consumers and the route',
  answer: z.object({ status: z.literal('cleaned').openapi({ description: 'What became of them.' }) }),
  answers: 'Nothing is left.',
  refuses: ['UPSTREAM_FAILED', 'CONFLICT'],
})

export const putRoute = operation({
  method: 'post',
  path: '/api/gateway/route',
  tag,
  summary: 'Create or update the route',
  description: 'What is given counts for this once, in place of the settings.',
  body: z
    .object({
      lemonade_url: text('Where the gateway finds the LLM server.'),
      lemonade_api_key: text('Key of the LLM server.').nullish(),
      lemonade_model: text('The model everybody gets.').nullish(),
    })
    .openapi('RouteCreateRequest'),
  wire: { lemonadeUrl: 'lemonade_url', lemonadeApiKey: 'lemonade_api_key', lemonadeModel: 'lemonade_model' },
  answer: z.object({
    status: z.literal('created').openapi({ description: 'What became of it.' }),
    route: z.record(z.string(), z.unknown()).openapi({ description: 'The route, without keys.' }),
  }),
  answers: 'The route.',
  refuses,
})

export const deleteRoute = operation({
  method: 'delete',
  path: '/api/gateway/route',
  tag,
  summary: 'Delete the route',
  answer: z.object({ status: z.literal('deleted').openapi({ description: 'What became of it.' }) }),
  answers: 'There is none any more.',
  refuses,
})
