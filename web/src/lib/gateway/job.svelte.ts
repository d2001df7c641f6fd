import type { GatewayRunViewFragment } from '#lib/graphql/generated/graphql.ts'
import { liveQuery } from '#lib/graphql/live.svelte.ts'
import { GatewayRunQuery } from './documents.ts'

/** The last set-up or clean-up, whoever began it. Make one while a component is made. */
export class FollowedRun {
  readonly #query = liveQuery({ query: GatewayRunQuery, on: ['gatewayRun'] })
  /** The run that was over, and well, before anybody looked here; undefined until the first answer. */
  #old = $state<string | null>()
  /** Somebody here has read how it ended. */
  #dismissed = $state<string | null>(null)

  constructor() {
    this.#begin()
    $effect(() => this.#begin())
  }

  /** Null when there was none since the server started. */
  get view(): GatewayRunViewFragment | null {
    return this.#query.data?.gatewayRun ?? null
  }

  /** Whether it goes on. */
  get isUnderWay(): boolean {
    return this.view !== null && this.view.endedAt === null
  }

  /** Whether there is something to show: it goes on, or its end was not read. A good end of before the page was opened is not. */
  get isShown(): boolean {
    const id = this.view?.id
    return id !== undefined && this.#old !== undefined && id !== this.#old && id !== this.#dismissed
  }

  /** Somebody has read how it ended. */
  dismiss(): void {
    this.#dismissed = this.view?.id ?? null
  }

  #begin(): void {
    if (this.#old !== undefined || !this.#query.data) return
    const run = this.view
    this.#old = run && run.endedAt !== null && run.done === run.total ? run.id : null
  }
}
