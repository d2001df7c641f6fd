import type { SandboxEvent } from '../engine.ts'

/** Hands every event to everybody who follows at that moment; nothing is lost to one who reads slowly. */
export class Feed {
  readonly #followers = new Set<Follower>()

  /** How many follow. */
  get size(): number {
    return this.#followers.size
  }

  /** Events from this call on, until the signal aborts or the feed ends. `done` is called once it has. */
  follow(signal: AbortSignal, done: () => void): AsyncIterable<SandboxEvent> {
    const follower = new Follower()
    const abort = () => {
      follower.drop()
      follower.stop()
    }
    follower.stop = () => {
      signal.removeEventListener('abort', abort)
      follower.end()
      if (this.#followers.delete(follower)) done()
    }
    this.#followers.add(follower)
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    return follower
  }

  /** Tells everybody. */
  publish(event: SandboxEvent): void {
    for (const follower of this.#followers) follower.push(event)
  }

  /** Ends every stream, once what it was told has been read. */
  end(): void {
    for (const follower of this.#followers) follower.stop()
  }
}

class Follower implements AsyncIterable<SandboxEvent> {
  readonly #waiting: SandboxEvent[] = []
  #ended = false
  #wake = () => {}
  stop = () => {}

  push(event: SandboxEvent): void {
    this.#waiting.push(event)
    this.#wake()
  }

  drop(): void {
    this.#waiting.length = 0
  }

  end(): void {
    this.#ended = true
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<SandboxEvent> {
    try {
      for (;;) {
        const event = this.#waiting.shift()
        if (event) yield event
        else if (this.#ended) return
        else await new Promise<void>((wake) => (this.#wake = wake))
      }
    } finally {
      this.stop()
    }
  }
}
