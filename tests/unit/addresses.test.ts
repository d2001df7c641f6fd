import { beforeEach, describe, expect, test } from 'vitest'
import { Events } from '../../server/core/events.ts'
import { loadEnv } from '../../server/config/env.ts'
import { hostLabel } from '../../server/core/names.ts'
import { parseHost } from '../../server/http/host.ts'
import { Addresses, type Arrival, type Listening } from '../../server/proxy/addresses.ts'
import { isExternalIp } from '../../server/core/host-names.ts'

const ANN = { group: 'alpha', username: 'ann', hostPort: 32001 }
const HERE: Listening = { scheme: 'http', port: 8501, pathPort: null }

function at(host: string, scheme: 'http' | 'https' = 'http'): Arrival {
  return { scheme, host: parseHost(host, scheme)! }
}

/** The label of what stands in a Host header. */
function labelAt(one: Addresses, host: string): string | null {
  const parsed = parseHost(host)
  return parsed && one.labelOf(parsed.hostname)
}

/** Addresses of a server with this environment and these settings. */
function addresses(
  environment: Record<string, string> = {},
  settings: Record<string, string> = {},
  listening: Partial<Listening> = {},
): Addresses {
  const events = new Events()
  const { reach, allowedHosts } = loadEnv(environment)
  const created = new Addresses(undefined as never, events, reach, allowedHosts)
  for (const [key, value] of Object.entries(settings)) {
    const row = { key, value, updatedAt: new Date(), updatedBy: 'me' }
    events.publish('setting', { kind: 'ADDED', id: key, row })
  }
  created.listensAt({ ...HERE, ...listening })
  return created
}

describe('the address of a sandbox', () => {
  test('is a name below localhost while nothing is configured', () => {
    const url = 'http://alpha-ann.localhost:8501/'
    expect(addresses().of(ANN)).toEqual({ url, publicUrl: null, domainUrl: null })
    expect(addresses().stable(ANN)).toBe(url)
  })

  test('follows the settings, then the environment', () => {
    const one = addresses({ THON_DOMAIN: 'hall.example' })
    expect(one.of(ANN).domainUrl).toBe('http://alpha-ann.hall.example:8501/')
    const other = addresses({ THON_DOMAIN: 'hall.example' }, { domain: 'hack.example.org', external_ip: '203.0.113.5' })
    expect(other.of(ANN)).toEqual({
      url: 'http://alpha-ann.hack.example.org:8501/',
      publicUrl: 'http://alpha-ann.203-0-113-5.sslip.io:8501/',
      domainUrl: 'http://alpha-ann.hack.example.org:8501/',
    })
  })

  test('uses another wildcard DNS', () => {
    const { publicUrl } = addresses({ THON_WILDCARD_DNS: '{ip}.nip.io' }, { external_ip: '10.0.0.7' }).of(ANN)
    expect(publicUrl).toBe('http://alpha-ann.10-0-0-7.nip.io:8501/')
  })

  test('has scheme and port of the public URL, without a default port', () => {
    const settings = { domain: 'hall.example' }
    expect(addresses({ THON_PUBLIC_URL: 'https://hall.example' }, settings).stable(ANN)).toBe(
      'https://alpha-ann.hall.example/',
    )
    expect(addresses({}, settings, { scheme: 'https', port: 443 }).stable(ANN)).toBe('https://alpha-ann.hall.example/')
    expect(addresses({}, settings, { port: 80 }).stable(ANN)).toBe('http://alpha-ann.hall.example/')
  })

  test('has one level more over https while nothing is configured', () => {
    const one = addresses({}, {}, { scheme: 'https', port: 8501 })
    expect(one.stable(ANN)).toBe('https://alpha-ann.thon.localhost:8501/')
    expect(labelAt(one, 'alpha-ann.thon.localhost:8501')).toBe('alpha-ann')
    expect(labelAt(one, 'thon.localhost:8501')).toBeNull()
    const asked = at('localhost:8501', 'https')
    expect(one.sandboxOrigin('alpha-ann', asked)).toBe('https://alpha-ann.thon.localhost:8501')
    const there = at('alpha-ann.thon.localhost:8501', 'https')
    expect(one.thonOrigin('alpha-ann', there)).toBe('https://localhost:8501')
  })

  test('is a path where paths are configured', () => {
    const settings = { external_ip: '2001:db8::5', domain: 'hall.example' }
    expect(addresses({}, settings, { pathPort: 8600 }).of(ANN)).toEqual({
      url: 'http://hall.example:8600/32001/',
      publicUrl: 'http://[2001:db8::5]:8600/32001/',
      domainUrl: 'http://hall.example:8600/32001/',
    })
    const here = addresses({}, {}, { pathPort: 8600 })
    expect(here.of(ANN).url).toBe('http://localhost:8600/32001/')
    expect(here.stable(ANN), 'THON redirects to it, whatever its port').toBe(
      'http://localhost:8501/open?sandbox=alpha-ann',
    )
    const there = addresses({}, settings, { pathPort: 8600 })
    expect(there.stable(ANN)).toBe('http://hall.example:8501/open?sandbox=alpha-ann')
  })

  test('is null while the sandbox is not published', () => {
    expect(addresses({}, { domain: 'a.b' }).of({ ...ANN, hostPort: null })).toEqual({
      ...{ url: null, publicUrl: null, domainUrl: null },
    })
  })

  test.for(['203.0.113.5', '2001:db8::5', 'hall', 'bücher.example'])('is a URL for the external IP %s', (ip) => {
    expect(isExternalIp(ip)).toBe(true)
    const { publicUrl } = addresses({}, { external_ip: ip }).of(ANN)
    const { host } = new URL(publicUrl as string)
    expect(labelAt(addresses({}, { external_ip: ip }), host), host).toBe('alpha-ann')
  })
})

describe('the label of a Host header', () => {
  const set = { THON_DOMAIN: 'hall.example', THON_PUBLIC_URL: 'https://my-thon.hall.example' }
  let one: Addresses
  beforeEach(() => {
    one = addresses(set, { external_ip: '203.0.113.5' })
  })

  test.for([
    ['alpha-ann.localhost', 'alpha-ann'],
    ['alpha-ann.localhost:8501', 'alpha-ann'],
    ['ALPHA-ANN.Hall.Example:443', 'alpha-ann'],
    ['a-b--0123456789.hall.example', 'a-b--0123456789'],
    ['alpha-ann.203-0-113-5.sslip.io', 'alpha-ann'],
    ['alpha-ann.192-168-1-4.sslip.io:8501', 'alpha-ann'],
    ['alpha-ann.2001-db8--5.sslip.io', 'alpha-ann'],
  ] as const)('%s is %s', ([host, label]) => {
    expect(labelAt(one, host)).toBe(label)
  })

  test.for([
    ...['localhost', 'localhost:8501', 'hall.example', 'my-thon.hall.example', '127.0.0.1:8501', '[::1]:8501'],
    ...['a.b.localhost', '.localhost', '-a.localhost', 'a-.localhost', 'a_b.localhost', 'localhost.evil.example'],
    ...['alpha-ann.localhost.', 'alpha-ann.localhost:', 'alpha-ann.localhost:123456', 'alpha-ann.localhost:8501@x'],
    ...['alpha-annlocalhost', 'alpha-ann.sslip.io', 'evilhall.example', 'alpha-ann.1-2-3-4.sslip.io.evil', ''],
    `${'a'.repeat(64)}.localhost`,
  ])('%s has no label', (host) => {
    expect(labelAt(one, host)).toBeNull()
  })
})

describe('from THON to a sandbox and back', () => {
  test.for([
    ['127.0.0.1:8501', 'http://alpha-ann.localhost:8501'],
    ['[::1]:8501', 'http://alpha-ann.localhost:8501'],
    ['192.168.1.4:8501', 'http://alpha-ann.192-168-1-4.sslip.io:8501'],
    ['203.0.113.5', 'http://alpha-ann.hall.example'],
    ['hall.example:8501', 'http://alpha-ann.hall.example:8501'],
    ['other.example', 'http://alpha-ann.hall.example'],
  ] as const)('a person at %s opens %s', ([host, origin]) => {
    const one = addresses({ THON_DOMAIN: 'hall.example' }, { external_ip: '203.0.113.5' })
    expect(one.sandboxOrigin('alpha-ann', at(host))).toBe(origin)
  })

  test.for([
    ['alpha-ann.localhost:8501', 'http://localhost:8501'],
    ['alpha-ann.hall.example:8501', 'http://hall.example:8501'],
    ['alpha-ann.192-168-1-4.sslip.io:8501', 'http://192.168.1.4:8501'],
    ['alpha-ann.2001-db8--5.sslip.io', 'http://[2001:db8::5]'],
  ] as const)('a person at %s signs in at %s', ([host, origin]) => {
    expect(addresses({ THON_DOMAIN: 'hall.example' }).thonOrigin('alpha-ann', at(host))).toBe(origin)
  })

  test('people always sign in at the public URL', () => {
    const one = addresses({ THON_DOMAIN: 'hall.example', THON_PUBLIC_URL: 'https://thon.example' })
    expect(one.thonOrigin('alpha-ann', at('alpha-ann.hall.example', 'https'))).toBe('https://thon.example')
    expect(one.sandboxOrigin('alpha-ann', at('thon.example', 'https'))).toBe('https://alpha-ann.hall.example')
  })
})

describe('a host label', () => {
  test.for([
    ['alpha', 'ann', 'alpha-ann'],
    ['team-1', 'ann', 'team-1-ann'],
  ] as const)('of %s and %s is %s', ([group, username, label]) => {
    expect(hostLabel(group, username)).toBe(label)
  })

  test('is valid in DNS and unique for any two people', () => {
    const names = [
      'a',
      'A',
      'a-b',
      'a--b',
      'b',
      'b-c',
      'ü',
      'u',
      '日本',
      '1',
      '10-0-0',
      'x'.repeat(64),
      'a.b',
      'a_b',
      ' a',
      '-',
      'xn',
    ]
    const labels = names.flatMap((group) => names.map((username) => hostLabel(group, username)))
    expect(new Set(labels).size).toBe(labels.length)
    for (const label of labels) expect(label).toMatch(/^[a-z0-9](?!.-.*--.*--)[a-z0-9-]{1,61}[a-z0-9]$/)
    for (const label of labels) expect(label, 'not an IP address for wildcard DNS').not.toMatch(/^[\d-]+$/)
  })
})
