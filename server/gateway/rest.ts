import { z } from '@hono/zod-openapi'
import type { Services } from '../graphql/context.ts'
import { integer, oneOf, text } from '../rest/fields.ts'
import { operation, type Operations } from '../rest/operation.ts'
import { UpstreamFailed } from '../core/errors.ts'
import { MODES } from './model.ts'
import { ROUTE_ID } from './reconcile/desired.ts'
import type { Job } from './reconcile/job.ts'
import type { Inspection } from './reconcile/watch.ts'
import { DELETE_CONFIRMATION } from './service.ts'

type GatewayRestDeps = Pick<Services, 'gateway' | 'gatewaySettings'>

const tag = 'gateway'
const refuses = ['BAD_REQUEST', 'UPSTREAM_FAILED'] as const
const rate_limit = integer('Tokens per window; by default as in the settings.', { minimum: 1 })
const time_window = integer('Length of a window, in seconds; by default as in the settings.', { minimum: 1 })
const lemonade_api_key = text('API key of the LLM server.').nullish()
const lemonade_model = text('The model that everyone gets.').nullish()

const Consumer = z
  .object({
    username: z.string(),
    api_key: z.string().openapi({ description: 'Empty when the consumer does not have a key.' }),
    rate_limit: z.number().openapi({ description: 'Tokens per window; 0 is unlimited.' }),
    time_window: z.number().openapi({ description: 'Length of a window, in seconds.' }),
    group_name: z.string().nullable().openapi({ description: 'The group that shares it; null when none does.' }),
    user_count: z.number().openapi({ description: 'How many users share it.' }),
  })
  .openapi('ConsumerInfo')

const status = operation({
  method: 'get',
  path: '/api/gateway/status',
  tag,
  summary: 'Get the status of the gateway',
  answer: z
    .object({
      running: z.boolean().openapi({ description: 'Whether it answers and accepts the Admin key.' }),
      installed: z.boolean().openapi({ description: "Whether APISIX's configuration file is on this machine." }),
      admin_url: z.string().openapi({ description: 'Address of its Admin API.' }),
      proxy_url: z.string().openapi({ description: 'Where it serves people.' }),
      consumers_count: z.number().openapi({ description: 'How many consumers exist; 0 while it is offline.' }),
      route_configured: z.boolean().openapi({ description: 'Whether the route exists.' }),
      redis_connected: z.boolean().openapi({ description: 'Whether the Redis of the settings answers.' }),
      enabled: z.boolean().openapi({ description: 'Whether the gateway is turned on.' }),
      mode: z.enum(MODES).openapi({ description: 'Who shares a key.' }),
      key_detected: z
        .boolean()
        .openapi({ description: "Whether the Admin key was found in APISIX's configuration file." }),
    })
    .openapi('GatewayStatus'),
  answers: 'The status, also while APISIX does not answer.',
})

const listConsumers = operation({
  method: 'get',
  path: '/api/gateway/consumers',
  tag,
  summary: 'List consumers, with their keys',
  answer: z.array(Consumer),
  answers: 'All consumers.',
  refuses,
})

const createConsumer = operation({
  method: 'post',
  path: '/api/gateway/consumers',
  tag,
  summary: 'Create or replace a consumer',
  body: z
    .object({
      username: text('Letters, digits, _ and -.'),
      api_key: text('Generated when it is empty or left out.').nullish(),
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

const deleteConsumer = operation({
  method: 'delete',
  path: '/api/gateway/consumers/{username}',
  tag,
  summary: 'Delete a consumer',
  params: { username: 'Name of the consumer.' },
  answer: z.object({ status: z.literal('deleted'), username: z.string() }),
  answers: 'The consumer is deleted; its key no longer works.',
  refuses: [...refuses, 'NOT_FOUND'],
})

const applyConfig = operation({
  method: 'post',
  path: '/api/gateway/setup',
  tag,
  summary: 'Bring the gateway in line with the database',
  description:
    'Values in the request replace settings for this call; the rest is as in the settings. Existing keys stay. Answers when everything is done.',
  body: z
    .object({
      lemonade_url: text('Address at which APISIX reaches the LLM server.').nullish(),
      lemonade_api_key,
      lemonade_model,
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

const deleteConfig = operation({
  method: 'post',
  path: '/api/gateway/cleanup',
  tag,
  summary: 'Delete all consumers and the route',
  answer: z.object({ status: z.literal('cleaned') }),
  answers: 'The gateway is empty.',
  refuses: ['UPSTREAM_FAILED', 'CONFLICT'],
})

const updateRoute = operation({
  method: 'post',
  path: '/api/gateway/route',
  tag,
  summary: 'Create or update the route',
  description: 'Values in the request replace settings for this call.',
  body: z
    .object({
      lemonade_url: text('Address at which APISIX reaches the LLM server.'),
      lemonade_api_key,
      lemonade_model,
    })
    .openapi('RouteCreateRequest'),
  wire: { lemonadeUrl: 'lemonade_url', lemonadeApiKey: 'lemonade_api_key', lemonadeModel: 'lemonade_model' },
  answer: z.object({
    status: z.literal('created'),
    route: z.record(z.string(), z.unknown()).openapi({ description: 'The route, without keys.' }),
  }),
  answers: 'The route.',
  refuses,
})

const deleteRoute = operation({
  method: 'delete',
  path: '/api/gateway/route',
  tag,
  summary: 'Delete the route',
  answer: z.object({ status: z.literal('deleted') }),
  answers: 'The route is deleted, or did not exist.',
  refuses,
})

/** `/api/gateway`. Commands answer when they are done. */
export function gatewayRest(operations: Operations, { gateway, gatewaySettings }: GatewayRestDeps): void {
  operations.add(status, async ({ viewer }) => {
    const { state, adminUrl, proxyUrl, mode, snapshot, redis } = await gateway.status(viewer)
    const { enabled, adminKeyFrom } = await gatewaySettings.view(viewer)
    const isRunning = state === 'RUNNING'
    return {
      ...{ running: isRunning, installed: await gatewaySettings.isInstalled() },
      ...{ admin_url: adminUrl, proxy_url: proxyUrl },
      consumers_count: isRunning && snapshot ? snapshot.rows.length : 0,
      route_configured: isRunning && snapshot ? snapshot.route.configured : false,
      ...{ redis_connected: redis?.reachable ?? false, enabled, mode, key_detected: adminKeyFrom === 'FILE' },
    }
  })
  operations.add(listConsumers, async ({ viewer }) => infosOf(await gateway.consumers.listWithKeys(viewer), 'all'))
  operations.add(createConsumer, async ({ viewer, body }) => {
    const { username, api_key: key, rate_limit: tokenLimit, time_window: timeWindow } = body
    const created = await gateway.consumers.create(viewer, { username, key, tokenLimit, timeWindow }, true)
    return {
      ...{ username, api_key: created.key },
      ...{ rate_limit: created.limits.tokenLimit, time_window: created.limits.timeWindow },
      ...{ group_name: null, user_count: 1 },
    }
  })
  operations.add(deleteConsumer, async ({ viewer, params: { username } }) => {
    await gateway.consumers.delete(viewer, username)
    return { status: 'deleted' as const, username }
  })
  operations.add(applyConfig, async ({ viewer, body }) => {
    const overrides = overridesOf(body)
    await assertDone(await gateway.applyConfig(viewer, overrides))
    return infosOf(await gateway.consumers.listWithKeys(viewer, overrides), 'of the database')
  })
  operations.add(deleteConfig, async ({ viewer }) => {
    // While the gateway is off, nothing in it belongs to THON.
    if ((await gatewaySettings.view(viewer)).enabled)
      await assertDone(await gateway.deleteConfig(viewer, DELETE_CONFIRMATION))
    return { status: 'cleaned' as const }
  })
  operations.add(updateRoute, async ({ viewer, body }) => {
    const { stored } = await gateway.updateRoute(viewer, overridesOf(body))
    return { status: 'created' as const, route: { key: `/apisix/routes/${ROUTE_ID}`, value: stored } }
  })
  operations.add(deleteRoute, async ({ viewer }) => {
    await gateway.deleteRoute(viewer)
    return { status: 'deleted' as const }
  })
}

/** Waits until a job is over. @throws UpstreamFailed unless all steps are done */
async function assertDone(job: Job): Promise<void> {
  await job.over
  const { done, total, message, steps } = job.view()
  if (done === total) return
  const reason = message ?? steps.find(({ state }) => state === 'FAILED')?.message ?? 'The gateway did not say why'
  throw new UpstreamFailed(
    `${done} of ${total} steps are done. ${reason.replace(/[.]$/, '')}. Try again: it continues where it stopped.`,
  )
}

function overridesOf(body: {
  lemonade_url?: string | null | undefined
  lemonade_api_key?: string | null | undefined
  lemonade_model?: string | null | undefined
  rate_limit?: number | null | undefined
  time_window?: number | null | undefined
  mode?: string | null | undefined
}) {
  return {
    ...{ lemonadeUrl: body.lemonade_url, lemonadeApiKey: body.lemonade_api_key, lemonadeModel: body.lemonade_model },
    ...{ tokenLimit: body.rate_limit, timeWindow: body.time_window, mode: body.mode },
  }
}

/** Consumers in the shape of the REST contract. */
function infosOf({ existing, diff }: Inspection, which: 'all' | 'of the database') {
  const owners = new Map(diff.changes.map(({ username, desired }) => [username, desired]))
  return existing
    .filter(({ username }) => which === 'all' || owners.has(username))
    .map(({ username, key, tokenLimit, timeWindow }) => {
      const owner = owners.get(username)
      return {
        ...{ username, api_key: key ?? '', rate_limit: tokenLimit ?? 0, time_window: timeWindow ?? 0 },
        ...{ group_name: owner?.type === 'GROUP' ? owner.group : null, user_count: owner?.userCount ?? 1 },
      }
    })
}
