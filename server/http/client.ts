import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import proxyAddr from 'proxy-addr'

/** Who sent a request, and how they reached us, seen through the proxies that we trust. */
export interface Client {
  /** IP address; an IPv4 address is never written as IPv6. Empty when the connection is gone already. */
  readonly address: string
  /** What the browser spoke: to the outermost proxy that we trust, else to us. */
  readonly scheme: 'http' | 'https'
  /** Host that was asked for, with its port unless that is the usual one of the scheme; empty when none was named. */
  readonly host: string
}

/** A host name or address, with or without a port. */
const HOST = /^(\[[\da-f:.]+\]|[a-z\d._-]+)(:\d{1,5})?$/i

/** Says who sends a request. Proxies tell it in X-Forwarded-* headers, and so could anybody: only those we trust are believed. */
export class Clients {
  readonly #trusts: (address: string) => boolean
  readonly #known = new WeakMap<IncomingMessage, Client>()

  /** @param trustedProxies addresses, networks, or names such as `loopback`; none trusts nobody */
  constructor(trustedProxies: readonly string[]) {
    const trusts = proxyAddr.compile([...trustedProxies])
    this.#trusts = (address) => trusts(bare(address), 0)
  }

  /** Who sent a request; the same answer each time it is asked, whatever becomes of headers and connection. */
  of(request: IncomingMessage): Client {
    const known = this.#known.get(request)
    if (known) return known
    const client = this.#find(request)
    this.#known.set(request, client)
    return client
  }

  /** Takes somebody's word for who sent a request. */
  assume(request: IncomingMessage, client: Client): void {
    this.#known.set(request, client)
  }

  /** Whether a proxy that we trust opened the connection. */
  isProxied(request: IncomingMessage): boolean {
    return this.#trusts(request.socket.remoteAddress ?? '')
  }

  #find(request: IncomingMessage): Client {
    const { headers, socket } = request
    const spoken = (socket as { encrypted?: boolean }).encrypted ? 'https' : 'http'
    if (!this.isProxied(request))
      return { address: bare(socket.remoteAddress ?? ''), scheme: spoken, host: hostOf(headers.host, spoken) ?? '' }
    // From the nearest to the first whom we do not trust.
    const hops = proxyAddr.all(request, this.#trusts).map(bare)
    const passed = Math.max(1, hops.length - 1)
    const scheme = schemeOf(toldBy(headers, 'x-forwarded-proto', passed)) ?? spoken
    return {
      // What is no address was not written by a proxy in its senses; the one that passed it on is as far as we can see.
      address: hops.findLast((hop) => isIP(hop) !== 0) ?? '',
      scheme,
      host: hostOf(toldBy(headers, 'x-forwarded-host', passed), scheme) ?? hostOf(headers.host, scheme) ?? '',
    }
  }
}

/**
 * What the outermost proxy that we trust said. Each may add to the list, on the right: what is further left than there
 * are such proxies, the client made up.
 * @param passed how many proxies that we trust the request passed
 */
function toldBy(headers: IncomingHttpHeaders, name: string, passed: number): string | undefined {
  const told = String(headers[name] ?? '')
    .split(',')
    .map((part) => part.trim())
  return told[Math.max(0, told.length - passed)]
}

/** Some proxies name the scheme of a WebSocket. */
function schemeOf(told: string | undefined): 'http' | 'https' | null {
  const scheme = told?.toLowerCase().replace(/^ws/, 'http')
  return scheme === 'http' || scheme === 'https' ? scheme : null
}

/** @returns null for what is no host. Without the usual port, so that it compares with the origins that browsers send. */
function hostOf(told: string | undefined, scheme: 'http' | 'https'): string | null {
  return told && HOST.test(told) ? told.replace(scheme === 'https' ? /:443$/ : /:80$/, '') : null
}

/** An address without brackets and port, which some proxies add; IPv4 as such, also where a socket takes both. */
function bare(address: string): string {
  const unbracketed = /^\[(.+)\](?::\d+)?$/.exec(address)?.[1] ?? address
  const alone = /^([\d.]+):\d+$/.exec(unbracketed)?.[1] ?? unbracketed
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(alone)?.[1] ?? alone
}
