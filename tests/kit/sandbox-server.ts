import { createHash } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { WebSocketServer } from 'ws'
import type { TestApp } from './app.ts'

/** The server in a sandbox of the fake engine, and what it has received. */
export class SandboxServer extends EventEmitter {
  /** Bytes of request bodies so far. */
  received = 0
  /** Headers of the last request. */
  headers: IncomingMessage['headers'] = {}
  /** Sends the next part of the answer at `/slowly`, which begins with `one`. '' ends the answer. */
  more: (part: string) => void = () => undefined

  /** Replaces the server in a running sandbox of the fake engine. */
  static replaceIn(app: TestApp, instanceId: string): SandboxServer {
    const replacement = new SandboxServer()
    const { ref } = app.engine.of(instanceId)
    const server = app.engine.sandboxes.get(ref)?.server
    if (!server) throw new Error('the sandbox does not run')
    const sockets = new WebSocketServer({ noServer: true })
    server.removeAllListeners('request')
    server.requestTimeout = 0
    server.on('request', replacement.#answer)
    server.on('upgrade', (request, socket, head) =>
      sockets.handleUpgrade(request, socket, head, (one) => {
        one.on('message', (data: Buffer) => one.send(`echo ${data.toString()}`))
        // When Caddy stops, it sends a closing frame that WebSocket does not allow.
        one.on('error', () => one.terminate())
      }),
    )
    return replacement
  }

  /** Waits until this many bytes of bodies have arrived. */
  async hasReceived(bytes: number): Promise<void> {
    while (this.received < bytes) await once(this, 'part')
  }

  readonly #answer: RequestListener = (request, response) => {
    this.headers = request.headers
    if (request.method === 'POST') return void this.#receive(request, response)
    if (request.url !== '/slowly') return void response.end(`the page of ${request.headers.host}`)
    this.more = (part) => (part ? response.write(part) : response.end())
    response.writeHead(200, { 'Content-Type': 'text/plain' }).write('one')
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const sum = createHash('sha256')
    for await (const part of request as AsyncIterable<Buffer>) {
      this.received += part.length
      sum.update(part)
      this.emit('part')
    }
    response.end(`${this.received} ${sum.digest('hex')}`)
  }
}
