import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { CloseCode, handleProtocols, makeServer, type Server, type ServerOptions } from 'graphql-ws'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Viewer } from '../core/viewer.ts'

/** Who is let in, and until when. */
export interface Pass {
  viewer: Viewer
  session: { id: string; expiresAt: Date } | null
}

/** What one operation may know of the socket it came over. */
export interface Peer extends Pass {
  /** Sends a text, whoever wrote it. A peer that reads too slowly is cut off: it comes back and queries anew. */
  send: (text: string) => void
}

/** Largest message a client may send, in bytes. */
const LARGEST_MESSAGE = 1024 * 1024 + 64 * 1024
/** What may wait for one client before its socket is closed, in bytes. */
const MOST_WAITING = 4 * 1024 * 1024
/** A socket is pinged this often, and ended when the last ping was not answered. */
const PING_MS = 12_000
/** Sockets whose session has run out are found this often. */
const EXPIRY_MS = 2_000
/** Whoever was signed out; clients do not come back by themselves (4401 is fatal to graphql-ws). */
const SIGNED_OUT = [4401, 'Signed out'] as const
/** Whoever has other rights now; clients come back, and are let in with those. */
const RIGHTS_CHANGED = [4205, 'Rights changed'] as const
/** How long clients may take to answer a goodbye. */
const GOODBYE_MS = 2_000

/**
 * The graphql-transport-ws protocol over `ws`, as `graphql-ws/use/ws`, but made for many sockets that mostly listen: one
 * timer for all, no request kept for each, and a way around the protocol for frames that are ready to be sent.
 */
export class Transport {
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: LARGEST_MESSAGE,
    handleProtocols,
  })
  readonly #protocol: Server<Peer>
  readonly #silent = new WeakSet<WebSocket>()
  readonly #heard: (this: WebSocket) => void
  readonly #pings = setInterval(() => this.#ping(), PING_MS).unref()
  readonly #expiries = setInterval(() => this.#expire(), EXPIRY_MS).unref()
  /** Those who came in by a session, which may end before the socket. */
  readonly #signedIn = new Map<WebSocket, Peer>()
  readonly #again: (sessionId: string) => Promise<Pass | null>

  /** @param again whether a session that was good is so still */
  constructor(
    options: ServerOptions<Record<string, unknown> | undefined, Peer>,
    again: (sessionId: string) => Promise<Pass | null>,
  ) {
    this.#again = again
    this.#protocol = makeServer(options)
    const silent = this.#silent
    this.#heard = function () {
      silent.delete(this)
    }
  }

  /** Takes over a request to be upgraded. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, pass: Pass): void {
    this.#server.handleUpgrade(request, socket, head, (client) => this.#open(client, pass))
  }

  /** Ends the sockets of a session that is over, or of somebody whose rights have changed. */
  dismiss(whose: { id: string } | { identityId: string }): void {
    for (const [client, { session, viewer }] of this.#signedIn) {
      if ('id' in whose && session?.id === whose.id) client.close(...SIGNED_OUT)
      if ('identityId' in whose && viewer.identityId === whose.identityId) client.close(...RIGHTS_CHANGED)
    }
  }

  /** Ends every socket with code 1001, "going away", after which clients reconnect. */
  async close(): Promise<void> {
    clearInterval(this.#pings)
    clearInterval(this.#expiries)
    for (const client of this.#server.clients) client.close(1001, 'Going away')
    const patience = setTimeout(() => this.#server.clients.forEach((client) => client.terminate()), GOODBYE_MS)
    await new Promise((resolve) => this.#server.close(resolve))
    clearTimeout(patience)
  }

  #open(client: WebSocket, pass: Pass): void {
    const peer: Peer = { viewer: pass.viewer, session: pass.session, send: (text) => send(client, text) }
    if (peer.session) this.#signedIn.set(client, peer)
    const closed = this.#protocol.opened(
      {
        protocol: client.protocol,
        send: peer.send,
        close: (code, reason) => client.close(code, reason),
        onMessage: (take) => client.on('message', (data) => void take(String(data)).catch(() => failed.call(client))),
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

  /** A session that was used meanwhile lasts longer than the socket knew. */
  #expire(): void {
    const now = Date.now()
    for (const [client, peer] of this.#signedIn) {
      if (!peer.session || peer.session.expiresAt.getTime() > now) continue
      this.#again(peer.session.id).then(
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
  if (client.bufferedAmount > MOST_WAITING) client.terminate()
  else client.send(text)
}

function failed(this: WebSocket): void {
  this.close(CloseCode.InternalServerError, 'Internal server error')
}
