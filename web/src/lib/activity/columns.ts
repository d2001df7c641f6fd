import type { ActivityKind, ActivityRowFragment, Outcome } from '#lib/graphql/generated/graphql.ts'
import type { Column } from '#lib/ui/column.ts'
import { capitalized } from '#lib/ui/words.ts'
import type { Tone } from '#lib/ui/tone.ts'

/** The columns of the activity log. */
export const columns: Column<ActivityRowFragment>[] = [
  { key: 'at', header: 'When', width: '8rem' },
  { key: 'outcome', header: 'Outcome', width: '7.5rem', phone: 'bare' },
  { key: 'actor', header: 'Who', width: 'minmax(8rem, 2fr)', text: ({ actor }) => actor },
  { key: 'action', header: 'What', width: 'minmax(11rem, 2fr)', text: actionOf },
  { key: 'label', header: 'Which', width: 'minmax(13rem, 3fr)', phone: 'title' },
  { key: 'detail', header: 'Detail', width: 'minmax(8rem, 4fr)' },
]

/** How an outcome is shown. */
export const outcomes: Record<Outcome, { label: string; tone: Tone }> = {
  DONE: { label: 'Done', tone: 'success' },
  REFUSED: { label: 'Refused', tone: 'warning' },
  FAILED: { label: 'Failed', tone: 'danger' },
  RUNNING: { label: 'Under way', tone: 'info' },
  UNFINISHED: { label: 'Unfinished', tone: 'warning' },
}

/** What was done, and how often when the entry stands for several: `Resume ×12`. */
export function actionOf({ action, count }: Pick<ActivityRowFragment, 'action' | 'count'>): string {
  return count > 1 ? `${capitalized(action)} ×${count}` : capitalized(action)
}

/** What actions are done to: one of them, and all of the kind. */
export const kinds: Record<ActivityKind, { one: string; all: string }> = {
  INSTANCE: { one: 'instance', all: 'Instances' },
  GROUP: { one: 'group', all: 'Groups' },
  USER: { one: 'user', all: 'Users' },
  EVENT: { one: 'event', all: 'Events' },
  WORKSPACE: { one: 'workspace', all: 'Workspaces' },
  ENGINE: { one: 'engine', all: 'Engine' },
  SETTING: { one: 'setting', all: 'Settings' },
  CONFIG_FILE: { one: 'config file', all: 'Config files' },
  IDENTITY: { one: 'person', all: 'People' },
  TOKEN: { one: 'token', all: 'Tokens' },
  MODEL: { one: 'model', all: 'Models' },
  CONSUMER: { one: 'consumer', all: 'Consumers' },
  GATEWAY: { one: 'gateway', all: 'Gateway' },
}

/** The kind in an address, such as `?kind=config_file`; null for anything else. */
export function kindOf(param: string | null): ActivityKind | null {
  const kind = param?.toUpperCase().replace(' ', '_') ?? ''
  return kind in kinds ? (kind as ActivityKind) : null
}
