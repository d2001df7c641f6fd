import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { parseSubnet, type Subnet } from './subnets.ts'

/** systemd's resolver, which only this machine itself can ask; Docker asks those behind it instead. */
const STUB = '127.0.0.53'

/** Networks that this machine has a route to, without the one to everywhere. */
export function routedSubnets(): Subnet[] {
  return routesIn(read('/proc/net/route'))
}

/** @param table text of /proc/net/route: numbers in hexadecimal, lowest byte first */
export function routesIn(table: string): Subnet[] {
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s+/))
    .flatMap(([, destination, , , , , , mask]) => {
      if (!destination || !mask || /^0+$/.test(mask)) return []
      const bits = [...Number.parseInt(mask, 16).toString(2)].filter((bit) => bit === '1').length
      return parseSubnet(`${addressIn(destination)}/${bits}`) ?? []
    })
}

/** The networks this machine is plugged into, and its own addresses there; those of loopback are left out. */
export function ownNetworks(): { subnet: Subnet; address: string }[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family, cidr }) => !internal && family === 'IPv4' && cidr !== null)
    .flatMap(({ cidr, address }) => {
      const subnet = parseSubnet(cidr ?? '')
      return subnet ? { subnet, address } : []
    })
}

/** The name servers that sandboxes ask, by way of Docker: those of this machine that are not this machine's alone. */
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

/** Whether a network interface of this name is there, from where this process stands. */
export function hasInterface(name: string): boolean {
  return existsSync(`/sys/class/net/${name}`)
}

/** Whether there is an interface whose name begins so. */
export function hasInterfaceLike(prefix: string): boolean {
  try {
    return readdirSync('/sys/class/net').some((name) => name.startsWith(prefix))
  } catch {
    return false
  }
}

/** Whether packets between sandboxes of one bridge pass the rules at all: the kernel lets them by unless told otherwise. */
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
