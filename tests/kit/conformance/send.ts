import { request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Captures } from './captures.ts'
import { parseJson } from './json.ts'
import type { Step } from './scenario.ts'

/** What a server answered, as far as recordings hold it. */
export interface Answer {
  status: number
  contentType: string | null
  /** Of those in `HEADERS`, the ones it sent. */
  headers: Record<string, string>
  /** JSON as its value, anything else as text. */
  body: unknown
  text: string
}

/** Headers that recordings hold, apart from the content type. */
const HEADERS = [
  'set-cookie',
  'location',
  'allow',
  'www-authenticate',
  'retry-after',
  'cache-control',
  'content-disposition',
]

/** Longer than any start of a sandbox; a slower answer counts as missing. */
const PATIENCE = 180_000

/** What the recording leaves out to stay small. */
const MEBIBYTE = 'a'.repeat(1024 * 1024)

/** Names of captures that a step's request needs and that nobody made. */
export function lacking({ request: { path, query, headers, body } }: Step, captures: Captures): string[] {
  return captures.unknown(`${path}?${query ?? ''} ${JSON.stringify(headers)} ${JSON.stringify(body)}`)
}

/** Sends a step's request, and nothing that it does not say: fetch would add headers of its own. */
export async function send(base: string, step: Step, captures: Captures): Promise<Answer> {
  const { method, path, query, headers } = step.request
  const bytes = bytesOf(step, captures)
  const filled = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, captures.fill(value)]))
  const target = new URL(base)
  const outgoing = request({
    method,
    host: target.hostname,
    port: target.port,
    path: captures.fill(query === null ? path : `${path}?${query}`),
    headers: { ...filled, ...(bytes && { 'Content-Length': bytes.length }) },
    signal: AbortSignal.timeout(PATIENCE),
  })
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.on('response', resolve).on('error', reject).end(bytes)
  })
  const answered = await text(incoming)
  const contentType = incoming.headers['content-type'] ?? null
  const named = HEADERS.flatMap((name) => {
    const values = incoming.headersDistinct[name]
    return values ? [[name, values.join(', ')] as const] : []
  })
  return {
    status: incoming.statusCode ?? 0,
    contentType,
    headers: Object.fromEntries(named),
    body: contentType?.includes('json') ? jsonOr(answered) : answered,
    text: answered,
  }
}

function bytesOf({ request: { body, ...how } }: Step, captures: Captures): Buffer | undefined {
  if (how.body_base64 !== undefined) return Buffer.from(how.body_base64, 'base64')
  if (how.body_json_null) return Buffer.from('null')
  if (body === null || body === undefined) return undefined
  if (typeof body === 'string' && how.raw) return Buffer.from(captures.fill(body))
  return Buffer.from(captures.fill(JSON.stringify(body, generated)))
}

function generated(_key: string, value: unknown): unknown {
  return typeof value === 'string' && value.startsWith('GENERATE:') ? MEBIBYTE : value
}

function jsonOr(answered: string): unknown {
  try {
    return parseJson(answered)
  } catch {
    return answered
  }
}
