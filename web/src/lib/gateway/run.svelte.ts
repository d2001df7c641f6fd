import type { GatewayRunViewFragment } from '#lib/graphql/generated/graphql.ts'

/** One thing that a run does. */
export type Step = GatewayRunViewFragment['steps'][number]

/** The last set-up or clean-up, put together from frames that carry only the steps that changed. */
export class FollowedRun {
  /** Null until the first frame, and when there was none. */
  head = $state.raw<Omit<GatewayRunViewFragment, 'steps'> | null>(null)
  steps = $state.raw<readonly Step[]>([])
  /** Somebody here has read how it ended. */
  dismissed = $state<string | null>(null)
  #hasBegun = false

  /** Whether it goes on. */
  get isUnderWay(): boolean {
    return this.head !== null && this.head.endedAt === null
  }

  /** Whether there is something to show: it goes on, or its end was not read. A good end of before the page was opened is not. */
  get isShown(): boolean {
    return this.head !== null && this.dismissed !== this.head.id
  }

  /** @param frame of `gatewayRunChanged` */
  take(frame: GatewayRunViewFragment | null): void {
    const isFirst = !this.#hasBegun
    this.#hasBegun = true
    if (!frame) return
    const { steps, ...head } = frame
    if (isFirst && head.endedAt !== null && head.done === head.total) this.dismissed = head.id
    this.head = head
    if (steps.length === head.total) this.steps = steps
    else {
      // eslint-disable-next-line svelte/prefer-svelte-reactivity -- gone when this returns
      const changed = new Map(steps.map((step) => [keyOf(step), step]))
      this.steps = this.steps.map((step) => changed.get(keyOf(step)) ?? step)
    }
  }
}

/** What tells one step from another. */
export function keyOf({ action, username }: Step): string {
  return `${action} ${username}`
}
