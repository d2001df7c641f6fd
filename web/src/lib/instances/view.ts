import type { InstanceSortField, InstanceState, InstancesQueryVariables } from '#lib/graphql/generated/graphql.ts'
import type { Sort } from '#lib/ui/column.ts'
import { states } from './states.ts'

/** What the page shows, as in its URL: `?q=&state=&group=&sort=-createdAt&page=&size=&id=`. */
export interface InstancesView {
  search: string
  states: InstanceState[]
  group: string | null
  sort: Sort & { key: SortKey }
  page: { number: number; size: number }
  /** The instance whose drawer is open. */
  id: string | null
}

type Params = Pick<URLSearchParams, 'get' | 'getAll'>

/** The sortable columns, as the URL names them. */
const sortFields = {
  createdAt: 'CREATED_AT',
  expiresAt: 'EXPIRES_AT',
  group: 'GROUP',
  state: 'STATE',
  username: 'USERNAME',
} as const satisfies Record<string, InstanceSortField>

type SortKey = keyof typeof sortFields
const newestFirst = { key: 'createdAt', descending: true } as const

/** The page sizes to choose from. */
export const sizes = [50, 100, 250, 1000]
const DEFAULT_SIZE = 50

/** Reads the view from the URL and ignores invalid parts. */
export function viewOf(params: Params): InstancesView {
  const size = Number(params.get('size'))
  const number = Number(params.get('page'))
  return {
    search: params.get('q')?.trim() ?? '',
    states: params
      .getAll('state')
      .map((state) => state.toUpperCase())
      .filter((state): state is InstanceState => Object.hasOwn(states, state)),
    group: params.get('group') || null,
    sort: sortOf(params.get('sort') ?? ''),
    page: {
      number: Number.isInteger(number) && number >= 1 && number < 1e6 ? number : 1,
      size: sizes.includes(size) ? size : DEFAULT_SIZE,
    },
    id: params.get('id') || null,
  }
}

function sortOf(text: string): InstancesView['sort'] {
  const descending = text.startsWith('-')
  const key = text.slice(descending ? 1 : 0)
  return isSortKey(key) ? { key, descending } : newestFirst
}

function isSortKey(text: string): text is SortKey {
  return Object.hasOwn(sortFields, text)
}

/** The variables of the query, the same in a load and in a component. */
export function variablesOf({ search, states, group, sort, page }: InstancesView): InstancesQueryVariables {
  return { filter: { search, states, group }, sort: { field: sortFields[sort.key], descending: sort.descending }, page }
}

/** The URL's `sort` after a click on a header; null is the default order. */
export function sortParam(now: Sort, key: string): string | null {
  // Times start with the latest, names with A.
  const descending = now.key === key ? !now.descending : key === newestFirst.key
  const text = `${descending ? '-' : ''}${key}`
  return text === `-${newestFirst.key}` ? null : text
}

/** A page in the URL; defaults are left out. */
export function pageParams({ number, size }: InstancesView['page']): Record<'page' | 'size', number | null> {
  return { page: number > 1 ? number : null, size: size === DEFAULT_SIZE ? null : size }
}

/** Whether a filter is active. */
export function isFiltered({ search, states, group }: InstancesView): boolean {
  return search !== '' || states.length > 0 || group !== null
}

/** Removes all filters from the URL. */
export const unfiltered = { q: null, state: null, group: null, page: null }
