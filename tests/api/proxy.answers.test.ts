import type { IncomingHttpHeaders } from 'node:http'
import { describe, expect, test } from 'vitest'
import { ANN, bytes, openSandbox } from '../kit/open-sandbox.ts'

const WS =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n'
const PAGE = 'Your app sent something the browser can&#39;t show'

/** Answers that must not be passed on. */
const BAD: [string, string][] = [
  ['the status 007', 'HTTP/1.1 007 Bond\r\nContent-Length: 0\r\n\r\n'],
  ['the status 99', 'HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n'],
  ['the status 600', 'HTTP/1.1 600 High\r\nContent-Length: 0\r\n\r\n'],
  ['the status 999', 'HTTP/1.1 999 High\r\nContent-Length: 0\r\n\r\n'],
  [
    'a protocol that nobody asked for',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nxx',
  ],
  [
    'nine interim answers',
    `${'HTTP/1.1 102 Processing\r\n\r\n'.repeat(9)}HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`,
  ],
  ['endless interim answers', 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'.repeat(20_000)],
  ['a control character in a header', 'HTTP/1.1 200 OK\r\nX: a\x01b\r\nContent-Length: 0\r\n\r\n'],
  ['a line break alone in a header', 'HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 0\r\n\r\n'],
  ['a header name with a space', 'HTTP/1.1 200 OK\r\nX y: a\r\nContent-Length: 0\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx'],
  ['a length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['no HTTP at all', 'SSH-2.0-OpenSSH_9.2\r\n'],
]

describe.each([
  ['in the server', false],
  ['in a process of its own', true],
])('with the proxy %s', (_where, proxyProcess) => {
  test('an answer that cannot be passed on is a 502 page for that request alone', async () => {
    let answer = ''
    const { app, visitor, cookie } = await openSandbox(
      (request, response) =>
        bytes(
          request.url === '/good' ? 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\ngood' : answer,
        )(request, response),
      { proxyProcess, variables: { THON_LOG_LEVEL: 'warn' } },
    )
    app.logged.expect(/the answer of a sandbox was not passed on/)
    for (const [what, text] of BAD) {
      answer = text
      const page = await visitor.request(ANN, '/', { headers: { accept: 'text/html' } })
      expect([what, page.status, page.body.includes(PAGE)]).toEqual([what, 502, true])
      const socket = await visitor.raw(`GET / HTTP/1.1\r\nHost: ${ANN}\r\nCookie: ${cookie}\r\n${WS}\r\n`)
      if (!text.includes(' 101 ')) expect(socket, what).toMatch(/^HTTP\/1\.1 502 /)
      expect((await visitor.request(ANN, '/good')).body, what).toBe('good')
    }
    const lines = app.logged.lines.filter((line) => line.includes('not passed on'))
    expect(lines, 'one line a minute for each sandbox').toHaveLength(1)
    expect(JSON.parse(lines[0]!)).toMatchObject({ sandbox: 'alpha/ann', fault: 'its status is 7' })
  })

  test('a reason phrase is not passed on, whatever it contains', async () => {
    const { visitor, cookie } = await openSandbox(
      bytes('HTTP/1.1 404 a\x07\x1b[31mb\xff\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'),
      {
        proxyProcess,
      },
    )
    const head = `GET / HTTP/1.1\r\nHost: ${ANN}\r\nCookie: ${cookie}\r\n`
    expect(await visitor.raw(`${head}Connection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/)
    expect(await visitor.raw(`${head}${WS}\r\n`)).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/)
  })

  test('eight interim answers are allowed, and an unusual status is passed on', async () => {
    const text = `${'HTTP/1.1 102 Processing\r\n\r\n'.repeat(8)}HTTP/1.1 299 Fine\r\nContent-Length: 2\r\n\r\nok`
    const { visitor } = await openSandbox(bytes(text), { proxyProcess })
    expect(await visitor.request(ANN, '/')).toMatchObject({ status: 299, body: 'ok' })
  })

  test('a connection that the sandbox has just closed costs no request that can be repeated', async () => {
    const used = new Set<object>()
    const { visitor } = await openSandbox(
      (request, response) => {
        if (used.has(request.socket)) request.socket.destroy()
        else response.end(`${request.method}`)
        used.add(request.socket)
      },
      { proxyProcess },
    )
    for (let count = 0; count < 5; count++)
      expect(await visitor.request(ANN, '/')).toMatchObject({ status: 200, body: 'GET' })
    const posts = []
    for (let count = 0; count < 2; count++)
      posts.push((await visitor.request(ANN, '/', { method: 'POST', body: 'x' })).status)
    expect(posts, 'a POST is never sent twice').toContain(503)
  })

  test('headers that reach beyond the sandbox’s own host are not passed on', async () => {
    const dropped = [
      ...['Clear-Site-Data: "*"', 'Strict-Transport-Security: max-age=1; includeSubDomains', 'Alt-Svc: h2="evil:443"'],
      ...['Public-Key-Pins: x', 'Public-Key-Pins-Report-Only: x', 'Expect-CT: enforce', 'NEL: {}', 'Report-To: {}'],
      ...[
        'Reporting-Endpoints: a="https://evil.example"',
        'Service-Worker-Allowed: /',
        'Set-Cookie2: a=b',
        'Set-Login: x',
      ],
      ...['Sec-Session-Registration: (ES256)', 'Secure-Session-Challenge: x', 'Observe-Browsing-Topics: ?1'],
      ...['Attribution-Reporting-Register-Source: {}', 'Proxy-Authenticate: Basic', 'X-Accel-Redirect: /etc/passwd'],
      ...[
        'X-Sendfile: /etc/passwd',
        'Surrogate-Control: max-age=9',
        'CDN-Cache-Control: public',
        'X-Named: 1',
        'Trailer: x',
      ],
    ]
    const kept = [
      ...['X-Accel-Buffering: no', 'WWW-Authenticate: Basic realm="mine"', 'Content-Security-Policy: default-src *'],
      ...['Cache-Control: public', 'ETag: "a"', 'Location: /next', 'X-Own: 1', 'Content-Type: text/html'],
    ]
    const lines = [...dropped, ...kept, 'Connection: x-named, close', 'Content-Length: 0'].join('\r\n')
    const { visitor, cookie } = await openSandbox(bytes(`HTTP/1.1 401 No\r\n${lines}\r\n\r\n`), { proxyProcess })
    const { headers } = await visitor.request(ANN, '/')
    for (const line of dropped) expect(headers, line).not.toHaveProperty(line.split(':')[0]!.toLowerCase())
    for (const line of kept)
      expect(headers[line.split(':')[0]!.toLowerCase() as keyof IncomingHttpHeaders], line).toContain(
        line.split(': ')[1],
      )
    const refused = await visitor.raw(`GET / HTTP/1.1\r\nHost: ${ANN}\r\nCookie: ${cookie}\r\n${WS}\r\n`)
    for (const line of dropped)
      expect(refused.toLowerCase(), line).not.toContain(`\n${line.split(':')[0]!.toLowerCase()}:`)
  })

  test('a program of a participant gets its own Authorization, and never one of THON', async () => {
    const { visitor, cookie } = await openSandbox(
      (request, response) => response.end(request.headers.authorization ?? 'none'),
      { proxyProcess },
    )
    for (const [sent, seen] of [
      ['Bearer let-me-in', 'Bearer let-me-in'],
      ['Basic YW5uOnNlY3JldA==', 'Basic YW5uOnNlY3JldA=='],
      ['Digest username="ann"', 'Digest username="ann"'],
      ['Bearer thon_abcdefghijklmnop', 'none'],
      ['bearer   thon_x', 'none'],
      ['BEARER v1:abc:def', 'none'],
    ] as const) {
      expect((await visitor.request(ANN, '/api/me', { headers: { authorization: sent } })).body).toBe(seen)
      const head = `GET / HTTP/1.1\r\nHost: ${ANN}\r\nCookie: ${cookie}\r\nAuthorization: ${sent}\r\n${WS}\r\n`
      expect(await visitor.raw(head), sent).toMatch(new RegExp(`\r\n\r\n${seen}$`))
    }
  })

  test('the script of a service worker needs a folder of its own', async () => {
    const { visitor } = await openSandbox((request, response) => response.end(`page ${request.url}`), { proxyProcess })
    const worker = {
      headers: { 'service-worker': 'script', 'sec-fetch-dest': 'serviceworker', 'sec-fetch-site': 'same-origin' },
    }
    for (const path of ['/', '/sw.js', '/sw.js?v=1/2', '/.thon/x.js'])
      expect((await visitor.request(ANN, path, worker)).status, path).toBe(403)
    for (const path of ['/app/sw.js', '/_static/out/browser/serviceWorker.js', '/.thonx/sw.js'])
      expect((await visitor.request(ANN, path, worker)).body, path).toBe(`page ${path}`)
    expect((await visitor.request(ANN, '/sw.js')).status, 'read as any other file').toBe(200)
  })

  test.for(['h2c', 'TLS/1.2', 'h2c, websocket', 'foo'])('an upgrade to %s is ignored', async (protocol) => {
    const { app, visitor, cookie } = await openSandbox(
      (request, response) => response.end(`page ${request.method} ${request.headers.upgrade}`),
      { proxyProcess },
    )
    const upgrade = `Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nUpgrade: ${protocol}\r\n`
    const close = 'Content-Type: application/json\r\n'
    const ask = async (line: string, host: string, body = '') => {
      const answer = await visitor.raw(
        `${line} HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\n${close}${upgrade}${body && `Content-Length: ${body.length}\r\n`}\r\n${body}`,
        400,
      )
      return answer
    }
    const { host } = new URL(app.url)
    expect(await ask('GET /healthz', host)).toMatch(/^HTTP\/1\.1 200 [^]*"alive"/)
    expect(await ask('GET /api/instances', host)).toMatch(/^HTTP\/1\.1 200 [^]*"ann"/)
    expect(await ask('POST /graphql', host, '{"query":"{ __typename }"}')).toContain('"Query"')
    expect(await ask('GET /', ANN)).toContain('page GET undefined')
    expect(await ask('POST /', ANN, '{"a":1}')).toContain('page POST undefined')
  })
})
