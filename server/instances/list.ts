import type { z } from 'zod'
import type { Db } from '../db/client.ts'
import { fold } from '../core/input.ts'
import type { Prisma } from '../../prisma/generated/client/client.ts'
import type { State } from './sync/lifecycle.ts'
import type { InstanceRow, listInput, SORT_FIELDS } from './model.ts'

/** A page of instances, with what the whole list holds. */
export interface InstancePage {
  items: InstanceRow[]
  /** Rows that match the filter, on all pages. */
  total: number
  number: number
  size: number
  /** Rows that match all of the filter but its states, by state. */
  counts: { state: State; count: number }[]
}

/** As far as Prisma counts. */
const LAST_ROW = 2 ** 31 - 1

/** One page of the instances that match, as sorted. @param userIds only theirs; null is everybody's */
export async function listInstances(
  db: Db,
  input: z.infer<typeof listInput>,
  userIds: ReadonlySet<string> | null,
): Promise<InstancePage> {
  const { filter, sort, page } = input
  const search = filter?.search ? { search: { contains: fold(filter.search) } } : {}
  const base: Prisma.InstanceWhereInput = {
    ...search,
    group: filter?.group ?? undefined,
    ...(userIds && { userId: { in: [...userIds] } }),
  }
  const where = filter?.states?.length ? { ...base, state: { in: filter.states } } : base
  const { number, size } = page ?? { number: 1, size: 50 }
  const direction = (sort?.descending ?? !sort) ? 'desc' : 'asc'
  const { instance } = db
  const skip = (number - 1) * size
  const [items, counts] = await Promise.all([
    skip > LAST_ROW
      ? []
      : instance.findMany({
          where,
          orderBy: [orderBy(sort?.field ?? 'createdAt', direction), { id: 'asc' }],
          skip,
          take: size,
        }),
    instance.groupBy({ by: ['state'], where: base, _count: true, orderBy: { state: 'asc' } }),
  ])
  const wanted = new Set<string>(filter?.states?.length ? filter.states : counts.map((one) => one.state))
  const total = counts.filter((one) => wanted.has(one.state)).reduce((sum, one) => sum + one._count, 0)
  return {
    items: items,
    total,
    number,
    size,
    counts: counts.map((one) => ({ state: one.state, count: one._count })),
  }
}

function orderBy(field: (typeof SORT_FIELDS)[number], sort: 'asc' | 'desc'): Prisma.InstanceOrderByWithRelationInput {
  // Those that never end come last, whichever way.
  return field === 'expiresAt' ? { expiresAt: { sort, nulls: 'last' } } : { [field]: sort }
}
