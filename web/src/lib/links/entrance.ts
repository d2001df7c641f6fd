import { isLoopback } from '#lib/instances/address.ts'

/** Where links lead: the front page of this server. */
export interface Entrance {
  origin: string
  /** Nobody can come by it from another machine. */
  hereOnly: boolean
}

/** What is known of where this server is reached from elsewhere. */
export interface Reach {
  /** Of any sandbox; null when there is none. */
  address: string | null
  /** As the settings say. */
  externalIp: string | null
  domain: string | null
}

/**
 * The origin that links get. Whoever is at this page by an address of the hall gives that one on; at the machine itself it is
 * the address that the settings say, as sandboxes have it, since localhost means another machine to everybody else.
 * @param page this page
 */
export function entranceOf(page: Pick<URL, 'origin' | 'hostname' | 'protocol' | 'port'>, reach: Reach): Entrance {
  if (!isLoopback(page.hostname)) return { origin: page.origin, hereOnly: false }
  const { address, externalIp, domain } = reach
  const target = address === null ? page : new URL(address)
  const host = isLoopback(target.hostname) ? (domain ?? bracketed(externalIp)) : above(target.hostname, externalIp)
  if (host === null || (address !== null && isLoopback(target.hostname))) return { origin: page.origin, hereOnly: true }
  return { origin: `${target.protocol}//${host}${target.port && `:${target.port}`}`, hereOnly: false }
}

/** The whole address of a link. What follows the `#` stays in the browser: servers and their logs never see it. */
export function linkOf({ origin }: Entrance, secret: string): string {
  return `${origin}/enter#${secret}`
}

/** The name of THON that a sandbox's is below. With wildcard DNS that spells the IP address, to which THON answers itself. */
function above(hostname: string, externalIp: string | null): string {
  const base = hostname.slice(hostname.indexOf('.') + 1)
  const spelled = externalIp?.toLowerCase().replace(/[.:]/g, '-')
  return (spelled && base !== externalIp && base.startsWith(`${spelled}.`) && bracketed(externalIp)) || base
}

function bracketed(address: string | null): string | null {
  return address?.includes(':') ? `[${address}]` : address
}
