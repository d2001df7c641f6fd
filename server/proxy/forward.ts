import { Agent, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { createProxyServer, type ProxyServer } from 'httpxy'
import type { Client } from '../http/client.ts'
import { settable, withoutOurs } from './cookies.ts'

/** How long a sandbox may take to begin its answer: an IDE's own requests are quick, a person's program may think. */
const FIRST_BYTE = 300_000
/** How long a sandbox may take to agree to a WebSocket. */
const UPGRADE = 60_000

/** Of the connection to us, not of the message (RFC 9110, 7.6.1), or what says who sent it: none of it is for the sandbox. */
const NOT_FORWARDED = [
  ...['keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer'],
  ...[
    'expect',
    'authorization',
    'forwarded',
    'via',
    'x-real-ip',
    'x-forwarded-for',
    'x-forwarded-proto',
    'x-forwarded-host',
  ],
  ...['x-forwarded-port', 'x-forwarded-prefix', 'x-forwarded-server'],
]
/** What would bind the host name beyond this sandbox, or beyond this answer. */
const NOT_ANSWERED = ['strict-transport-security', 'alt-svc', 'public-key-pins', 'proxy-authenticate', 'keep-alive']

/** What is forwarded where. */
export interface Target {
  /** Where the sandbox answers. */
  host: string
  port: number
  /** Path that is the sandbox's and not sent on, such as `/32768`; '' where it has a host name of its own. */
  path: string
  client: Client
}

/** Why nothing could be forwarded. */
export type Failure = 'refused' | 'silent' | 'unreadable'

/** Sends requests on to sandboxes, streaming both ways: by httpxy, with what it leaves open. */
export class Forwarder {
  readonly #proxy: ProxyServer
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 64, timeout: 30_000, scheduling: 'lifo' })
  readonly #targets = new WeakMap<object, Target>()
  readonly #firstByte: number

  /** @param firstByte how long a sandbox may take to begin its answer once it has the whole request, in milliseconds */
  constructor(firstByte = FIRST_BYTE) {
    this.#firstByte = firstByte
    this.#proxy = createProxyServer({ agent: this.#agent, upgradeTimeout: UPGRADE, prependPath: false })
    this.#proxy.on('proxyReq', (outgoing) => this.#limit(outgoing))
    this.#proxy.on('proxyRes', (answer, request, response) => {
      tidyAnswer(answer, this.#targets.get(request)!)
      // Somebody may wait for the headers of a stream that has nothing to say yet.
      setImmediate(() => !response.headersSent && !response.destroyed && response.flushHeaders())
    })
    this.#proxy.on('proxyReqWs', (outgoing, request) => {
      // Before httpxy's own listeners, which write what is in the headers then.
      const tidy = (answer: IncomingMessage) => tidyAnswer(answer, this.#targets.get(request)!)
      outgoing.on('upgrade', tidy).on('response', tidy)
    })
  }

  /** Answers with what the sandbox answers. @param failed answers instead, if the sandbox has not begun to */
  async web(request: IncomingMessage, response: ServerResponse, target: Target, failed: (why: Failure) => void) {
    this.#targets.set(request, target)
    tidyRequest(request, target)
    request.headers.connection = 'keep-alive'
    try {
      await this.#proxy.web(request, response, { target: urlOf(target) })
    } catch (error) {
      if (response.headersSent) response.destroy()
      else if (!response.destroyed) failed(reasonOf(error))
    }
  }

  /** Joins a WebSocket to the sandbox's; one that does not agree is cut off. */
  async upgrade(request: IncomingMessage, socket: Socket, head: Buffer, target: Target): Promise<void> {
    this.#targets.set(request, target)
    tidyRequest(request, target)
    request.headers.connection = 'Upgrade'
    await this.#proxy.ws(request, socket, { target: urlOf(target) }, head).catch(() => socket.destroy())
  }

  /** Lets go of idle connections. */
  close(): void {
    this.#agent.destroy()
  }

  /** Counted from the end of the request, since an upload takes as long as it takes. */
  #limit(outgoing: ClientRequest): void {
    let timer: NodeJS.Timeout | undefined
    outgoing.once('finish', () => {
      timer = setTimeout(() => outgoing.destroy(new Silent('it did not answer')), this.#firstByte)
    })
    const answered = () => clearTimeout(timer)
    outgoing.once('response', answered).once('close', answered)
  }
}

class Silent extends Error {}

function urlOf({ host, port }: Target) {
  return { host, port, protocol: 'http:' }
}

function reasonOf(error: unknown): Failure {
  if (error instanceof Silent) return 'silent'
  const code = (error as { code?: string }).code ?? ''
  return code.startsWith('HPE_') ? 'unreadable' : 'refused'
}

function tidyRequest(request: IncomingMessage, { path, client }: Target): void {
  const { headers } = request
  for (const name of NOT_FORWARDED) Reflect.deleteProperty(headers, name)
  headers.cookie = withoutOurs(headers.cookie)
  if (headers.cookie === undefined) delete headers.cookie
  headers['x-forwarded-for'] = client.address
  headers['x-forwarded-proto'] = client.scheme
  headers['x-forwarded-host'] = headers.host
  if (path) {
    headers['x-forwarded-prefix'] = path
    request.url = request.url?.slice(path.length) || '/'
  }
}

function tidyAnswer({ headers }: IncomingMessage, { path }: Target): void {
  for (const name of NOT_ANSWERED) Reflect.deleteProperty(headers, name)
  if (headers['set-cookie']) headers['set-cookie'] = settable(headers['set-cookie'], path)
  // Other sandboxes neither show it in a frame nor load parts of it.
  const policy = headers['content-security-policy']
  headers['content-security-policy'] = [...(policy ? [policy] : []), "frame-ancestors 'self'"].join(', ')
  headers['cross-origin-resource-policy'] ??= 'same-origin'
  if (!path) return
  delete headers['service-worker-allowed']
  if (headers.location && /^\/(?!\/)/.test(headers.location)) headers.location = path + headers.location
}
