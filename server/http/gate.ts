import type { IncomingMessage } from 'node:http'
import { hostText, parseHost, type Host } from './host.ts'

/**
 * Refuses requests for other host names and from pages of other origins. Such a page, and a sandbox has one, must not send
 * commands with the organizer's browser (CSRF), nor read answers through its own host name that leads here (DNS rebinding).
 */
export class Gate {
  readonly #hosts: Set<string>
  readonly #anyHost: boolean
  readonly #isOtherOwn: (hostname: string) => boolean

  /**
   * @param host address the server listens on. A wildcard address does not name hosts, so THON answers to IP addresses,
   *   localhost and the allowed names
   * @param allowedHosts further host names, without port
   * @param isOtherOwn whether settings make this host name THON's, spelled as in URLs
   */
  constructor(host: string, allowedHosts: readonly string[], isOtherOwn: (hostname: string) => boolean = () => false) {
    this.#isOtherOwn = isOtherOwn
    this.#hosts = new Set(['localhost', canonical(host), ...allowedHosts.map(canonical)])
    this.#anyHost = host === '0.0.0.0' || host === '::'
  }

  /** @param host that the request is for. @returns why the request is refused; null if it is not */
  refusal(request: IncomingMessage, host: Host): string | null {
    if (!this.#isOwn(host.hostname))
      return `This server does not answer to the host name ${host.hostname}. Add it to THON_ALLOWED_HOSTS if it should.`
    const { origin } = request.headers
    if (origin === undefined || isRead(request)) return null
    if (URL.parse(origin)?.host === hostText(host)) return null
    return 'Requests from pages of another origin are refused.'
  }

  #isOwn(hostname: string): boolean {
    if (this.#hosts.has(hostname) || this.#isOtherOwn(hostname)) return true
    const address = hostname.replace(/^\[|\]$/g, '')
    // DNS rebinding needs a name: a page that uses an IP address was loaded from there.
    return isLoopbackAddress(address) || (this.#anyHost && /^[\d.]+$|:/.test(address))
  }
}

/** Reads change nothing, and without CORS headers the other origin cannot see the answer. It could read a WebSocket. */
function isRead(request: IncomingMessage): boolean {
  return ['GET', 'HEAD', 'OPTIONS'].includes(request.method ?? '') && request.headers.upgrade === undefined
}

/** A host as URLs spell it: IPv6 addresses in brackets and in their short form. */
function canonical(host: string): string {
  const text = host.includes(':') ? `[${host.replace(/^\[|\]$/g, '')}]` : host
  return parseHost(text)?.hostname ?? host.toLowerCase()
}

function isLoopbackAddress(address: string): boolean {
  return /^127\.\d+\.\d+\.\d+$/.test(address) || address === '::1'
}
