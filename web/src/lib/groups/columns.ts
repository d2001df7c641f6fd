import type { GroupRowFragment } from '#lib/graphql/generated/graphql.ts'
import type { Column } from '#lib/ui/column.ts'

/** The columns of the list of groups. */
export const columns: Column<GroupRowFragment>[] = [
  { key: 'name', header: 'Group', width: 'minmax(8rem, 2fr)', text: (row) => row.name, phone: 'title' },
  { key: 'title', header: 'Title', width: 'minmax(8rem, 3fr)', text: (row) => row.title ?? '' },
  {
    key: 'event',
    header: 'Event',
    width: 'minmax(7rem, 2fr)',
    text: (row) => row.event?.title ?? row.event?.eventId ?? '',
  },
  { key: 'users', header: 'Users', width: '6rem', text: (row) => String(row.userCount), align: 'end' },
]
