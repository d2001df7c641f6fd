import { SvelteSet } from 'svelte/reactivity'
import type { Attachment } from 'svelte/attachments'

/** Tables of no more rows than this draw all of them. */
const FEW = 120
/** Of longer ones so many are drawn before it is known which are in sight: by the server, and at the first paint. */
const FIRST = 40
/** How far out of sight rows are drawn already, in pixels. */
const MARGIN = 900

/**
 * Which rows of a long table are near what is in sight: only those have cells. A row keeps its place and its height without
 * them, because `content-visibility` remembers it, so nothing jumps when they come and go.
 */
export class Nearness {
  readonly #near = new SvelteSet<string>()
  #known = $state(false)
  #observer: IntersectionObserver | undefined

  /** Whether the row is to be drawn. */
  has(key: string, index: number, rows: number): boolean {
    return rows <= FEW || (this.#known ? this.#near.has(key) : index < FIRST)
  }

  /** Watches the row with this key in `data-row`. */
  readonly watch: Attachment<HTMLElement> = (row) => {
    const observer = (this.#observer ??= new IntersectionObserver((seen) => this.#see(seen), {
      rootMargin: `${MARGIN}px 0px`,
    }))
    observer.observe(row)
    return () => {
      observer.unobserve(row)
      this.#near.delete(row.dataset.row!)
    }
  }

  #see(seen: IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of seen) {
      const key = (target as HTMLElement).dataset.row!
      if (isIntersecting) this.#near.add(key)
      else this.#near.delete(key)
    }
    this.#known = true
  }
}
