import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'
import { TooMany } from './errors.ts'
import { networkOf } from './networks.ts'
import type { Principal } from './viewer.ts'

/** What may be open at the same time. */
type Resource = 'socket' | 'subscription' | 'stream'

/** Who may have how much: people by themselves, and everyone at one address together. Organizers share nothing. */
interface Quota {
  participant: number
  organizer: number
  /** For participants of one address together, and for everyone at one without a login: a venue is one address. */
  address: number
  /** As people know it. */
  name: string
}

/** A tab of the dashboard has one socket and about ten subscriptions; a participant's page has fewer. */
const QUOTAS: Record<Resource, Quota> = {
  socket: { participant: 20, organizer: 20, address: 5_000, name: 'open connections' },
  subscription: { participant: 50, organizer: 500, address: 20_000, name: 'subscriptions' },
  stream: { participant: 20, organizer: 20, address: 5_000, name: 'pages that wait for a sandbox' },
}

/** Commands in a minute. */
const COMMANDS = { participant: 20, organizer: 6_000 }

/** How long people wait who have too much open: until something of theirs closes. */
const RETRY_SECONDS = 5

/** What each principal has open and sends. Nobody's use counts against another person who is signed in as an organizer. */
export class Quotas {
  readonly #open = new Map<string, number>()
  readonly #commands = {
    participant: new RateLimiterMemory({ points: COMMANDS.participant, duration: 60 }),
    organizer: new RateLimiterMemory({ points: COMMANDS.organizer, duration: 60 }),
  }

  /**
   * Counts something that opens.
   * @param address of the client
   * @returns to be called when it closes; calls after the first do nothing
   * @throws TooMany, which says which limit
   */
  take(resource: Resource, principal: Principal, address: string): () => void {
    const quota = QUOTAS[resource]
    const isOrganizer = principal.role === 'organizer'
    const counted: [key: string, most: number, whose: string][] = []
    if (principal.kind !== 'open')
      counted.push([
        `${resource} ${personOf(principal)}`,
        isOrganizer ? quota.organizer : quota.participant,
        'You have',
      ])
    if (principal.kind === 'open' || !isOrganizer)
      counted.push([`${resource} at ${networkOf(address)}`, quota.address, 'Your network has'])
    for (const [key, most, whose] of counted)
      if ((this.#open.get(key) ?? 0) >= most)
        throw new TooMany(
          `${whose} too many ${quota.name}, at most ${most}. Close some, then try again.`,
          RETRY_SECONDS,
        )
    for (const [key] of counted) this.#open.set(key, (this.#open.get(key) ?? 0) + 1)
    let isHeld = true
    return () => {
      if (isHeld) for (const [key] of counted) this.#release(key)
      isHeld = false
    }
  }

  /** Counts a command: a mutation, or a REST request that is not a read. @throws TooMany, which says which limit */
  async command(principal: Principal): Promise<void> {
    const { kind, role } = principal
    if (kind === 'open' || kind === 'local' || kind === 'anonymous') return
    const limit = role === 'organizer' ? 'organizer' : 'participant'
    await this.#commands[limit].consume(personOf(principal)).catch((seen: unknown) => {
      if (seen instanceof Error) throw seen
      const seconds = Math.max(1, Math.ceil((seen as RateLimiterRes).msBeforeNext / 1000))
      throw new TooMany(`At most ${COMMANDS[limit]} commands a minute. Try again in ${seconds} s.`, seconds)
    })
  }

  #release(key: string): void {
    const left = (this.#open.get(key) ?? 0) - 1
    if (left > 0) this.#open.set(key, left)
    else this.#open.delete(key)
  }
}

/** A participant is one person in all their browsers. Organizers may share an identity: the local password's. */
function personOf({ id, role, identityId }: Principal): string {
  return role === 'organizer' ? id : (identityId ?? id)
}
