import {
  defaultRangeExtractor,
  measureElement,
  observeWindowOffset,
  observeWindowRect,
  Virtualizer,
  windowScroll,
  type VirtualizerOptions,
} from '@tanstack/virtual-core'
import { untrack } from 'svelte'
import type { Attachment } from 'svelte/attachments'

/** Tables of no more rows than this draw all of them, so that the browser's own search finds everything. */
const FEW = 120
/** Rows of a longer table that are drawn before it is known which are in sight: by the server, and at the first paint. */
const FIRST = 40
/** Rows drawn above and below those in sight. */
const OVERSCAN = 15
/** Height of a row in pixels until one was measured. */
const USUAL_HEIGHT = 47

/** A row that is drawn. */
export interface DrawnRow {
  index: number
  /** Pixels of rows left out between it and the one drawn before it. */
  gap: number
}

/**
 * Which rows of a long table are in the document: those in sight, some around them, and the one that keyboards are at. What is
 * left out keeps its room, by margins. The price: the browser's search finds only rows in the document; the page's finds all.
 */
export class VirtualRows {
  #virtualizer = $state.raw<Virtualizer<Window, HTMLElement>>()
  /** Changes with everything the virtualizer knows. */
  #version = $state(0)
  #versions = 0
  #height = USUAL_HEIGHT
  #margin = 0
  readonly #keys: () => readonly string[]
  readonly #pinned: () => string | undefined
  readonly #long = $derived.by(() => this.#keys().length > FEW)
  readonly #keyOf = $derived.by(() => {
    const keys = this.#keys()
    return (index: number) => keys[index] ?? index
  })
  readonly #drawn = $derived.by(() => this.#place())

  /**
   * @param keys of all rows, in their order; read reactively, as the next
   * @param pinned key of the row that is always drawn: the one in the tab order
   */
  constructor(keys: () => readonly string[], pinned: () => string | undefined) {
    this.#keys = keys
    this.#pinned = pinned
    $effect(() => {
      void this.#drawn
      untrack(() => this.#virtualizer?._willUpdate())
    })
  }

  /** The rows to draw, in their order. */
  get rows(): readonly DrawnRow[] {
    return this.#drawn.rows
  }

  /** Pixels of rows left out after the last one drawn. */
  get after(): number {
    return this.#drawn.after
  }

  /** For the element that holds the rows. */
  readonly body: Attachment<HTMLElement> = (body) => {
    if (!this.#long) return
    return untrack(() => this.#start(body))
  }

  /** For each row, which needs `data-index`. */
  readonly row: Attachment<HTMLElement> = (row) => {
    const virtualizer = this.#virtualizer
    untrack(() => virtualizer?.measureElement(row))
  }

  #place(): { rows: DrawnRow[]; after: number } {
    const count = this.#keys().length
    if (!this.#long) return { rows: upTo(count), after: 0 }
    void this.#version
    const virtualizer = this.#virtualizer
    virtualizer?.setOptions(this.#options())
    const items = virtualizer?.getVirtualItems() ?? []
    const last = items.at(-1)
    if (!virtualizer || !last) return { rows: upTo(FIRST), after: (count - FIRST) * this.#height }
    let end = this.#margin
    const rows = items.map((item) => {
      const gap = item.start - end
      end = item.end
      return { index: item.index, gap }
    })
    return { rows, after: this.#margin + virtualizer.getTotalSize() - last.end }
  }

  #options(): VirtualizerOptions<Window, HTMLElement> {
    const keys = this.#keys()
    const pinned = this.#pinned()
    const at = pinned === undefined ? -1 : keys.indexOf(pinned)
    return {
      count: keys.length,
      getItemKey: this.#keyOf,
      estimateSize: () => this.#height,
      // A table that is hidden has rows without a height.
      measureElement: (row, entry, virtualizer) => measureElement(row, entry, virtualizer) || this.#height,
      overscan: OVERSCAN,
      scrollMargin: this.#margin,
      rangeExtractor: (range) => {
        const inRange = defaultRangeExtractor(range)
        return at < 0 || inRange.includes(at) ? inRange : [...inRange, at].sort((a, b) => a - b)
      },
      getScrollElement: () => window,
      observeElementRect: observeWindowRect,
      observeElementOffset: observeWindowOffset,
      scrollToFn: windowScroll,
      initialOffset: () => window.scrollY,
      initialRect: { width: window.innerWidth, height: window.innerHeight },
      onChange: () => this.#changed(),
    }
  }

  #changed(): void {
    this.#version = ++this.#versions
  }

  #start(body: HTMLElement): () => void {
    this.#measure(body)
    const virtualizer = new Virtualizer(this.#options())
    const unmount = virtualizer._didMount()
    virtualizer._willUpdate()
    this.#virtualizer = virtualizer
    let width = body.offsetWidth
    const observer = new ResizeObserver(() => {
      // What is above the table may have grown, and other widths have other rows: cards on a phone.
      const before = this.#margin
      this.#measure(body)
      if (body.offsetWidth !== width) {
        width = body.offsetWidth
        virtualizer.measure()
        for (const row of rowsOf(body)) virtualizer.measureElement(row)
      }
      if (this.#margin !== before) this.#changed()
    })
    observer.observe(body)
    observer.observe(document.body)
    return () => {
      observer.disconnect()
      unmount()
      this.#virtualizer = undefined
    }
  }

  #measure(body: HTMLElement): void {
    this.#margin = body.getBoundingClientRect().top + window.scrollY
    const heights = rowsOf(body).map((row) => row.offsetHeight)
    const sum = heights.reduce((total, height) => total + height, 0)
    if (sum > 0) this.#height = sum / heights.length
  }
}

function upTo(count: number): DrawnRow[] {
  return Array.from({ length: count }, (_, index) => ({ index, gap: 0 }))
}

function rowsOf(body: HTMLElement): HTMLElement[] {
  return [...body.querySelectorAll<HTMLElement>('[data-index]')]
}
