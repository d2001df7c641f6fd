import type { IncomingMessage, ServerResponse } from 'node:http'

/** Where a provider can fail. */
export type Endpoint = 'token' | 'profile' | 'emails'

/**
 * How a provider fails: `refuse` as the provider itself does (GitHub 200 with `error`, the others 4xx), `echo` refuses and
 * repeats everything it was sent, `forbid` 403 without a body, `error` 500, `unavailable` 503, `text` not JSON, `list` JSON
 * but not an object, `latin` not UTF-8, `huge` never stops sending, `redirect` to another path, `silent` never answers,
 * `slow` a byte now and then forever, `cut` ends in the middle, `empty` an object without the fields, `wrong` fields of
 * other types, `header` a token that would start another header.
 */
export type ProviderFault =
  | 'refuse'
  | 'echo'
  | 'forbid'
  | 'error'
  | 'unavailable'
  | 'text'
  | 'list'
  | 'latin'
  | 'huge'
  | 'redirect'
  | 'silent'
  | 'slow'
  | 'cut'
  | 'empty'
  | 'wrong'
  | 'header'

/** What an answer needs to know. */
interface FailureContext {
  response: ServerResponse
  request: IncomingMessage
  /** The body of the request. */
  received: string
  /** GitHub refuses codes with status 200. */
  refusalStatus: number
  /** Called with the bytes that went out in an endless answer. */
  sent: (bytes: number) => void
}

/** Answers with a fault. */
export function failWith(fault: ProviderFault, context: FailureContext): unknown {
  const { response, request, received, refusalStatus, sent } = context
  const plain: Partial<Record<ProviderFault, [status: number, body: string | Buffer]>> = {
    refuse: [
      refusalStatus,
      JSON.stringify({ error: 'bad_verification_code', error_description: 'The code is incorrect or expired.' }),
    ],
    echo: [
      refusalStatus,
      JSON.stringify({ error_description: `You sent ${received} and ${request.headers.authorization}`, error: 'no' }),
    ],
    forbid: [403, ''],
    error: [500, '{"message":"boom"}'],
    unavailable: [503, '<html>back soon</html>'],
    text: [200, '<html>Hello</html>'],
    list: [200, '[1,2,3]'],
    latin: [200, Buffer.from('{"id":1,"access_token":"\xe4","sub":"\xe4"}', 'latin1')],
    empty: [200, '{}'],
    header: [200, JSON.stringify({ access_token: 'a\r\nX-Injected: b' })],
    wrong: [200, '{"access_token":7,"id":"1","sub":1,"login":1,"email":[],"name":{}}'],
  }
  const simple = plain[fault]
  if (simple) return response.writeHead(simple[0], { 'Content-Type': 'application/json' }).end(simple[1])
  if (fault === 'redirect') return response.writeHead(302, { Location: '/elsewhere' }).end()
  if (fault === 'silent') return undefined
  response.writeHead(200, { 'Content-Type': 'application/json' })
  if (fault === 'cut') return response.write('{"access_tok', () => response.destroy())
  response.write('{"a":"')
  if (fault === 'slow') drip(response)
  else pour(response, sent)
  return undefined
}

function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.write('a'), 50)
  response.on('close', () => clearInterval(timer))
}

function pour(response: ServerResponse, sent: (bytes: number) => void): void {
  const chunk = Buffer.alloc(64 * 1024, 'a')
  const more = () => {
    while (!response.destroyed) {
      sent(chunk.length)
      if (!response.write(chunk)) return
    }
  }
  response.on('drain', more)
  more()
}
