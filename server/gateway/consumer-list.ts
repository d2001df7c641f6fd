import type { z } from 'zod'
import { Channel, type Change, type Ready } from '../core/events.ts'
import { fold, rowsOf } from '../core/input.ts'
import type { Snapshot } from '../upstream/polled-resource.ts'
import {
  CONSUMER_STATUSES,
  type ConsumerRow,
  type consumerListInput,
  type ConsumerStatus,
  type GatewaySnapshot,
} from './model.ts'

/** One page of consumers, with figures of the whole list. */
export interface ConsumerPage {
  items: ConsumerRow[]
  /** Rows that match, on all pages. */
  total: number
  number: number
  size: number
  /** Rows that match the filter apart from its status, by status; none of 0. */
  counts: { status: ConsumerStatus; count: number }[]
  asOf: Date | null
  error: Snapshot<unknown>['error']
}

/** One page of the consumers that match the filter, sorted by name by default. */
export function pageOf(
  snapshot: Snapshot<GatewaySnapshot | null>,
  { filter, sort, page }: z.infer<typeof consumerListInput>,
): ConsumerPage {
  const search = fold(filter?.search ?? '')
  const isFound = (row: ConsumerRow) =>
    (!filter?.type || row.type === filter.type) &&
    (search === '' || [row.username, row.group, row.user].some((text) => text && fold(text).includes(search)))
  const found = (snapshot.value?.rows ?? []).filter(isFound)
  const rows = filter?.status ? found.filter(({ status }) => status === filter.status) : found
  const { field, descending } = sort ?? { field: 'username' as const, descending: false }
  const sign = descending ? -1 : 1
  rows.sort((a, b) => sign * compare(a[field], b[field]) || compare(a.username, b.username))
  const { skip, take } = rowsOf(page)
  return {
    ...{ items: rows.slice(skip, skip + take), total: rows.length, ...page },
    counts: CONSUMER_STATUSES.map((status) => ({
      status,
      count: found.filter((row) => row.status === status).length,
    })).filter(({ count }) => count > 0),
    ...{ asOf: snapshot.at, error: snapshot.error },
  }
}

/**
 * Changes of consumers, including those made outside THON: each snapshot compared with the one before. One READY first.
 * @param snapshots returned when the consumer of the channel returns
 */
export function consumerChanges(
  snapshots: AsyncIterableIterator<Snapshot<GatewaySnapshot | null>>,
): Channel<Change<ConsumerRow> | Ready> {
  const channel = new Channel<Change<ConsumerRow> | Ready>(() => void snapshots.return?.())
  channel.push({ kind: 'READY', id: null, row: null })
  void (async () => {
    let before: Map<string, ConsumerRow> | null = null
    for await (const { value } of snapshots) {
      const now = new Map((value?.rows ?? []).map((row) => [row.username, row]))
      if (before) for (const change of changesBetween(before, now)) channel.push(change)
      before = now
    }
    channel.end()
  })().catch((error: unknown) => channel.fail(error as Error))
  return channel
}

function* changesBetween(
  before: Map<string, ConsumerRow>,
  now: Map<string, ConsumerRow>,
): Generator<Change<ConsumerRow>> {
  for (const [id, row] of now) {
    const old = before.get(id)
    if (!old) yield { kind: 'ADDED', id, row }
    else if (JSON.stringify(old) !== JSON.stringify(row)) yield { kind: 'UPDATED', id, row }
  }
  for (const [id, row] of before) if (!now.has(id)) yield { kind: 'REMOVED', id, row }
}

/** Unknown values come first. */
function compare(a: string | number | null, b: string | number | null): number {
  if (a === b) return 0
  if (a === null || b === null) return a === null ? -1 : 1
  return a < b ? -1 : 1
}
