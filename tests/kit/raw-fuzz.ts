import { connect } from 'node:net'
import type { Random } from './random.ts'
import { ANSWER_HEADERS, BODIES, HEADERS, HOSTS, METHODS, PATHS, STATUSES, TARGETS } from './raw-fuzz-values.ts'

/** Where requests of a fuzz test go. */
export interface RawTargets {
  port: number
  /** Host name of a running sandbox, and the cookie that opens it. */
  sandbox: string
  cookie: string
}

/** Bytes of a few requests on one connection: most are HTTP, few are ordinary. The last one asks for the end. */
export function rawConnection(random: Random, targets: RawTargets): { bytes: Buffer; requests: number } {
  const requests = 1 + random.below(6)
  const texts = Array.from({ length: requests - 1 }, () => rawRequest(random, targets))
  const bytes = Buffer.from(
    [...texts, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'].join(''),
    'latin1',
  )
  // Cut off, or with wrong bytes in it.
  if (random.chance(5)) return { bytes: bytes.subarray(0, random.below(bytes.length)), requests }
  if (random.chance(10)) bytes[random.below(bytes.length)] = random.below(256)
  return { bytes, requests }
}

function rawRequest(random: Random, { port, sandbox, cookie }: RawTargets): string {
  const isOrdinary = random.chance(60)
  const target = random.chance(isOrdinary ? 0 : 15) ? random.of(TARGETS) : random.of(PATHS)
  const version = random.chance(isOrdinary ? 0 : 5)
    ? random.of(['HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/1.2', ''])
    : 'HTTP/1.1'
  const host = isOrdinary
    ? random.of([`localhost:${port}`, `${sandbox}:${port}`, sandbox])
    : random.of([...HOSTS, sandbox])
  const lines = random.chance(isOrdinary ? 0 : 5) ? [] : [`Host: ${host}`]
  if (random.chance(70)) lines.push(`Cookie: ${cookie}`)
  for (let count = random.below(4); count > 0; count--)
    lines.splice(random.below(lines.length + 1), 0, random.of(HEADERS))
  const end = random.chance(97) ? '\r\n' : random.of(['\n', '\r', '\r\n\r\n'])
  const head = `${random.of(METHODS)} ${target} ${version}`
  return [head, ...lines, ...framing(random, isOrdinary)].join(end)
}

/** The headers that say where the body ends, true or not, then the body. */
function framing(random: Random, isOrdinary: boolean): string[] {
  const body = random.of(BODIES)
  if (random.chance(40)) return ['', '']
  if (random.chance(isOrdinary ? 80 : 40)) return [`Content-Length: ${body.length}`, '', body]
  const chunk = `${body.length.toString(16)}${random.of(['', '', ';a=b', ';"', ' '])}\r\n${body}\r\n`
  const chunks = `${body ? chunk : ''}0\r\n${random.of(['', '', 'X: y\r\n', 'Content-Length: 5\r\n', 'X'])}\r\n`
  if (random.chance(isOrdinary ? 80 : 40)) return ['Transfer-Encoding: chunked', '', chunks]
  return random.of([
    [`Content-Length: ${body.length + 40}`, '', body],
    [`Content-Length: ${body.length}`, 'Transfer-Encoding: chunked', '', chunks],
    ['Content-Length: 1', 'Content-Length: 2', '', body],
    ['Content-Length: -1', '', body],
    ['Content-Length: 99999999999999999999', '', body],
    ['Content-Length: 5, 5', '', body],
    ['Transfer-Encoding: xchunked', '', chunks],
    ['Transfer-Encoding: chunked, identity', '', chunks],
    ['Transfer-Encoding: identity', 'Transfer-Encoding: chunked', '', chunks],
    ['Transfer-Encoding:\x0bchunked', '', chunks],
    ['Transfer-Encoding: chunked', '', 'ffffffffffffffffff\r\n'],
    ['Transfer-Encoding: chunked', '', '-1\r\n\r\n'],
  ])
}

/** Bytes that a program in a sandbox answers with. */
export function rawAnswer(random: Random): Buffer {
  const interim = random.chance(15)
    ? 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'.repeat(random.of([1, 8, 9, 50]))
    : ''
  const version = random.chance(92) ? 'HTTP/1.1' : random.of(['HTTP/1.0', 'HTTP/2', 'HTTP/9.9', 'ICY', 'http/1.1', ''])
  const reason = random.of(['OK', '', 'a\x01b', '\xff', 'x'.repeat(5_000), 'OK\r', '\x1b[31m'])
  const lines = Array.from({ length: random.below(4) }, () => random.of(ANSWER_HEADERS))
  const text = `${interim}${[`${version} ${random.of(STATUSES)} ${reason}`, ...lines, ...framing(random, random.chance(70))].join('\r\n')}`
  const bytes = Buffer.from(text, 'latin1')
  if (random.chance(5)) return bytes.subarray(0, random.below(bytes.length))
  if (random.chance(5) && bytes.length > 0) bytes[random.below(bytes.length)] = random.below(256)
  return bytes
}

/** Sends bytes. @returns everything that comes back until the server closes. @throws Error when it does not */
export function exchange(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    // No half-open connection of the test's own: when the server has closed, so does this end.
    const socket = connect({ port, host: '127.0.0.1' })
    // A request without an end waits for more. After the end of the connection nothing is left to wait for.
    const idle = setTimeout(() => socket.end(), 250)
    const hung = setTimeout(() => {
      socket.destroy()
      reject(
        new Error(
          `the server left a connection open; it sent ${JSON.stringify(Buffer.concat(parts).toString('latin1'))}`,
        ),
      )
    }, 20_000)
    socket.on('data', (part: Buffer) => {
      parts.push(part)
      idle.refresh()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearTimeout(idle)
      clearTimeout(hung)
      resolve(Buffer.concat(parts).toString('latin1'))
    })
    socket.write(bytes)
  })
}
