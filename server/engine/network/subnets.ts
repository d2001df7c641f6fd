/** A range of IPv4 addresses: the first of them as a number, and how many leading bits they share. */
export interface Subnet {
  readonly first: number
  readonly bits: number
}

/** What each group gets: 512 addresses, for the largest team there is. */
const GROUP_BITS = 23

/** @param text an address or a network, such as `10.0.0.1` or `10.0.0.0/8`. @returns null for anything else, IPv6 included */
export function parseSubnet(text: string): Subnet | null {
  const [, address, length = '32'] = /^(\d{1,3}(?:\.\d{1,3}){3})(?:\/(\d{1,2}))?$/.exec(text) ?? []
  const parts = address?.split('.').map(Number)
  const bits = Number(length)
  if (!parts || bits > 32 || parts.some((part) => part > 255)) return null
  const number = parts.reduce((sum, part) => sum * 256 + part, 0)
  return { first: number - (number % sizeOf(bits)), bits }
}

/** As people and programs write it: `10.0.0.0/8`, and a single address without its length. */
export function showSubnet({ first, bits }: Subnet): string {
  return bits === 32 ? showAddress(first) : `${showAddress(first)}/${bits}`
}

/** The address by which a Docker network reaches its machine: the first that a machine can have. */
export function gatewayOf({ first }: Subnet): string {
  return showAddress(first + 1)
}

/** Whether the two share an address. */
export function overlap(one: Subnet, other: Subnet): boolean {
  return one.first < other.first + sizeOf(other.bits) && other.first < one.first + sizeOf(one.bits)
}

/** Whether every address of the second is in the first. */
export function covers(outer: Subnet, inner: Subnet): boolean {
  return outer.bits <= inner.bits && overlap(outer, inner)
}

/** How many groups fit into a pool. */
export function roomIn(pool: Subnet): number {
  return sizeOf(pool.bits) / sizeOf(GROUP_BITS)
}

/** The networks of a pool that groups can have, lowest first, without those that share an address with one in use. */
export function* freeSubnets(pool: Subnet, used: readonly Subnet[]): Generator<Subnet> {
  const near = used.filter((one) => overlap(pool, one))
  for (let index = 0; index < roomIn(pool); index++) {
    const subnet = { first: pool.first + index * sizeOf(GROUP_BITS), bits: GROUP_BITS }
    if (!near.some((one) => overlap(one, subnet))) yield subnet
  }
}

function sizeOf(bits: number): number {
  return 2 ** (32 - bits)
}

function showAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.')
}
