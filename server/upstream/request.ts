import type { IncomingHttpHeaders } from 'node:http'
import { Agent, request } from 'undici'
import { describeError } from '../core/errors.ts'

/** One request to a server outside THON. */
export interface UpstreamRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  url: URL
  headers?: Record<string, string>
  /** Sent as it is; null and undefined send no body. */
  body?: string | null
  /** Milliseconds from the start to the last byte of the response. */
  timeoutMs: number
  /** The largest body to read, in bytes. */
  maxBytes: number
  /** Aborts the request. */
  signal?: AbortSignal | undefined
}

/** What came back, whatever its status. */
export interface UpstreamResponse {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

/** No complete response came. The message says why, as the end of a sentence; it never holds a header or a body. */
export class NoAnswer extends Error {
  /** The time ran out. */
  readonly slow: boolean
  /** Node's or undici's code, such as `ECONNREFUSED`. */
  readonly code: string | null

  constructor(message: string, { slow = false, code = null }: { slow?: boolean; code?: string | null }) {
    super(message)
    this.slow = slow
    this.code = code
  }
}

/** A response came, and was too large to be read. */
export class OversizedAnswer extends Error {}

/** The longest that opening a connection may take, in milliseconds. */
const CONNECT_TIMEOUT = 10_000

/**
 * Keeps connections open, in one pool per origin. Some servers close idle connections after a few seconds; closing them
 * earlier here keeps a request from being sent on a connection that is about to close.
 */
const agent = new Agent({
  connect: { timeout: CONNECT_TIMEOUT },
  keepAliveTimeout: 2_000,
  keepAliveMaxTimeout: 2_000,
})

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut',
  EHOSTUNREACH: 'the host is out of reach',
  UND_ERR_CONNECT_TIMEOUT: `no connection within ${CONNECT_TIMEOUT / 1_000} seconds`,
  UND_ERR_SOCKET: 'the connection was cut',
}

/**
 * Sends one request and reads the whole response. Redirects are not followed: the key in the headers is for this address only.
 * @throws NoAnswer, OversizedAnswer
 */
export async function requestUpstream(options: UpstreamRequest): Promise<UpstreamResponse> {
  const { url, method, headers = {}, body = null, timeoutMs, maxBytes, signal } = options
  const deadline = AbortSignal.timeout(timeoutMs)
  try {
    const response = await request(url, {
      ...{ dispatcher: agent, method, headers, body },
      signal: signal ? AbortSignal.any([deadline, signal]) : deadline,
      // Without these, undici gives up after five minutes. Loading or downloading a model takes longer.
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    })
    return { status: response.statusCode, headers: response.headers, body: await read(response.body, maxBytes) }
  } catch (error) {
    if (error instanceof OversizedAnswer) throw error
    const code = codeOf(error)
    const slow = deadline.aborted || code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT'
    if (slow) throw new NoAnswer(`no answer within ${Math.round(timeoutMs / 100) / 10} seconds`, { slow, code })
    throw new NoAnswer(reasonOf(error, code, url), { code })
  }
}

async function read(body: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    // Leaving the loop closes the connection.
    if (size > maxBytes) throw new OversizedAnswer(`the answer is larger than ${maxBytes / 1024 ** 2} MiB`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function codeOf(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : null
  return typeof code === 'string' ? code : null
}

function reasonOf(error: unknown, code: string | null, url: URL): string {
  if (code === 'ENOTFOUND') return `there is no host ${url.hostname}`
  return (code && REASONS[code]) || describeError(error)
}
