import { z } from '@hono/zod-openapi'
import { utcTime } from '../rest/times.ts'
import { STATES } from './sync/lifecycle.ts'
import type { InstanceRow, SandboxAddresses } from './model.ts'
import type { Result } from './bulk.ts'

const url = (description: string) => z.string().nullable().openapi({ description })
const time = (description: string) => z.string().nullable().openapi({ description, format: 'date-time' })

/** An instance on the wire. */
export const InstanceInfo = z
  .object({
    id: z.string(),
    user: z
      .object({
        group: z.string(),
        username: z.string(),
        email: z.string().openapi({ description: 'Always empty; `/api/users` has it.' }),
      })
      .openapi('UserInfo', { description: 'The person it is for.' }),
    state: z.enum(STATES).openapi('InstanceState', { description: 'What it is doing.' }),
    port: z.int().openapi({ description: 'Host port that it is published on; 0 while it is not.' }),
    endpoint: url('Host and port on this machine.'),
    public_url: url('Address by the external IP of the settings.'),
    domain_url: url('Address by the domain of the settings.'),
    local_url: url('Address on this machine.'),
    password: z.string().nullable().openapi({ description: 'Password that code-server asks for; null without one.' }),
    image: z.string().nullable().openapi({ description: 'Image of its sandbox.' }),
    created_at: time('When it was created.'),
    expires_at: time('When it stops automatically; null for never.'),
    metadata: z
      .record(z.string(), z.string())
      .openapi({ description: 'Labels of its sandbox: the names it was created with, and its ports.' }),
    url: url('The best of these addresses; null while it is not published.'),
  })
  .openapi('InstanceInfo')

/** A page of instances on the wire. */
export const InstancesList = z
  .object({
    instances: z.array(InstanceInfo),
    total: z.int().openapi({ description: 'Matches on all pages.' }),
    page: z.bigint().openapi({ type: 'integer', description: 'Number of this page, from 1.' }),
    page_size: z.bigint().openapi({ type: 'integer', description: 'The most instances of a page.' }),
  })
  .openapi('InstancesListResponse')

/** The outcome for each of several instances. */
export const BulkResults = z
  .object({
    results: z.array(
      z.object({
        id: z.string().openapi({ description: 'Id as it was sent.' }),
        status: z.string().openapi({ description: 'What was done, such as `paused`; `error` when it failed.' }),
        state: z.enum(STATES).optional().openapi({ description: 'Its state, only after a resume.' }),
        error: z.string().optional().openapi({ description: 'Why it failed.' }),
      }),
    ),
  })
  .openapi('BulkResponse')

/** What an instance on the wire needs besides its row. */
interface WireContext {
  addresses: SandboxAddresses
  /** The names its sandbox was created with. */
  createdFor: { group: string; username: string }
  /** Just created: scripts expect an answer without a time and without the port labels. */
  isNew: boolean
}

/** An instance as scripts see it. */
export function wireInstance(row: InstanceRow, context: WireContext): z.output<typeof InstanceInfo> {
  const { hostPort } = row
  const local = hostPort === null ? null : `127.0.0.1:${hostPort}`
  const { url, publicUrl, domainUrl } = context.addresses.of(row)
  return {
    id: row.id,
    user: { group: row.group, username: row.username, email: '' },
    state: row.state,
    port: hostPort ?? 0,
    endpoint: local,
    public_url: publicUrl,
    domain_url: domainUrl,
    local_url: local && `http://${local}/`,
    password: row.password,
    image: row.image,
    created_at: context.isNew ? null : utcTime(row.createdAt),
    expires_at: row.expiresAt && utcTime(row.expiresAt),
    metadata: metadata(row, context),
    url,
  }
}

/** The bulk commands, and the `status` of a success. */
const BULK = { pause: 'paused', resume: 'resumed', kill: 'terminated', register: 'registered' } as const

/** The outcome for each, as scripts see it. */
export function toResults(command: keyof typeof BULK, results: Result<InstanceRow>[]): z.output<typeof BulkResults> {
  return {
    results: results.map(({ id, row, error }) => {
      if (!row) {
        const reason = error?.restMessage ?? error?.message ?? 'no reason given'
        return { id, status: 'error', error: `Failed to ${command} ${id}: ${reason}` }
      }
      return { id, status: BULK[command], ...(command === 'resume' && { state: row.state }) }
    }),
  }
}

/** The labels that scripts know from OpenSandbox, which ran the sandboxes before. Both of its ports are the published one. */
function metadata(row: InstanceRow, { createdFor, isNew }: WireContext): Record<string, string> {
  const published = String(row.hostPort)
  return {
    group: createdFor.group,
    username: createdFor.username,
    port: String(row.port),
    'managed-by': 'thon-client',
    ...(row.hostPort === null || isNew
      ? {}
      : { 'opensandbox.io/embedding-proxy-port': published, 'opensandbox.io/http-port': published }),
  }
}
