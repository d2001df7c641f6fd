import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

/** A request that arrived. */
export interface RecordedRequest {
  method: string
  /** With its query. */
  path: string
  headers: IncomingHttpHeaders
  /** Parsed as JSON if possible, else the text; null for an empty body. */
  body: unknown
}

/** The answer: status, body (a string unchanged, anything else as JSON), headers; null leaves the client waiting. */
export type ExternalReply = { status?: number; body: unknown; headers?: Record<string, string> } | null

/** An HTTP server outside THON, played by a test on loopback. It can go down and come back at the same port. */
export class ExternalServer {
  /** Every request so far. */
  readonly requests: RecordedRequest[] = []
  /** Answers each request. */
  answer: (request: RecordedRequest) => ExternalReply | Promise<ExternalReply>
  #port: number
  #server = createServer()
  readonly #sockets = new Set<Socket>()

  private constructor(port: number, answer: (request: RecordedRequest) => ExternalReply | Promise<ExternalReply>) {
    this.#port = port
    this.answer = answer
  }

  /** Starts one, which stops with the test. @param port 0 picks a free one */
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

  /** Starts to listen, again at the same port. */
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

  /** Goes down, cutting open requests. */
  async down(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  /** How many requests for a path there were, whatever their query. */
  count(path: string): number {
    return this.requests.filter((one) => one.path.split('?')[0] === path).length
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const raw = await text(request).catch(() => '')
    const { method = '', url: path = '', headers } = request
    const recorded = { method, path, headers, body: raw === '' ? null : jsonOr(raw) }
    this.requests.push(recorded)
    const reply = await this.answer(recorded)
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
