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
    id: z.string().openapi({ description: 'Its id.' }),
    user: z
      .object({
        group: z.string(),
        username: z.string(),
        email: z.string().openapi({ description: 'Always empty; `/api/users` has it.' }),
      })
      .openapi('UserInfo', { description: 'Whose it is.' }),
    state: z.enum(STATES).openapi('InstanceState', { description: 'Where it is in its life.' }),
    port: z.int().openapi({ description: 'The host port it is published on; 0 unless it is.' }),
    endpoint: url('Host and port on the host itself.'),
    public_url: url('By the external IP of the settings.'),
    domain_url: url('By the domain of the settings.'),
    local_url: url('On the host itself.'),
    password: z.string().nullable().openapi({ description: 'What code-server asks for; null when it does not.' }),
    image: z.string().nullable().openapi({ description: 'Image of its sandbox.' }),
    created_at: time('When it was asked for.'),
    expires_at: time('When it will be ended; null for never.'),
    metadata: z
      .record(z.string(), z.string())
      .openapi({ description: 'What its sandbox is labelled with: the names and the container port it was made for.' }),
    url: url('The best of these addresses; null unless it is published.'),
  })
  .openapi('InstanceInfo')

/** A page of instances on the wire. */
export const InstancesList = z
  .object({
    instances: z.array(InstanceInfo),
    total: z.int().openapi({ description: 'How many match, on all pages.' }),
    page: z.bigint().openapi({ type: 'integer', description: 'The page that was asked for, from 1.' }),
    page_size: z.bigint().openapi({ type: 'integer', description: 'Instances a page holds at most.' }),
  })
  .openapi('InstancesListResponse')

/** What became of each of several instances. */
export const BulkResults = z
  .object({
    results: z.array(
      z.object({
        id: z.string().openapi({ description: 'The id that was sent.' }),
        status: z.string().openapi({ description: 'What it is now, such as `paused`; `error` when it could not be.' }),
        state: z.enum(STATES).optional().openapi({ description: 'Its state, of a resume.' }),
        error: z.string().optional().openapi({ description: 'Why not.' }),
      }),
    ),
  })
  .openapi('BulkResponse')

/** What is known of an instance besides its row. */
interface Known {
  addresses: SandboxAddresses
  /** The names its sandbox was made for. */
  madeFor: { group: string; username: string }
  /** It was made just now: scripts know that its answer has no time and no labels of the server's yet. */
  isNew: boolean
}

/** An instance as scripts see it. */
export function wireInstance(row: InstanceRow, of: Known): z.output<typeof InstanceInfo> {
  const { hostPort } = row
  const local = hostPort === null ? null : `127.0.0.1:${hostPort}`
  const { url, publicUrl, domainUrl } = of.addresses.of(row)
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
    created_at: of.isNew ? null : utcTime(row.createdAt),
    expires_at: row.expiresAt && utcTime(row.expiresAt),
    metadata: metadata(row, of),
    url,
  }
}

/** What a command on several is called, and what those are that it was done to. */
const BULK = { pause: 'paused', resume: 'resumed', kill: 'terminated', register: 'registered' } as const

/** What became of each, as scripts see it. */
export function toResults(command: keyof typeof BULK, results: Result<InstanceRow>[]): z.output<typeof BulkResults> {
  return {
    results: results.map(({ id, row, error }) => {
      if (!row)
        return { id, status: 'error', error: `Failed to ${command} ${id}: ${error?.message ?? 'no reason given'}` }
      return { id, status: BULK[command], ...(command === 'resume' && { state: row.state }) }
    }),
  }
}

/** The labels that scripts know from the server which ran the sandboxes before: its two ports are the one there is now. */
function metadata(row: InstanceRow, { madeFor, isNew }: Known): Record<string, string> {
  const published = String(row.hostPort)
  return {
    group: madeFor.group,
    username: madeFor.username,
    port: String(row.port),
    'managed-by': 'thon-client',
    ...(row.hostPort === null || isNew
      ? {}
      : { 'opensandbox.io/embedding-proxy-port': published, 'opensandbox.io/http-port': published }),
  }
}
