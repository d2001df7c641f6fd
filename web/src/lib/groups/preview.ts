import type { ImportAction } from '#lib/graphql/generated/graphql.ts'
import type { Tone } from '#lib/ui/tone.ts'
import type { Report } from './files.ts'

type Change = Report['changes'][number]

/** A group of the file, with what happens to it and its users. */
export interface PreviewGroup {
  group: Change
  /** Users who are created or updated. */
  users: { name: string; change: Change }[]
  /** The number of users who stay unchanged. */
  kept: number
}

/** An import as the dialog shows it. */
export interface Preview {
  events: Change[]
  groups: PreviewGroup[]
  counts: { action: ImportAction; text: string; count: number }[]
}

/** How each kind of change looks. */
export const looks: Record<ImportAction, { tone: Tone; mark: string; label: string }> = {
  CREATE: { tone: 'success', mark: '+', label: 'new' },
  UPDATE: { tone: 'info', mark: '~', label: 'changed' },
  KEEP: { tone: 'neutral', mark: '=', label: 'unchanged' },
}

/** Arranges the lines of a report, which come in the order of the file: a group, then its users. */
export function previewOf({ changes }: Report): Preview {
  const groups: PreviewGroup[] = []
  for (const change of changes) {
    const last = groups.at(-1)
    if (change.kind === 'GROUP') groups.push({ group: change, users: [], kept: 0 })
    else if (change.kind === 'USER' && last) {
      if (change.action === 'KEEP') last.kept += 1
      else last.users.push({ name: change.name.slice(last.group.name.length + 1), change })
    }
  }
  const actions: ImportAction[] = ['CREATE', 'UPDATE', 'KEEP']
  return {
    events: changes.filter(({ kind }) => kind === 'EVENT'),
    groups,
    counts: actions.map((action) => countOf(action, changes)).filter(({ count }) => count > 0),
  }
}

/** "will create 1 event, 20 groups, 200 users", "3 users unchanged". */
const sentences: Record<ImportAction, (things: string) => string> = {
  CREATE: (things) => `will create ${things}`,
  UPDATE: (things) => `will update ${things}`,
  KEEP: (things) => `${things} unchanged`,
}

function countOf(action: ImportAction, changes: readonly Change[]): Preview['counts'][number] {
  const these = changes.filter((change) => change.action === action)
  const parts = (['EVENT', 'GROUP', 'USER'] as const).flatMap((kind) => {
    const count = these.filter((change) => change.kind === kind).length
    return count > 0 ? [`${count} ${kind.toLowerCase()}${count === 1 ? '' : 's'}`] : []
  })
  return { action, count: these.length, text: sentences[action](parts.join(', ')) }
}
