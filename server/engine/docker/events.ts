import { Readable } from 'node:stream'
import { engineError } from './errors.ts'
import { jsonLines } from './json-lines.ts'
import { EngineAway, type SandboxEvent } from '../engine.ts'

/** One line of Docker's event stream, as far as we read it. */
export interface DockerMessage {
  Action: string
  Actor: { ID: string; Attributes: Record<string, string> }
}

/** The events that change what the port tells; `restart`, `stop` and `kill` only repeat those of `die` and `start`. */
export const WATCHED = ['create', 'start', 'pause', 'unpause', 'die', 'destroy']

/**
 * Docker's stream as the port's events. `observe` may take its time over a message: later ones of the same container wait
 * for it, those of others do not. Ends when `signal` aborts; throws EngineAway when the stream ends or `observe` throws,
 * also when that happens before anybody reads.
 */
export function sandboxEvents(
  stream: Readable,
  signal: AbortSignal,
  url: string,
  observe: (message: DockerMessage) => Promise<SandboxEvent | null>,
): AsyncIterable<SandboxEvent> {
  const out = new Readable({ objectMode: true, read() {} })
  const finish = (error?: unknown) => {
    if (error === undefined) out.push(null)
    else out.destroy(toAway(error, url))
    stream.destroy()
  }
  const stop = () => finish()
  // Whoever iterates gets the error; until then nobody listens, and an unheard 'error' would end the process.
  out.on('error', () => {})
  out.on('close', () => {
    stream.destroy()
    signal.removeEventListener('abort', stop)
  })
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  const turns = new Turns()
  const take = async (message: DockerMessage) => {
    const event = await observe(message)
    if (event && !signal.aborted && !out.destroyed) out.push(event)
  }
  follow(stream, (message) => turns.run(message.Actor.ID, () => take(message)).catch(fail)).catch(fail)
  function fail(error: unknown): void {
    if (!signal.aborted && !out.destroyed) finish(error)
  }
  return out
}

async function follow(stream: Readable, take: (message: DockerMessage) => void): Promise<void> {
  for await (const value of jsonLines(stream)) {
    const message = value as Partial<DockerMessage>
    if (message.Action && message.Actor) take(message as DockerMessage)
  }
  throw new EngineAway('Docker ended its stream of events. It may be stopping or restarting.')
}

/** Whatever broke the stream, the reader must open it and list again. */
function toAway(error: unknown, url: string): EngineAway {
  const known = engineError(error, url)
  if (known instanceof EngineAway) return known
  const words = known instanceof Error ? known.message : String(known)
  return new EngineAway(`The events of Docker at ${url} broke off: ${words}`, { cause: known })
}

/** Runs tasks of one key one after the other, those of different keys side by side. */
class Turns {
  readonly #last = new Map<string, Promise<unknown>>()

  run(key: string, task: () => Promise<void>): Promise<void> {
    const turn = (this.#last.get(key) ?? Promise.resolve()).then(task)
    // A failed turn is its caller's to tell; the next one goes on.
    const settled = turn
      .catch(() => {})
      .then(() => {
        if (this.#last.get(key) === settled) this.#last.delete(key)
      })
    this.#last.set(key, settled)
    return turn
  }
}
