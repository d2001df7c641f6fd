import { createSubscriber } from 'svelte/reactivity'

/** The present, for effects that show it: one timer for all of them, and none when nobody looks. */
class Clock {
  readonly #subscribe: () => void

  constructor(interval: number) {
    this.#subscribe = createSubscriber((update) => {
      const timer = setInterval(update, interval)
      return () => clearInterval(timer)
    })
  }

  /** Milliseconds since the epoch; read inside an effect or a template it is read anew with every tick. */
  get now(): number {
    this.#subscribe()
    return Date.now()
  }
}

/** Ticks every second: for what changes every second. */
export const seconds = new Clock(1_000)

/** Ticks every ten seconds: for what says minutes and more. */
export const tens = new Clock(10_000)
