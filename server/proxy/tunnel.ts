import type { Duplex } from 'node:stream'

/** A close frame with the code 1001, "going away" (RFC 6455, 7.4.1). */
const GOING_AWAY = Buffer.from([0x88, 0x02, 0x03, 0xe9])
/** How long a client may take to close its side after that, in milliseconds. */
const CLOSE_MS = 1_000

/**
 * A WebSocket between a client and the server behind the proxy, which pipes its bytes. It knows where the server's frames end
 * (RFC 6455, 5.2), because a close frame of the proxy's own may only stand between two of them.
 */
export class Tunnel {
  readonly #client: Duplex
  readonly #server: Duplex
  /** Bytes of the present frame that are still to come. */
  #left = 0
  /** The beginning of a frame whose head is not complete. */
  #head: Buffer = Buffer.alloc(0)
  #going = false

  /** @param server must not have been read from */
  constructor(client: Duplex, server: Duplex) {
    this.#client = client
    this.#server = server
    server.on('data', (chunk: Buffer) => this.#see(chunk))
  }

  /** Tells the client with a close frame that the server goes away, once the frame under way is complete. */
  goAway(): void {
    if (this.#going) return
    this.#going = true
    this.#server.unpipe(this.#client)
    if (this.#isBetweenFrames) this.#close()
    else this.#server.resume()
  }

  get #isBetweenFrames(): boolean {
    return this.#left === 0 && this.#head.length === 0
  }

  #see(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, chunk.length - at)
        this.#left -= taken
        at += taken
      } else at += this.#readHead(chunk, at)
      if (this.#going && this.#isBetweenFrames) break
    }
    if (!this.#going) return
    this.#client.write(chunk.subarray(0, at))
    if (this.#isBetweenFrames) this.#close()
  }

  /** Reads as much of a frame's head as there is. @returns how many bytes of the chunk that were */
  #readHead(chunk: Buffer, at: number): number {
    const before = this.#head.length
    const head = before === 0 ? chunk.subarray(at, at + 10) : Buffer.concat([this.#head, chunk.subarray(at, at + 10)])
    const size = head.length < 2 ? 2 : (HEAD_SIZE[(head[1] as number) & 127] ?? 2)
    if (head.length < size) {
      this.#head = Buffer.from(head)
      return head.length - before
    }
    this.#head = Buffer.alloc(0)
    const short = (head[1] as number) & 127
    this.#left = size === 2 ? short : size === 4 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2))
    // A server sends no mask, but a program may.
    if (((head[1] as number) & 128) !== 0) this.#left += 4
    return size - before
  }

  #close(): void {
    this.#server.removeAllListeners('data').destroy()
    this.#client.end(GOING_AWAY)
    this.#client.resume()
    setTimeout(() => this.#client.destroy(), CLOSE_MS).unref()
  }
}

/** Bytes of a frame's head by its short length; two where that is the length itself. */
const HEAD_SIZE: Record<number, number> = { 126: 4, 127: 10 }
