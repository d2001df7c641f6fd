/*
 * How live data works here. Read it before you add a page.
 *
 * 1. Documents are in `lib/<feature>/documents.ts`, as `graphql(`…`)`; `npm run codegen` types them. What a list shows of
 *    a thing is one fragment (`InstanceRow`), which the query, the subscription and the mutations all select: each frame
 *    and each answer then updates `Instance:<id>` in the cache, and every component that shows it.
 * 2. A page's `+page.ts` calls `prime(client, Query, variables)` with the client of `await parent()`. That puts the answer
 *    into the cache: in the HTML at the first load, before the page shows at later navigations.
 * 3. The component calls `liveQuery({ query, variables, on })` with the same variables. It has the data at once, keeps what
 *    it shows while variables change, and asks again when a topic in `on` is touched: so also after every reconnect.
 * 4. Each feature's `live.ts` follows its subscription with `follow()`; `lib/shell/follow-all.ts` starts them, once, for the
 *    root layout. Frames change rows through the cache by themselves; what a frame may do to membership, order or counts
 *    of a list it says with `touch(topic)`. Nothing else writes to the cache, and nothing copies its data into own state.
 * 5. A type without an `id` of its own needs a key in the feature's `cache.ts`. Secrets (`password`) are read by the
 *    component that reveals them, never by a list, a fragment or a load.
 * 6. Participants follow only their own instances and the engine: `follow-all.ts` says who follows what.
 */
import {
  createRequest,
  getContextClient,
  type AnyVariables,
  type CombinedError,
  type GraphQLRequest,
  type OperationResult,
  type TypedDocumentNode,
} from '@urql/svelte'
import { untrack } from 'svelte'
import { freshness, type Topic } from './freshness.ts'
import { Requery } from './requery.ts'

/** What a query needs to be live. */
export interface LiveOptions<Data, Variables extends AnyVariables> {
  query: TypedDocumentNode<Data, Variables>
  /** Read reactively; null asks nothing and shows nothing. Left out when the query has none. */
  variables?: () => Variables | null
  /** The topics whose changes may change the answer beyond what frames put into the cache. */
  on: readonly Topic[]
  /** Keep what is shown until data for new variables is there. True by default; false for the detail of one thing. */
  keep?: boolean
}

// eslint-disable-next-line svelte/prefer-svelte-reactivity -- nothing draws it
const mounted = new Set<Requery>()

/** Something of the topic changed that the cache cannot know: what lists it is asked again, soon. */
export function touch(topic: Topic): void {
  freshness.touch(topic)
  for (const requery of mounted) if (requery.topics.includes(topic)) requery.soon()
}

/** A frame changed only its own row. Answers on their way may be older than it, so those are asked for again. */
export function overtake(topic: Topic): void {
  freshness.touch(topic)
  for (const requery of mounted) if (requery.topics.includes(topic) && requery.asking) requery.soon()
}

/** A query as its component sees it. Data is what the cache holds, and changes when that does. */
export class LiveQuery<Data, Variables extends AnyVariables = AnyVariables> {
  data = $state.raw<Data>()
  /** Why the last question was not answered; what was shown before stays. */
  error = $state.raw<CombinedError>()
  /** There is nothing to show yet. */
  fetching = $state(true)
  /** What is shown is for earlier variables, or is being asked for again. */
  stale = $state(false)

  readonly #client = getContextClient()
  readonly #keep: boolean
  readonly #requery: Requery
  readonly #request: GraphQLRequest<Data, Variables> | null

  constructor({ query, variables, on, keep = true }: LiveOptions<Data, Variables>) {
    this.#keep = keep
    this.#requery = new Requery(on, () => this.refetch())
    this.#request = $derived.by(() => {
      const given = variables ? variables() : ({} as Variables)
      return given && createRequest(query, given)
    })
    const first = untrack(() => this.#request)
    this.data = first ? this.#read(first) : undefined
    this.fetching = first !== null && this.data === undefined
    // Variables are often rebuilt from a URL that changed elsewhere: only a different key is a different question.
    const key = $derived(this.#request?.key)
    $effect(() => {
      const request = key === undefined ? null : untrack(() => this.#request)
      return request ? untrack(() => this.#follow(request)) : this.#clear()
    })
  }

  /** Asks the server again; what is shown stays until the answer. */
  refetch(): void {
    if (!this.#request) return
    const context = { requestPolicy: 'network-only' } as const
    this.#client.reexecuteOperation(this.#client.createRequestOperation('query', this.#request, context))
  }

  #read({ query, variables }: GraphQLRequest<Data, Variables>): Data | undefined {
    return this.#client.readQuery<Data, Variables>(query, variables, { requestPolicy: 'cache-only' })?.data ?? undefined
  }

  #clear(): void {
    this.data = undefined
    this.error = undefined
    this.fetching = false
    this.stale = false
  }

  #follow(request: GraphQLRequest<Data, Variables>): () => void {
    if (!this.#keep) this.data = this.#read(request)
    this.error = undefined
    this.fetching = this.data === undefined
    this.stale = !this.fetching
    this.#requery.key = request.key
    mounted.add(this.#requery)
    const { unsubscribe } = this.#client.executeQuery(request).subscribe((result) => this.#take(result))
    if (!freshness.isFresh(request.key, this.#requery.topics)) this.#requery.soon()
    return () => {
      unsubscribe()
      mounted.delete(this.#requery)
      this.#requery.stop()
    }
  }

  #take({ data, error, stale }: OperationResult<Data, Variables>): void {
    if (data !== undefined && data !== null) this.data = data
    this.error = error
    this.stale = stale
    this.fetching = false
  }
}

/** A live query; call it while a component is created. */
export function liveQuery<Data, Variables extends AnyVariables>(
  options: LiveOptions<Data, Variables>,
): LiveQuery<Data, Variables> {
  return new LiveQuery(options)
}
