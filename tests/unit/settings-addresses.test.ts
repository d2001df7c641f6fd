import { describe, expect, test } from 'vitest'
import { publicAddresses } from '../../server/settings/addresses.ts'
import { isExternalIp, isHostName } from '../../server/settings/hosts.ts'

describe('the public addresses of a port', () => {
  test('lead there by external IP and by domain', () => {
    expect(publicAddresses({ externalIp: '203.0.113.5', domain: 'hack.example.org' }, 32001)).toEqual({
      publicUrl: 'https://203.0.113.5/32001/',
      domainUrl: 'https://hack.example.org/32001/',
    })
  })

  test('have IPv6 in brackets, and host names as they are', () => {
    expect(publicAddresses({ externalIp: '2001:db8::5', domain: null }, 1).publicUrl).toBe('https://[2001:db8::5]/1/')
    expect(publicAddresses({ externalIp: 'hall.example', domain: null }, 1).publicUrl).toBe('https://hall.example/1/')
  })

  test('are null where nothing is set', () => {
    expect(publicAddresses({ externalIp: null, domain: null }, 1)).toEqual({ publicUrl: null, domainUrl: null })
    expect(publicAddresses({ externalIp: null, domain: 'a.b' }, 1).publicUrl).toBe(null)
  })

  test.for(['203.0.113.5', '2001:db8::5', '::1', '::ffff:203.0.113.5', 'hall', 'bücher.example'])(
    'are URLs as they stand: %s',
    (externalIp) => {
      const { publicUrl } = publicAddresses({ externalIp, domain: null }, 8443)
      expect(isExternalIp(externalIp)).toBe(true)
      expect(new URL(publicUrl as string)).toMatchObject({ protocol: 'https:', port: '', pathname: '/8443/' })
    },
  )
})

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

test.for(NO_NAMES)('%j is no host name', (text) => {
  expect(isHostName(text)).toBe(false)
})

test.for(['203.0.113.300', '010.0.0.1', '1.2.3', '[::1]', 'fe80::1%eth0', '::1/64', '203.0.113.5:80', 'https://a.b'])(
  '%j is no external address',
  (text) => {
    expect(isExternalIp(text)).toBe(false)
  },
)
