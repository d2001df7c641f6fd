import { z } from '@hono/zod-openapi'
import { BadRequest, NotFound } from '../core/errors.ts'
import type { Services } from '../graphql/context.ts'
import { bounded, flag, integer, oneOf, text } from '../rest/fields.ts'
import { operation, type Operations } from '../rest/operation.ts'
import type { InstanceRow } from './model.ts'
import { BulkResults, InstanceInfo, InstancesList, toResults, wireInstance } from './rest-shapes.ts'
import { STATES } from './sync/lifecycle.ts'

const tag = 'instances'
const params = { instance_id: 'Id of the instance.' }
const group = text('Name of the group.').default('default')
const username = text('Name of the user.').default('workspace')
const port = integer('Port that code-server listens on inside the sandbox.', { minimum: 1, maximum: 65535 }).default(
  8443,
)
const timeout = integer('Minutes from now until it stops.', { minimum: 1, maximum: 525_600 })
const BulkAction = z
  .object({ instance_ids: z.array(text('Id of an instance.')).openapi({ description: 'At most 2,000.' }) })
  .openapi('BulkActionRequest')

const listInstances = operation({
  method: 'get',
  path: '/api/instances',
  tag,
  summary: 'List instances',
  description: 'Newest first. Without `state`, Terminated ones are left out.',
  query: z.object({
    state: z.array(oneOf(STATES, 'A state.')).openapi({ description: 'Only this state; may be repeated.' }).optional(),
    page: bounded('Number of the page.', 1).default(1n),
    page_size: bounded('Instances on a page.', 1, 200).default(50n),
  }),
  answer: InstancesList,
  answers: 'One page.',
  cached: true,
})

const createInstance = operation({
  method: 'post',
  path: '/api/instances',
  tag,
  summary: 'Create an instance',
  description: 'Starts a sandbox for one person and answers when it runs. `created_at` is null here.',
  body: z
    .object({
      group,
      username,
      port,
      secure: flag('Whether code-server asks for a password, which THON generates.').default(false),
    })
    .openapi('CreateInstanceRequest'),
  status: 201,
  answer: InstanceInfo,
  answers: 'The instance.',
  refuses: ['CONFLICT', 'UNAVAILABLE', 'UPSTREAM_FAILED'],
})

const bulkRegister = operation({
  method: 'post',
  path: '/api/instances/bulk/register',
  tag,
  summary: 'Register several instances',
  body: z
    .object({
      mappings: z
        .array(z.object({ sandbox_id: text('Id of the instance.'), group, username }))
        .openapi({ description: 'The new names of each instance.' }),
    })
    .openapi('BulkRegisterRequest'),
  answer: BulkResults,
  answers: 'One result each, in their order. A failure does not stop the others.',
})

/** The three bulk commands have one declaration. */
const bulk = (command: 'pause' | 'resume' | 'kill') =>
  operation({
    method: 'post',
    path: `/api/instances/bulk/${command}`,
    tag,
    summary: `Bulk ${command}`,
    body: BulkAction,
    wire: { ids: 'instance_ids' },
    answer: BulkResults,
    answers: 'One result each, in their order. A failure does not stop the others.',
  })

const registerInstance = operation({
  method: 'post',
  path: '/api/instances/{instance_id}/register',
  tag,
  summary: 'Register an instance',
  params,
  body: z
    .object({ group, username, port: integer('Ignored: its port is known.').default(8443) })
    .openapi('RegisterInstanceRequest'),
  answer: InstanceInfo,
  answers: 'The instance; `metadata` keeps the names it was created with.',
  refuses: ['NOT_FOUND', 'CONFLICT', 'UNAVAILABLE'],
})

const getInstance = operation({
  method: 'get',
  path: '/api/instances/{instance_id}',
  tag,
  summary: 'Get an instance',
  params,
  answer: InstanceInfo,
  answers: 'The instance.',
  refuses: ['NOT_FOUND', 'UNAVAILABLE'],
  cached: true,
})

const killInstance = operation({
  method: 'delete',
  path: '/api/instances/{instance_id}',
  tag,
  summary: 'Kill an instance',
  params,
  answer: z.object({ status: z.literal('terminated'), id: z.string() }),
  answers: 'It is stopped; its volume stays.',
  refuses: ['NOT_FOUND', 'CONFLICT', 'UNAVAILABLE', 'UPSTREAM_FAILED'],
})

const pauseInstance = operation({
  method: 'post',
  path: '/api/instances/{instance_id}/pause',
  tag,
  summary: 'Pause an instance',
  params,
  answer: z.object({ status: z.literal('paused'), id: z.string() }),
  answers: 'It is paused.',
  refuses: ['NOT_FOUND', 'CONFLICT', 'UNAVAILABLE', 'UPSTREAM_FAILED'],
})

const resumeInstance = operation({
  method: 'post',
  path: '/api/instances/{instance_id}/resume',
  tag,
  summary: 'Resume an instance',
  params,
  answer: InstanceInfo,
  answers: 'The running instance.',
  refuses: ['NOT_FOUND', 'CONFLICT', 'UNAVAILABLE', 'UPSTREAM_FAILED'],
})

const recreateInstance = operation({
  method: 'post',
  path: '/api/instances/{instance_id}/recreate',
  tag,
  summary: 'Recreate an instance',
  description: 'Replaces it with a new one that has the same volume, port and password. 400 for an unknown id.',
  params,
  answer: InstanceInfo,
  answers: 'The new instance, with its own id.',
  refuses: ['BAD_REQUEST', 'CONFLICT', 'UNAVAILABLE', 'UPSTREAM_FAILED'],
})

const renewInstance = operation({
  method: 'post',
  path: '/api/instances/{instance_id}/renew',
  tag,
  summary: 'Renew an instance',
  params,
  body: z
    .object({ timeout_minutes: timeout.default(60) })
    .openapi('RenewRequest')
    .default({ timeout_minutes: 60 }),
  answer: z.object({ status: z.literal('renewed'), id: z.string(), timeout_minutes: z.int() }),
  answers: 'Its new time to live.',
  refuses: ['NOT_FOUND', 'CONFLICT', 'UNAVAILABLE'],
})

/** `/api/instances`: sandboxes, and every command on them. A command answers when it is done. */
export function instancesRest(operations: Operations, { instances, syncCommands, addresses }: Services): void {
  const shown = (row: InstanceRow) =>
    wireInstance(row, { addresses, createdFor: instances.createdFor(row), isNew: false })
  const fresh = (row: InstanceRow) => wireInstance(row, { addresses, createdFor: row, isNew: true })

  operations.add(listInstances, async ({ viewer, query: { state, page, page_size } }) => {
    const { items, total } = await instances.list(viewer, {
      filter: { states: state ?? STATES.filter((one) => one !== 'Terminated') },
      page: { number: Math.min(Number(page), Number.MAX_SAFE_INTEGER), size: Number(page_size) },
    })
    return { instances: items.map(shown), total, page, page_size }
  })
  operations.add(createInstance, async ({ viewer, body }) => fresh(await syncCommands.create(viewer, body)))

  operations.add(bulkRegister, async ({ viewer, body }) => {
    const mappings = body.mappings.map(({ sandbox_id, ...names }) => ({ id: sandbox_id, ...names }))
    return toResults('register', await instances.registerMany(viewer, mappings))
  })
  operations.add(bulk('pause'), async ({ viewer, body }) =>
    toResults('pause', await syncCommands.bulk(viewer, 'pause', body.instance_ids)),
  )
  operations.add(bulk('resume'), async ({ viewer, body }) =>
    toResults('resume', await syncCommands.bulk(viewer, 'resume', body.instance_ids)),
  )
  operations.add(bulk('kill'), async ({ viewer, body }) =>
    toResults('kill', await syncCommands.bulk(viewer, 'kill', body.instance_ids)),
  )

  operations.add(registerInstance, async ({ viewer, params, body: { group, username } }) =>
    shown(await instances.register(viewer, params.instance_id, { group, username })),
  )
  operations.add(getInstance, async ({ viewer, params }) => shown(await instances.get(viewer, params.instance_id)))
  operations.add(killInstance, async ({ viewer, params }) => {
    const { id } = await syncCommands.kill(viewer, params.instance_id)
    return { status: 'terminated', id }
  })
  operations.add(pauseInstance, async ({ viewer, params }) => {
    const { id } = await syncCommands.pause(viewer, params.instance_id)
    return { status: 'paused', id }
  })
  operations.add(resumeInstance, async ({ viewer, params }) =>
    shown(await syncCommands.resume(viewer, params.instance_id)),
  )
  operations.add(recreateInstance, async ({ viewer, params }) => {
    try {
      return fresh(await syncCommands.recreate(viewer, params.instance_id))
    } catch (error) {
      if (error instanceof NotFound) throw new BadRequest(`No DB record for sandbox ${params.instance_id}`)
      throw error
    }
  })
  operations.add(renewInstance, async ({ viewer, params, body: { timeout_minutes } }) => {
    const { id } = await instances.renew(viewer, params.instance_id, { timeoutMinutes: timeout_minutes })
    return { status: 'renewed', id, timeout_minutes }
  })
}
