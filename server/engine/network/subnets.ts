import ipaddr from 'ipaddr.js'

const { IPv4 } = ipaddr

/** An IPv4 network, or a single address when `bits` is 32. */
export interface Subnet {
  /** Its lowest address. */
  readonly network: ipaddr.IPv4
  /** Length of its prefix. */
  readonly bits: number
}

/** Each group gets 512 addresses, which is enough for the largest team. */
const GROUP_BITS = 23
const GROUP_SIZE = 2 ** (32 - GROUP_BITS)

/** @param text an address or a network, such as `10.0.0.1` or `10.0.0.0/8`. @returns null for anything else, IPv6 included */
export function parseSubnet(text: string): Subnet | null {
  const cidr = text.includes('/') ? text : `${text}/32`
  if (!IPv4.isValidCIDRFourPartDecimal(cidr)) return null
  return { network: IPv4.networkAddressFromCIDR(cidr), bits: IPv4.parseCIDR(cidr)[1] }
}

/** As people and programs write it: `10.0.0.0/8`, or a single address without a length. */
export function formatSubnet({ network, bits }: Subnet): string {
  return bits === 32 ? network.toString() : `${network.toString()}/${bits}`
}

/** The address of the machine in a Docker network: the first that a machine can have. */
export function gatewayOf({ network }: Subnet): string {
  return plus(network, 1).toString()
}

/** Whether the two share an address. */
export function overlaps(one: Subnet, other: Subnet): boolean {
  return one.network.match(other.network, Math.min(one.bits, other.bits))
}

/** Whether every address of `inner` is in `outer`. */
export function covers(outer: Subnet, inner: Subnet): boolean {
  return outer.bits <= inner.bits && overlaps(outer, inner)
}

/** How many groups fit into a pool. */
export function groupCapacity(pool: Subnet): number {
  return 2 ** (GROUP_BITS - pool.bits)
}

/** The networks of a pool that groups can have, lowest first, without those that share an address with one in use. */
export function* freeSubnets(pool: Subnet, used: readonly Subnet[]): Generator<Subnet> {
  const near = used.filter((one) => overlaps(pool, one))
  for (let index = 0; index < groupCapacity(pool); index++) {
    const subnet = { network: plus(pool.network, index * GROUP_SIZE), bits: GROUP_BITS }
    if (!near.some((one) => overlaps(one, subnet))) yield subnet
  }
}

/** ipaddr.js compares addresses, but does not count them. */
function plus(address: ipaddr.IPv4, offset: number): ipaddr.IPv4 {
  const number = Buffer.from(address.toByteArray()).readUInt32BE() + offset
  return new IPv4([24, 16, 8, 0].map((shift) => (number >>> shift) & 255))
}
