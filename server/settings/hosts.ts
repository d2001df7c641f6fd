import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'

export const EXTERNAL_IP_RULE =
  'must be an IPv4 address, an IPv6 address without brackets, or a host name, without scheme, port or path; empty clears it'
export const DOMAIN_RULE = 'must be a host name, without scheme, port or path; empty clears it'

/** Whether it is an IP address that URLs can name, or a host name. */
export function isExternalIp(text: string): boolean {
  // A zone (fe80::1%eth0) means something on one machine only.
  return (isIP(text) !== 0 && !text.includes('%')) || isHostName(text)
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
