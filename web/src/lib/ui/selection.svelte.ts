import { SvelteSet } from 'svelte/reactivity'

/** Which rows of a table are selected, by key. The page owns it; a row that re-renders asks only for its own key. */
export class Selection {
  readonly #keys = new SvelteSet<string>()
  #anchor: string | null = null

  get size(): number {
    return this.#keys.size
  }

  get keys(): string[] {
    return [...this.#keys]
  }

  has(key: string): boolean {
    return this.#keys.has(key)
  }

  /** @param shown keys in the order of the table, to select from the last toggled one to this; null without Shift */
  toggle(key: string, shown: readonly string[] | null = null): void {
    const from = shown && this.#anchor !== null ? shown.indexOf(this.#anchor) : -1
    const select = !this.#keys.has(key)
    if (shown && from >= 0) {
      const to = shown.indexOf(key)
      for (const one of shown.slice(Math.min(from, to), Math.max(from, to) + 1)) this.#set(one, select)
    } else this.#set(key, select)
    this.#anchor = key
  }

  /** Selects all of them, or none when all were. */
  toggleAll(shown: readonly string[]): void {
    const select = !shown.every((key) => this.#keys.has(key))
    for (const key of shown) this.#set(key, select)
  }

  set(keys: readonly string[]): void {
    this.clear()
    for (const key of keys) this.#keys.add(key)
  }

  /** Deselects rows that are no longer shown. */
  keepOnly(shown: readonly string[]): void {
    // eslint-disable-next-line svelte/prefer-svelte-reactivity -- gone when this returns
    const there = new Set(shown)
    for (const key of this.#keys) if (!there.has(key)) this.#keys.delete(key)
  }

  clear(): void {
    this.#keys.clear()
    this.#anchor = null
  }

  #set(key: string, selected: boolean): void {
    if (selected) this.#keys.add(key)
    else this.#keys.delete(key)
  }
}
