import { z } from '@hono/zod-openapi'
import { bounded, flag, integer, oneOf, text } from '../rest/fields.ts'
import { operation } from '../rest/operation.ts'
import { STATES } from './sync/lifecycle.ts'
import { BulkResults, InstanceInfo, InstancesList } from './rest-shapes.ts'

const tag = 'instances'
const params = { instance_id: 'Id of the instance.' }
const group = text('Name of the group.').default('default')
const username = text('Name of the user.').default('workspace')
const port = integer('Where code-server listens inside the sandbox.', { minimum: 1, maximum: 65535 }).default(8443)
const timeout = integer('How long it may live from now, in minutes.', { minimum: 1, maximum: 525_600 })
const BulkAction = z
  .object({ instance_ids: z.array(text('Id of an instance.')).openapi({ description: 'At most 2,000.' }) })
  .openapi('BulkActionRequest')

export const listInstances = operation({
  method: 'get',
  path: '/api/instances',
  tag,
  summary: 'List instances',
  description: 'The newest first. Those that ended are left out unless their state is asked for.',
  query: z.object({
    state: z
      .array(oneOf(STATES, 'A state.'))
      .openapi({ description: 'Only those in this state; may be repeated.' })
      .optional(),
    page: bounded('Number of the page.', 1).default(1n),
    page_size: bounded('Instances on a page.', 1, 200).default(50n),
  }),
  answer: InstancesList,
  answers: 'One page of them.',
  cached: true,
})

export const createInstance = operation({
  method: 'post',
  path: '/api/instances',
  tag,
  summary: 'Create an instance',
  description: 'Starts a sandbox for one person, and answers when it runs. `created_at` is null here.',
  body: z
    .object({ group, username, port, secure: flag('Ask for a password, which THON makes.').default(false) })
    .openapi('CreateInstanceRequest'),
  status: 201,
  answer: InstanceInfo,
  answers: 'The instance.',
  refuses: ['CONFLICT', 'UNAVAILABLE', 'UPSTREAM_FAILED'],
})

export const bulkRegister = operation({
  method: 'post',
  path: '/api/instances/bulk/register',
  tag,
  summary: 'Say whose several instances are',
  body: z
    .object({
      mappings: z
        .array(z.object({ sandbox_id: text('Id of the instance.'), group, username }))
        .openapi({ description: 'Which instance is whose.' }),
    })
    .openapi('BulkRegisterRequest'),
  answer: BulkResults,
  answers: 'One result each; one that fails keeps no other back.',
})

/** The three commands on many are one declaration. */
export const bulk = <const Command extends 'pause' | 'resume' | 'kill'>(command: Command) =>
  operation({
    method: 'post',
    path: `/api/instances/bulk/${command}`,
    tag,
    summary: `Bulk ${command}`,
    body: BulkAction,
    wire: { ids: 'instance_ids' },
    answer: BulkResults,
    answers: 'One result each; one that fails keeps no other back.',
  })

export const registerInstance = operation({
  method: 'post',
  path: '/api/instances/{instance_id}/register',
  tag,
  summary: 'Say whose an instance is',
  params,
  body: z
    .object({ group, username, port: integer('Taken, and ignored: its port is known.').default(8443) })
    .openapi('RegisterInstanceRequest'),
  answer: InstanceInfo,
  answers: 'The instance; `metadata` keeps the names it was made for.',
  refuses: ['NOT_FOUND', 'CONFLICT', 'UNAVAILABLE'],
})

export const getInstance = operation({
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

export const killInstance = operation({
  method: 'delete',
  path: '/api/instances/{instance_id}',
  tag,
  summary: 'Kill an instance',
  params,
  answer: z.object({ status: z.literal('terminated'), id: z.string() }),
  answers: 'It is ended; its volume stays.',
  refuses: ['NOT_FOUND', 'CONFLICT', 'UNAVAILABLE', 'UPSTREAM_FAILED'],
})

export const pauseInstance = operation({
  method: 'post',
  path: '/api/instances/{instance_id}/pause',
  tag,
  summary: 'Pause an instance',
  params,
  answer: z.object({ status: z.literal('paused'), id: z.string() }),
  answers: 'It is paused.',
  refuses: ['NOT_FOUND', 'CONFLICT', 'UNAVAILABLE', 'UPSTREAM_FAILED'],
})

export const resumeInstance = operation({
  method: 'post',
  path: '/api/instances/{instance_id}/resume',
  tag,
  summary: 'Resume an instance',
  params,
  answer: InstanceInfo,
  answers: 'The running instance.',
  refuses: ['NOT_FOUND', 'CONFLICT', 'UNAVAILABLE', 'UPSTREAM_FAILED'],
})

export const recreateInstance = operation({
  method: 'post',
  path: '/api/instances/{instance_id}/recreate',
  tag,
  summary: 'Make an instance anew',
  description: 'A new one in its place, with the same volume, port and password. 400 for an id nobody knows.',
  params,
  answer: InstanceInfo,
  answers: 'The new instance, which has an id of its own.',
  refuses: ['BAD_REQUEST', 'CONFLICT', 'UNAVAILABLE', 'UPSTREAM_FAILED'],
})

export const renewInstance = operation({
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
