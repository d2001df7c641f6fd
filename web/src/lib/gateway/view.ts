import type { ConsumerSortField, ConsumerStanding, ConsumersQueryVariables } from '#lib/graphql/generated/graphql.ts'
import type { Sort } from '#lib/ui/column.ts'
import { standings } from './messages.ts'

/** What the table shows, as the page's URL says: `?q=&standing=&sort=-TOKENS_TOTAL&page=&size=`. */
export interface ConsumersView {
  search: string
  standing: ConsumerStanding | null
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

/** Rows a page may have. */
export const sizes = [50, 100, 250, 1000]

/** Reads the view; what makes no sense in it is as if it were not there. */
export function viewOf(params: Pick<URLSearchParams, 'get'>): ConsumersView {
  const size = Number(params.get('size'))
  const number = Number(params.get('page'))
  const standing = params.get('standing') ?? ''
  const sort = params.get('sort') ?? ''
  const descending = sort.startsWith('-')
  const key = sortFields.find((field) => field === sort.slice(descending ? 1 : 0))
  return {
    search: params.get('q')?.trim() ?? '',
    standing: Object.hasOwn(standings, standing) ? (standing as ConsumerStanding) : null,
    sort: key ? { key, descending } : byName,
    page: {
      number: Number.isInteger(number) && number >= 1 && number < 1e6 ? number : 1,
      size: sizes.includes(size) ? size : 50,
    },
  }
}

/** The view as the server is asked for it, the same in a load and in a component. */
export function variablesOf({ search, standing, sort, page }: ConsumersView): ConsumersQueryVariables {
  return { filter: { search, standing }, sort: { field: sort.key, descending: sort.descending }, page }
}

/** What `sort` of the URL becomes when a header is clicked; null is the usual order. */
export function sortParam(now: Sort, key: string): string | null {
  // Who uses most is wanted first, names from A.
  const descending = now.key === key ? !now.descending : !['USERNAME', 'GROUP'].includes(key)
  const text = `${descending ? '-' : ''}${key}`
  return text === byName.key ? null : text
}
