import { SvelteMap } from 'svelte/reactivity'

/**
 * Which groups a person unfolded or folded, kept while the tab is open. For the others, the page decides. A search has its
 * own choices: folding a group in the results does not fold it in the full list.
 */
class Unfolded {
  readonly #chosen = new SvelteMap<string, boolean>()

  /** @param otherwise the answer where no one has chosen */
  has(groupId: string, search: string, otherwise: boolean): boolean {
    return this.#chosen.get(keyOf(groupId, search)) ?? otherwise
  }

  set(groupIds: readonly string[], search: string, open: boolean): void {
    for (const id of groupIds) this.#chosen.set(keyOf(id, search), open)
  }
}

function keyOf(groupId: string, search: string): string {
  return `${groupId} ${search}`
}

/** One for the tab. */
export const unfolded = new Unfolded()
