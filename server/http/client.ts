import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import proxyAddr from 'proxy-addr'
import { parseHost, type Host } from './host.ts'

/** Who sent a request and how they reached THON, seen through trusted proxies. */
export interface Client {
  /** IP address; IPv4 is never written as IPv6. Empty if the connection is closed already. */
  readonly address: string
  /** What the browser speaks: to the outermost trusted proxy, else to THON. */
  readonly scheme: 'http' | 'https'
  /** Requested host, without the default port of the scheme. */
  readonly host: Host
}

/** Tells who sends a request. Anyone can send X-Forwarded-* headers, so only those of trusted proxies count. */
export class Clients {
  readonly #trusts: (address: string) => boolean
  readonly #known = new WeakMap<IncomingMessage, Client>()

  /** @param trustedProxies addresses, networks, or names such as `loopback`; none trusts nobody */
  constructor(trustedProxies: readonly string[]) {
    const trusts = proxyAddr.compile([...trustedProxies])
    this.#trusts = (address) => trusts(bare(address), 0)
  }

  /** Who sent a request that has entered the door. The answer stays the same, even when headers or connection change. */
  of(request: IncomingMessage): Client {
    const known = this.#known.get(request)
    if (!known) throw new Error('a request was served before it entered the door')
    return known
  }

  /** Finds out who sends a request; `of` knows it afterwards. @returns null if the request names no host */
  enter(request: IncomingMessage): Client | null {
    const client = this.#known.get(request) ?? this.#find(request)
    if (client) this.#known.set(request, client)
    return client
  }

  /** Sets who sent a request, where another process of THON knows it. */
  assume(request: IncomingMessage, client: Client): void {
    this.#known.set(request, client)
  }

  /** Whether a trusted proxy opened the connection. */
  isProxied(request: IncomingMessage): boolean {
    return this.#trusts(request.socket.remoteAddress ?? '')
  }

  #find(request: IncomingMessage): Client | null {
    const { headers, socket } = request
    const ownScheme = (socket as { encrypted?: boolean }).encrypted ? 'https' : 'http'
    if (!this.isProxied(request)) {
      const host = parseHost(headers.host, ownScheme)
      return host && { address: bare(socket.remoteAddress ?? ''), scheme: ownScheme, host }
    }
    // From the nearest to the first untrusted one.
    const hops = proxyAddr.all(request, this.#trusts).map(bare)
    const passed = Math.max(1, hops.length - 1)
    const scheme = schemeOf(forwardedValue(headers, 'x-forwarded-proto', passed)) ?? ownScheme
    const host =
      parseHost(forwardedValue(headers, 'x-forwarded-host', passed), scheme) ?? parseHost(headers.host, scheme)
    return (
      host && {
        // Proxies write addresses. If something else stands there, the proxy that passed it on is the farthest known.
        address: hops.findLast((hop) => isIP(hop) !== 0) ?? '',
        scheme,
        host,
      }
    )
  }
}

/**
 * The value that the outermost trusted proxy wrote. Each proxy may add a value on the right; values further left than there
 * are trusted proxies were made up by the client.
 * @param passed how many trusted proxies the request passed
 */
function forwardedValue(headers: IncomingHttpHeaders, name: string, passed: number): string | undefined {
  const values = String(headers[name] ?? '')
    .split(',')
    .map((part) => part.trim())
  return values[Math.max(0, values.length - passed)]
}

/** Some proxies name the scheme of a WebSocket. */
function schemeOf(value: string | undefined): 'http' | 'https' | null {
  const scheme = value?.toLowerCase().replace(/^ws/, 'http')
  return scheme === 'http' || scheme === 'https' ? scheme : null
}

/** An address without the brackets and port that some proxies add. IPv4 stays IPv4, also on a dual-stack socket. */
function bare(address: string): string {
  const unbracketed = /^\[(.+)\](?::\d+)?$/.exec(address)?.[1] ?? address
  const alone = /^([\d.]+):\d+$/.exec(unbracketed)?.[1] ?? unbracketed
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(alone)?.[1] ?? alone
}
