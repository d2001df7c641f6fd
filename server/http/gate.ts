import type { IncomingMessage } from 'node:http'

/**
 * Whom the server talks to. A page of another site, and a sandbox is one, must not be able to send commands with the
 * organizer's browser (CSRF), nor read answers through a host name of its own that it points here (DNS rebinding).
 */
export class Gate {
  readonly #hosts: Set<string>
  readonly #anyHost: boolean
  readonly #alsoOurs: (hostname: string) => boolean

  /**
   * @param host address the server listens on; on a wildcard address names cannot be known, so only IP addresses,
   *   localhost and the allowed names are taken
   * @param allowedHosts further host names, without port
   * @param alsoOurs host names that settings make ours, as URLs spell them
   */
  constructor(host: string, allowedHosts: readonly string[], alsoOurs: (hostname: string) => boolean = () => false) {
    this.#alsoOurs = alsoOurs
    this.#hosts = new Set(['localhost', canonical(host), ...allowedHosts.map(canonical)])
    this.#anyHost = host === '0.0.0.0' || host === '::'
  }

  /** @returns why the request is refused, or null to let it in */
  refusal(request: IncomingMessage): string | null {
    const host = request.headers.host
    const hostname = host && hostnameOf(`http://${host}`)
    if (!host || !hostname || !this.#isOurs(hostname))
      return `This server does not answer to the host name ${hostname || '(none)'}. Add it to THON_ALLOWED_HOSTS if it should.`
    const { origin } = request.headers
    if (origin === undefined || isRead(request)) return null
    if (URL.canParse(origin) && new URL(origin).host === host.toLowerCase()) return null
    return 'Requests from pages of another origin are refused.'
  }

  #isOurs(hostname: string): boolean {
    if (this.#hosts.has(hostname) || this.#alsoOurs(hostname)) return true
    const address = hostname.replace(/^\[|\]$/g, '')
    // An IP address cannot be rebound: a page that names one was loaded from there.
    return isLoopbackAddress(address) || (this.#anyHost && /^[\d.]+$|:/.test(address))
  }
}

/** Plain reads carry no effect and, without CORS headers, no answer for the other origin. A WebSocket can be read. */
function isRead(request: IncomingMessage): boolean {
  return ['GET', 'HEAD', 'OPTIONS'].includes(request.method ?? '') && request.headers.upgrade === undefined
}

/** A host as URLs spell it: IPv6 addresses in brackets and in their short form. */
function canonical(host: string): string {
  return hostnameOf(`http://${host.includes(':') ? `[${host.replace(/^\[|\]$/g, '')}]` : host}`) ?? host.toLowerCase()
}

function isLoopbackAddress(address: string): boolean {
  return /^127\.\d+\.\d+\.\d+$/.test(address) || address === '::1'
}

function hostnameOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).hostname.toLowerCase() : null
}
