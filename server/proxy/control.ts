import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

/** What either side of the control channel sends. */
interface Message {
  kind: string
}

/** The channel between THON and the proxy: messages as lines of JSON on a Unix socket that only their user reaches. */
export class Control<In extends Message, Out extends Message> {
  readonly #socket: Socket
  readonly #waiting = new Map<string, (message: In) => void>()

  /** @param received gets every message that nobody waits for */
  constructor(socket: Socket, received: (message: In) => void) {
    this.#socket = socket
    socket.on('error', () => socket.destroy())
    const lines = createInterface({ input: socket })
    // It passes on the errors of its socket.
    lines.on('error', () => undefined)
    lines.on('line', (line) => {
      const message = messageOf(line) as In | null
      // The other side was cut off in the middle of it.
      if (!message) return
      const waiting = this.#waiting.get(message.kind)
      this.#waiting.delete(message.kind)
      if (waiting) waiting(message)
      else received(message)
    })
  }

  /** Whether the other side can still be reached. */
  get isOpen(): boolean {
    return !this.#socket.destroyed && this.#socket.writable
  }

  /** Sends a message, unless the other side is gone: then its end is handled by itself. */
  send(message: Out): void {
    if (this.isOpen) this.#socket.write(`${JSON.stringify(message)}\n`)
  }

  /** The next message of a kind. @returns null when the other side goes away, or says nothing for so long */
  next<K extends In['kind']>(kind: K, timeoutMs: number): Promise<Extract<In, { kind: K }> | null> {
    return new Promise((resolve) => {
      const give = (message: In | null) => {
        clearTimeout(timer)
        this.#waiting.delete(kind)
        this.#socket.removeListener('close', onClose)
        resolve(message as Extract<In, { kind: K }> | null)
      }
      const onClose = () => give(null)
      const timer = setTimeout(onClose, timeoutMs)
      this.#socket.once('close', onClose)
      this.#waiting.set(kind, give)
    })
  }

  /** Calls back once, when the other side is gone. */
  onClose(gone: () => void): void {
    if (this.#socket.destroyed) gone()
    else this.#socket.once('close', gone)
  }

  /** Hangs up. */
  close(): void {
    this.#socket.destroy()
  }
}

/** Connects to a Unix socket. @returns null when nobody listens there */
export async function connectTo(path: string): Promise<Socket | null> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return socket
  } catch {
    return null
  }
}

function messageOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
