import { Mutex } from 'async-mutex'
import type { Readable } from 'node:stream'
import { toEngineError } from './errors.ts'
import { jsonLines } from './json-lines.ts'
import { describeError } from '../../core/errors.ts'
import { Channel } from '../../core/events.ts'
import { EngineUnavailable, type SandboxEvent } from '../engine.ts'

/** One line of Docker's event stream, as far as THON reads it. */
export interface DockerMessage {
  Action: string
  Actor: { ID: string; Attributes: Record<string, string> }
}

/** The events that change a sandbox's status. Docker's `restart`, `stop` and `kill` only repeat `die` and `start`. */
export const WATCHED = ['create', 'start', 'pause', 'unpause', 'die', 'destroy']

/**
 * Docker's stream as the port's events. `observe` may take its time: later messages about the same container wait for it,
 * messages about other containers do not. Ends when `signal` aborts; throws EngineUnavailable when the stream ends or `observe`
 * throws, even if that happens before the first read.
 */
export function sandboxEvents(
  stream: Readable,
  signal: AbortSignal,
  url: string,
  observe: (message: DockerMessage) => Promise<SandboxEvent | null>,
): AsyncIterable<SandboxEvent> {
  const channel = new Channel<SandboxEvent>(() => {
    stream.destroy()
    signal.removeEventListener('abort', stop)
  })
  const stop = () => channel.end()
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  const fail = (error: unknown) => channel.fail(toAway(error, url))
  const mutexes = new KeyedMutex()
  const forward = async (message: DockerMessage) => {
    const event = await observe(message)
    if (event) channel.push(event)
  }
  follow(stream, (message) => mutexes.run(message.Actor.ID, () => forward(message)).catch(fail)).catch(fail)
  return channel
}

async function follow(stream: Readable, take: (message: DockerMessage) => unknown): Promise<void> {
  for await (const value of jsonLines(stream)) {
    const message = value as Partial<DockerMessage>
    if (message.Action && message.Actor) take(message as DockerMessage)
  }
  throw new EngineUnavailable(
    'Docker closed its event stream. It may be stopping or restarting; THON keeps trying to reconnect.',
  )
}

/** Whatever broke the stream, the reader has to open it and list again. */
function toAway(error: unknown, url: string): EngineUnavailable {
  const known = toEngineError(error, url)
  if (known instanceof EngineUnavailable) return known
  return new EngineUnavailable(`The event stream of Docker at ${url} broke: ${describeError(known)}`, { cause: known })
}

/** Runs tasks with the same key one after the other, and tasks with different keys at the same time. */
class KeyedMutex {
  readonly #mutexes = new Map<string, Mutex>()

  async run(key: string, task: () => Promise<void>): Promise<void> {
    const mutex = this.#mutexes.get(key) ?? new Mutex()
    this.#mutexes.set(key, mutex)
    try {
      await mutex.runExclusive(task)
    } finally {
      if (!mutex.isLocked() && this.#mutexes.get(key) === mutex) this.#mutexes.delete(key)
    }
  }
}
