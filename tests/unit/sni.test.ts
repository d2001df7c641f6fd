import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { expect, test } from 'vitest'
import { sniffHost } from '../../server/proxy/sni.ts'

/** The first bytes that a TLS client sends. */
async function hello(servername?: string): Promise<Buffer> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  const client = connectTls({ socket, ...(servername && { servername }) })
  client.on('error', () => undefined)
  const [taken] = (await once(server, 'connection')) as [typeof socket]
  const [first] = (await once(taken, 'data')) as [Buffer]
  client.destroy()
  taken.destroy()
  server.close()
  return first
}

test.for([
  ['GET / HTTP/1.1\r\nHost: alpha-ann.localhost:8501\r\n\r\n', 'alpha-ann.localhost:8501'],
  ['GET / HTTP/1.1\r\nAccept: a\r\nhOsT:\t a.b  \r\nX: y', 'a.b'],
  ['GET / HTTP/1.1\r\nX-Host: evil\r\nHost: a\r\n', 'a'],
  ['GET / HTTP/1.1\r\nHost: a', null],
  ['GET / HTTP/1.1\r\n\r\n', null],
  ['', null],
] as const)('of %j the host is %s', ([text, host]) => {
  expect(sniffHost(Buffer.from(text))).toBe(host)
})

test('a TLS client says whom it wants before anything is encrypted', async () => {
  expect(sniffHost(await hello('alpha-ann.hall.example'))).toBe('alpha-ann.hall.example')
  expect(sniffHost(await hello())).toBeNull()
})

test('whatever the bytes are, there is an answer', async () => {
  const whole = await hello('alpha-ann.hall.example')
  for (let length = 0; length < whole.length; length += 7) expect(() => sniffHost(whole.subarray(0, length))).not.toThrow()
  for (let at = 0; at < Math.min(whole.length, 300); at++) {
    const spoilt = Buffer.from(whole)
    spoilt[at] = 255
    expect(() => sniffHost(spoilt)).not.toThrow()
  }
})
