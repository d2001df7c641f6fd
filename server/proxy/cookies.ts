/**
 * THON's own cookies: none of them reaches a sandbox, and no sandbox sets one. Programs that people write have cookies of the
 * name `session`, too; ours is known by its value.
 */
const OURS =
  /^(__Host-|__Secure-)?(session="?v1(:|%3a)|session=(?<=__Host-session=)|thon-pass(-\d+)?=|sign-in-[\w-]+=)/i

/** The values of a cookie in a Cookie header; several when somebody else's page has set one, too. */
export function cookiesNamed(header: string | undefined, name: string): string[] {
  return pairsOf(header).flatMap((pair) => (nameOf(pair) === name ? [pair.slice(pair.indexOf('=') + 1)] : []))
}

/** A Cookie header without THON's cookies; undefined when nothing is left. */
export function withoutOurs(header: string | undefined): string | undefined {
  const rest = pairsOf(header).filter((pair) => !OURS.test(pair))
  return rest.length > 0 ? rest.join('; ') : undefined
}

/**
 * What a sandbox may set: cookies of its own host name alone (RFC 6265, 5.3: without Domain), none of THON's names, and with
 * a path those that are sent to it alone.
 * @param path the path that is the sandbox's, such as `/32768`; '' where it has a host name of its own
 */
export function settable(headers: readonly string[], path: string): string[] {
  return headers.flatMap((header) => {
    const [pair = '', ...attributes] = header.split(';').map((part) => part.trim())
    if (OURS.test(pair) || pair === '') return []
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
