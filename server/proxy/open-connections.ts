import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { AccessRequest, Decision } from './protocol.ts'
import { Tunnel } from './tunnel.ts'

/** One request or WebSocket that is under way. */
interface OpenConnection {
  /** What was decided about; null for a connection with THON itself, which knows whose it is. */
  access: AccessRequest | null
  cut: () => void
}

/** Everything that is under way between clients and sandboxes, and the WebSockets with THON. */
export class OpenConnections {
  readonly #decide: (request: AccessRequest) => Decision | null | Promise<Decision | null>
  readonly #requests = new Set<OpenConnection>()
  readonly #sockets = new Map<Duplex, OpenConnection & { tunnel: Tunnel | null }>()

  /** @param decide who may open what; null where nobody knows at the moment */
  constructor(decide: (request: AccessRequest) => Decision | null | Promise<Decision | null>) {
    this.#decide = decide
  }

  /** Remembers a request to a sandbox until it is answered. */
  addRequest(response: ServerResponse, access: AccessRequest): void {
    const connection = { access, cut: () => response.destroy() }
    this.#requests.add(connection)
    response.once('close', () => this.#requests.delete(connection))
  }

  /** Remembers a WebSocket until it is closed. @returns takes the other end once that has accepted */
  addSocket(socket: Duplex, access: AccessRequest | null): (far: Duplex) => void {
    const connection = { access, cut: () => socket.destroy(), tunnel: null as Tunnel | null }
    this.#sockets.set(socket, connection)
    socket.once('close', () => this.#sockets.delete(socket))
    return (far) => (connection.tunnel = new Tunnel(socket, far))
  }

  /** Cuts off everyone who may no longer open the sandbox. */
  async recheck(): Promise<void> {
    for (const { access, cut } of [...this.#requests, ...this.#sockets.values()])
      if (access && (await this.#decide(access))?.allowed === false) cut()
  }

  /** Closes every WebSocket with a close frame; those that are not open yet, without. */
  goAway(): void {
    for (const { tunnel, cut } of this.#sockets.values())
      if (tunnel) tunnel.goAway()
      else cut()
  }

  /** Cuts off everything. */
  cut(): void {
    for (const { cut } of [...this.#requests, ...this.#sockets.values()]) cut()
  }
}
