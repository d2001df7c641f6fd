import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { CloseCode, handleProtocols, makeServer, type Server, type ServerOptions } from 'graphql-ws'
import { WebSocketServer, type WebSocket } from 'ws'
import { isTooDeep } from '../core/json-depth.ts'
import type { Viewer } from '../core/viewer.ts'

/** Who a socket belongs to, and until when. */
export interface Credentials {
  viewer: Viewer
  session: { id: string; expiresAt: Date } | null
}

/** What an operation knows of its socket. */
export interface Peer extends Credentials {
  /** Sends a text as it is. A peer that reads too slowly is cut off: it reconnects and queries again. */
  send: (text: string) => void
}

/** Largest message of a client, in bytes. */
const MAX_MESSAGE_BYTES = 1024 * 1024 + 64 * 1024
/** Unsent bytes at which the socket of a slow client is closed. */
const MAX_UNSENT_BYTES = 4 * 1024 * 1024
/** How often sockets are pinged; one that did not answer the last ping is closed. */
const PING_MS = 12_000
/** How often sockets of expired sessions are looked for. */
const EXPIRY_MS = 2_000
/** Signed out. 4401 is fatal to graphql-ws, so clients do not reconnect by themselves. */
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
  readonly #expiries = setInterval(() => this.#expire(), EXPIRY_MS).unref()
  /** Sockets of sessions, which may end before the socket does. */
  readonly #signedIn = new Map<WebSocket, Peer>()
  readonly #reauthenticate: (sessionId: string) => Promise<Credentials | null>

  /** @param reauthenticate whether a session is still valid; null when it is not */
  constructor(
    options: ServerOptions<Record<string, unknown> | undefined, Peer>,
    reauthenticate: (sessionId: string) => Promise<Credentials | null>,
  ) {
    this.#reauthenticate = reauthenticate
    this.#protocol = makeServer(options)
    const silent = this.#silent
    this.#heard = function () {
      silent.delete(this)
    }
  }

  /** Takes over an upgrade request. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, pass: Credentials): void {
    this.#server.handleUpgrade(request, socket, head, (client) => this.#open(client, pass))
  }

  /** Closes the sockets of an ended session, or of an identity whose rights changed. */
  dismiss(whose: { id: string } | { identityId: string }): void {
    for (const [client, { session, viewer }] of this.#signedIn) {
      if ('id' in whose && session?.id === whose.id) client.close(...SIGNED_OUT)
      if ('identityId' in whose && viewer.identityId === whose.identityId) client.close(...RIGHTS_CHANGED)
    }
  }

  /** Closes every socket with code 1001 (going away), after which clients reconnect. */
  async close(): Promise<void> {
    clearInterval(this.#pings)
    clearInterval(this.#expiries)
    for (const client of this.#server.clients) client.close(1001, 'Going away')
    const timeout = setTimeout(() => this.#server.clients.forEach((client) => client.terminate()), CLOSE_TIMEOUT_MS)
    await new Promise((resolve) => this.#server.close(resolve))
    clearTimeout(timeout)
  }

  #open(client: WebSocket, pass: Credentials): void {
    const peer: Peer = { viewer: pass.viewer, session: pass.session, send: (text) => send(client, text) }
    if (peer.session) this.#signedIn.set(client, peer)
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
      this.#signedIn.delete(client)
      void closed(code, String(reason))
    })
  }

  /** A session that was used meanwhile expires later than its socket knows. */
  #expire(): void {
    const now = Date.now()
    for (const [client, peer] of this.#signedIn) {
      if (!peer.session || peer.session.expiresAt.getTime() > now) continue
      this.#reauthenticate(peer.session.id).then(
        (pass) => (pass ? (peer.session = pass.session) : client.close(...SIGNED_OUT)),
        () => client.close(...SIGNED_OUT),
      )
    }
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
