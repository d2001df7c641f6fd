/**
 * The client: so many connections, each sending its next request when the last is answered. Over plain sockets, looking at
 * nothing but the length of an answer, so that the client is never what is measured.
 */
import { connect } from 'node:net'
import { answer } from './child.ts'
import { now } from './measure.ts'

/** What to send, and for how long. */
export interface Load {
  port: number
  method: 'GET' | 'POST'
  path: string
  /** JSON to send, or nothing; a `#` in it is replaced by a number that no other request has. */
  body: string
  connections: number
  seconds: number
}

type What = Pick<Load, 'port' | 'method' | 'path' | 'body'>

let number = 0

/** Answers with requests a second. */
answer('ready', async ({ connections, seconds, ...what }: Load) => {
  let done = 0
  const began = now()
  const more = () => now() - began < seconds * 1000
  await Promise.all(Array.from({ length: connections }, () => talk(what, more, () => (done += 1))))
  return (done * 1000) / (now() - began)
})

/** One connection. Resolves when there is no more to ask. */
function talk(what: What, more: () => boolean, onAnswer: () => void): Promise<void> {
  const socket = connect(what.port, '127.0.0.1').setNoDelay()
  socket.write(request(what))
  let missing = 0
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      missing = missing > 0 ? missing - chunk.length : missingAfter(chunk)
      if (missing > 0) return
      onAnswer()
      if (more()) return void socket.write(request(what))
      socket.end()
      resolve()
    })
  })
}

/** Bytes of an answer that are still to come after its first piece, which holds the whole head. */
function missingAfter(first: Buffer): number {
  const end = first.indexOf('\r\n\r\n') + 4
  const head = first.toString('latin1', 0, end)
  const length = /^content-length: (\d+)/im.exec(head)?.[1]
  if (!head.startsWith('HTTP/1.1 200') || !length) throw new Error(`not an answer to count: ${head}`)
  return Number(length) - (first.length - end)
}

function request({ method, path, body }: What): string {
  const text = body.replace('#', String(++number))
  const content = text ? `Content-Type: application/json\r\nContent-Length: ${text.length}\r\n` : ''
  return `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${content}\r\n${text}`
}
