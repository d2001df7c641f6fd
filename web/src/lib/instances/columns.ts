import type { InstanceRowFragment } from '#lib/graphql/generated/graphql.ts'
import type { Column } from '#lib/ui/column.ts'

/** The columns of the list of instances. */
export const columns: Column<InstanceRowFragment>[] = [
  { key: 'username', header: 'User', width: 'minmax(8rem, 2fr)', text: (row) => row.username, phone: 'title' },
  { key: 'group', header: 'Group', width: 'minmax(7rem, 2fr)', text: (row) => row.group },
  { key: 'state', header: 'State', width: '9rem' },
  { key: 'since', header: 'Since', width: '8rem' },
  { key: 'detail', header: 'Detail', width: 'minmax(8rem, 3fr)', text: (row) => row.reason ?? row.progress ?? '' },
]
