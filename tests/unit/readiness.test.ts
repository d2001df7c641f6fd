import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { waitUntilReady } from '../../server/instances/sync/readiness.ts'

/** A program on code-server's port. @param serve writes its answer. @returns the port, and what became of connections */
async function program(serve: (socket: Socket, attempt: number) => void) {
  const sockets = new Set<Socket>()
  let attempts = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    socket.once('data', () => serve(socket, ++attempts))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { port: (server.address() as AddressInfo).port, open: () => sockets.size, attempts: () => attempts }
}

const READY = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const never = new AbortController().signal

test.for([
  ['is complete', READY],
  ['says that a login is needed', 'HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n'],
  ['has 4 KiB', `HTTP/1.1 200 OK\r\nContent-Length: 4096\r\n\r\n${'x'.repeat(4096)}`],
])('an answer that %s counts, and its connection is closed', async ([, text = '']) => {
  const { port, open } = await program((socket) => void socket.write(text))
  expect(await waitUntilReady(port, 10, never)).toBe(true)
  await expect.poll(open).toBe(0)
})

test.for<[string, (socket: Socket) => void]>([
  ['never ends', (socket) => void socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n')],
  ['never begins', () => undefined],
  ['drips', (socket) => drip(socket, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', '1\r\nx\r\n')],
  [
    'has more than 4 KiB',
    (socket) => void socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n${'x'.repeat(5000)}`),
  ],
  ['is endless', (socket) => flood(socket, 'HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(60_000))],
  ['has endless headers', (socket) => flood(socket, 'HTTP/1.1 200 OK\r\n', `X: ${'x'.repeat(1_000)}\r\n`)],
  ['has endless interim answers', (socket) => flood(socket, '', 'HTTP/1.1 102 Processing\r\n\r\n')],
  ['is an error of the server', (socket) => void socket.write('HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n')],
])('an answer that %s does not count, and nothing of it stays open', async ([, serve]) => {
  const { port, open, attempts } = await program((socket, attempt) =>
    attempt === 1 ? serve(socket) : void socket.write(READY),
  )
  expect(await waitUntilReady(port, 10, never)).toBe(true)
  expect(attempts()).toBe(2)
  await expect.poll(open).toBe(0)
})

test('an aborted probe closes its connection at once', async () => {
  const { port, open, attempts } = await program(() => undefined)
  const aborting = new AbortController()
  const ready = waitUntilReady(port, 10, aborting.signal)
  await expect.poll(attempts).toBe(1)
  aborting.abort()
  expect(await ready).toBe(false)
  await expect.poll(open).toBe(0)
})

function drip(socket: Socket, head: string, piece: string): void {
  socket.write(head)
  const timer = setInterval(() => socket.write(piece), 50)
  socket.on('close', () => clearInterval(timer))
}

function flood(socket: Socket, head: string, piece: string): void {
  const more = () => {
    while (socket.writable && socket.write(piece));
  }
  socket.write(head)
  socket.on('drain', more)
  more()
}
