import { expect, test } from 'vitest'
import { isExternalIp, isHostName } from '../../server/core/host-names.ts'

const NAMES = ['localhost', 'hack.example.org', 'a-b.c', 'HACK.Example.ORG', '3com.example', 'xn--bcher-kva.example']
const NO_NAMES = [
  ...['', ' ', '.', 'a.', '.a', 'a..b', '-a.b', 'a-.b', 'a_b.c', 'a b', 'a/b', 'a:1', 'https://a.b', 'a@b', 'a?b'],
  ...[
    'a#b',
    'a%2fb',
    'a\nb',
    '[::1]',
    '::1',
    '203.0.113.300',
    '203.0.113',
    '1.2.3.4',
    '0x7f.1',
    '１.２.３.４',
    '👍.example',
  ],
  ...['*.example.org', `${'a'.repeat(64)}.b`, 'a.'.repeat(130) + 'a', 'a\u200bb.c', 'xn--a\u00df', '<script>', 'a\\b'],
]

test.for(NAMES)('%j is a host name', (text) => {
  expect(isHostName(text)).toBe(true)
  expect(isExternalIp(text)).toBe(true)
})

test.for(NO_NAMES)('%j is not a host name', (text) => {
  expect(isHostName(text)).toBe(false)
})

test.for([
  '0.0.0.0',
  '::',
  '224.0.0.1',
  '255.255.255.255',
  'ff02::1',
  '203.0.113.300',
  '010.0.0.1',
  '1.2.3',
  '[::1]',
  'fe80::1%eth0',
  '::1/64',
  '203.0.113.5:80',
  'https://a.b',
])('%j is not an external address', (text) => {
  expect(isExternalIp(text)).toBe(false)
})
