/** Random choices that are the same in every run, so that a failure can be repeated. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    // mulberry32
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }

  of<T>(choices: ArrayLike<T>): T {
    return choices[this.below(choices.length)] as T
  }

  chance(percent: number): boolean {
    return this.below(100) < percent
  }

  /** A text of `min` to `max` of these characters. */
  text(characters: string[], min: number, max: number): string {
    return Array.from({ length: min + this.below(max - min + 1) }, () => this.of(characters)).join('')
  }
}
