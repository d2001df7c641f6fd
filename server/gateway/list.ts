import type { z } from 'zod'
import { fold } from '../core/input.ts'
import type { Snapshot } from '../upstream/polled-resource.ts'
import { STANDINGS, type ConsumerRow, type listInput, type GatewaySnapshot, type Standing } from './model.ts'

/** One page of consumers, with what the whole list holds. */
export interface ConsumerPage {
  items: ConsumerRow[]
  /** Rows that match, on all pages. */
  total: number
  number: number
  size: number
  /** Rows that match all of the filter but its standing, by standing. */
  counts: { standing: Standing; count: number }[]
  asOf: Date | null
  trouble: Snapshot<unknown>['error']
}

/** One page of the consumers that match, as sorted; by name unless said. */
export function pageOf(
  seen: Snapshot<GatewaySnapshot | null>,
  { filter, sort, page }: z.infer<typeof listInput>,
): ConsumerPage {
  const search = fold(filter?.search ?? '')
  const isFound = (row: ConsumerRow) =>
    (!filter?.type || row.type === filter.type) &&
    (search === '' || [row.username, row.group, row.user].some((text) => text && fold(text).includes(search)))
  const found = (seen.value?.rows ?? []).filter(isFound)
  const rows = filter?.standing ? found.filter(({ standing }) => standing === filter.standing) : found
  const { field, descending } = sort ?? { field: 'username' as const, descending: false }
  const way = descending ? -1 : 1
  rows.sort((a, b) => way * compared(a[field], b[field]) || compared(a.username, b.username))
  const { number, size } = page ?? { number: 1, size: 50 }
  return {
    ...{ items: rows.slice((number - 1) * size, number * size), total: rows.length, number, size },
    counts: STANDINGS.map((standing) => ({
      standing,
      count: found.filter((row) => row.standing === standing).length,
    })).filter(({ count }) => count > 0),
    ...{ asOf: seen.at, trouble: seen.error },
  }
}

/** What is unknown comes first. */
function compared(a: string | number | null, b: string | number | null): number {
  if (a === b) return 0
  if (a === null || b === null) return a === null ? -1 : 1
  return a < b ? -1 : 1
}
