import { z } from 'zod'

const maybe = z.string().nullish().catch(null)

/** The tables of the Python system's database, as `thon import-legacy` reads them, with the columns that THON uses. */
export const legacyDump = z.object({
  events: z.array(z.object({ event_id: maybe, title: maybe })),
  groups: z.array(z.object({ id: z.string(), name: maybe, title: maybe, event_id: maybe })),
  users: z.array(
    z.object({ group_id: maybe, username: maybe, email: maybe, workspace_path: maybe, storage_path: maybe }),
  ),
  sandboxes: z.array(z.object({ group: maybe, username: maybe, state: maybe })).default([]),
  settings: z.array(z.object({ key: z.string(), value: maybe })),
})
export type LegacyDump = z.infer<typeof legacyDump>

/** What an import does to one thing of the Python system. */
export interface LegacyChange {
  kind: 'event' | 'group' | 'user' | 'workspace' | 'sandbox' | 'setting' | 'config file'
  /** A user's name is `group/username`. */
  name: string
  action: 'create' | 'update' | 'keep' | 'skip'
  /** What changes, or why it is skipped. */
  detail: string | null
}

/** What an import did, or with a dry run would do. */
export interface LegacyReport {
  /** False for a dry run. */
  applied: boolean
  changes: LegacyChange[]
}
