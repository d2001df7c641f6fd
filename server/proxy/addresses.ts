import { isIP, isIPv4 } from 'node:net'
import { domainToASCII } from 'node:url'
import type { Db } from '../db/client.ts'
import type { ReachEnv } from '../config/reach.ts'
import type { Events } from '../core/events.ts'
import { hostLabel } from '../core/names.ts'

declare module '../graphql/context.ts' {
  interface Services {
    addresses: Addresses
  }
}

/** Where a sandbox is reached; null where nothing is set, or while it is not published. */
export interface SandboxUrls {
  /** The best of them, which leads there from wherever people are. */
  url: string | null
  /** By the external IP. */
  publicUrl: string | null
  /** By the domain. */
  domainUrl: string | null
}

/** Whose sandbox an address is for, and the port it is published on. */
export interface Addressed {
  group: string
  username: string
  hostPort: number | null
}

/** Where this server listens. */
export interface Listening {
  scheme: 'http' | 'https'
  port: number
  /** Where sandboxes share one origin; null when that is off. */
  pathPort: number | null
}

/** Keys of the settings that addresses are made of. */
const EXTERNAL_IP = 'external_ip'
const DOMAIN = 'domain'

/**
 * Where nothing is set, sandboxes have names that lead to this machine in every browser (RFC 6761, 6.3). Over https it takes
 * one level more: no browser accepts a certificate for every name right below localhost.
 */
const LOCAL = { http: 'localhost', https: 'thon.localhost' } as const

/** A host as in a Host header: a name in lower case, and a port if there is one. IP addresses of version 6 are no names. */
const HOST = /^([a-z0-9.-]{1,253})(?::(\d{1,5}))?$/
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** Host names of sandboxes: what they are called, and whose they are. Known at once, since every request asks. */
export class Addresses {
  readonly #db: Db
  readonly #reach: ReachEnv
  readonly #reserved: ReadonlySet<string>
  readonly #wildcard: RegExp
  #current: { externalIp: string | null; domain: string | null }
  #listening: Listening = { scheme: 'http', port: 80, pathPort: null }

  /** @param reserved host names that are THON's own, whatever they look like */
  constructor(db: Db, events: Events, reach: ReachEnv, reserved: readonly string[]) {
    this.#db = db
    this.#reach = reach
    this.#current = { externalIp: reach.externalIp, domain: null }
    this.#reserved = new Set(reserved)
    const [before = '', after = ''] = reach.wildcardDns.split('{ip}').map((part) => part.replaceAll('.', '\\.'))
    this.#wildcard = new RegExp(`^([a-z0-9-]+)\\.${before}(\\d+-\\d+-\\d+-\\d+|[0-9a-f]*(?:-[0-9a-f]*){2,7})${after}$`)
    events.on('setting', ({ row }) => this.#take(row))
  }

  /** Reads what was set before this start. */
  async load(): Promise<void> {
    for (const row of await this.#db.setting.findMany({ where: { key: { in: [EXTERNAL_IP, DOMAIN] } } }))
      this.#take(row)
  }

  /** Called once this server listens. */
  listensAt(listening: Listening): void {
    this.#listening = listening
  }

  /** Port on which sandboxes are told apart by path; null when that is off. */
  get pathPort(): number | null {
    return this.#listening.pathPort
  }

  /** What is set now, and what follows from it. */
  current() {
    return { ...this.#current, publicUrl: this.#elsewhereOfThon(), byPath: this.pathPort !== null }
  }

  /** Domain under which sandboxes have host names: that of the settings, else that of the environment; null without. */
  get domain(): string | null {
    const { domain } = this.#current
    return domain === null ? this.#reach.domain : domainToASCII(domain)
  }

  /** Where a sandbox is reached as of now. */
  of(sandbox: Addressed): SandboxUrls {
    if (sandbox.hostPort === null) return { url: null, publicUrl: null, domainUrl: null }
    const { publicUrl, domainUrl } = this.#elsewhere(sandbox)
    return { url: domainUrl ?? publicUrl ?? this.#here(sandbox), publicUrl, domainUrl }
  }

  /** The address that one person's sandbox has for good, running or not; where paths are used, THON leads on to it. */
  stable(person: { group: string; username: string }): string {
    const label = hostLabel(person.group, person.username)
    if (this.pathPort !== null) return `${this.#elsewhereOfThon() ?? this.#locally('localhost')}/open?sandbox=${label}`
    const { externalIp } = this.#current
    const base = this.domain ?? (externalIp && this.#hostOf(externalIp))
    return base
      ? `${this.#publicly(`${label}.${base}`)}/`
      : `${this.#locally(`${label}.${LOCAL[this.#listening.scheme]}`)}/`
  }

  /** The label of the sandbox that a Host header names; null when it names none, which is for THON itself. */
  labelOf(host: string | undefined): string | null {
    const name = HOST.exec(host?.toLowerCase() ?? '')?.[1]
    if (!name || name === LOCAL.https || this.#reserved.has(name)) return null
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

  /** Whether THON itself answers to this host name because sandboxes have names below it. */
  isOurs(hostname: string): boolean {
    const name = hostname.replace(/^\[|\]$/g, '')
    const { externalIp } = this.#current
    return [LOCAL.https, this.domain, this.#reach.domain, externalIp, externalIp && domainToASCII(externalIp)].includes(
      name,
    )
  }

  /**
   * The origin under which a sandbox is opened for somebody who is at THON now.
   * @param asked the scheme and the Host header of their request
   */
  sandboxOrigin(label: string, asked: { scheme: string; host: string }): string {
    const { hostname, port } = new URL(`http://${asked.host}`)
    const at = (host: string) => `${asked.scheme}://${host}${port && `:${port}`}`
    const address = hostname.replace(/^\[|\]$/g, '')
    if (address === 'localhost' || /^127\./.test(address) || address === '::1')
      return at(`${label}.${localOf(asked.scheme)}`)
    // Settings may name an address that only people elsewhere need.
    if (isIP(address) && address !== this.#current.externalIp) return at(`${label}.${this.#hostOf(address)}`)
    if (this.domain) return this.#publicly(`${label}.${this.domain}`, at)
    const { externalIp } = this.#current
    if (externalIp) return this.#publicly(`${label}.${this.#hostOf(externalIp)}`, at)
    return at(isIP(address) ? `${label}.${this.#hostOf(address)}` : `${label}.${localOf(asked.scheme)}`)
  }

  /**
   * The origin of THON itself, for somebody who is at a sandbox's address now.
   * @param asked the scheme and the Host header of their request
   */
  thonOrigin(label: string, asked: { scheme: string; host: string }): string {
    const [name = '', port] = asked.host.toLowerCase().split(':')
    const base = name.slice(label.length + 1)
    const at = (host: string) => `${asked.scheme}://${host}${port === undefined ? '' : `:${port}`}`
    if (base === LOCAL.http || base === LOCAL.https) return at('localhost')
    if (this.#reach.publicUrl) return this.#reach.publicUrl
    const ip = this.#wildcard.exec(name)?.[2]
    return at(
      ip === undefined ? base : /^\d+-\d+-\d+-\d+$/.test(ip) ? ip.replaceAll('-', '.') : `[${ip.replaceAll('-', ':')}]`,
    )
  }

  /** As `sandboxOrigin`, where sandboxes are told apart by path: with that path. */
  pathOrigin(hostPort: number, asked: { scheme: string; host: string }): string {
    const { hostname } = new URL(`http://${asked.host}`)
    return `${asked.scheme}://${hostname}:${this.#listening.pathPort}/${hostPort}`
  }

  /** As `thonOrigin`, for somebody who is where sandboxes are told apart by path. */
  thonOriginOfPath(asked: { scheme: string; host: string }): string {
    const { hostname } = new URL(`http://${asked.host}`)
    return this.#reach.publicUrl ?? `${asked.scheme}://${hostname}:${this.#listening.port}`
  }

  #elsewhere({ group, username, hostPort }: Addressed): { publicUrl: string | null; domainUrl: string | null } {
    const { externalIp } = this.#current
    const { domain } = this
    const { pathPort } = this.#listening
    if (pathPort !== null) {
      const by = (host: string | null) => host && `${this.#scheme}://${bracketed(host)}:${pathPort}/${hostPort}/`
      return { publicUrl: by(externalIp), domainUrl: by(domain) }
    }
    const label = hostLabel(group, username)
    const by = (host: string | null) => host && `${this.#publicly(`${label}.${host}`)}/`
    return { publicUrl: by(externalIp && this.#hostOf(externalIp)), domainUrl: by(domain) }
  }

  #elsewhereOfThon(): string | null {
    const host = this.domain ?? this.#current.externalIp
    return this.#reach.publicUrl ?? (host && this.#locally(bracketed(host)))
  }

  #here({ group, username, hostPort }: Addressed): string {
    const { scheme, pathPort } = this.#listening
    if (pathPort !== null) return `${scheme}://localhost:${pathPort}/${hostPort}/`
    return `${this.#locally(`${hostLabel(group, username)}.${LOCAL[scheme]}`)}/`
  }

  /** How people elsewhere reach a host name of this server: as they reach THON, if that is said. */
  #publicly(host: string, otherwise = (name: string) => this.#locally(name)): string {
    const { publicUrl } = this.#reach
    if (!publicUrl) return otherwise(host)
    const { protocol, port } = new URL(publicUrl)
    return `${protocol}//${host}${port && `:${port}`}`
  }

  #locally(host: string): string {
    const { scheme, port } = this.#listening
    return `${scheme}://${host}${port === (scheme === 'https' ? 443 : 80) ? '' : `:${port}`}`
  }

  get #scheme(): string {
    return this.#reach.publicUrl ? this.#reach.publicUrl.split(':', 1)[0]! : this.#listening.scheme
  }

  /** A name that leads to an IP address, below which names lead there too; a host name is one itself. */
  #hostOf(externalIp: string): string {
    if (!isIP(externalIp)) return domainToASCII(externalIp)
    return this.#reach.wildcardDns.replace('{ip}', externalIp.toLowerCase().replace(/[.:]/g, '-'))
  }

  #take({ key, value }: { key: string; value: string }): void {
    if (key === EXTERNAL_IP) this.#current = { ...this.#current, externalIp: value || this.#reach.externalIp }
    if (key === DOMAIN) this.#current = { ...this.#current, domain: value || null }
  }
}

function localOf(scheme: string): string {
  return scheme === 'https' ? LOCAL.https : LOCAL.http
}

function bracketed(host: string): string {
  return isIP(host) && !isIPv4(host) ? `[${host}]` : host
}
