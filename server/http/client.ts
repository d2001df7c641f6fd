import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import proxyAddr from 'proxy-addr'

/** Who sent a request and how they reached THON, seen through trusted proxies. */
export interface Client {
  /** IP address; IPv4 is never written as IPv6. Empty if the connection is closed already. */
  readonly address: string
  /** What the browser speaks: to the outermost trusted proxy, else to THON. */
  readonly scheme: 'http' | 'https'
  /** Requested host, without the default port of the scheme; empty if the request names none. */
  readonly host: string
}

/** A host name or address, with or without a port. */
const HOST = /^(\[[\da-f:.]+\]|[a-z\d._-]+)(:\d{1,5})?$/i

/** Tells who sends a request. Anyone can send X-Forwarded-* headers, so only those of trusted proxies count. */
export class Clients {
  readonly #trusts: (address: string) => boolean
  readonly #known = new WeakMap<IncomingMessage, Client>()

  /** @param trustedProxies addresses, networks, or names such as `loopback`; none trusts nobody */
  constructor(trustedProxies: readonly string[]) {
    const trusts = proxyAddr.compile([...trustedProxies])
    this.#trusts = (address) => trusts(bare(address), 0)
  }

  /** Who sent a request. The answer stays the same, even when headers or connection change later. */
  of(request: IncomingMessage): Client {
    const known = this.#known.get(request)
    if (known) return known
    const client = this.#find(request)
    this.#known.set(request, client)
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

  #find(request: IncomingMessage): Client {
    const { headers, socket } = request
    const ownScheme = (socket as { encrypted?: boolean }).encrypted ? 'https' : 'http'
    if (!this.isProxied(request))
      return {
        address: bare(socket.remoteAddress ?? ''),
        scheme: ownScheme,
        host: hostOf(headers.host, ownScheme) ?? '',
      }
    // From the nearest to the first untrusted one.
    const hops = proxyAddr.all(request, this.#trusts).map(bare)
    const passed = Math.max(1, hops.length - 1)
    const scheme = schemeOf(forwardedValue(headers, 'x-forwarded-proto', passed)) ?? ownScheme
    return {
      // Proxies write addresses. If something else stands there, the proxy that passed it on is the farthest known.
      address: hops.findLast((hop) => isIP(hop) !== 0) ?? '',
      scheme,
      host: hostOf(forwardedValue(headers, 'x-forwarded-host', passed), scheme) ?? hostOf(headers.host, scheme) ?? '',
    }
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

/** @returns null if it is not a host. The default port is dropped, as in the origins that browsers send. */
function hostOf(value: string | undefined, scheme: 'http' | 'https'): string | null {
  return value && HOST.test(value) ? value.replace(scheme === 'https' ? /:443$/ : /:80$/, '') : null
}

/** An address without the brackets and port that some proxies add. IPv4 stays IPv4, also on a dual-stack socket. */
function bare(address: string): string {
  const unbracketed = /^\[(.+)\](?::\d+)?$/.exec(address)?.[1] ?? address
  const alone = /^([\d.]+):\d+$/.exec(unbracketed)?.[1] ?? unbracketed
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(alone)?.[1] ?? alone
}
