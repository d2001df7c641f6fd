import type { GatewayJobViewFragment } from '#lib/graphql/generated/graphql.ts'
import { liveQuery } from '#lib/graphql/live.svelte.ts'
import { GatewayJobQuery } from './documents.ts'

/** Follows the last job of the gateway, by anyone. Create it while a component is created. */
export class FollowedJob {
  readonly #query = liveQuery({ query: GatewayJobQuery, on: ['gatewayJob'] })
  /** The job that had succeeded before this page was opened; undefined until the first answer. */
  #oldId = $state<string | null>()
  /** The job whose result was closed on this page. */
  #dismissedId = $state<string | null>(null)

  constructor() {
    this.#rememberOld()
    $effect(() => this.#rememberOld())
  }

  /** Null before the first job since the server started. */
  get view(): GatewayJobViewFragment | null {
    return this.#query.data?.gatewayJob ?? null
  }

  get isRunning(): boolean {
    return this.view !== null && this.view.endedAt === null
  }

  /** Whether it stopped early or some of its steps failed. */
  get isIncomplete(): boolean {
    return this.view !== null && (Boolean(this.view.message) || this.view.failed > 0)
  }

  /** Whether to show it: it is running, or its result has not been closed. A success from before the page was opened is not shown. */
  get isShown(): boolean {
    const id = this.view?.id
    return id !== undefined && this.#oldId !== undefined && id !== this.#oldId && id !== this.#dismissedId
  }

  /** Closes its result. */
  dismiss(): void {
    this.#dismissedId = this.view?.id ?? null
  }

  #rememberOld(): void {
    if (this.#oldId !== undefined || !this.#query.data) return
    const job = this.view
    this.#oldId = job && job.endedAt !== null && job.done === job.total ? job.id : null
  }
}
