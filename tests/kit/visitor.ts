import { request as send, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { WebSocket } from 'ws'

/** An answer, read to its end. */
export interface VisitorReply {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

/** A request, apart from its path. */
export interface VisitorRequest {
  method?: string
  headers?: Record<string, string>
  body?: string | Buffer
}

/** An answer that is still being received. */
export interface Stream {
  status: number
  isOver: () => boolean
  /** The bytes that came last. */
  last: () => string
  end: () => void
}

const PAGE = {
  accept: 'text/html',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
  'sec-fetch-site': 'none',
}

/** A browser: sends requests to any host name without DNS, keeps cookies for each, and follows redirects in `open`. */
export class Visitor {
  readonly #port: number
  readonly cookies = new Map<string, Map<string, string>>()

  /** @param url where the server listens; requests to every host name go there */
  constructor(url: string) {
    this.#port = Number(new URL(url).port)
  }

  /** The origin of a host name at this server. */
  origin(host: string): string {
    return `http://${host}:${this.#port}`
  }

  /** Gives the browser a cookie of a host name. */
  keep(host: string, pair: string): void {
    const [name = '', value = ''] = pair.split(/=(.*)/s)
    this.cookies.set(host, (this.cookies.get(host) ?? new Map<string, string>()).set(name, value))
  }

  /** Sends one request, without following redirects. */
  async request(
    host: string,
    path: string,
    { method = 'GET', headers = {}, body }: VisitorRequest = {},
  ): Promise<VisitorReply> {
    const cookie = this.#cookieHeader(host)
    const outgoing = send({
      ...{ host: '127.0.0.1', port: this.#port, path, method, agent: false },
      headers: { host: `${host}:${this.#port}`, ...(cookie && { cookie }), ...headers },
    })
    outgoing.end(body)
    const answer = await new Promise<IncomingMessage>((resolve, reject) =>
      outgoing.once('response', resolve).once('error', reject),
    )
    for (const one of answer.headers['set-cookie'] ?? []) this.keep(host, one.split(';', 1)[0] as string)
    return { status: answer.statusCode as number, headers: answer.headers, body: await text(answer) }
  }

  /** Sends one request. Resolves with the status as soon as the head of the answer is there. */
  async head(host: string, path: string): Promise<{ status: number; end: () => void }> {
    const outgoing = send({
      ...{ host: '127.0.0.1', port: this.#port, path, agent: false },
      headers: { host: `${host}:${this.#port}`, cookie: this.#cookieHeader(host) },
    })
    outgoing.end()
    const answer = await new Promise<IncomingMessage>((resolve, reject) =>
      outgoing.once('response', resolve).once('error', reject),
    )
    return { status: answer.statusCode as number, end: () => outgoing.on('error', () => undefined).destroy() }
  }

  /** Sends one request whose answer lasts. Resolves as soon as its first bytes are there. */
  async stream(host: string, path: string, headers: Record<string, string> = {}): Promise<Stream> {
    const cookie = this.#cookieHeader(host)
    const outgoing = send({
      ...{ host: '127.0.0.1', port: this.#port, path, agent: false },
      headers: { host: `${host}:${this.#port}`, ...(cookie && { cookie }), ...headers },
    })
    outgoing.on('error', () => undefined).end()
    const answer = await new Promise<IncomingMessage>((resolve) => outgoing.once('response', resolve))
    let [isOver, read] = [false, '']
    answer.on('error', () => undefined).on('close', () => (isOver = true))
    const begun = new Promise((resolve) => answer.once('data', resolve).once('close', resolve))
    answer.on('data', (bytes: Buffer) => (read = String(bytes)))
    await begun
    return {
      status: answer.statusCode as number,
      isOver: () => isOver,
      last: () => read,
      end: () => outgoing.destroy(),
    }
  }

  /** The address with a one-time code at which THON lets this browser into a sandbox. */
  async entryTo(label: string): Promise<URL> {
    const begun = await this.request(`${label}.localhost`, '/.thon/begin?to=/')
    const { pathname, search } = new URL(begun.headers.location as string)
    const { headers } = await this.request('localhost', pathname + search)
    return new URL(headers.location as string)
  }

  /** Opens a page, and follows redirects. @returns the last answer, and every address on the way */
  async open(url: string, headers: Record<string, string> = {}): Promise<VisitorReply & { way: string[] }> {
    const way: string[] = []
    let target = new URL(url)
    for (let hop = 0; hop < 10; hop++) {
      way.push(target.href)
      const reply = await this.request(target.hostname, target.pathname + target.search, {
        headers: { ...PAGE, ...headers },
      })
      if (reply.status !== 303 || !reply.headers.location) return { ...reply, way }
      target = new URL(reply.headers.location, target)
    }
    throw new Error(`too many redirects: ${way.join(' ')}`)
  }

  /** A WebSocket with the cookies of its host name. */
  socket(host: string, path: string, headers: Record<string, string> = {}): WebSocket {
    const cookie = this.#cookieHeader(host)
    return new WebSocket(`ws://127.0.0.1:${this.#port}${path}`, {
      headers: { host: `${host}:${this.#port}`, origin: this.origin(host), ...(cookie && { cookie }), ...headers },
    })
  }

  /** Sends bytes unchanged. @returns everything that comes back until the server closes, or the time is over */
  async raw(bytes: string, timeoutMs = 2_000): Promise<string> {
    const socket = connect(this.#port, '127.0.0.1')
    const timer = setTimeout(() => socket.end(), timeoutMs)
    socket.on('error', () => undefined)
    socket.write(bytes)
    const answer = await text(socket).catch(() => '')
    clearTimeout(timer)
    return answer
  }

  #cookieHeader(host: string): string {
    return [...(this.cookies.get(host) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ')
  }
}
