import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { Gate } from '../../server/http/gate.ts'
import { parseHost } from '../../server/http/host.ts'

function refusal(gate: Gate, headers: Record<string, string>, method = 'POST') {
  return gate.refusal({ method, headers } as unknown as IncomingMessage, parseHost(headers.host)!)
}

const local = new Gate('127.0.0.1', ['hall.example'])

describe('host names', () => {
  test.for([
    '127.0.0.1:8100',
    'localhost:8100',
    'LOCALHOST',
    '[::1]:8100',
    '127.9.9.9',
    'hall.example:80',
    'Hall.Example',
  ])('a local server answers to %s', (host) => expect(refusal(local, { host })).toBeNull())

  test.for(['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example', '192.168.1.5:8100', '10.0.0.1'])(
    'a local server refuses the host name %j',
    (host) => expect(refusal(local, { host })).toContain('does not answer to the host name'),
  )

  test.for(['192.168.1.5:8100', '[2001:db8::5]:8100', 'localhost', '127.0.0.1'])(
    'a server on all addresses answers to %s',
    (host) => expect(refusal(new Gate('0.0.0.0', []), { host })).toBeNull(),
  )

  test('a server on all addresses still refuses unknown names', () => {
    expect(refusal(new Gate('0.0.0.0', []), { host: 'evil.example' })).not.toBeNull()
    expect(refusal(new Gate('0.0.0.0', ['thon.example']), { host: 'thon.example' })).toBeNull()
  })

  test.for([
    ['192.168.1.5', '192.168.1.5:8100'],
    ['2001:db8::5', '[2001:db8::5]:8100'],
    ['2001:DB8:0::5', '[2001:db8::5]'],
    ['venue.example', 'venue.example:8100'],
  ] as const)('a server on %s answers to %s', ([address, host]) => {
    expect(refusal(new Gate(address, []), { host })).toBeNull()
  })
})

describe('pages of other origins', () => {
  const host = '127.0.0.1:8100'

  test('the dashboard may send commands', () => {
    expect(refusal(local, { host, origin: 'http://127.0.0.1:8100' })).toBeNull()
  })

  test('a program may send commands', () => expect(refusal(local, { host })).toBeNull())

  test.for(['http://evil.example', 'http://127.0.0.1:40001', 'http://localhost:8100', 'null', 'nonsense'])(
    'a page of %s may not',
    (origin) => expect(refusal(local, { host, origin })).toContain('another origin'),
  )

  test('OPTIONS from another page is allowed, since it changes nothing', () => {
    expect(refusal(local, { host, origin: 'http://evil.example' }, 'OPTIONS')).toBeNull()
  })

  test.for(['PUT', 'DELETE', 'PATCH'])('%s from another page is refused', (method) => {
    expect(refusal(local, { host, origin: 'http://evil.example' }, method)).not.toBeNull()
  })

  test('a link from another page is allowed', () => {
    expect(refusal(local, { host, origin: 'http://evil.example' }, 'GET')).toBeNull()
  })

  test('another page may not open a WebSocket, which it could read', () => {
    const headers = { host, upgrade: 'websocket' }
    expect(refusal(local, { ...headers, origin: 'http://evil.example' }, 'GET')).not.toBeNull()
    expect(refusal(local, { ...headers, origin: `http://${host}` }, 'GET')).toBeNull()
  })
})
