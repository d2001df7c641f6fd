import { getContextClient } from '@urql/svelte'
import { onMount, untrack } from 'svelte'
import type { ActivityQueryVariables, ActivityRowFragment } from '#lib/graphql/generated/graphql.ts'
import { liveQuery } from '#lib/graphql/live.svelte.ts'
import { ActivityQuery } from './documents.ts'
import { onActivity } from './live.ts'

type Filter = Pick<ActivityQueryVariables, 'kind' | 'target'>

/** How many acts a page of the log has. */
export const PAGE = 50

/** What the first page of a log asks for, the same in a load and in a component. */
export function firstPage(filter: Filter): ActivityQueryVariables {
  return { first: PAGE, ...filter }
}

/**
 * The log as it is watched: its newest page, the acts that happen from then on, and older pages as they are asked for. Acts
 * never change, so what was read once is kept.
 */
export class ActivityFeed {
  /** The newest page, for QueryState. */
  readonly newest
  /** Whether older acts are on their way. */
  loading = $state(false)
  /** There is nothing older than what is shown. */
  ended = $state(false)

  readonly #filter: () => Filter
  readonly #client = getContextClient()
  #others = $state.raw<ActivityRowFragment[]>([])
  #page: readonly ActivityRowFragment[] = []
  readonly #rows = $derived.by(() => merge(this.newest.data?.activity ?? [], this.#others))

  /** @param filter read reactively; a change begins the log anew */
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
      const page = this.newest.data?.activity
      if (page) untrack(() => this.#join(page))
    })
    onMount(() => onActivity((act) => this.#add(act)))
  }

  /** Newest first. */
  get rows(): ActivityRowFragment[] {
    return this.#rows
  }

  /** Reads the page that follows the oldest act shown. */
  async more(): Promise<void> {
    const last = this.rows.at(-1)
    if (!last || this.loading) return
    this.loading = true
    const filter = this.#filter()
    const { data } = await this.#client.query(ActivityQuery, { ...firstPage(filter), before: last.id }).toPromise()
    this.loading = false
    if (!data || JSON.stringify(filter) !== JSON.stringify(this.#filter())) return
    this.ended = data.activity.length < PAGE
    this.#others = [...this.#others, ...data.activity]
  }

  #begin(): void {
    this.#others = []
    this.#page = []
    this.ended = (this.newest.data?.activity.length ?? PAGE) < PAGE
  }

  /** A page read anew, after a reconnect: what it pushed out stays, unless the two are too far apart to know the acts between. */
  #join(page: readonly ActivityRowFragment[]): void {
    const known = merge(this.#page, this.#others)
    // eslint-disable-next-line svelte/prefer-svelte-reactivity -- gone when this returns
    const here = new Set(page.map((act) => act.id))
    const apart = page.length >= PAGE && known.length > 0 && !known.some((act) => here.has(act.id))
    this.#page = page
    this.#others = apart ? [] : known
    this.ended = apart ? false : this.ended || page.length < PAGE
  }

  #add(act: ActivityRowFragment): void {
    const { kind, target } = this.#filter()
    if ((kind && kind !== act.kind) || (target && target !== act.target)) return
    this.#others = [act, ...this.#others]
  }
}

function merge(page: readonly ActivityRowFragment[], others: readonly ActivityRowFragment[]): ActivityRowFragment[] {
  const byId = new Map([...others, ...page].map((act) => [act.id, act]))
  return [...byId.values()].sort((a, b) => Number(b.id) - Number(a.id))
}
