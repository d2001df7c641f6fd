import type { ActivityRowFragment, Outcome } from '#lib/graphql/generated/graphql.ts'
import type { Column } from '#lib/ui/column.ts'
import type { Tone } from '#lib/ui/tone.ts'

/** The columns of the activity log. */
export const columns: Column<ActivityRowFragment>[] = [
  { key: 'at', header: 'When', width: '8rem' },
  { key: 'outcome', header: 'Outcome', width: '7.5rem', phone: 'bare' },
  { key: 'actor', header: 'Who', width: '8rem', text: (act) => act.actor },
  { key: 'action', header: 'What', width: 'minmax(9rem, 1fr)', text: (act) => act.action },
  { key: 'label', header: 'Which', width: 'minmax(9rem, 2fr)', phone: 'title' },
  { key: 'detail', header: 'Detail', width: 'minmax(8rem, 4fr)' },
]

/** How an outcome looks. */
export const outcomes: Record<Outcome, Tone> = { DONE: 'success', REFUSED: 'warning', FAILED: 'danger' }

/** The kinds of things acts are done to, as people know them. */
export const kinds = {
  instance: 'Instances',
  group: 'Groups',
  user: 'Users',
  event: 'Events',
  workspace: 'Workspaces',
  engine: 'Engine',
  setting: 'Settings',
  'config file': 'Config files',
  identity: 'People',
  token: 'Tokens',
} as const
