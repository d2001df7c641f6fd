import { createHash, timingSafeEqual } from 'node:crypto'
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'
import { z } from 'zod'
import { AppError, TooMany } from '../core/errors.ts'
import { parse } from '../core/input.ts'
import { LOCAL, type IdentitiesService } from './identities.ts'
import type { Sessions } from './sessions.ts'

const passwordInput = z.object({ password: z.string().max(1024, 'must be at most 1024 characters') })

/** Wrong passwords that one address may send in ten minutes: a venue of 200 people is one address. */
const WRONG_PER_ADDRESS = 300
/** Wrong passwords from all addresses in ten minutes. */
const WRONG_IN_TOTAL = 3_000
/** Seconds over which wrong passwords are counted. */
const WINDOW = 600

/** The password is wrong. */
export class WrongPassword extends AppError {
  constructor() {
    super('UNAUTHENTICATED', 'Wrong password')
  }
}

/** Sign-in with the local password, which all organizers share. */
export class LocalPassword {
  readonly #password: string
  readonly #identities: IdentitiesService
  readonly #sessions: Sessions
  readonly #limits = [
    {
      limiter: new RateLimiterMemory({ points: WRONG_PER_ADDRESS, duration: WINDOW }),
      key: (address: string) => address,
    },
    { limiter: new RateLimiterMemory({ points: WRONG_IN_TOTAL, duration: WINDOW }), key: () => LOCAL },
  ]

  constructor(password: string, identities: IdentitiesService, sessions: Sessions) {
    this.#password = password
    this.#identities = identities
    this.#sessions = sessions
  }

  /**
   * @param address who tries, for the limit
   * @returns the cookie that signs the browser in
   * @throws InvalidInput, WrongPassword, TooMany
   */
  async signIn(raw: unknown, address: string): Promise<string> {
    const { password } = parse(passwordInput, raw)
    await this.#assertWithinLimits(address)
    if (!isEqual(password, this.#password)) {
      // Only wrong passwords count, so people who know the right one do not lock each other out.
      await Promise.all(this.#limits.map(({ limiter, key }) => limiter.penalty(key(address))))
      throw new WrongPassword()
    }
    const { id } = await this.#identities.signIn({ id: LOCAL, provider: LOCAL, displayName: 'organizer', email: null })
    return this.#sessions.create(id)
  }

  async #assertWithinLimits(address: string): Promise<void> {
    for (const { limiter, key } of this.#limits) {
      const seen: RateLimiterRes | null = await limiter.get(key(address))
      if (seen && seen.consumedPoints >= limiter.points) {
        const seconds = Math.max(1, Math.ceil(seen.msBeforeNext / 1000))
        throw new TooMany(`Too many wrong passwords. Try again in ${Math.ceil(seconds / 60)} minutes.`, seconds)
      }
    }
  }
}

/** Takes the same time for every password of any length. */
function isEqual(given: string, right: string): boolean {
  const [one, other] = [given, right].map((text) => createHash('sha256').update(text).digest())
  return timingSafeEqual(one as Buffer, other as Buffer)
}
