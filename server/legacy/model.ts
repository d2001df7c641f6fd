import { z } from 'zod'

const maybe = z.string().nullish().catch(null)

/** What the Python system's database holds, as `thon import-legacy` reads it: table by table, as far as it is of use here. */
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

/** One line of what is brought over. */
export interface LegacyChange {
  kind: 'event' | 'group' | 'user' | 'workspace' | 'sandbox' | 'setting' | 'config file'
  /** Its name; a user's is `group/username`. */
  name: string
  action: 'create' | 'update' | 'keep' | 'skip'
  /** What changes, or why it is skipped. */
  detail: string | null
}

/** What was brought over, or with a dry run would be. */
export interface LegacyReport {
  applied: boolean
  changes: LegacyChange[]
}
