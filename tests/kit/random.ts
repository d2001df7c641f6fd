/** Random choices that are the same at every run: a test that fails once fails again. */
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

  /** A text of `least` to `most` of these characters. */
  text(characters: string[], least: number, most: number): string {
    return Array.from({ length: least + this.below(most - least + 1) }, () => this.of(characters)).join('')
  }
}
