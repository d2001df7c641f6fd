import { createHash, timingSafeEqual } from 'node:crypto'
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'
import { z } from 'zod'
import { AppError, TooMany } from '../core/errors.ts'
import { parse } from '../core/input.ts'
import { networkOf } from '../core/networks.ts'
import { LOCAL, type IdentitiesService } from './identities.ts'
import type { Sessions } from './sessions.ts'

const passwordInput = z.object({ password: z.string().max(1024, 'must be at most 1024 characters') })

/** Wrong passwords that one network may send in ten minutes: a venue of 200 people is one address. */
const WRONG_PER_NETWORK = 300
/** After this number of wrong ones from everywhere, each network may send only a few. It never locks everyone out. */
const WRONG_IN_TOTAL = 3_000
const WRONG_IN_A_FLOOD = 10
/** Seconds over which wrong passwords are counted. */
const WINDOW = 600

/** The password is wrong. */
export class WrongPassword extends AppError {
  constructor() {
    super('UNAUTHENTICATED', 'Wrong password')
  }
}

/** What the local password needs. */
export interface LocalPasswordDeps {
  /** Whether a password is the right one. It takes the same time for every password. */
  matches: (password: string) => boolean | Promise<boolean>
  identities: IdentitiesService
  sessions: Sessions
}

/** Sign-in with the local password, which all organizers share. */
export class LocalPassword {
  readonly #deps: LocalPasswordDeps
  /** Wrong passwords by network, and in total. */
  readonly #wrong = new RateLimiterMemory({ points: WRONG_PER_NETWORK, duration: WINDOW })
  readonly #total = new RateLimiterMemory({ points: WRONG_IN_TOTAL, duration: WINDOW })

  constructor(deps: LocalPasswordDeps) {
    this.#deps = deps
  }

  /**
   * @param address who tries, for the limit
   * @param isIn whether they are signed in as an organizer, whom the limit never stops
   * @returns the cookie that signs the browser in
   * @throws InvalidInput, WrongPassword, TooMany
   */
  async signIn(raw: unknown, address: string, isIn: boolean): Promise<string> {
    const { password } = parse(passwordInput, raw)
    const network = networkOf(address)
    if (!isIn) await this.#assertWithinLimits(network)
    if (!(await this.#deps.matches(password))) {
      // Only wrong passwords count, so people who know the right one do not lock each other out.
      await Promise.all([this.#wrong.penalty(network), this.#total.penalty(LOCAL)])
      throw new WrongPassword()
    }
    return this.open()
  }

  /** Signs in a person who knows the password. @returns the cookie that signs the browser in */
  async open(): Promise<string> {
    const { identities, sessions } = this.#deps
    const { id } = await identities.signIn({ id: LOCAL, provider: LOCAL, displayName: 'organizer', email: null })
    return sessions.create(id)
  }

  async #assertWithinLimits(network: string): Promise<void> {
    const seen: RateLimiterRes | null = await this.#wrong.get(network)
    if (!seen) return
    const total: RateLimiterRes | null = await this.#total.get(LOCAL)
    const most = total && total.consumedPoints >= WRONG_IN_TOTAL ? WRONG_IN_A_FLOOD : WRONG_PER_NETWORK
    if (seen.consumedPoints < most) return
    const seconds = Math.max(1, Math.ceil(seen.msBeforeNext / 1000))
    throw new TooMany(`Too many wrong passwords. Try again in ${Math.ceil(seconds / 60)} minutes.`, seconds)
  }
}

/** Compares passwords in the same time for every one of any length. */
export function isEqual(given: string, right: string): boolean {
  const [one, other] = [given, right].map((text) => createHash('sha256').update(text).digest())
  return timingSafeEqual(one as Buffer, other as Buffer)
}
