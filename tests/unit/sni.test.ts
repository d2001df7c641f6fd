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
  const [accepted] = (await once(server, 'connection')) as [typeof socket]
  const [first] = (await once(accepted, 'data')) as [Buffer]
  client.destroy()
  accepted.destroy()
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
] as const)('the host of %j is %s', ([text, host]) => {
  expect(sniffHost(Buffer.from(text))).toBe(host)
})

test('a TLS client names its host before anything is encrypted', async () => {
  expect(sniffHost(await hello('alpha-ann.hall.example'))).toBe('alpha-ann.hall.example')
  expect(sniffHost(await hello())).toBeNull()
})

test('no bytes make it throw', async () => {
  const complete = await hello('alpha-ann.hall.example')
  for (let length = 0; length < complete.length; length += 7)
    expect(() => sniffHost(complete.subarray(0, length))).not.toThrow()
  for (let at = 0; at < Math.min(complete.length, 300); at++) {
    const changed = Buffer.from(complete)
    changed[at] = 255
    expect(() => sniffHost(changed)).not.toThrow()
  }
})
