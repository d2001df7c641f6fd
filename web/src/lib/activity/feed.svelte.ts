import { getContextClient } from '@urql/svelte'
import { onMount, untrack } from 'svelte'
import type { ActivityFilter, ActivityQueryVariables, ActivityRowFragment } from '#lib/graphql/generated/graphql.ts'
import { liveQuery } from '#lib/graphql/live.svelte.ts'
import { ActivityQuery } from './documents.ts'
import { onActivity } from './live.ts'

type Filter = Pick<ActivityFilter, 'kind' | 'target'>

/** Entries on a page of the log. */
export const PAGE = 50

/** The variables of a log's first page, the same in a load and in a component. */
export function firstPage(filter: Filter): ActivityQueryVariables {
  return { filter, page: { number: 1, size: PAGE } }
}

/**
 * The log as it is watched: its newest page, the entries that are written or changed from then on, and older pages on
 * request.
 */
export class ActivityFeed {
  /** The newest page, for QueryState. */
  readonly newest
  /** Whether older entries are loading. */
  loading = $state(false)
  /** Whether the oldest entry is shown. */
  ended = $state(false)

  readonly #filter: () => Filter
  readonly #client = getContextClient()
  #others = $state.raw<ActivityRowFragment[]>([])
  #page: readonly ActivityRowFragment[] = []
  readonly #rows = $derived.by(() => merge(this.newest.data?.activity.items ?? [], this.#others))

  /** @param filter read reactively; a change starts the log again */
  constructor(filter: () => Filter) {
    this.#filter = filter
    this.newest = liveQuery({
      query: ActivityQuery,
      variables: () => firstPage(filter()),
      on: ['activity'],
      keep: false,
    })
    $effect(() => {
      void JSON.stringify(filter())
      untrack(() => this.#begin())
    })
    $effect(() => {
      const page = this.newest.data?.activity.items
      if (page) untrack(() => this.#join(page))
    })
    onMount(() => onActivity((entry) => this.#add(entry)))
  }

  /** Newest first. */
  get rows(): ActivityRowFragment[] {
    return this.#rows
  }

  /** Loads the page that follows the oldest entry shown. */
  async more(): Promise<void> {
    const last = this.rows.at(-1)
    if (!last || this.loading) return
    this.loading = true
    const filter = this.#filter()
    const older = { ...firstPage(filter), filter: { ...filter, before: last.id } }
    const { data } = await this.#client.query(ActivityQuery, older).toPromise()
    this.loading = false
    if (!data || JSON.stringify(filter) !== JSON.stringify(this.#filter())) return
    const { items } = data.activity
    this.ended = items.length < PAGE
    this.#others = [...this.#others, ...items]
  }

  #begin(): void {
    this.#others = []
    this.#page = []
    this.ended = (this.newest.data?.activity.items.length ?? PAGE) < PAGE
  }

  /**
   * Takes a page that was read again after a reconnect. Entries that it pushed out stay, unless the two pages are too far
   * apart to know the entries between them.
   */
  #join(page: readonly ActivityRowFragment[]): void {
    const known = merge(this.#page, this.#others)
    // eslint-disable-next-line svelte/prefer-svelte-reactivity -- gone when this returns
    const here = new Set(page.map((entry) => entry.id))
    const apart = page.length >= PAGE && known.length > 0 && !known.some((entry) => here.has(entry.id))
    this.#page = page
    this.#others = apart ? [] : known
    this.ended = apart ? false : this.ended || page.length < PAGE
  }

  #add(entry: ActivityRowFragment): void {
    const { kind, target } = this.#filter()
    if ((kind && kind !== entry.kind) || (target && target !== entry.target)) return
    // A change of an entry that is not loaded yet: it comes with its page.
    const oldest = this.rows.at(-1)
    if (oldest && Number(entry.id) < Number(oldest.id)) return
    this.#others = [entry, ...this.#others.filter(({ id }) => id !== entry.id)]
  }
}

function merge(page: readonly ActivityRowFragment[], others: readonly ActivityRowFragment[]): ActivityRowFragment[] {
  const byId = new Map([...others, ...page].map((entry) => [entry.id, entry]))
  return [...byId.values()].sort((a, b) => Number(b.id) - Number(a.id))
}
