import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request, type RequestOptions } from 'node:https'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { startApp, type AppOptions, type TestApp } from './app.ts'
import { requestHttps, type HttpsReply } from './certificates.ts'
import { prepareFront, startFront, type Front, type FrontProxy } from './front-proxies.ts'

/** A request to hall.example or a host name below it. */
export interface FrontedRequest extends Omit<RequestOptions, 'host'> {
  /** `hall.example` by default. */
  host?: string
  body?: string
  /** Address of the client: any of 127.0.0.0/8. */
  from?: string
}

/** A THON behind a real reverse proxy, and requests to it as people's browsers send them. */
export class Fronted {
  readonly app: TestApp
  readonly front: Front

  constructor(app: TestApp, front: Front) {
    this.app = app
    this.front = front
  }

  /** @param variables environment of THON, in addition to the variables that the example's first lines ask for */
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

  /** Sends a request over HTTPS, and reads the whole answer. */
  request(path: string, { body, ...options }: FrontedRequest = {}): Promise<HttpsReply> {
    return requestHttps(`https://127.0.0.1:${this.front.httpsPort}${path}`, { ...this.#options(options), body })
  }

  /** Starts a request over HTTPS, to be written and read piece by piece. */
  begin(path: string, options: FrontedRequest = {}) {
    return request(`https://127.0.0.1:${this.front.httpsPort}${path}`, { agent: false, ...this.#options(options) })
  }

  /** Opens a WebSocket as a page of that host would. */
  async socket(
    path: string,
    { host = 'hall.example', headers }: FrontedRequest = {},
    protocol?: string,
  ): Promise<WebSocket> {
    const { httpsPort, ca } = this.front
    const named = `${host}:${httpsPort}`
    const socket = new WebSocket(`wss://127.0.0.1:${httpsPort}${path}`, protocol ?? [], {
      // Its types do not say so, but it passes these on to TLS.
      ...{ ca, servername: host },
      origin: `https://${named}`,
      headers: { ...(headers as Record<string, string>), Host: named },
    })
    onTestFinished(() => socket.terminate())
    await once(socket, 'open')
    return socket
  }

  /** Sends a request over plain HTTP. */
  async requestHttp(path: string): Promise<IncomingMessage> {
    const sent = httpRequest(`http://127.0.0.1:${this.front.httpPort}${path}`, { headers: { Host: 'hall.example' } })
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
