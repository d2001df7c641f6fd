import type { ActivityService } from '../activity/service.ts'
import { authorizeOne } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import { describeError, NotFound } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { UpstreamFailure } from '../upstream/polled-resource.ts'
import type { Keys } from './keys.ts'
import type { RevealedKey } from './model.ts'
import type { GatewayWatch } from './reconcile/watch.ts'
import type { GatewaySettingsService } from './settings.ts'

/** How soon the page shows that sandboxes got keys: those that start together are shown together. */
const REFRESH_DELAY_MS = 1_000

export interface MyKeysDeps {
  activity: ActivityService
  keys: Keys
  log: Log
  settings: GatewaySettingsService
  watch: GatewayWatch
}

/** Why a user does not have a key. */
interface NoKey {
  /** For organizers and logs, as the end of a sentence. */
  reason: string
  /** For the user. */
  message: string
}

/** Keys for the people they belong to: shown to them, and put into their sandboxes. */
export class MyKeysService {
  readonly #deps: MyKeysDeps
  #refreshTimer: NodeJS.Timeout | undefined

  constructor(deps: MyKeysDeps) {
    this.#deps = deps
  }

  /** The key of a user, or of their group, for that user or an organizer. Written to the activity log. @throws NotFound */
  async reveal(viewer: Viewer, userId: string): Promise<RevealedKey> {
    authorizeOne(viewer, 'gateway.ownKey', [userId], `User ${userId} not found`)
    const found = await this.#lookUp(userId)
    if ('reason' in found) throw new NotFound(found.message)
    const target = { kind: 'consumer', id: found.username, label: found.username } as const
    await this.#deps.activity.add({ actor: viewer, action: 'reveal key', target, outcome: 'done' })
    return found
  }

  /** The key of a user, or of their group; otherwise why they do not have one, as the end of a sentence. Never throws. */
  async find(userId: string): Promise<RevealedKey | string> {
    const found = await this.#lookUp(userId)
    return 'reason' in found ? found.reason : found
  }

  /** Remembers which key goes into the sandbox of a user; null when it gets none. Never throws. */
  async recordIssued(userId: string, key: string | null): Promise<void> {
    await this.#deps.keys.recordIssued(userId, key)
    this.#refreshTimer ??= setTimeout(() => {
      this.#refreshTimer = undefined
      this.#deps.watch.source.invalidate()
    }, REFRESH_DELAY_MS).unref()
  }

  close(): void {
    clearTimeout(this.#refreshTimer)
  }

  async #lookUp(userId: string): Promise<RevealedKey | NoKey> {
    const { settings, watch, keys, log } = this.#deps
    try {
      const config = await settings.resolve()
      if (!config.enabled) return { reason: 'the AI gateway is off', message: 'AI keys are switched off right now.' }
      const lookup = { config, apisix: watch.apisix(config), inspect: () => watch.inspect(config) }
      const found = await keys.find(userId, lookup)
      if (!found)
        return {
          reason: 'the AI gateway does not have a key for this user yet: apply its configuration',
          message: 'You don’t have an AI key yet. Ask an organizer to create it.',
        }
      return { ...found, baseUrl: settings.addressesOf(config).peopleUrl }
    } catch (error) {
      log.warn({ userId, err: describeError(error) }, 'could not read a key from the gateway')
      return failureOf(error)
    }
  }
}

function failureOf(error: unknown): NoKey {
  const isSilent = error instanceof UpstreamFailure && (error.kind === 'OFFLINE' || error.kind === 'SLOW')
  return {
    reason: isSilent ? 'the AI gateway does not answer' : 'the AI gateway returned an error',
    message: 'AI keys are unavailable right now. Try again in a moment.',
  }
}
