import type { ConsumerRowFragment } from '#lib/graphql/generated/graphql.ts'
import type { Column } from '#lib/ui/column.ts'
import { limit, tokens, whom } from './messages.ts'

/** The columns of the list of consumers; keys of those that sort are the server's. ConsumerTable draws some of them. */
export const columns: Column<ConsumerRowFragment>[] = [
  { key: 'USERNAME', header: 'Consumer', width: 'minmax(6.75rem, 4fr)', sortable: true, phone: 'title' },
  { key: 'key', header: 'API key', width: 'minmax(9rem, 3fr)' },
  { key: 'type', header: 'For', width: '6.75rem', room: 'some', text: whom },
  { key: 'GROUP', header: 'Group', width: 'minmax(4.5rem, 2fr)', sortable: true, room: 'some' },
  { key: 'TOKEN_LIMIT', header: 'Tokens', width: 'minmax(7rem, 3fr)', sortable: true, align: 'end', text: limit },
  {
    key: 'TOKENS_IN_WINDOW',
    ...{ header: 'Used now', width: '6.25rem', sortable: true, align: 'end' },
    hint: 'Tokens in the present window, by the metrics of APISIX: up to half a minute old. A dash where it is not known yet.',
  },
  {
    key: 'TOKENS_TOTAL',
    ...{ header: 'In all', width: '5rem', sortable: true, align: 'end', room: 'some' },
    hint: 'Tokens since APISIX started',
    text: ({ tokensTotal }) => tokens(tokensTotal),
  },
]
