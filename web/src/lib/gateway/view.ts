import type { ConsumerSortField, ConsumerStatus, ConsumersQueryVariables } from '#lib/graphql/generated/graphql.ts'
import type { Sort } from '#lib/ui/column.ts'
import { consumerStatuses } from './messages.ts'

/** What the table shows, from the page's URL: `?q=&status=&sort=-TOKENS_TOTAL&page=&size=`. */
export interface ConsumersView {
  search: string
  status: ConsumerStatus | null
  sort: Sort & { key: ConsumerSortField }
  page: { number: number; size: number }
}

const sortFields: readonly ConsumerSortField[] = [
  'USERNAME',
  'GROUP',
  'TOKEN_LIMIT',
  'TOKENS_IN_WINDOW',
  'TOKENS_TOTAL',
]
const byName = { key: 'USERNAME', descending: false } as const

/** Rows per page to choose from. */
export const sizes = [50, 100, 250, 1000]

/** Reads the view; parameters without a valid value are ignored. */
export function viewOf(params: Pick<URLSearchParams, 'get'>): ConsumersView {
  const size = Number(params.get('size'))
  const number = Number(params.get('page'))
  const status = params.get('status') ?? ''
  const sort = params.get('sort') ?? ''
  const descending = sort.startsWith('-')
  const key = sortFields.find((field) => field === sort.slice(descending ? 1 : 0))
  return {
    search: params.get('q')?.trim() ?? '',
    status: Object.hasOwn(consumerStatuses, status) ? (status as ConsumerStatus) : null,
    sort: key ? { key, descending } : byName,
    page: {
      number: Number.isInteger(number) && number >= 1 && number < 1e6 ? number : 1,
      size: sizes.includes(size) ? size : 50,
    },
  }
}

/** The view as variables of the query, the same in a load function and in a component. */
export function variablesOf({ search, status, sort, page }: ConsumersView): ConsumersQueryVariables {
  return { filter: { search, status }, sort: { field: sort.key, descending: sort.descending }, page }
}

/** The new value of `sort` in the URL when a header is clicked; null is the default order. */
export function sortParam(current: Sort, key: string): string | null {
  // Numbers start with the largest, names with A.
  const descending = current.key === key ? !current.descending : !['USERNAME', 'GROUP'].includes(key)
  const text = `${descending ? '-' : ''}${key}`
  return text === byName.key ? null : text
}
