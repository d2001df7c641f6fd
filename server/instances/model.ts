import { z } from 'zod'
import type { Instance } from '../../prisma/generated/client/client.ts'
import { imageName } from '../config/rules.ts'
import { name } from '../core/input.ts'
import { KILO, LARGEST_FILE, VSCODE_SETTINGS } from '../core/config-file-kinds.ts'
import { describeProblem, jsoncProblem } from '../core/syntax.ts'
import { STATES } from './sync/lifecycle.ts'

/** A row of the database. */
export type InstanceRow = Instance

const minutes = z.number().int().min(1, 'must be 1 to 525600 minutes').max(525_600, 'must be 1 to 525600 minutes')

/** A configuration file in place of the stored one. */
const instanceConfigOverride = z.object({
  key: z.enum([KILO, VSCODE_SETTINGS], `must be ${KILO} or ${VSCODE_SETTINGS}`),
  content: z
    .string()
    .max(LARGEST_FILE, 'must be at most 1 MiB')
    .superRefine((text, context) => {
      const problem = jsoncProblem(text)
      if (problem) context.addIssue({ code: 'custom', message: describeProblem(problem) })
    }),
})

const port = z.number().int().min(1, 'must be 1 to 65535').max(65535, 'must be 1 to 65535')

/** What it takes to create an instance; REST and GraphQL send the same. */
export const createInput = z.object({
  group: name.default('default'),
  username: name.default('workspace'),
  /** Where code-server listens inside the sandbox. */
  port: port.default(8443),
  /** Ask for a password, which THON makes. */
  secure: z.boolean().default(false),
  /** Time to live; null takes the server's default. */
  timeoutMinutes: minutes.nullish(),
  /** Null takes the server's. */
  image: imageName.nullish(),
  /** In place of the stored ones. */
  files: z.array(instanceConfigOverride).max(2, 'must be at most 2').nullish(),
})

/** How sandboxes of people who are known are started. */
export const startOptions = createInput
  .omit({ group: true, username: true })
  // Without defaults: what is left out is as the server is configured.
  .extend({ port: port.optional(), secure: z.boolean().optional() })
export type StartOptions = z.infer<typeof startOptions>

/** Whose an instance is said to be. */
export const registerInput = z.object({ group: name.default('default'), username: name.default('workspace') })

export const renewInput = z.object({ timeoutMinutes: minutes.default(60) })

/** Most ids one bulk command takes. */
export const BULK_LIMIT = 2_000
export const bulkInput = z.object({
  command: z.enum(['pause', 'resume', 'kill']),
  ids: z.array(z.string()).max(BULK_LIMIT, `must be at most ${BULK_LIMIT} ids`),
})

export const SORT_FIELDS = ['createdAt', 'group', 'username', 'state', 'expiresAt'] as const

export const listInput = z.object({
  filter: z
    .object({
      /** Part of a group or user name. */
      search: z.string().trim().max(200).nullish(),
      states: z.array(z.enum(STATES)).nullish(),
      group: z.string().nullish(),
    })
    .nullish(),
  sort: z.object({ field: z.enum(SORT_FIELDS), descending: z.boolean().default(false) }).nullish(),
  page: z
    .object({
      number: z.number().int().min(1, 'must be at least 1').default(1),
      size: z.number().int().min(1, 'must be 1 to 1000').max(1000, 'must be 1 to 1000').default(50),
    })
    .nullish(),
})

/** The one-instance rule's key: unique in the database among active instances. */
export function activeKey(group: string, username: string): string {
  return `${group}/${username}`
}

/** Who an instance is for, as people say it. */
export function labelOf(row: { group: string; username: string }): string {
  return `${row.group}/${row.username}`
}

/** Where people reach a sandbox: null while it is not published, and by what nothing is set for. */
export interface SandboxAddresses {
  of(sandbox: { group: string; username: string; hostPort: number | null }): {
    url: string | null
    publicUrl: string | null
    domainUrl: string | null
  }
}
