/** A host as a request names it. There is no other way to get one than `parseHost`, so every part of THON reads the same. */
export interface Host {
  /** As URLs spell it: a name in lower case, an IPv4 address, or an IPv6 address in brackets and in its short form. */
  readonly hostname: string
  /** Null for the default port of the scheme. */
  readonly port: number | null
}

/** A name or an IPv4 address, or an IPv6 address in brackets, with or without a port (RFC 9110, 7.2). */
const HOST = /^(\[[\da-f:.]+\]|[a-z\d._-]{1,253})(?::(\d{1,5}))?$/i

/**
 * Parses what stands in a Host header.
 * @param scheme whose default port is left out, as in the origins that browsers send
 * @returns null for anything that does not name a host
 */
export function parseHost(text: string | undefined, scheme: 'http' | 'https' = 'http'): Host | null {
  const [, name, digits] = HOST.exec(text ?? '') ?? []
  // An address such as 999.999.999.999 looks like a name, and only the URL parser knows better.
  const url = name === undefined ? null : URL.parse(`http://${name}`)
  const port = digits === undefined ? null : Number(digits)
  if (url === null || (port !== null && (port === 0 || port > 65_535))) return null
  return { hostname: url.hostname, port: port === (scheme === 'https' ? 443 : 80) ? null : port }
}

/** The host as it stands in a Host header and in URLs. */
export function hostText({ hostname, port }: Host): string {
  return port === null ? hostname : `${hostname}:${port}`
}
