import { BlockList, isIP, isIPv4 } from 'node:net'
import { domainToASCII } from 'node:url'

export const EXTERNAL_IP_RULE =
  'must be the IPv4 address, the IPv6 address without brackets, or the host name of this machine, without scheme, port or path; empty clears it'
export const DOMAIN_RULE = 'must be a host name, without scheme, port or path; empty clears it'

/** Addresses that no machine has: "any", multicast, reserved and broadcast. */
const NO_MACHINE = new BlockList()
NO_MACHINE.addSubnet('0.0.0.0', 8, 'ipv4')
NO_MACHINE.addSubnet('224.0.0.0', 3, 'ipv4')
NO_MACHINE.addAddress('::', 'ipv6')
NO_MACHINE.addSubnet('ff00::', 8, 'ipv6')

/** Whether a text is a host name, or an IP address that can stand in URLs and leads to a machine. */
export function isExternalIp(text: string): boolean {
  if (isIP(text) === 0) return isHostName(text)
  // A zone (fe80::1%eth0) has a meaning on one machine only.
  return !text.includes('%') && !NO_MACHINE.check(text, isIPv4(text) ? 'ipv4' : 'ipv6')
}

/** Whether a text is a host name, in any script. Anything that looks like an IPv4 address, even an invalid one, is not. */
export function isHostName(text: string): boolean {
  // The conversion below would accept more characters, and change their meaning.
  if (!/^[\p{L}\p{M}\p{N}.-]+$/u.test(text)) return false
  const ascii = domainToASCII(text)
  const labels = ascii.split('.')
  return (
    ascii.length <= 253 &&
    labels.every((label) => /^(?!-)[a-z0-9-]{1,63}(?<!-)$/.test(label)) &&
    !/^\d+$/.test(labels.at(-1) as string)
  )
}
