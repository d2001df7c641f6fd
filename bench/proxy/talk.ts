/**
 * A client for small requests and for many WebSockets with echoes, over plain sockets. It runs in its own process, so that
 * its own work is not measured.
 */
import { connect, type Socket } from 'node:net'
import { answer } from '../kit/child.ts'
import { now } from '../kit/measure.ts'

/** What to send where, for how long. */
export interface Talk {
  kind: 'requests' | 'sockets'
  port: number
  path: string
  /** Header lines after the first, without line ends. */
  headers: string[]
  seconds: number
  /** Connections at the same time. */
  connections: number
  /** Requests or messages per second on each connection. */
  rate: number
}

/** Answers with the milliseconds that each round trip took. */
answer('ready', async (talk: Talk) => {
  const times: number[] = []
  await Promise.all(
    Array.from({ length: talk.connections }, async (_, index) => {
      // Spreads them over time.
      await pause((1000 / talk.rate) * (index / talk.connections))
      await (talk.kind === 'requests' ? requests(talk, times) : messages(talk, times))
    }),
  )
  return times
})

async function requests(talk: Talk, times: number[]): Promise<void> {
  const socket = await open(talk.port)
  const text = head(talk, [])
  for (const end = now() + talk.seconds * 1000; now() < end;) {
    const began = now()
    socket.write(text)
    const first = await read(socket)
    if (!/^HTTP\/1\.1 200/.test(first)) throw new Error(first.slice(0, 200))
    // Small answers come in one piece or two.
    const length = Number(/content-length: (\d+)/i.exec(first)?.[1] ?? -1)
    for (let have = first.length - first.indexOf('\r\n\r\n') - 4; have < length;) have += (await read(socket)).length
    times.push(now() - began)
    await pause(1000 / talk.rate - (now() - began))
  }
  socket.destroy()
}

/** After the Upgrade every byte is echoed, so a message is any 64 bytes. */
async function messages(talk: Talk, times: number[]): Promise<void> {
  const socket = await open(talk.port)
  socket.write(
    head(talk, [
      ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ]),
  )
  const first = await read(socket)
  if (!first.startsWith('HTTP/1.1 101')) throw new Error(first.slice(0, 200))
  for (const end = now() + talk.seconds * 1000; now() < end;) {
    const began = now()
    socket.write(Buffer.alloc(64, 1))
    for (let have = 0; have < 64;) have += (await read(socket)).length
    times.push(now() - began)
    await pause(1000 / talk.rate - (now() - began))
  }
  socket.destroy()
}

function head({ path, headers }: Talk, more: string[]): string {
  return [`GET ${path} HTTP/1.1`, ...headers, ...more, '', ''].join('\r\n')
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket)).setNoDelay()
    socket.once('error', reject)
  })
}

function read(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error('the connection ended'))
    socket.once('close', ended)
    socket.once('data', (chunk: Buffer) => {
      socket.removeListener('close', ended)
      resolve(chunk.toString('latin1'))
    })
  })
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds)))
}
