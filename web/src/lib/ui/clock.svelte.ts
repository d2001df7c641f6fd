import { createSubscriber } from 'svelte/reactivity'

/** The current time, for effects that show it: one timer for all, and none while nothing reads it. */
class Clock {
  readonly #subscribe: () => void

  constructor(interval: number) {
    this.#subscribe = createSubscriber((update) => {
      const timer = setInterval(update, interval)
      return () => clearInterval(timer)
    })
  }

  /** Milliseconds since the epoch; effects and templates that read it run again with every tick. */
  get now(): number {
    this.#subscribe()
    return Date.now()
  }
}

/** Ticks every second: for what changes every second. */
export const seconds = new Clock(1_000)

/** Ticks every ten seconds: for times of minutes and more. */
export const tens = new Clock(10_000)
