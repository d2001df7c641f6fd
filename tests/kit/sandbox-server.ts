import { createHash } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { WebSocketServer } from 'ws'
import type { TestApp } from './app.ts'

/** What a sandbox's server noticed. */
export class SandboxServer extends EventEmitter {
  /** Bytes of bodies that have arrived. */
  received = 0
  /** Headers of the last request. */
  headers: IncomingMessage['headers'] = {}
  /** Sends what comes next of the answer at `/slowly`, which begins with `one`; nothing ends it. */
  more: (part: string) => void = () => undefined

  /** Takes the place of the server in a sandbox of the fake engine. */
  static in(app: TestApp, instanceId: string): SandboxServer {
    const seen = new SandboxServer()
    const { ref } = app.engine.of(instanceId)
    const server = app.engine.sandboxes.get(ref)?.server
    if (!server) throw new Error('the sandbox does not run')
    const sockets = new WebSocketServer({ noServer: true })
    server.removeAllListeners('request')
    server.requestTimeout = 0
    server.on('request', seen.#answer)
    server.on('upgrade', (request, socket, head) =>
      sockets.handleUpgrade(request, socket, head, (one) => {
        one.on('message', (data) => one.send(`echo ${String(data)}`))
        // A Caddy that ends says goodbye with a frame that WebSocket does not allow.
        one.on('error', () => one.terminate())
      }),
    )
    return seen
  }

  /** Waits until so many bytes have arrived. */
  async has(bytes: number): Promise<void> {
    while (this.received < bytes) await once(this, 'part')
  }

  readonly #answer: RequestListener = (request, response) => {
    this.headers = request.headers
    if (request.method === 'POST') return void this.#take(request, response)
    if (request.url !== '/slowly') return void response.end(`the page of ${request.headers.host}`)
    this.more = (part) => (part ? response.write(part) : response.end())
    response.writeHead(200, { 'Content-Type': 'text/plain' }).write('one')
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const sum = createHash('sha256')
    for await (const part of request as AsyncIterable<Buffer>) {
      this.received += part.length
      sum.update(part)
      this.emit('part')
    }
    response.end(`${this.received} ${sum.digest('hex')}`)
  }
}
