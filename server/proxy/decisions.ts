import type { AccessRequest, Decision } from './protocol.ts'

/** How long a decision counts, in milliseconds, unless THON reports a change. */
const FRESH_MS = 2_000
/** How many decisions are remembered. */
const MAX_DECISIONS = 5_000

interface Entry {
  /** What counts now, or the question that is under way. */
  current: Decision | Promise<Decision | null>
  /** The last answer; null before the first. */
  last: Decision | null
  until: number
}

/** Who may open what, as THON decided a moment ago. While THON is unavailable, its last decisions count. */
export class Decisions {
  readonly #ask: (request: AccessRequest) => Promise<Decision>
  readonly #entries = new Map<string, Entry>()
  #away = false

  /** @param ask asks THON; it rejects when THON goes away before it has answered */
  constructor(ask: (request: AccessRequest) => Promise<Decision>) {
    this.#ask = ask
  }

  /** At once where it is known. @returns null where THON is unavailable and has not decided it before */
  of(request: AccessRequest): Decision | null | Promise<Decision | null> {
    const key = JSON.stringify([request.scheme, request.host, request.path, request.cookie])
    const known = this.#entries.get(key)
    if (this.#away) return known?.last ?? null
    if (known && known.until > Date.now()) return known.current
    if (this.#entries.size > MAX_DECISIONS) this.#entries.clear()
    const last = known?.last ?? null
    const question = this.#ask(request).then(
      (decision) => (entry.current = entry.last = decision),
      () => (this.#away ? entry.last : null),
    )
    const entry: Entry = { current: question, last, until: Date.now() + FRESH_MS }
    this.#entries.set(key, entry)
    return question
  }

  /** Outdates what was decided. @param access whether it may have changed who may open what: then it is forgotten */
  invalidate(access: boolean): void {
    if (access) this.#entries.clear()
    else for (const entry of this.#entries.values()) entry.until = 0
  }

  /** THON is gone, perhaps for a moment: nothing new is decided. */
  thonLeft(): void {
    this.#away = true
  }

  /** THON is here, and its earlier decisions count no more. */
  thonCame(): void {
    this.#away = false
    this.#entries.clear()
  }
}
