import { describe, expect, test } from 'vitest'
import { routesIn, serversIn } from '../../server/engine/network/host-network.ts'
import { bridgeOf, bridgePrefix, networkName } from '../../server/engine/network/names.ts'
import {
  covers,
  freeSubnets,
  gatewayOf,
  overlaps,
  parseSubnet,
  formatSubnet,
  type Subnet,
} from '../../server/engine/network/subnets.ts'

const net = (text: string) => parseSubnet(text) as Subnet

describe('subnets', () => {
  test('are parsed and formatted, and anything else is null', () => {
    for (const text of ['10.0.0.0/8', '0.0.0.0/0', '255.255.255.255', '192.168.1.128/25'])
      expect(formatSubnet(net(text))).toBe(text)
    expect(formatSubnet(net('10.1.2.3/8'))).toBe('10.0.0.0/8')
    for (const text of ['', '10.0.0', '10.0.0.256', '10.0.0.0/33', '::1', 'fe80::/64', ' 10.0.0.0', '10.0.0.0/8x'])
      expect(parseSubnet(text)).toBeNull()
  })

  test('overlap when they share an address, and cover when they contain all', () => {
    expect(overlaps(net('10.0.0.0/8'), net('10.9.0.0/16'))).toBe(true)
    expect(overlaps(net('10.9.0.0/16'), net('10.0.0.0/8'))).toBe(true)
    expect(overlaps(net('10.0.0.0/9'), net('10.128.0.0/9'))).toBe(false)
    expect(covers(net('10.0.0.0/8'), net('10.9.0.0/16'))).toBe(true)
    expect(covers(net('10.9.0.0/16'), net('10.0.0.0/8'))).toBe(false)
  })

  test('of a pool come lowest first, without those in use', () => {
    const used = [net('172.17.0.0/16'), net('10.0.0.128/25'), net('10.0.4.0/22')]
    expect([...freeSubnets(net('10.0.0.0/20'), used)].map(formatSubnet)).toEqual([
      ...['10.0.2.0/23', '10.0.8.0/23', '10.0.10.0/23', '10.0.12.0/23', '10.0.14.0/23'],
    ])
    expect([...freeSubnets(net('10.208.0.0/12'), [])]).toHaveLength(2048)
    expect([...freeSubnets(net('10.0.0.0/23'), [net('10.0.0.0/8')])]).toEqual([])
    expect(gatewayOf(net('10.0.2.0/23'))).toBe('10.0.2.1')
  })

  test('with a route are read from the kernel, without the default route', () => {
    const table = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
tun0\t0101000A\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0
`
    expect(routesIn(table).map(formatSubnet)).toEqual(['172.17.0.0/16', '192.0.2.0/24', '10.0.1.1'])
    expect(routesIn('')).toEqual([])
  })

  test('of name servers are read from resolv.conf, each once and IPv4 only', () => {
    const text =
      '# nameserver 9.9.9.9\nnameserver 10.0.0.53\nnameserver 2001:db8::53\nnameserver\t10.0.0.53\nsearch x\n'
    expect(serversIn(text)).toEqual(['10.0.0.53'])
  })
})

describe('names', () => {
  test('of bridges are short enough, start with the server, and are unique', () => {
    const bridges = Array.from({ length: 2_000 }, (_, index) => bridgeOf('n', `Team ${index} Ünï`))
    for (const bridge of bridges) expect(bridge).toMatch(/^th[0-9a-f]{6}-[0-9a-z]{6}$/)
    expect(bridges[0]?.startsWith(bridgePrefix('n'))).toBe(true)
    expect(new Set(bridges).size).toBe(2_000)
    expect(bridgePrefix('n')).not.toBe(bridgePrefix('m'))
  })

  test('of networks are readable, and differ even for equal slugs', () => {
    expect(networkName('n', 'Team Ünï')).toMatch(/^thon-[0-9a-f]{6}-team-uni-[0-9a-f]{10}$/)
    expect(networkName('n', 'a b')).not.toBe(networkName('n', 'a-b'))
  })
})
