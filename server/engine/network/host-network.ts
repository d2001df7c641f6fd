import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { parseSubnet, type Subnet } from './subnets.ts'

/** systemd's resolver, which only this machine can ask. Docker uses the name servers behind it instead. */
const STUB = '127.0.0.53'

/** A network that this machine is connected to, and the machine's address in it. */
export interface LocalNetwork {
  readonly subnet: Subnet
  readonly address: string
}

/** Networks that this machine has a route to, without the default route. */
export function routedSubnets(): Subnet[] {
  return routesIn(read('/proc/net/route'))
}

/** @param table text of /proc/net/route, whose numbers are hexadecimal with the lowest byte first */
export function routesIn(table: string): Subnet[] {
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s+/))
    .flatMap(([, destination, , , , , , mask]) => {
      if (!destination || !mask || /^0+$/.test(mask)) return []
      const bits = Number.parseInt(mask, 16).toString(2).replaceAll('0', '').length
      return parseSubnet(`${addressIn(destination)}/${bits}`) ?? []
    })
}

/** The networks that this machine is connected to, without loopback. */
export function localNetworks(): LocalNetwork[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family, cidr }) => !internal && family === 'IPv4' && cidr !== null)
    .flatMap(({ cidr, address }) => {
      const subnet = parseSubnet(cidr ?? '')
      return subnet ? { subnet, address } : []
    })
}

/** The name servers that Docker asks for sandboxes: this machine's, without those that only this machine can ask. */
export function nameServers(): string[] {
  const own = serversIn(read('/etc/resolv.conf'))
  const asked = own.length === 1 && own[0] === STUB ? serversIn(read('/run/systemd/resolve/resolv.conf')) : own
  return asked.filter((address) => !address.startsWith('127.'))
}

/** @param text of a resolv.conf. @returns the IPv4 addresses of its name servers */
export function serversIn(text: string): string[] {
  const found = [...text.matchAll(/^nameserver[ \t]+(\S+)/gm)].map(([, address = '']) => address)
  return [...new Set(found)].filter((address) => parseSubnet(address)?.bits === 32)
}

/** Whether this process sees a network interface of this name. */
export function hasInterface(name: string): boolean {
  return existsSync(`/sys/class/net/${name}`)
}

/** Whether this process sees a network interface whose name starts with `prefix`. */
export function hasInterfaceLike(prefix: string): boolean {
  try {
    return readdirSync('/sys/class/net').some((name) => name.startsWith(prefix))
  } catch {
    return false
  }
}

/** Whether the kernel applies the rules to packets between sandboxes of one bridge. It does not unless told to. */
export function bridgesPassRules(): boolean {
  return read('/proc/sys/net/bridge/bridge-nf-call-iptables').trim() === '1'
}

function addressIn(hex: string): string {
  return (hex.match(/../g) ?? [])
    .toReversed()
    .map((byte) => Number.parseInt(byte, 16))
    .join('.')
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
