import { randomBytes } from 'node:crypto'

/** How long a ticket lets somebody in, in milliseconds. */
const LIFE = 30_000
/** Tickets that are good at once: beyond, the oldest are of no more use. */
const MOST = 10_000

/** What a ticket is for. */
interface Ticket {
  label: string
  /** By what right it was given; see `passes.ts`. */
  grant: string
  until: number
}

/**
 * Tickets take somebody's right to open a sandbox from THON's host name to the sandbox's, where the session's cookie never
 * goes. Each is good once, for one sandbox, and for thirty seconds, so that the address it stands in is soon worth nothing.
 */
export class OneTimeCodes {
  readonly #tickets = new Map<string, Ticket>()

  /** @returns the ticket */
  issue(label: string, grant: string): string {
    this.#tidy()
    const ticket = randomBytes(24).toString('base64url')
    this.#tickets.set(ticket, { label, grant, until: Date.now() + LIFE })
    return ticket
  }

  /** Uses a ticket up. @returns by what right it was given; null for one that is unknown, used, late or another sandbox's */
  redeem(ticket: string, label: string): string | null {
    const found = this.#tickets.get(ticket)
    // One that is shown at another sandbox is spoilt, too: somebody has got hold of it.
    this.#tickets.delete(ticket)
    return found && found.label === label && found.until > Date.now() ? found.grant : null
  }

  #tidy(): void {
    const now = Date.now()
    // In the order in which they were issued, so those that are late come first.
    for (const [ticket, { until }] of this.#tickets) {
      if (until > now && this.#tickets.size < MOST) break
      this.#tickets.delete(ticket)
    }
  }
}
