import { describe, expect, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { ApisixStandIn } from '../kit/apisix.ts'
import { startApp, type TestApp } from '../kit/app.ts'
import { addGroup } from '../kit/groups.ts'
import { LemonadeStandIn } from '../kit/lemonade.ts'
import type { ExternalServer } from '../kit/external-server.ts'

/*
 * Commands whose effects are in somebody else's server: GraphQL and REST have to send it the same, and pass on the same
 * refusals.
 */

interface Case {
  name: string
  graphql: string
  rest: [method: string, path: string, body?: object]
  /** The refusal both must give; none when both must do it. */
  refused?: string
  /** Where the outside server is, or how THON is set up. */
  away?: boolean
  off?: boolean
}

const CODES: Record<number, string> = {
  400: 'BAD_REQUEST',
  404: 'NOT_FOUND',
  422: 'INVALID_INPUT',
  502: 'UPSTREAM_FAILED',
}

const consumer = (fields: string, body: object, refused?: string): Case => ({
  name: `create consumer ${JSON.stringify(body)}`,
  graphql: `mutation { createConsumer(input: { key: "k-1", ${fields} }) { username } }`,
  rest: ['POST', '/gateway/consumers', { api_key: 'k-1', ...body }],
  ...(refused !== undefined && { refused }),
})
const APPLY: Case = {
  name: 'apply the gateway configuration',
  graphql: 'mutation { applyGatewayConfig { id } }',
  rest: ['POST', '/gateway/setup', {}],
}
const DELETE_CONFIG: Case = {
  name: 'delete the gateway configuration',
  graphql: 'mutation { deleteGatewayConfig(input: { confirm: "delete everything" }) { id } }',
  rest: ['POST', '/gateway/cleanup'],
}
const LEMONADE = 'http://127.0.0.1:13305/api/v1'

const GATEWAY: Case[] = [
  APPLY,
  { ...APPLY, name: 'apply to a gateway that is off', off: true, refused: 'BAD_REQUEST' },
  { ...APPLY, name: 'apply to a gateway that is offline', away: true, refused: 'UPSTREAM_FAILED' },
  DELETE_CONFIG,
  { ...DELETE_CONFIG, name: 'delete from a gateway that is offline', away: true, refused: 'UPSTREAM_FAILED' },
  consumer('username: "mentor"', { username: 'mentor' }),
  consumer('username: "m2", tokenLimit: 7, timeWindow: 9', { username: 'm2', rate_limit: 7, time_window: 9 }),
  consumer('username: "a b"', { username: 'a b' }, 'INVALID_INPUT'),
  consumer('username: "m", tokenLimit: 0', { username: 'm', rate_limit: 0 }, 'INVALID_INPUT'),
  consumer('username: "m", timeWindow: -1', { username: 'm', time_window: -1 }, 'INVALID_INPUT'),
  {
    name: 'update the route',
    graphql: 'mutation { updateGatewayRoute { configured } }',
    rest: ['POST', '/gateway/route', { lemonade_url: LEMONADE }],
  },
  {
    name: 'delete the route',
    graphql: 'mutation { deleteGatewayRoute }',
    rest: ['DELETE', '/gateway/route'],
  },
  {
    name: 'delete a consumer',
    graphql: 'mutation { deleteConsumers(input: { usernames: ["there"] }) { error { code } } }',
    rest: ['DELETE', '/gateway/consumers/there'],
  },
]

const MODELS: Case[] = [
  {
    name: 'load a model',
    graphql: 'mutation { loadModel(input: { model: "Tiny", contextSize: 4096, saveOptions: true }) { model } }',
    rest: ['POST', '/lemonade/load', { model_name: 'Tiny', ctx_size: 4096, save_options: true }],
  },
  {
    name: 'unload a model',
    graphql: 'mutation { unloadModel(input: { model: "Tiny" }) }',
    rest: ['POST', '/lemonade/unload', { model_name: 'Tiny' }],
  },
  { name: 'unload all models', graphql: 'mutation { unloadModel(input: {}) }', rest: ['POST', '/lemonade/unload', {}] },
  {
    name: 'delete a model',
    graphql: 'mutation { deleteModel(input: { model: "Tiny" }) }',
    rest: ['POST', '/lemonade/delete', { model_name: 'Tiny' }],
  },
  {
    name: 'unload a model while Lemonade is offline',
    graphql: 'mutation { unloadModel(input: { model: "Tiny" }) }',
    rest: ['POST', '/lemonade/unload', { model_name: 'Tiny' }],
    ...{ away: true, refused: 'UPSTREAM_FAILED' },
  },
]

interface Side {
  app: TestApp
  server: ExternalServer
}

async function gateway({ away, off }: Case): Promise<Side> {
  const apisix = await ApisixStandIn.start()
  const more = { GATEWAY_LEMONADE_URL: LEMONADE, ...(off && { GATEWAY_ENABLED: 'false' }) }
  const app = await startApp({ ...apisix.environment, ...more })
  await addGroup(app, 'alpha', ['ann', 'bob'])
  apisix.put('there', { plugins: { 'key-auth': { key: 'Bearer k' } } })
  apisix.routes.set('ai-gateway-route', { value: { uri: '/old' }, createdIndex: 1 })
  if (away) await apisix.server.down()
  return { app, server: apisix.server }
}

async function lemonade({ away }: Case): Promise<Side> {
  const standIn = await LemonadeStandIn.start()
  standIn.plays({ '/v1/load': 'load-ok', '/v1/unload': 'load-ok', '/v1/delete': 'load-ok' })
  const app = await startApp(standIn.environment)
  if (away) await standIn.server.down()
  return { app, server: standIn.server }
}

/** What was changed there, in no order, keys that were made left out. */
function sent({ server }: Side): string[] {
  const changes = server.requests.filter(({ method }) => method !== 'GET')
  const line = ({ method, path, body }: (typeof changes)[number]) =>
    `${method} ${path} ${JSON.stringify(Object.entries(body ?? {}).sort())}`
  // Ids of users and groups differ from one database to the next.
  return changes.map((one) => line(one).replace(/Bearer [\w-]{32}|[0-9a-f-]{36}/g, '#')).sort()
}

async function same(one: Side, other: Side, { graphql, rest, refused }: Case): Promise<void> {
  const answer = await one.app.answer(graphql)
  await expect.poll(() => one.app.services.gateway.lastJob(organizer)?.endedAt !== null).toBe(true)
  const [method, path, body] = rest
  const response = await fetch(`${other.app.url}/api${path}`, {
    method,
    ...(body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  })
  const said = (await response.json()) as { detail?: unknown }
  expect([answer.errors?.[0]?.extensions?.code, response.ok ? undefined : CODES[response.status]]).toEqual([
    refused,
    refused,
  ])
  if (refused && refused !== 'INVALID_INPUT') {
    const anonymous = (text: unknown) => String(text).replace(/127\.0\.0\.1:\d+/g, '#')
    expect(anonymous(answer.errors?.[0]?.message)).toBe(anonymous(said.detail))
  }
  await expect.poll(() => sent(one)).toEqual(sent(other))
  expect(sent(one).length > 0).toBe(refused === undefined)
}

describe('GraphQL and REST do the same to APISIX, and refuse the same', () => {
  test.each(GATEWAY)('$name', async (one) => same(await gateway(one), await gateway(one), one))
})

describe('GraphQL and REST do the same to Lemonade, and refuse the same', () => {
  test.each(MODELS)('$name', async (one) => same(await lemonade(one), await lemonade(one), one))
})
