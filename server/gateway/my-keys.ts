import type { ActivityService } from '../activity/service.ts'
import { authorizeOne } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import { messageOf, NotFound } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { forParticipants, type Keys } from './keys.ts'
import type { RevealedKey } from './model.ts'
import type { GatewaySetup } from './settings.ts'
import type { GatewayWatch } from './reconcile/watch.ts'

/** How soon the page knows that a sandbox was given a key, in milliseconds. */
const NOTED_WITHIN = 1_000

/** What they need of their surroundings. */
export interface MyKeysDeps {
  activity: ActivityService
  keys: Keys
  log: Log
  setup: GatewaySetup
  watch: GatewayWatch
}

/** The keys that people use, of their own or of their group: told to themselves, and put into their sandboxes. */
export class MyKeys {
  readonly #parts: MyKeysDeps
  #soon: NodeJS.Timeout | undefined

  constructor(parts: MyKeysDeps) {
    this.#parts = parts
  }

  /** Tells the key of a user, or of their group, to themselves. @throws NotFound, BadRequest, UpstreamTrouble */
  async reveal(viewer: Viewer, userId: string): Promise<RevealedKey> {
    authorizeOne(viewer, 'gateway.ownKey', [userId], `User ${userId} not found`)
    const found = await this.of(userId)
    if (typeof found === 'string') throw new NotFound(`No key to show: ${found}`)
    const target = { kind: 'consumer', id: found.username, label: found.username } as const
    await this.#parts.activity.add({ actor: viewer, action: 'reveal key', target, outcome: 'done' })
    return found
  }

  /** The key of a user, or of their group; else why there is none, as the end of a sentence. Never throws. */
  async of(userId: string): Promise<RevealedKey | string> {
    try {
      const setup = await this.#parts.setup.now()
      if (!setup.enabled) return 'the AI gateway is off'
      const ground = { setup, apisix: this.#parts.watch.apisix(setup), find: () => this.#parts.watch.find(setup) }
      const found = await this.#parts.keys.of(userId, ground)
      if (!found) return 'the AI gateway has no key for this user yet: an organizer has to set it up'
      return { ...found, baseUrl: this.#parts.setup.addressesOf(setup).peopleUrl }
    } catch (error) {
      this.#parts.log.warn({ userId, err: messageOf(error) }, 'a key could not be asked for')
      return `the AI gateway cannot be asked, since ${forParticipants(error)}`
    }
  }

  /** Remembers which key goes into the sandbox of a user; null is none. Never throws. */
  async noteGiven(userId: string, key: string | null): Promise<void> {
    await this.#parts.keys.note(userId, key)
    // Of a thousand sandboxes that start together the page is told together.
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined
      this.#parts.watch.source.invalidate()
    }, NOTED_WITHIN).unref()
  }

  /** Tells nobody any more. */
  close(): void {
    clearTimeout(this.#soon)
  }
}
