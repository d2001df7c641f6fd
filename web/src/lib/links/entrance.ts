import { isLoopback } from '#lib/instances/address.ts'

/** Where links lead: the front page of this server. */
export interface Entrance {
  origin: string
  /** Nobody can come by it from another machine. */
  hereOnly: boolean
}

/**
 * The origin that links get. Whoever is at this page by an address of the hall gives that one on; at the machine itself it is
 * what the server says of itself, since localhost means another machine to everybody else.
 * @param page this page
 * @param publicUrl where people elsewhere reach this server; null when nothing says it
 */
export function entranceOf(page: Pick<URL, 'origin' | 'hostname'>, publicUrl: string | null): Entrance {
  if (!isLoopback(page.hostname)) return { origin: page.origin, hereOnly: false }
  return publicUrl === null ? { origin: page.origin, hereOnly: true } : { origin: publicUrl, hereOnly: false }
}

/** The whole address of a link. What follows the `#` stays in the browser: servers and their logs never see it. */
export function linkOf({ origin }: Entrance, secret: string): string {
  return `${origin}/enter#${secret}`
}
