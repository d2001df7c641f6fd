import type { Ending } from '../activity/outside.ts'
import type { ActivityService } from '../activity/service.ts'
import { authorize } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import { AppError, BadRequest, describeError } from '../core/errors.ts'
import { parse } from '../core/input.ts'
import { ApisixError } from './client/apisix.ts'
import { givenFields, overridesInput, type GatewayConfig } from './model.ts'
import { ROUTE_ID } from './reconcile/desired.ts'
import type { GatewayWatch } from './reconcile/watch.ts'
import type { GatewaySettingsService } from './settings.ts'

/** REST's contract fixes these words. */
const OFF = 'AI Gateway is not enabled. Set GATEWAY_ENABLED=true to enable.'

export interface GatewayActionsDeps {
  activity: ActivityService
  settings: GatewaySettingsService
  watch: GatewayWatch
}

/** What every single change of the gateway goes through: permission, activity log, and a new look at the gateway. */
export class GatewayActions {
  readonly #deps: GatewayActionsDeps

  constructor(deps: GatewayActionsDeps) {
    this.#deps = deps
  }

  /** The settings in effect. @throws Forbidden, BadRequest when the gateway is off */
  async requireEnabled(viewer: Viewer): Promise<GatewayConfig> {
    authorize(viewer, 'gateway.manage')
    const config = await this.#deps.settings.resolve()
    if (!config.enabled) throw new BadRequest(OFF)
    return config
  }

  /** Runs an action, with an entry in the activity log from before it begins. @param username of the consumer, or `ROUTE_ID`. @throws what it throws */
  async run<T>(viewer: Viewer, action: string, username: string, work: () => Promise<T>): Promise<T> {
    const kind = username === ROUTE_ID ? 'gateway' : 'consumer'
    const target = { kind, id: username, label: username } as const
    try {
      return await this.#deps.activity.outside(viewer, action, target, { work, explain })
    } finally {
      this.#deps.watch.source.invalidate()
    }
  }
}

function explain(error: unknown): Ending {
  if (error instanceof AppError) return { outcome: 'refused', detail: refusalMessage(error) }
  return { outcome: 'failed', detail: describeError(error) }
}

/** The settings, with values that replace some of them for one call. @throws InvalidInput */
export function withOverrides(config: GatewayConfig, raw: unknown): GatewayConfig {
  return { ...config, ...Object.fromEntries(givenFields(parse(overridesInput, raw))) }
}

/** Why an action was refused, as a sentence. */
export function refusalMessage(error: AppError): string {
  return error instanceof ApisixError ? error.summary : error.message
}
