import { Channel } from '../../core/events.ts'
import type { SandboxEvent } from '../engine.ts'

/** Passes every event to all current followers. Slow readers lose nothing. */
export class Feed {
  readonly #channels = new Set<Channel<SandboxEvent>>()

  /** Number of followers. */
  get size(): number {
    return this.#channels.size
  }

  /** Events from this call on, until the signal aborts or the feed ends. Then `onEnd` is called. */
  follow(signal: AbortSignal, onEnd: () => void): AsyncIterable<SandboxEvent> {
    const channel = new Channel<SandboxEvent>(() => {
      signal.removeEventListener('abort', abort)
      this.#channels.delete(channel)
      onEnd()
    })
    const abort = () => void channel.return()
    this.#channels.add(channel)
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    return channel
  }

  publish(event: SandboxEvent): void {
    for (const channel of this.#channels) channel.push(event)
  }

  /** Ends every stream; what was published before is still delivered. */
  end(): void {
    for (const channel of this.#channels) channel.end()
  }
}
