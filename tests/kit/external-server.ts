import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

/** One request, as it came. */
export interface RecordedRequest {
  method: string
  /** With its query. */
  path: string
  headers: IncomingHttpHeaders
  /** As JSON, else the text; null when there was none. */
  body: unknown
}

/** What to answer: a status, a body (text as it is, else as JSON), headers; null leaves the client waiting. */
export type ExternalReply = { status?: number; body: unknown; headers?: Record<string, string> } | null

/** Somebody else's HTTP server on loopback, played by a test. It can die and come back at the same port. */
export class ExternalServer {
  /** Every request so far. */
  readonly requests: RecordedRequest[] = []
  /** Says what to answer. */
  answer: (taken: RecordedRequest) => ExternalReply | Promise<ExternalReply>
  #port: number
  #server = createServer()
  readonly #sockets = new Set<Socket>()

  private constructor(port: number, answer: (taken: RecordedRequest) => ExternalReply | Promise<ExternalReply>) {
    this.#port = port
    this.answer = answer
  }

  /** Starts one, which ends with the test. @param port 0 is a free one */
  static async start(answer: ExternalServer['answer'], port = 0): Promise<ExternalServer> {
    const started = new ExternalServer(port, answer)
    await started.up()
    onTestFinished(() => started.down())
    return started
  }

  get port(): number {
    return this.#port
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Comes (back) at its port. */
  async up(): Promise<void> {
    this.#server = createServer((request, response) => void this.#serve(request, response))
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  /** Dies, in the middle of whatever it is at. */
  async down(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  /** How often a path (without its query) was asked for. */
  count(path: string): number {
    return this.requests.filter((one) => one.path.split('?')[0] === path).length
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const raw = await text(request).catch(() => '')
    const { method = '', url: path = '', headers } = request
    const taken = { method, path, headers, body: raw === '' ? null : jsonOr(raw) }
    this.requests.push(taken)
    const reply = await this.answer(taken)
    if (!reply || response.destroyed) return
    const isText = typeof reply.body === 'string'
    response
      .writeHead(reply.status ?? 200, { 'Content-Type': isText ? 'text/plain' : 'application/json', ...reply.headers })
      .end(isText ? reply.body : JSON.stringify(reply.body))
  }
}

function jsonOr(raw: string): unknown {
  try {
    return JSON.parse(raw)
  } catch {
    return raw
  }
}
