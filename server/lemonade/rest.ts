import { z } from '@hono/zod-openapi'
import type { Viewer } from '../core/viewer.ts'
import type { Services } from '../graphql/context.ts'
import { text } from '../rest/fields.ts'
import { operation, type Operations } from '../rest/operation.ts'
import { unreadable, type Json } from './client.ts'
import {
  Answer,
  ApiInfoAnswer,
  BackendBody,
  DeleteBody,
  LoadBody,
  PullBody,
  SlotBody,
  StatusAnswer,
  UnloadBody,
} from './rest-shapes.ts'

/** Timeouts, in milliseconds. A download may take as long as it takes. */
const TIMEOUTS = { get: 5_000, variants: 30_000, command: 30_000, download: 24 * 60 * 60_000, slot: 10_000 }

type Path = `/api/lemonade/${string}`

const tag = 'lemonade'
/** What the operations share that pass on Lemonade's answer. */
const passedOn = { tag, answer: Answer, answers: 'As Lemonade answers.', refuses: ['UPSTREAM_FAILED'] } as const

/** `/api/lemonade`: the overview, Lemonade's own answers, and commands. */
export function lemonadeRest(operations: Operations, services: Pick<Services, 'lemonade'>): void {
  addOverview(operations, services)
  addAnswers(operations, services)
  addFileCommands(operations, services)
  addMemoryCommands(operations, services)
  addBackendCommands(operations, services)
  addSlotCommands(operations, services)
}

/** What is answered whether Lemonade is online or not. */
function addOverview(operations: Operations, { lemonade }: Pick<Services, 'lemonade'>): void {
  operations.add(
    operation({
      method: 'get',
      path: '/api/lemonade/status',
      tag,
      summary: 'Whether Lemonade is running, and with which model',
      answer: StatusAnswer,
      answers: 'The status, even while Lemonade is offline.',
    }),
    ({ viewer }) => lemonade.overview(viewer).summary(),
  )
  operations.add(
    operation({
      method: 'get',
      path: '/api/lemonade/models',
      tag,
      summary: 'List models',
      answer: z.object({ models: z.array(Answer).openapi({ description: 'Each with its name.' }) }),
      answers: 'The models; an empty list while Lemonade is offline.',
    }),
    async ({ viewer }) => ({ models: await lemonade.overview(viewer).models() }),
  )
  operations.add(
    operation({
      method: 'get',
      path: '/api/lemonade/api-info',
      tag,
      summary: 'How to reach Lemonade',
      answer: ApiInfoAnswer,
      answers: 'Addresses, and which keys are set.',
    }),
    ({ viewer }) => lemonade.overview(viewer).apiInfo(),
  )
}

function addAnswers(operations: Operations, { lemonade }: Pick<Services, 'lemonade'>): void {
  const add = (path: Path, summary: string, source: string) =>
    operations.add(operation({ ...passedOn, method: 'get', path, summary }), async ({ viewer }) =>
      asObject(await lemonade.get(viewer, source, TIMEOUTS.get)),
    )
  add('/api/lemonade/health', 'Health', '/v1/health')
  add('/api/lemonade/stats', 'Performance', '/v1/stats')
  add('/api/lemonade/system-info', 'The machine Lemonade runs on', '/v1/system-info')
  add('/api/lemonade/live', 'Whether Lemonade is alive', '/live')
  operations.add(
    operation({
      ...passedOn,
      method: 'get',
      path: '/api/lemonade/slots',
      summary: 'Slots of llama.cpp',
      answer: z.array(Answer),
      answers: 'As llama.cpp answers.',
    }),
    async ({ viewer }) => asList(await lemonade.slots(viewer)),
  )
  operations.add(
    operation({
      ...passedOn,
      method: 'get',
      path: '/api/lemonade/pull/variants',
      summary: 'What a repository offers for download',
      query: z.object({ checkpoint: text('owner/repository.') }),
    }),
    async ({ viewer, query: { checkpoint } }) => {
      const path = `/v1/pull/variants?checkpoint=${encodeURIComponent(checkpoint)}`
      return asObject(await lemonade.get(viewer, path, TIMEOUTS.variants))
    },
  )
}

/** Posts to Lemonade and logs it as activity; `label` is what the command acts on. */
function poster({ lemonade }: Pick<Services, 'lemonade'>) {
  interface Command {
    action: string
    label: string
    path: string
    body?: object | undefined
    timeoutMs?: number
  }
  return async (viewer: Viewer, { action, label, path, body, timeoutMs = TIMEOUTS.command }: Command) =>
    asObject(
      await lemonade.command(viewer, action, label, (client) =>
        client.post(path, { body: body && withoutNulls(body), timeoutMs }),
      ),
    )
}

function addFileCommands(operations: Operations, services: Pick<Services, 'lemonade'>): void {
  const post = poster(services)
  operations.add(
    operation({
      ...passedOn,
      method: 'post',
      path: '/api/lemonade/pull',
      summary: 'Download a model',
      description: 'Answers when the download is complete. Closing the connection does not stop it.',
      body: PullBody,
    }),
    ({ viewer, body }) => {
      const timeoutMs = TIMEOUTS.download
      return post(viewer, { action: 'pull', label: body.model_name, path: '/v1/pull', body, timeoutMs })
    },
  )
  operations.add(
    operation({
      ...passedOn,
      method: 'post',
      path: '/api/lemonade/delete',
      summary: "Delete a model's files",
      body: DeleteBody,
    }),
    ({ viewer, body }) => post(viewer, { action: 'delete', label: body.model_name, path: '/v1/delete', body }),
  )
}

function addMemoryCommands(operations: Operations, services: Pick<Services, 'lemonade'>): void {
  const post = poster(services)
  operations.add(
    operation({
      ...passedOn,
      method: 'post',
      path: '/api/lemonade/load',
      summary: 'Load a model',
      description: 'Answers when the model is in memory.',
      body: LoadBody,
    }),
    async ({ viewer, body }) =>
      asObject(await services.lemonade.loadAndWait(viewer, body.model_name, withoutNulls(body))),
  )
  operations.add(
    operation({
      ...passedOn,
      method: 'post',
      path: '/api/lemonade/unload',
      summary: 'Unload a model, or all of them',
      body: UnloadBody.optional(),
    }),
    ({ viewer, body: { model_name: name } = {} }) => {
      const body = name ? { model_name: name } : undefined
      return post(viewer, { action: 'unload', label: name ?? 'all models', path: '/v1/unload', body })
    },
  )
}

function addBackendCommands(operations: Operations, services: Pick<Services, 'lemonade'>): void {
  const post = poster(services)
  operations.add(
    operation({
      ...passedOn,
      method: 'post',
      path: '/api/lemonade/install',
      summary: 'Install a backend',
      body: BackendBody,
    }),
    ({ viewer, body }) => {
      const [label, timeoutMs] = [`${body.recipe}:${body.backend}`, TIMEOUTS.download]
      return post(viewer, { action: 'install backend', label, path: '/v1/install', body, timeoutMs })
    },
  )
  operations.add(
    operation({
      ...passedOn,
      method: 'post',
      path: '/api/lemonade/uninstall',
      summary: 'Uninstall a backend',
      description: 'Lemonade may unload models that use it.',
      body: BackendBody,
    }),
    ({ viewer, body: { recipe, backend } }) => {
      const [label, body] = [`${recipe}:${backend}`, { recipe, backend }]
      return post(viewer, { action: 'uninstall backend', label, path: '/v1/uninstall', body })
    },
  )
}

function addSlotCommands(operations: Operations, services: Pick<Services, 'lemonade'>): void {
  const post = poster(services)
  const params = { slot_id: 'Number of the slot.' }
  const declared = {
    ...passedOn,
    method: 'post',
    params,
    numbers: ['slot_id'],
    answers: 'As llama.cpp answers.',
  } as const
  const run = (viewer: Viewer, slotId: string, verb: string, filename?: string | null) => {
    const id = Number(slotId)
    const [path, body] = [`/v1/slots/${id}?action=${verb}`, filename ? { filename } : undefined]
    return post(viewer, { action: `${verb} slot`, label: `slot ${id}`, path, body, timeoutMs: TIMEOUTS.slot })
  }
  operations.add(
    operation({ ...declared, path: '/api/lemonade/slots/{slot_id}/save', summary: 'Save a slot', body: SlotBody }),
    ({ viewer, params, body }) => run(viewer, params.slot_id, 'save', body.filename),
  )
  operations.add(
    operation({
      ...declared,
      path: '/api/lemonade/slots/{slot_id}/restore',
      summary: 'Restore a slot',
      body: SlotBody,
    }),
    ({ viewer, params, body }) => run(viewer, params.slot_id, 'restore', body.filename),
  )
  operations.add(
    operation({ ...declared, path: '/api/lemonade/slots/{slot_id}/erase', summary: 'Erase a slot' }),
    ({ viewer, params }) => run(viewer, params.slot_id, 'erase'),
  )
}

/** Fields that are null or undefined are not sent. */
function withoutNulls(body: object): Json {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null && value !== undefined))
}

function asObject(json: Json): Record<string, Json> {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json
  throw unreadable('a list instead of an object')
}

function asList(json: Json): Record<string, Json>[] {
  if (Array.isArray(json)) return json.map(asObject)
  throw unreadable('an object instead of a list')
}
