import type { ConsumerRowFragment } from '#lib/graphql/generated/graphql.ts'
import type { Column } from '#lib/ui/column.ts'
import { limitText, ownerText, tokensText } from './messages.ts'

/** The columns of the list of consumers; keys of those that sort are the server's. ConsumerTable draws some of them. */
export const columns: Column<ConsumerRowFragment>[] = [
  { key: 'USERNAME', header: 'Consumer', width: 'minmax(6.75rem, 4fr)', sortable: true, phone: 'title' },
  { key: 'key', header: 'API key', width: 'minmax(9rem, 3fr)' },
  { key: 'type', header: 'Used by', width: '8rem', room: 'some', text: ownerText },
  { key: 'GROUP', header: 'Group', width: 'minmax(4.5rem, 2fr)', sortable: true, room: 'some' },
  {
    key: 'TOKEN_LIMIT',
    header: 'Token limit',
    width: 'minmax(7.5rem, 3fr)',
    sortable: true,
    align: 'end',
    text: limitText,
  },
  {
    key: 'TOKENS_IN_WINDOW',
    ...{ header: 'Used now', width: '7.25rem', sortable: true, align: 'end' },
    hint: 'Tokens used in the current window, from APISIX’s metrics: up to half a minute old. A dash means that it is not known yet.',
  },
  {
    key: 'TOKENS_TOTAL',
    ...{ header: 'Total', width: '5.5rem', sortable: true, align: 'end', room: 'some' },
    hint: 'Tokens used since APISIX started.',
    text: ({ tokensTotal }) => tokensText(tokensTotal),
  },
]
