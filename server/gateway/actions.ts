import type { ActivityService } from '../activity/service.ts'
import { authorize } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import { AppError, BadRequest, UpstreamFailed } from '../core/errors.ts'
import { parse } from '../core/input.ts'
import { ApisixRefusal } from './client/apisix.ts'
import { onceInput, type Setup } from './model.ts'
import type { GatewaySetup } from './settings.ts'
import { ROUTE_ID } from './reconcile/desired.ts'
import type { GatewayWatch } from './reconcile/watch.ts'

/** Said when it is not turned on; scripts know the words. */
const OFF = 'AI Gateway is not enabled. Set GATEWAY_ENABLED=true to enable.'

/** What acts need of their surroundings. */
export interface GatewayActionsDeps {
  activity: ActivityService
  setup: GatewaySetup
  watch: GatewayWatch
}

/** How single things are done at the gateway: by whoever may, while it is on, written down, and seen at once. */
export class GatewayActions {
  readonly #parts: GatewayActionsDeps

  constructor(parts: GatewayActionsDeps) {
    this.#parts = parts
  }

  /** The settings, for whoever may act by them. @throws Forbidden, BadRequest when it is off */
  async enabled(viewer: Viewer): Promise<Setup> {
    authorize(viewer, 'gateway.manage')
    const setup = await this.#parts.setup.now()
    if (!setup.enabled) throw new BadRequest(OFF)
    return setup
  }

  /** Does one thing. @param username whom it is done to, or `ROUTE_ID`. @throws what the act throws */
  async act<T>(viewer: Viewer, action: string, username: string, act: () => Promise<T>): Promise<T> {
    const kind = username === ROUTE_ID ? 'gateway' : 'consumer'
    const target = { kind, id: username, label: username } as const
    try {
      const result = await act()
      await this.#parts.activity.add({ actor: viewer, action, target, outcome: 'done' })
      return result
    } catch (error) {
      if (error instanceof AppError)
        await this.#parts.activity.add({ actor: viewer, action, target, outcome: 'refused', detail: inWords(error) })
      throw error
    } finally {
      this.#parts.watch.source.invalidate()
    }
  }
}

/** The settings with what counts in their place for once. @throws InvalidInput */
export function withOnce(setup: Setup, raw: unknown): Setup {
  const given = Object.entries(parse(onceInput, raw)).filter(([, value]) => value !== null && value !== undefined)
  return { ...setup, ...Object.fromEntries(given) }
}

/** What became of a refused act, as a sentence. @throws what is no refusal */
export function inWords(error: unknown): string {
  if (error instanceof ApisixRefusal) return error.sentence
  if (error instanceof UpstreamFailed || error instanceof AppError) return error.message
  throw error
}
