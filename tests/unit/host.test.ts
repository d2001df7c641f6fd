import { expect, test } from 'vitest'
import { hostText, parseHost } from '../../server/http/host.ts'

test.for([
  ['localhost', 'localhost', null],
  ['LOCALHOST:8100', 'localhost', 8100],
  ['Hall.Example', 'hall.example', null],
  ['hall.example.', 'hall.example.', null],
  ['a_b.example:1', 'a_b.example', 1],
  ['127.0.0.1:65535', '127.0.0.1', 65_535],
  ['0x7f.1', '127.0.0.1', null],
  ['[::1]:8100', '[::1]', 8100],
  ['[2001:DB8:0:0::5]', '[2001:db8::5]', null],
  ['hall.example:80', 'hall.example', null],
  ['hall.example:443', 'hall.example', 443],
] as const)('the Host %s is %s at port %s', ([text, hostname, port]) => {
  expect(parseHost(text)).toEqual({ hostname, port })
  expect(hostText(parseHost(text)!)).toBe(port === null ? hostname : `${hostname}:${port}`)
})

test('each scheme has its own default port', () => {
  expect(parseHost('hall.example:443', 'https')).toEqual({ hostname: 'hall.example', port: null })
  expect(parseHost('hall.example:80', 'https')).toEqual({ hostname: 'hall.example', port: 80 })
})

test.for([
  ...[undefined, '', ' ', 'localhost:', 'localhost/', 'localhost?', 'localhost#', 'x@localhost', 'a b', ':80', '.:.'],
  ...['999.999.999.999', '1.2.3.4.5', 'x:99999', 'x:0', 'x:123456', 'x:-1', 'x:8o', 'x:80:80', 'localhost\\', '%41'],
  ...[
    '[::1',
    '::1',
    '[::1]x',
    '[:::1]',
    '[fe80::1%eth0]',
    'xn--a',
    'bücher.example',
    'a\tb',
    'a,b',
    'http://localhost',
  ],
  'x'.repeat(254),
])('%j does not name a host', (text) => {
  expect(parseHost(text)).toBeNull()
})
