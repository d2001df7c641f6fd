import { freshness, type Topic } from './freshness.ts'

/** Frames of one burst ask once. */
const GATHER = 20
/** Least time between two questions. */
const PACE = 400
/** How soon to look again while an answer is on its way. */
const LOOK_AGAIN = 60

/** Asks one mounted query again when its topics change: soon, but never twice at a time nor more often than PACE. */
export class Requery {
  /** Of the query as it is asked now. */
  key = 0
  readonly topics: readonly Topic[]
  readonly #ask: () => void
  #timer: ReturnType<typeof setTimeout> | undefined
  #askedAt = 0

  constructor(topics: readonly Topic[], ask: () => void) {
    this.topics = topics
    this.#ask = ask
  }

  get asking(): boolean {
    return freshness.inFlight(this.key)
  }

  soon(): void {
    this.#timer ??= setTimeout(() => this.#look(), Math.max(GATHER, this.#askedAt + PACE - Date.now()))
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #look(): void {
    this.#timer = undefined
    if (this.asking) this.#timer = setTimeout(() => this.#look(), LOOK_AGAIN)
    else if (!freshness.isFresh(this.key, this.topics)) {
      this.#askedAt = Date.now()
      this.#ask()
    }
  }
}
