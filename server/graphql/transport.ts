import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { CloseCode, handleProtocols, makeServer, type Server, type ServerOptions } from 'graphql-ws'
import { WebSocketServer, type WebSocket } from 'ws'
import { isTooDeep } from '../core/json-depth.ts'
import type { PrincipalChange } from '../core/events.ts'
import type { Principal } from '../core/viewer.ts'

/** Who opens a socket, and from where. */
export interface SocketOwner {
  viewer: Principal
  /** Of the client. */
  address: string
}

/** What an operation knows of its socket. */
export interface Peer extends SocketOwner {
  /** Sends a text as it is. A peer that reads too slowly is cut off: it reconnects and queries again. */
  send: (text: string) => void
}

/** Largest message of a client, in bytes. */
const MAX_MESSAGE_BYTES = 1024 * 1024 + 64 * 1024
/** Unsent bytes at which the socket of a slow client is closed. */
const MAX_UNSENT_BYTES = 4 * 1024 * 1024
/** How often sockets are pinged; one that did not answer the last ping is closed. */
const PING_MS = 12_000
/** The principal ended. 4401 is fatal to graphql-ws, so clients do not reconnect by themselves. */
const SIGNED_OUT = [4401, 'Signed out'] as const
/** The rights changed. Clients reconnect and get the new ones. */
const RIGHTS_CHANGED = [4205, 'Rights changed'] as const
/** How long clients may take to answer a close frame. */
const CLOSE_TIMEOUT_MS = 2_000

/**
 * The graphql-transport-ws protocol over `ws`, like `graphql-ws/use/ws`, but for many sockets that mostly listen: one timer
 * for all, no request kept per socket, and a shortcut for frames that are already written.
 */
export class Transport {
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols,
  })
  readonly #protocol: Server<Peer>
  readonly #silent = new WeakSet<WebSocket>()
  readonly #heard: (this: WebSocket) => void
  readonly #pings = setInterval(() => this.#ping(), PING_MS).unref()
  /** Open sockets, each with the id of its principal, which may end before the socket does. */
  readonly #principals = new Map<WebSocket, string>()

  constructor(options: ServerOptions<Record<string, unknown> | undefined, Peer>) {
    this.#protocol = makeServer(options)
    const silent = this.#silent
    this.#heard = function () {
      silent.delete(this)
    }
  }

  /** Takes over an upgrade request. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, owner: SocketOwner): void {
    this.#server.handleUpgrade(request, socket, head, (client) => this.#open(client, owner))
  }

  /** Closes the sockets of principals that ended, or whose rights changed. */
  dismiss({ kind, ids }: PrincipalChange): void {
    const [code, reason] = kind === 'ended' ? SIGNED_OUT : RIGHTS_CHANGED
    for (const [client, id] of this.#principals) if (ids.has(id)) client.close(code, reason)
  }

  /** Closes every socket with code 1001 (going away), after which clients reconnect. */
  async close(): Promise<void> {
    clearInterval(this.#pings)
    for (const client of this.#server.clients) client.close(1001, 'Going away')
    const timeout = setTimeout(() => this.#server.clients.forEach((client) => client.terminate()), CLOSE_TIMEOUT_MS)
    await new Promise((resolve) => this.#server.close(resolve))
    clearTimeout(timeout)
  }

  #open(client: WebSocket, owner: SocketOwner): void {
    const peer: Peer = { ...owner, send: (text) => send(client, text) }
    this.#principals.set(client, owner.viewer.id)
    const closed = this.#protocol.opened(
      {
        protocol: client.protocol,
        send: peer.send,
        close: (code, reason) => client.close(code, reason),
        onMessage: (take) =>
          client.on('message', (data) => {
            const text = (data as Buffer).toString()
            if (isTooDeep(text)) client.close(CloseCode.BadRequest, 'The message is nested too deeply')
            else take(text).catch(() => failed.call(client))
          }),
      },
      peer,
    )
    client.on('pong', this.#heard)
    client.on('error', failed)
    client.on('close', (code, reason) => {
      this.#principals.delete(client)
      void closed(code, String(reason))
    })
  }

  #ping(): void {
    for (const client of this.#server.clients) {
      if (this.#silent.has(client)) client.terminate()
      this.#silent.add(client)
      client.ping()
    }
  }
}

function send(client: WebSocket, text: string): void {
  if (client.readyState !== client.OPEN) return
  if (client.bufferedAmount > MAX_UNSENT_BYTES) client.terminate()
  else client.send(text)
}

function failed(this: WebSocket): void {
  this.close(CloseCode.InternalServerError, 'Internal server error')
}
