import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { messageOf } from '../core/errors.ts'

/** One request to somebody else's server. */
export interface UpstreamRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  url: URL
  headers: Record<string, string>
  /** Sent as it is; null sends none. */
  body: string | null
  /** How long the whole answer may take, in milliseconds. */
  within: number
  /** Largest answer, in bytes. */
  largest: number
  signal?: AbortSignal | undefined
}

/** What was answered, whatever its status. */
export interface UpstreamAnswer {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

/** No answer came: why, as the end of a sentence. */
export class NoAnswer extends Error {
  /** It was only too slow. */
  readonly slow: boolean

  constructor(message: string, slow: boolean) {
    super(message)
    this.slow = slow
  }
}

/** An answer came, and was too large to be read. */
export class OversizedAnswer extends Error {}

// A server that ends idle connections after a few seconds must not do so just when a request is on its way.
const agents = {
  'http:': new HttpAgent({ keepAlive: true, timeout: 2_000 }),
  'https:': new HttpsAgent({ keepAlive: true }),
}

/**
 * Asks once; redirects are not followed, since the key is for that address alone. Not by `fetch`, which ends every answer
 * that takes more than five minutes to begin.
 * @throws NoAnswer, OversizedAnswer
 */
export async function askUpstream(asked: UpstreamRequest): Promise<UpstreamAnswer> {
  const { url, within, signal } = asked
  const late = AbortSignal.timeout(within)
  try {
    const incoming = await send(asked, signal ? AbortSignal.any([late, signal]) : late)
    return { status: incoming.statusCode ?? 0, headers: incoming.headers, text: await read(incoming, asked.largest) }
  } catch (error) {
    if (error instanceof OversizedAnswer) throw error
    if (late.aborted) throw new NoAnswer(`no answer within ${Math.round(within / 100) / 10} seconds`, true)
    throw new NoAnswer(inWords(error, url), false)
  }
}

function send({ url, method, headers, body }: UpstreamRequest, signal: AbortSignal): Promise<IncomingMessage> {
  const secure = url.protocol === 'https:'
  const agent = agents[secure ? 'https:' : 'http:']
  const length = body === null ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }
  const options = { method, agent, signal, headers: { ...headers, ...length } }
  return new Promise((resolve, reject) => {
    const request = (secure ? httpsRequest : httpRequest)(url, options, resolve)
    request.on('error', reject)
    request.end(body ?? undefined)
  })
}

async function read(incoming: IncomingMessage, largest: number): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of incoming as AsyncIterable<Buffer>) {
    size += part.length
    if (size > largest) {
      incoming.destroy()
      throw new OversizedAnswer(`the answer is larger than ${largest} bytes`)
    }
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function inWords(error: unknown, url: URL): string {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  const words: Record<string, string> = {
    ECONNREFUSED: 'nothing listens there',
    ENOTFOUND: `there is no host ${url.hostname}`,
    ECONNRESET: 'the connection was cut',
    EHOSTUNREACH: 'the host is out of reach',
  }
  return words[code] ?? messageOf(error)
}
