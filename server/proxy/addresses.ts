import { isIP, isIPv4 } from 'node:net'
import { domainToASCII } from 'node:url'
import type { Db } from '../db/client.ts'
import type { ReachEnv } from '../config/reach.ts'
import type { Events } from '../core/events.ts'
import type { Host } from '../http/host.ts'
import { hostLabel } from '../core/names.ts'

declare module '../graphql/context.ts' {
  interface Services {
    addresses: Addresses
  }
}

/** URLs of a sandbox; null where nothing is configured, or while it is not published. */
export interface SandboxUrls {
  /** The one that works from most places. */
  url: string | null
  /** By the external IP. */
  publicUrl: string | null
  /** By the domain. */
  domainUrl: string | null
}

/** Whose sandbox an address is for, and the port it is published on. */
export interface AddressedSandbox {
  group: string
  username: string
  hostPort: number | null
}

/** Where this server listens. */
export interface Listening {
  scheme: 'http' | 'https'
  port: number
  /** Port on which all sandboxes share one origin; null when that is off. */
  pathPort: number | null
}

/** How a person reaches this server right now. */
export interface Arrival {
  scheme: string
  host: Host
}

/** Keys of the settings that addresses depend on. */
const EXTERNAL_IP = 'external_ip'
const DOMAIN = 'domain'

/**
 * Where nothing is configured, sandboxes have names that lead to this machine in every browser (RFC 6761, 6.3). Over https
 * they have one level more: browsers do not accept a certificate for all names directly below localhost.
 */
const LOCAL = { http: 'localhost', https: 'thon.localhost' } as const

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** Host names of sandboxes, in both directions. From memory, since every request needs them. */
export class Addresses {
  readonly #db: Db
  readonly #reach: ReachEnv
  readonly #reserved: ReadonlySet<string>
  readonly #wildcard: RegExp
  #current: { externalIp: string | null; domain: string | null }
  #listening: Listening = { scheme: 'http', port: 80, pathPort: null }

  /** @param reserved host names that are always THON's own */
  constructor(db: Db, events: Events, reach: ReachEnv, reserved: readonly string[]) {
    this.#db = db
    this.#reach = reach
    this.#current = { externalIp: reach.externalIp, domain: null }
    this.#reserved = new Set(reserved)
    const [before = '', after = ''] = reach.wildcardDns.split('{ip}').map((part) => part.replaceAll('.', '\\.'))
    this.#wildcard = new RegExp(`^([a-z0-9-]+)\\.${before}(\\d+-\\d+-\\d+-\\d+|[0-9a-f]*(?:-[0-9a-f]*){2,7})${after}$`)
    events.on('setting', ({ row }) => this.#apply(row))
  }

  /** Reads the settings once, at the start. */
  async load(): Promise<void> {
    for (const row of await this.#db.setting.findMany({ where: { key: { in: [EXTERNAL_IP, DOMAIN] } } }))
      this.#apply(row)
  }

  /** To be called once this server listens. */
  listensAt(listening: Listening): void {
    this.#listening = listening
  }

  /** Port on which paths tell sandboxes apart; null when that is off. */
  get pathPort(): number | null {
    return this.#listening.pathPort
  }

  /** The present settings, and what follows from them. */
  current() {
    return { ...this.#current, publicUrl: this.#publicThonUrl(), byPath: this.pathPort !== null }
  }

  /** Domain below which sandboxes have host names: from the settings, else from the environment; null without one. */
  get domain(): string | null {
    const { domain } = this.#current
    return domain === null ? this.#reach.domain : domainToASCII(domain)
  }

  /** The present URLs of a sandbox. */
  of(sandbox: AddressedSandbox): SandboxUrls {
    if (sandbox.hostPort === null) return { url: null, publicUrl: null, domainUrl: null }
    const { publicUrl, domainUrl } = this.#publicUrls(sandbox)
    return { url: domainUrl ?? publicUrl ?? this.#localUrl(sandbox), publicUrl, domainUrl }
  }

  /** The address that a person's sandbox always has, running or not. Where paths are used, THON redirects to it. */
  stable(person: { group: string; username: string }): string {
    const label = hostLabel(person.group, person.username)
    if (this.pathPort !== null) return `${this.#publicThonUrl() ?? this.#ownOrigin('localhost')}/open?sandbox=${label}`
    const { externalIp } = this.#current
    const base = this.domain ?? (externalIp && this.#hostFor(externalIp))
    return base
      ? `${this.#publicOrigin(`${label}.${base}`)}/`
      : `${this.#ownOrigin(`${label}.${LOCAL[this.#listening.scheme]}`)}/`
  }

  /** The label of the sandbox that has this host name, spelled as in URLs; null if it is THON's own, or unknown. */
  labelOf(name: string): string | null {
    if (name === LOCAL.https || this.#reserved.has(name)) return null
    const { externalIp } = this.#current
    for (const base of [
      LOCAL.https,
      LOCAL.http,
      this.domain,
      this.#reach.domain,
      externalIp && domainToASCII(externalIp),
    ])
      if (base && name.endsWith(`.${base}`)) {
        const label = name.slice(0, -base.length - 1)
        if (LABEL.test(label)) return label
      }
    const label = this.#wildcard.exec(name)?.[1]
    return label && LABEL.test(label) ? label : null
  }

  /** Whether this host name is THON's own because sandboxes have names below it. */
  isOwn(hostname: string): boolean {
    const name = hostname.replace(/^\[|\]$/g, '')
    const { externalIp } = this.#current
    return [LOCAL.https, this.domain, this.#reach.domain, externalIp, externalIp && domainToASCII(externalIp)].includes(
      name,
    )
  }

  /**
   * The origin of a sandbox for a person who is at THON now.
   * @param current scheme and host of their request
   */
  sandboxOrigin(label: string, current: Arrival): string {
    const { hostname } = current.host
    const at = (name: string) => originOf(current, name)
    const address = hostname.replace(/^\[|\]$/g, '')
    if (address === 'localhost' || /^127\./.test(address) || address === '::1')
      return at(`${label}.${localOf(current.scheme)}`)
    // The settings may name an address that only people on other networks need.
    if (isIP(address) && address !== this.#current.externalIp) return at(`${label}.${this.#hostFor(address)}`)
    if (this.domain) return this.#publicOrigin(`${label}.${this.domain}`, at)
    const { externalIp } = this.#current
    if (externalIp) return this.#publicOrigin(`${label}.${this.#hostFor(externalIp)}`, at)
    return at(isIP(address) ? `${label}.${this.#hostFor(address)}` : `${label}.${localOf(current.scheme)}`)
  }

  /**
   * The origin of THON for a person who is at a sandbox's address now.
   * @param current scheme and host of their request
   */
  thonOrigin(label: string, current: Arrival): string {
    const name = current.host.hostname
    const base = name.slice(label.length + 1)
    const at = (own: string) => originOf(current, own)
    if (base === LOCAL.http || base === LOCAL.https) return at('localhost')
    if (this.#reach.publicUrl) return this.#reach.publicUrl
    const ip = this.#wildcard.exec(name)?.[2]
    return at(
      ip === undefined ? base : /^\d+-\d+-\d+-\d+$/.test(ip) ? ip.replaceAll('-', '.') : `[${ip.replaceAll('-', ':')}]`,
    )
  }

  /** Like `sandboxOrigin`, where paths tell sandboxes apart: with that path. */
  pathOrigin(hostPort: number, current: Arrival): string {
    return `${current.scheme}://${current.host.hostname}:${this.#listening.pathPort}/${hostPort}`
  }

  /** Like `thonOrigin`, for a person at the port where paths tell sandboxes apart. */
  thonOriginOfPath(current: Arrival): string {
    return this.#reach.publicUrl ?? `${current.scheme}://${current.host.hostname}:${this.#listening.port}`
  }

  #publicUrls({ group, username, hostPort }: AddressedSandbox): { publicUrl: string | null; domainUrl: string | null } {
    const { externalIp } = this.#current
    const { domain } = this
    const { pathPort } = this.#listening
    if (pathPort !== null) {
      const by = (host: string | null) => host && `${this.#scheme}://${bracketed(host)}:${pathPort}/${hostPort}/`
      return { publicUrl: by(externalIp), domainUrl: by(domain) }
    }
    const label = hostLabel(group, username)
    const by = (host: string | null) => host && `${this.#publicOrigin(`${label}.${host}`)}/`
    return { publicUrl: by(externalIp && this.#hostFor(externalIp)), domainUrl: by(domain) }
  }

  #publicThonUrl(): string | null {
    const host = this.domain ?? this.#current.externalIp
    return this.#reach.publicUrl ?? (host && this.#ownOrigin(bracketed(host)))
  }

  #localUrl({ group, username, hostPort }: AddressedSandbox): string {
    const { scheme, pathPort } = this.#listening
    if (pathPort !== null) return `${scheme}://localhost:${pathPort}/${hostPort}/`
    return `${this.#ownOrigin(`${hostLabel(group, username)}.${LOCAL[scheme]}`)}/`
  }

  /** How other machines reach a host name of this server: the way they reach THON, if a public URL is set. */
  #publicOrigin(host: string, fallback = (name: string) => this.#ownOrigin(name)): string {
    const { publicUrl } = this.#reach
    if (!publicUrl) return fallback(host)
    const { protocol, port } = new URL(publicUrl)
    return `${protocol}//${host}${port && `:${port}`}`
  }

  #ownOrigin(host: string): string {
    const { scheme, port } = this.#listening
    return `${scheme}://${host}${port === (scheme === 'https' ? 443 : 80) ? '' : `:${port}`}`
  }

  get #scheme(): string {
    return this.#reach.publicUrl ? new URL(this.#reach.publicUrl).protocol.slice(0, -1) : this.#listening.scheme
  }

  /** A name that leads to an IP address, as all names below it do. A host name stays unchanged. */
  #hostFor(externalIp: string): string {
    if (!isIP(externalIp)) return domainToASCII(externalIp)
    return this.#reach.wildcardDns.replace('{ip}', externalIp.toLowerCase().replace(/[.:]/g, '-'))
  }

  #apply({ key, value }: { key: string; value: string }): void {
    if (key === EXTERNAL_IP) this.#current = { ...this.#current, externalIp: value || this.#reach.externalIp }
    if (key === DOMAIN) this.#current = { ...this.#current, domain: value || null }
  }
}

/** The origin of another host name at the port that a person uses now. */
function originOf({ scheme, host: { port } }: Arrival, hostname: string): string {
  return `${scheme}://${hostname}${port === null ? '' : `:${port}`}`
}

function localOf(scheme: string): string {
  return scheme === 'https' ? LOCAL.https : LOCAL.http
}

function bracketed(host: string): string {
  return isIP(host) && !isIPv4(host) ? `[${host}]` : host
}
