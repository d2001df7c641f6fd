import type { InstanceRowFragment } from '#lib/graphql/generated/graphql.ts'
import { Selection } from '#lib/ui/selection.svelte.ts'

type Row = InstanceRowFragment

/**
 * The selected instances. An instance stays selected when it leaves the page, for instance because a pause moves it out of a
 * list of running ones. The bar counts it and keeps the row that was last shown.
 */
export class Picked {
  readonly selection = new Selection()
  readonly #shown: () => readonly Row[]
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- a memory of what #rows has read, which is reactive
  readonly #seen = new Map<string, Row>()
  readonly #here = $derived.by(() => {
    if (this.selection.size === 0) return []
    return this.#shown().filter((row) => this.selection.has(row.id))
  })
  readonly #rows = $derived.by(() => {
    for (const row of this.#here) this.#seen.set(row.id, row)
    return this.selection.keys.map((id) => this.#seen.get(id)).filter((row) => row !== undefined)
  })

  /** @param shown the rows of the page, read reactively */
  constructor(shown: () => readonly Row[]) {
    this.#shown = shown
  }

  get rows(): readonly Row[] {
    return this.#rows
  }

  /** How many of them are not on the page. */
  get hidden(): number {
    return this.selection.size - this.#here.length
  }
}
