import type { Column } from '#lib/ui/column.ts'
import type { ListedUser } from './types.ts'

/** The columns of the users of a group. */
export const columns: Column<ListedUser>[] = [
  { key: 'username', header: 'User', width: 'minmax(8rem, 3fr)', phone: 'title' },
  { key: 'email', header: 'E-mail', width: 'minmax(8rem, 4fr)' },
  { key: 'state', header: 'State', width: '8rem', phone: 'bare' },
  { key: 'detail', header: 'Detail', width: 'minmax(8rem, 5fr)', phone: 'bare' },
  { key: 'endpoint', header: 'Endpoint', width: '10rem', phone: 'bare' },
]
