import { isLoopback } from '#lib/instances/address.ts'

/** Where links lead. */
export interface LinkTarget {
  origin: string
  /** The origin works only on this machine. */
  isLocalOnly: boolean
}

/**
 * The origin of links: the address of this page, or, when that is localhost, the address of the server in the settings.
 * @param page the address of this page
 * @param publicUrl how other machines reach the server; null when no setting says so
 */
export function linkTargetOf(page: Pick<URL, 'origin' | 'hostname'>, publicUrl: string | null): LinkTarget {
  if (!isLoopback(page.hostname)) return { origin: page.origin, isLocalOnly: false }
  return publicUrl === null ? { origin: page.origin, isLocalOnly: true } : { origin: publicUrl, isLocalOnly: false }
}

/** The whole link. What follows the `#` stays in the browser, out of the logs of servers. */
export function linkOf({ origin }: LinkTarget, secret: string): string {
  return `${origin}/enter#${secret}`
}
