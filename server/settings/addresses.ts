import { isIPv6 } from 'node:net'
import type { Db } from '../db.ts'
import type { Events } from '../events.ts'
import { DOMAIN, EXTERNAL_IP } from './model.ts'

/** How this server is reached from elsewhere; null where nothing is set. */
export interface PresentAddresses {
  externalIp: string | null
  domain: string | null
}

/** Where one published port is reached from elsewhere; null where nothing is set. */
export interface PublicUrls {
  publicUrl: string | null
  domainUrl: string | null
}

/** The URLs of a published port: the host's proxy leads `/<host port>/` to it. */
export function publicAddresses({ externalIp, domain }: PresentAddresses, hostPort: number): PublicUrls {
  const url = (host: string | null) => (host ? `https://${isIPv6(host) ? `[${host}]` : host}/${hostPort}/` : null)
  return { publicUrl: url(externalIp), domainUrl: url(domain) }
}

/** The present addresses, in memory, so that a list of instances needs no query for each. */
export class Addresses {
  readonly #db: Db
  #current: PresentAddresses = { externalIp: null, domain: null }

  constructor(db: Db, events: Events) {
    this.#db = db
    events.on('setting', ({ row }) => this.#take(row))
  }

  /** Reads what was set before this start. */
  async load(): Promise<void> {
    for (const row of await this.#db.setting.findMany({ where: { key: { in: [EXTERNAL_IP, DOMAIN] } } }))
      this.#take(row)
  }

  /** What is set now. */
  current(): PresentAddresses {
    return this.#current
  }

  /** Where a published port is reached from elsewhere, as of now. */
  of(hostPort: number): PublicUrls {
    return publicAddresses(this.#current, hostPort)
  }

  #take({ key, value }: { key: string; value: string }): void {
    if (key === EXTERNAL_IP) this.#current = { ...this.#current, externalIp: value || null }
    if (key === DOMAIN) this.#current = { ...this.#current, domain: value || null }
  }
}
