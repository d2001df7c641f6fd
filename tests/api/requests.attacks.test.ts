import { request as send } from 'node:https'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { startApp } from '../kit/app.ts'
import { signedIn, SETUPS } from '../kit/access.ts'
import { createKeyPair, KeyPairFiles } from '../kit/certificates.ts'
import { ANN, openSandbox } from '../kit/open-sandbox.ts'

const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n'

/** Bodies whose end two servers would see in different places, or that hide a request. */
const AMBIGUOUS: [string, string][] = [
  ['a length and chunks', `Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ['chunks, then a length', `Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ['two lengths', `Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx${SMUGGLED}`],
  ['two equal lengths', `Content-Length: 1\r\nContent-Length: 1\r\n\r\nx${SMUGGLED}`],
  ['a list of lengths', `Content-Length: 1, 1\r\n\r\nx${SMUGGLED}`],
  ['a length with a sign', `Content-Length: +1\r\n\r\nx${SMUGGLED}`],
  ['a length in another base', `Content-Length: 0x1\r\n\r\nx${SMUGGLED}`],
  ['an encoding that is not known', `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ['chunked that is not last', `Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ['chunked twice', `Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ['a space before the colon', `Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  [
    'a folded header',
    `X: a\r\n Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  ],
  ['a vertical tab', `Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ['a line feed alone', `X: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ['a negative chunk', `Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n${SMUGGLED}`],
  ['a chunk that is too large', `Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff1\r\n\r\n${SMUGGLED}`],
  ['a chunk longer than it says', `Transfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n0\r\n\r\n${SMUGGLED}`],
  ['a line feed in a chunk’s extension', `Transfer-Encoding: chunked\r\n\r\n1;a\nb\r\nx\r\n0\r\n\r\n${SMUGGLED}`],
]

describe.each([
  ['in the server', false],
  ['in a process of its own', true],
])('with the proxy %s', (_where, proxyProcess) => {
  const seen: string[] = []
  const fixtures = (variables = {}) =>
    openSandbox(
      (request, response) => {
        seen.push(request.url ?? '')
        request.resume().on('end', () => response.end(`page ${request.url} ${JSON.stringify(request.headers)}`))
      },
      { proxyProcess, variables },
    )

  test('a body with an ambiguous end is refused, and nothing behind it is served', async () => {
    const { app, visitor, cookie } = await fixtures()
    const own = new URL(app.url).host
    for (const [what, framing] of AMBIGUOUS)
      for (const head of [
        `POST /at HTTP/1.1\r\nHost: ${ANN}\r\nCookie: ${cookie}\r\n`,
        `POST /graphql HTTP/1.1\r\nHost: ${own}\r\n`,
      ]) {
        const answer = await visitor.raw(head + framing, 300)
        expect(answer.match(/HTTP\/1\.1 \d+/g)?.filter((status) => status !== 'HTTP/1.1 400') ?? [], what).toEqual(
          answer.startsWith('HTTP/1.1 400') ? [] : expect.not.arrayContaining(['HTTP/1.1 200']),
        )
        expect(answer, what).not.toContain('page /smuggled')
      }
    expect(seen).not.toContain('/smuggled')
  })

  test('an ordinary chunked body with extensions and trailers arrives whole', async () => {
    const { visitor, cookie } = await fixtures()
    const body = '3;name="value"\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: y\r\n\r\n'
    const head = `POST /in HTTP/1.1\r\nHost: ${ANN}\r\nCookie: ${cookie}\r\nConnection: close\r\nTrailer: X-Trailer\r\n`
    expect(await visitor.raw(`${head}Transfer-Encoding: chunked\r\n\r\n${body}`)).toContain('page /in')
  })

  test('each request of a connection is checked against its own host', async () => {
    const { app, visitor, cookie } = await fixtures()
    const own = new URL(app.url).host
    const get = (path: string, host: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`
    const all = await visitor.raw(
      [
        get('/one', ANN, `Cookie: ${cookie}\r\n`),
        get('/healthz', own),
        get('/two', 'alpha-bob.localhost', `Cookie: ${cookie}\r\n`),
        get('/healthz', 'evil.example'),
        get('/three', ANN),
        get('/four', ANN, `Cookie: ${cookie}\r\nConnection: close\r\n`),
      ].join(''),
    )
    const statuses = all.match(/(?<=HTTP\/1\.1 )\d+/g)
    expect(statuses?.slice(0, 3)).toEqual(['200', '200', '401'])
    expect(all).not.toContain('page /two')
    expect(all).not.toContain('page /three')
  })

  test('headers that only a trusted proxy or THON itself may send have no effect', async () => {
    const { app, visitor } = await fixtures({ ...SETUPS['a local password'], AUTH_LOCAL_PASSWORD: '' })
    const forged = {
      'x-forwarded-for': '10.9.9.9',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      'x-real-ip': '10.9.9.9',
      forwarded: 'for=10.9.9.9;host=evil.example',
      'x-thon-client': '{"address":"10.9.9.9","scheme":"https","host":{"hostname":"evil.example","port":null}}',
    }
    const page = (await visitor.request(ANN, '/', { headers: forged })).body
    expect(page).toContain('"x-forwarded-for":"127.0.0.1"')
    expect(page).toContain('"x-forwarded-proto":"http"')
    expect(page).not.toContain('10.9.9.9')
    expect(page).not.toContain('evil.example')
    const { headers } = await visitor.request('localhost', '/open?sandbox=alpha-ann', { headers: forged })
    expect(headers.location).toMatch(new RegExp(`^http://${ANN}:${new URL(app.url).port}/`))
  })

  test('CONNECT opens no tunnel', async () => {
    const { app, visitor } = await fixtures()
    const own = new URL(app.url).host
    for (const host of [own, ANN, 'example.com:443']) {
      const answer = await visitor.raw(
        `CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\nGET /healthz HTTP/1.1\r\nHost: ${own}\r\n\r\n`,
        500,
      )
      expect(answer, host).not.toMatch(/ 200 |alive/)
    }
  })

  test('the preface of HTTP/2 gets no answer but a refusal', async () => {
    const { visitor } = await fixtures()
    expect(await visitor.raw('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0')).toMatch(/^(HTTP\/1\.1 400 |$)/)
  })
})

test('over TLS the name in the handshake opens nothing: the Host of each request decides', async () => {
  const files = new KeyPairFiles(await createKeyPair())
  const app = await startApp({ ...files.variables, ...SETUPS['a local password'] }, { proxyProcess: true })
  app.engine.pages = (_request, response) => response.end('page')
  const { id } = await app.services.instances.create(organizer, { group: 'alpha', username: 'ann' })
  await app.services.instances.settled(id, 10)
  const cookie = await signedIn(app, 'organizer')
  const { port } = new URL(app.url)
  const ask = async (servername: string, host: string, path: string) => {
    const sent = send({
      ...{ host: '127.0.0.1', port, path, servername, rejectUnauthorized: false, agent: false },
      headers: { host: `${host}:${port}`, cookie },
    }).end()
    const answer = await new Promise<import('node:http').IncomingMessage>((resolve, reject) =>
      sent.once('response', resolve).once('error', reject),
    )
    return `${answer.statusCode} ${await text(answer)}`
  }
  const sandbox = 'alpha-ann.thon.localhost'
  expect(await ask(sandbox, 'localhost', '/healthz')).toBe('200 {"status":"alive"}')
  expect(await ask('localhost', sandbox, '/'), 'THON’s session opens no sandbox').toMatch(/^401 /)
  expect(await ask(sandbox, 'evil.example', '/healthz')).toMatch(/^403 /)
  expect(await ask('evil.example', sandbox, '/')).toMatch(/^401 /)
  // Plain HTTP on the same port.
  const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined)
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  expect(await text(socket).catch(() => '')).not.toContain('200')
})
