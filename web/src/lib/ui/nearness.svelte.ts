import { SvelteSet } from 'svelte/reactivity'
import type { Attachment } from 'svelte/attachments'

/** Tables of no more rows than this draw all of them. */
const FEW = 120
/** Of longer ones so many are drawn before it is known which are in sight: by the server, and at the first paint. */
const FIRST = 40
/** Rows come and go by so many: the first of each such chunk is watched for all of it. */
const CHUNK = 10
/** How far out of sight rows are drawn already, in pixels. */
const MARGIN = 900

/**
 * Which rows of a long table are near what is in sight: only those have cells. A row keeps its place and its height without
 * them, so nothing jumps. (`content-visibility: auto` on every row, tried before, cost twice the work in each frame of a
 * scroll, and none of the nodes were saved.)
 */
export class Nearness {
  readonly #near = new SvelteSet<number>()
  #known = $state(false)
  #observer: IntersectionObserver | undefined
  readonly #chunks = new WeakMap<Element, number>()

  /** Whether the row at this place is to be drawn. */
  has(index: number, rows: number): boolean {
    if (rows <= FEW) return true
    if (!this.#known) return index < FIRST
    const chunk = Math.floor(index / CHUNK)
    return this.#near.has(chunk) || this.#near.has(chunk + 1)
  }

  /** Watches the row at this place, if it is the first of its chunk. */
  watch(index: number): Attachment<HTMLElement> | undefined {
    return index % CHUNK === 0 ? (row) => this.#observe(row, index / CHUNK) : undefined
  }

  #observe(row: HTMLElement, chunk: number): () => void {
    const observer = (this.#observer ??= new IntersectionObserver((seen) => this.#see(seen), {
      rootMargin: `${MARGIN}px 0px`,
    }))
    this.#chunks.set(row, chunk)
    observer.observe(row)
    return () => observer.unobserve(row)
  }

  #see(seen: IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of seen) {
      const chunk = this.#chunks.get(target)!
      if (isIntersecting) this.#near.add(chunk)
      else this.#near.delete(chunk)
    }
    this.#known = true
    // Before Svelte takes cells out, or puts them in.
    for (const { target } of seen) {
      const chunk = this.#chunks.get(target)!
      hold(target, 1, !this.#near.has(chunk) && !this.#near.has(chunk + 1))
      hold(target.previousElementSibling, -1, !this.#near.has(chunk) && !this.#near.has(chunk - 1))
    }
  }
}

/** Fixes the heights of a chunk of rows, from its first or back from its last; or lets go of them. */
function hold(first: Element | null, step: 1 | -1, fixed: boolean): void {
  const rows: HTMLElement[] = []
  let row = first as HTMLElement | null
  while (row && rows.length < CHUNK) {
    rows.push(row)
    row = (step === 1 ? row.nextElementSibling : row.previousElementSibling) as HTMLElement | null
  }
  const heights = rows.map((one) => (fixed ? `${one.offsetHeight}px` : ''))
  rows.forEach((one, index) => (one.style.minHeight = heights[index]!))
}
