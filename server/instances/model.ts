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

/** A configuration file that replaces the stored one for one sandbox. */
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

/** The input that creates an instance, the same in REST and GraphQL. */
export const createInput = z.object({
  group: name.default('default'),
  username: name.default('workspace'),
  /** Where code-server listens inside the sandbox. */
  port: port.default(8443),
  /** Whether code-server asks for a password, which THON generates. */
  secure: z.boolean().default(false),
  /** Time to live; null is the server's default. */
  timeoutMinutes: minutes.nullish(),
  /** Null is the server's default. */
  image: imageName.nullish(),
  /** Configuration files that replace the stored ones. */
  files: z.array(instanceConfigOverride).max(2, 'must be at most 2').nullish(),
})

/** How sandboxes of users in the database start. */
export const startOptions = createInput
  .omit({ group: true, username: true })
  // Without defaults: the server's configuration decides what is left out.
  .extend({ port: port.optional(), secure: z.boolean().optional() })
export type StartOptions = z.infer<typeof startOptions>

/** The names that an instance is registered to. */
export const registerInput = z.object({ group: name.default('default'), username: name.default('workspace') })

export const renewInput = z.object({ timeoutMinutes: minutes.default(60) })

/** The most ids that a bulk command accepts. */
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
  // Not `pageInput`: REST may ask for any page, and gets the total on it.
  page: z
    .object({
      number: z.number().int().min(1, 'must be at least 1').default(1),
      size: z.number().int().min(1, 'must be 1 to 1000').max(1000, 'must be 1 to 1000').default(50),
    })
    .nullish(),
})

/** The key of the one-instance rule: unique in the database among active instances. */
export function activeKey(group: string, username: string): string {
  return `${group}/${username}`
}

/** The name of an instance for people: `alpha/ann`. */
export function labelOf(row: { group: string; username: string }): string {
  return `${row.group}/${row.username}`
}

/** The target of an activity that is about one instance. */
export function targetOf(row: Pick<InstanceRow, 'id' | 'group' | 'username'>) {
  return { kind: 'instance', id: row.id, label: labelOf(row) } as const
}

/** The person a sandbox is for, and the volume with their files. */
export interface SandboxOwner {
  group: string
  username: string
  /** Null for names that are not in the database. */
  userId: string | null
  volume: string
}

/** The addresses of sandboxes. An address is null while its sandbox is not published, or when its setting is empty. */
export interface SandboxAddresses {
  of(sandbox: { group: string; username: string; hostPort: number | null }): {
    /** The best of the three. */
    url: string | null
    publicUrl: string | null
    domainUrl: string | null
  }
}
