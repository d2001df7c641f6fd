/**
 * Cookie headers between browsers and sandboxes. They are cut by hand, not parsed and written again by a library: the cookies
 * of other people's programs must pass byte for byte, in their order, with several of one name and with attributes that no
 * library knows yet. `cookie` keeps one value of a name; `set-cookie-parser` has no way back to the header it read.
 */

/** THON's own cookies. Programs that people write may have a cookie `session`, too; THON's is known by its value. */
const THON_COOKIE =
  /^(__Host-|__Secure-)?(session="?v1(:|%3a)|session=(?<=__Host-session=)|thon-(pass|entry)(-\d+)?=|sign-in-[\w-]+=)/i

/** The values of a cookie in a Cookie header. There are several if another host name of the domain has set one, too. */
export function cookieValues(header: string | undefined, name: string): string[] {
  return pairsOf(header).flatMap((pair) => (nameOf(pair) === name ? [pair.slice(pair.indexOf('=') + 1)] : []))
}

/** A Cookie header without THON's cookies; undefined when nothing is left. */
export function withoutThonCookies(header: string | undefined): string | undefined {
  const rest = pairsOf(header).filter((pair) => !THON_COOKIE.test(pair))
  return rest.length > 0 ? rest.join('; ') : undefined
}

/**
 * The cookies that a sandbox may set: for its own host name only (RFC 6265, 5.3: without Domain), and none of THON's. Where
 * it has a path, browsers send them below that path only.
 * @param path the sandbox's path, such as `/32768`; '' where it has its own host name
 */
export function allowedSetCookies(headers: readonly string[], path: string): string[] {
  return headers.flatMap((header) => {
    const [pair = '', ...attributes] = header.split(';').map((part) => part.trim())
    if (THON_COOKIE.test(pair) || pair === '') return []
    const kept = attributes.filter((one) => !/^domain\s*(=|$)/i.test(one) && !(path && /^path\s*(=|$)/i.test(one)))
    const inner = attributes.find((one) => /^path\s*=/i.test(one))?.replace(/^path\s*=\s*/i, '') ?? '/'
    const below = path && `Path=${path}${inner.startsWith('/') ? inner : '/'}`
    return [[pair, ...kept, ...(below ? [below] : [])].join('; ')]
  })
}

function pairsOf(header: string | undefined): string[] {
  return (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter(Boolean)
}

function nameOf(pair: string): string {
  const end = pair.indexOf('=')
  return (end < 0 ? pair : pair.slice(0, end)).trim()
}
