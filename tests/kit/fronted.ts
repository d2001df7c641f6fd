import { once } from 'node:events'
import { request as plainRequest, type IncomingMessage } from 'node:http'
import { request, type RequestOptions } from 'node:https'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { startApp, type AppOptions, type TestApp } from './app.ts'
import { requestHttps, type HttpsReply } from './certificates.ts'
import { prepareFront, startFront, type Front, type FrontProxy } from './front-proxies.ts'

/** Asking with an address of one's own, to a host name below hall.example. */
export interface FrontedRequest extends Omit<RequestOptions, 'host'> {
  /** `hall.example` unless said. */
  host?: string
  body?: string
  /** Address that the client has: any of 127.0.0.0/8. */
  from?: string
}

/** A THON behind a real reverse proxy, and ways to talk to it as people's browsers do. */
export class Fronted {
  readonly app: TestApp
  readonly front: Front

  constructor(app: TestApp, front: Front) {
    this.app = app
    this.front = front
  }

  /** @param variables environment of THON beyond what the example's first lines say */
  static async start(proxy: FrontProxy, variables: Record<string, string> = {}, options: AppOptions = {}) {
    const front = await prepareFront()
    const app = await startApp(
      {
        THON_PUBLIC_URL: `https://hall.example:${front.httpsPort}`,
        THON_DOMAIN: 'hall.example',
        THON_TRUSTED_PROXIES: '127.0.0.1',
        ...variables,
      },
      options,
    )
    await startFront(proxy, front, Number(new URL(app.url).port))
    return new Fronted(app, front)
  }

  /** Asks over HTTPS, and reads the whole answer. */
  ask(path: string, { body, ...asking }: FrontedRequest = {}): Promise<HttpsReply> {
    return requestHttps(`https://127.0.0.1:${this.front.httpsPort}${path}`, { ...this.#options(asking), body })
  }

  /** Begins a request over HTTPS, to be written and read piece by piece. */
  begin(path: string, asking: FrontedRequest = {}) {
    return request(`https://127.0.0.1:${this.front.httpsPort}${path}`, { agent: false, ...this.#options(asking) })
  }

  /** Opens a WebSocket as a page of that host would. */
  async socket(path: string, { host = 'hall.example', headers }: FrontedRequest = {}, protocol?: string): Promise<WebSocket> {
    const { httpsPort, ca } = this.front
    const named = `${host}:${httpsPort}`
    const socket = new WebSocket(`wss://127.0.0.1:${httpsPort}${path}`, protocol ?? [], {
      // As its types do not know, it hands this on to TLS.
      ...{ ca, servername: host },
      origin: `https://${named}`,
      headers: { ...(headers as Record<string, string>), Host: named },
    })
    onTestFinished(() => socket.terminate())
    await once(socket, 'open')
    return socket
  }

  /** Asks over plain HTTP. */
  async askPlainly(path: string): Promise<IncomingMessage> {
    const sent = plainRequest(`http://127.0.0.1:${this.front.httpPort}${path}`, { headers: { Host: 'hall.example' } })
    const [response] = (await once(sent.end(), 'response')) as [IncomingMessage]
    response.resume()
    return response
  }

  #options({ host = 'hall.example', from, headers, ...rest }: FrontedRequest): RequestOptions {
    return {
      ...rest,
      ca: this.front.ca,
      servername: host,
      localAddress: from,
      headers: { ...(headers as Record<string, string>), Host: `${host}:${this.front.httpsPort}` },
    }
  }
}
