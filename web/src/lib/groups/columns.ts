import type { Column } from '#lib/ui/column.ts'
import type { ListedUser } from './types.ts'

/** The columns of the users of a group. */
export const columns: Column<ListedUser>[] = [
  { key: 'username', header: 'User', width: 'minmax(8rem, 3fr)', phone: 'title' },
  { key: 'email', header: 'E-mail', width: 'minmax(7rem, 5fr)' },
  { key: 'state', header: 'State', width: '9rem', phone: 'bare' },
  { key: 'detail', header: 'Detail', width: 'minmax(8rem, 6fr)', phone: 'bare' },
  { key: 'endpoint', header: 'Endpoint', width: '9.5rem', phone: 'bare' },
]
