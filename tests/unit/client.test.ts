import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { Clients } from '../../server/http/client.ts'
import { hostText } from '../../server/http/host.ts'

interface RequestInput {
  from?: string
  encrypted?: true
  headers?: Record<string, string>
}

function request({ from = '203.0.113.9', encrypted, headers = {} }: RequestInput): IncomingMessage {
  const socket = { remoteAddress: from, ...(encrypted && { encrypted }) }
  return { socket, headers: { host: 'hall.example', ...headers } } as unknown as IncomingMessage
}

function clientOf(trusted: string[], sent: RequestInput) {
  const client = new Clients(trusted).enter(request(sent))
  return { ...client, host: client && hostText(client.host) }
}

const FORGED = {
  'x-forwarded-for': '198.51.100.1',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'bank.example',
  'x-real-ip': '198.51.100.1',
  forwarded: 'for=198.51.100.1;proto=https;host=bank.example',
}
const PLAIN = { address: '203.0.113.9', scheme: 'http', host: 'hall.example' }

describe('headers of untrusted senders', () => {
  test.for([[[]], [['loopback']], [['10.0.0.0/8', 'fd00::/8']]] as [string[]][])(
    'forged headers have no effect while %j is trusted',
    ([trusted]) => expect(clientOf(trusted, { headers: FORGED })).toEqual(PLAIN),
  )

  test('values that the client put before those of the proxy have no effect', () => {
    const headers = { 'x-forwarded-for': '198.51.100.1, 203.0.113.7', 'x-forwarded-proto': 'http, https' }
    expect(clientOf(['loopback'], { from: '127.0.0.1', headers })).toEqual({
      address: '203.0.113.7',
      scheme: 'https',
      host: 'hall.example',
    })
    const forged = { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-host': 'bank.example, hall.example:8443' }
    expect(clientOf(['loopback'], { from: '127.0.0.1', headers: forged }).host).toBe('hall.example:8443')
  })
})

describe('the address', () => {
  test.for([
    // trusted, opened by, X-Forwarded-For, address
    [['loopback'], '127.0.0.1', undefined, '127.0.0.1'],
    [['loopback'], '127.0.0.1', '203.0.113.7', '203.0.113.7'],
    [['loopback'], '::1', '2001:db8::7', '2001:db8::7'],
    [['loopback'], '::ffff:127.0.0.1', '203.0.113.7', '203.0.113.7'],
    [['loopback'], '127.0.0.1', '::ffff:203.0.113.7', '203.0.113.7'],
    [['127.0.0.1'], '127.0.0.2', '203.0.113.7', '127.0.0.2'],
    [['loopback', '10.0.0.0/8'], '127.0.0.1', '203.0.113.7, 10.1.2.3', '203.0.113.7'],
    [['loopback', '10.0.0.0/8'], '127.0.0.1', '1.1.1.1, 203.0.113.7, 10.1.2.3', '203.0.113.7'],
    [['loopback', '10.0.0.0/8'], '127.0.0.1', '203.0.113.7,::ffff:10.1.2.3', '203.0.113.7'],
    [['loopback', '10.0.0.0/8'], '127.0.0.1', '203.0.113.7, 10.1.2.3:49152', '203.0.113.7'],
    // All are trusted: the first one.
    [['loopback', '10.0.0.0/8'], '127.0.0.1', '10.9.9.9, 10.1.2.3', '10.9.9.9'],
    [['2001:db8:1::/48'], '2001:db8:1::1', '2001:db8:2::7', '2001:db8:2::7'],
    [['2001:db8:1::/48'], '2001:db8:1::1', '[2001:db8:2::7]:443', '2001:db8:2::7'],
    [['loopback'], '127.0.0.1', '203.0.113.7:5555', '203.0.113.7'],
    // Anything but an address was made up.
    [['loopback'], '127.0.0.1', 'unknown', '127.0.0.1'],
    [['loopback'], '127.0.0.1', '<script>', '127.0.0.1'],
    [['loopback'], '127.0.0.1', '203.0.113.7, nonsense', '127.0.0.1'],
    [['loopback'], '127.0.0.1', '999.1.1.1', '127.0.0.1'],
    [['loopback'], '127.0.0.1', '', '127.0.0.1'],
    [['loopback'], '127.0.0.1', ' , ,', '127.0.0.1'],
    [[], '::ffff:192.168.1.5', undefined, '192.168.1.5'],
    [[], '', undefined, ''],
  ] as [string[], string, string | undefined, string][])(
    'with %j trusted, %s that forwards %j is %s',
    ([trusted, from, forwardedFor, address]) => {
      const headers: Record<string, string> = forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }
      expect(clientOf(trusted, { from, headers }).address).toBe(address)
    },
  )
})

describe('the scheme', () => {
  test.for([
    // X-Forwarded-Proto, X-Forwarded-For, scheme
    ['https', '203.0.113.7', 'https'],
    ['HTTPS', '203.0.113.7', 'https'],
    ['http', '203.0.113.7', 'http'],
    ['wss', '203.0.113.7', 'https'],
    ['ws', '203.0.113.7', 'http'],
    ['gopher', '203.0.113.7', 'http'],
    ['', '203.0.113.7', 'http'],
    ['https', '', 'https'],
    // Two proxies; the outer one speaks https with the client.
    ['https, http', '203.0.113.7, 10.1.2.3', 'https'],
    // Only the outer one wrote a value.
    ['https', '203.0.113.7, 10.1.2.3', 'https'],
    // The client wrote a value before both.
    ['http, https, http', '1.1.1.1, 203.0.113.7, 10.1.2.3', 'https'],
  ] as const)('of %j for %j is %s', ([proto, path, scheme]) => {
    const headers = { 'x-forwarded-proto': proto, 'x-forwarded-for': path }
    expect(clientOf(['loopback', '10.0.0.0/8'], { from: '127.0.0.1', headers }).scheme).toBe(scheme)
  })

  test('is the scheme of the own socket without a proxy', () => {
    expect(clientOf([], { encrypted: true }).scheme).toBe('https')
    expect(clientOf(['loopback'], { from: '127.0.0.1', encrypted: true }).scheme).toBe('https')
    expect(clientOf([], {}).scheme).toBe('http')
  })
})

describe('the host', () => {
  test.for([
    // X-Forwarded-Host, Host, host
    ['hall.example', '127.0.0.1:8100', 'hall.example'],
    ['hall.example:8443', '127.0.0.1:8100', 'hall.example:8443'],
    ['hall.example:443', '127.0.0.1:8100', 'hall.example'],
    ['[2001:db8::5]:8443', 'x', '[2001:db8::5]:8443'],
    ['bank.example, hall.example', '127.0.0.1:8100', 'hall.example'],
    ['hall.example/path', 'other.example', 'other.example'],
    ['a b', 'other.example', 'other.example'],
    ['user@hall.example', 'other.example', 'other.example'],
    ['', 'other.example:443', 'other.example'],
    ['hall.example:99999', 'other.example', 'other.example'],
    ['', 'no/host', undefined],
  ] as const)('of X-Forwarded-Host %j and Host %j is %j', ([forwardedHost, host, expected]) => {
    const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-host': forwardedHost, host }
    expect(clientOf(['loopback'], { from: '127.0.0.1', headers }).host ?? undefined).toBe(expected)
  })
})

test('a request that never entered the door has no client', () => {
  expect(() => new Clients([]).of(request({}))).toThrow('before it entered the door')
  expect(new Clients([]).enter(request({ headers: { host: 'a b' } }))).toBeNull()
})

test('the client stays the same when headers change later', () => {
  const clients = new Clients(['loopback'])
  const one = request({ from: '127.0.0.1', headers: { 'x-forwarded-for': '203.0.113.7' } })
  const before = clients.enter(one)
  one.headers['x-forwarded-for'] = '198.51.100.1'
  expect(clients.of(one)).toBe(before)
  expect(clients.isProxied(one)).toBe(true)
  expect(clients.isProxied(request({}))).toBe(false)
})
