import { BlockList, isIP, isIPv4 } from 'node:net'
import { domainToASCII } from 'node:url'

export const EXTERNAL_IP_RULE =
  'must be the IPv4 address, the IPv6 address without brackets, or the host name of this machine, without scheme, port or path; empty clears it'
export const DOMAIN_RULE = 'must be a host name, without scheme, port or path; empty clears it'

/** Addresses that lead to no machine: "any", groups, and what is reserved or for everybody at once. */
const NOBODY = new BlockList()
NOBODY.addSubnet('0.0.0.0', 8, 'ipv4')
NOBODY.addSubnet('224.0.0.0', 3, 'ipv4')
NOBODY.addAddress('::', 'ipv6')
NOBODY.addSubnet('ff00::', 8, 'ipv6')

/** Whether it is an IP address that URLs can name and that leads to a machine, or a host name. */
export function isExternalIp(text: string): boolean {
  if (isIP(text) === 0) return isHostName(text)
  // A zone (fe80::1%eth0) means something on one machine only.
  return !text.includes('%') && !NOBODY.check(text, isIPv4(text) ? 'ipv4' : 'ipv6')
}

/** Whether it is a host name, in any script. What looks like an IPv4 address, even a wrong one, is none. */
export function isHostName(text: string): boolean {
  // The conversion would read a whole URL's worth of characters its own way.
  if (!/^[\p{L}\p{M}\p{N}.-]+$/u.test(text)) return false
  const ascii = domainToASCII(text)
  const labels = ascii.split('.')
  return (
    ascii.length <= 253 &&
    labels.every((label) => /^(?!-)[a-z0-9-]{1,63}(?<!-)$/.test(label)) &&
    !/^\d+$/.test(labels.at(-1) as string)
  )
}
