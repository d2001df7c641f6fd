import { SvelteMap } from 'svelte/reactivity'

/**
 * Which groups somebody unfolded or folded, for as long as the tab lives; of others the page decides. A search is looked at
 * by itself: folding a find away does not fold the group in the full list.
 */
class Unfolded {
  readonly #chosen = new SvelteMap<string, boolean>()

  /** @param otherwise when nobody chose */
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

/** The tab's. */
export const unfolded = new Unfolded()
