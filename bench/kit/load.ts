/**
 * The client: a number of connections, each of which sends its next request when the last one is answered. It uses plain sockets and
 * reads only the length of an answer, so that the client is never what is measured.
 */
import { connect } from 'node:net'
import { answer } from './child.ts'
import { now } from './measure.ts'

/** What to send, and for how long. */
export interface Load {
  port: number
  method: 'GET' | 'POST'
  path: string
  /** JSON to send, or ''. A `#` in it is replaced by a number that is different in every request. */
  body: string
  connections: number
  seconds: number
}

type LoadRequest = Pick<Load, 'port' | 'method' | 'path' | 'body'>

let number = 0

/** Answers with requests per second. */
answer('ready', async ({ connections, seconds, ...load }: Load) => {
  let done = 0
  const start = now()
  const more = () => now() - start < seconds * 1000
  await Promise.all(Array.from({ length: connections }, () => talk(load, more, () => (done += 1))))
  return (done * 1000) / (now() - start)
})

/** One connection. Resolves when the time is up. */
function talk(load: LoadRequest, more: () => boolean, onAnswer: () => void): Promise<void> {
  const socket = connect(load.port, '127.0.0.1').setNoDelay()
  socket.write(request(load))
  let missing = 0
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      missing = missing > 0 ? missing - chunk.length : missingAfter(chunk)
      if (missing > 0) return
      onAnswer()
      if (more()) socket.write(request(load))
      else {
        socket.end()
        resolve()
      }
    })
  })
}

/** Bytes of an answer that are still missing after its first chunk, which contains all headers. */
function missingAfter(first: Buffer): number {
  const end = first.indexOf('\r\n\r\n') + 4
  const head = first.toString('latin1', 0, end)
  const length = /^content-length: (\d+)/im.exec(head)?.[1]
  if (!head.startsWith('HTTP/1.1 200') || !length) throw new Error(`unexpected answer: ${head}`)
  return Number(length) - (first.length - end)
}

function request({ method, path, body }: LoadRequest): string {
  const text = body.replace('#', String(++number))
  const content = text ? `Content-Type: application/json\r\nContent-Length: ${text.length}\r\n` : ''
  return `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${content}\r\n${text}`
}
