import type { ImportAction } from '#lib/graphql/generated/graphql.ts'
import type { Tone } from '#lib/ui/tone.ts'
import type { Report } from './files.ts'

type Change = Report['changes'][number]

/** A group of the file, and what happens to it and to its users. */
export interface PreviewGroup {
  group: Change
  /** Users something happens to. */
  users: { name: string; change: Change }[]
  /** How many users stay as they are. */
  kept: number
}

/** What an import does, as it is shown. */
export interface Preview {
  events: Change[]
  groups: PreviewGroup[]
  counts: { action: ImportAction; text: string; count: number }[]
}

/** How each kind of change looks. */
export const looks: Record<ImportAction, { tone: Tone; mark: string; label: string }> = {
  CREATE: { tone: 'success', mark: '+', label: 'new' },
  UPDATE: { tone: 'info', mark: '~', label: 'changed' },
  KEEP: { tone: 'neutral', mark: '=', label: 'as it is' },
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

const words: Record<ImportAction, string> = { CREATE: 'created', UPDATE: 'updated', KEEP: 'unchanged' }

function countOf(action: ImportAction, changes: readonly Change[]): Preview['counts'][number] {
  const these = changes.filter((change) => change.action === action)
  const parts = (['EVENT', 'GROUP', 'USER'] as const).flatMap((kind) => {
    const count = these.filter((change) => change.kind === kind).length
    return count > 0 ? [`${count} ${kind.toLowerCase()}${count === 1 ? '' : 's'}`] : []
  })
  return { action, count: these.length, text: `${parts.join(', ')} ${words[action]}` }
}
