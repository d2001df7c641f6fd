import type { InstanceRowFragment } from '#lib/graphql/generated/graphql.ts'
import type { Column } from '#lib/ui/column.ts'

/** The columns of the instances table. Keys of sortable ones are known to view.ts; InstanceTable draws most of them. */
export const columns: Column<InstanceRowFragment>[] = [
  { key: 'username', header: 'User', width: 'minmax(5.5rem, 4fr)', sortable: true, phone: 'title' },
  { key: 'group', header: 'Group', width: 'minmax(5rem, 4fr)', sortable: true },
  { key: 'state', header: 'State', width: 'minmax(12.25rem, 8fr)', sortable: true, phone: 'bare' },
  { key: 'endpoint', header: 'Endpoint', width: 'minmax(10.5rem, 7fr)' },
  { key: 'expiresAt', header: 'Time left', width: '7.25rem', sortable: true, room: 'some' },
  { key: 'createdAt', header: 'Created', width: '8rem', sortable: true, room: 'much' },
  { key: 'id', header: 'ID', width: '5.5rem', room: 'much', phone: 'hidden' },
]
