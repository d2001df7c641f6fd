import type { ActivityService } from '../activity/service.ts'
import { authorize } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import type { GatewayEnv } from '../config/ai.ts'
import { Conflict, describeError, InvalidInput } from '../core/errors.ts'
import type { Events } from '../core/events.ts'
import type { Log } from '../core/log.ts'
import type { Snapshot } from '../upstream/polled-resource.ts'
import { GatewayActions, withOverrides } from './actions.ts'
import { ConsumersService } from './consumers.ts'
import { Keys } from './keys.ts'
import type { GatewaySnapshot, GatewayStatus, RouteState } from './model.ts'
import { MyKeysService } from './my-keys.ts'
import { ROUTE_ID, routeBody, withoutAuth } from './reconcile/desired.ts'
import type { Job, JobView, Step } from './reconcile/job.ts'
import { Jobs } from './reconcile/jobs.ts'
import { needsNewer, routeStateOf, supportsDashes } from './reconcile/plan.ts'
import { applySteps, deleteSteps } from './reconcile/steps.ts'
import { GatewayWatch } from './reconcile/watch.ts'
import type { GatewaySettingsService } from './settings.ts'

/** What people type to delete the whole configuration. */
export const DELETE_CONFIRMATION = 'delete everything'

export interface GatewayDeps {
  db: Db
  events: Events
  activity: ActivityService
  env: GatewayEnv
  settings: GatewaySettingsService
  log: Log
}

/** The AI gateway: API keys and token limits, kept in APISIX and nowhere else. */
export class GatewayService {
  readonly consumers: ConsumersService
  readonly myKeys: MyKeysService
  readonly #deps: GatewayDeps
  readonly #actions: GatewayActions
  readonly #watch: GatewayWatch
  readonly #jobs: Jobs
  readonly #stopListening: () => void
  /** Resolves when the last job is in the activity log. */
  #logged: Promise<void> = Promise.resolve()

  constructor(deps: GatewayDeps) {
    this.#deps = deps
    const { db, settings, env, activity, log } = deps
    const keys = new Keys(db, log)
    const watch = new GatewayWatch({ db, settings, keys, metricsUrl: env.metricsUrl })
    this.#watch = watch
    this.#actions = new GatewayActions({ activity, settings, watch })
    this.consumers = new ConsumersService({ actions: this.#actions, settings, watch })
    this.myKeys = new MyKeysService({ activity, keys, log, settings, watch })
    this.#jobs = new Jobs(() => watch.invalidate())
    this.#stopListening = deps.events.on('gatewaySettings', () => {
      // The status shows some settings, so it changes even when APISIX has nothing new.
      watch.source.rebroadcast()
      watch.invalidate()
    })
  }

  /** @throws Forbidden */
  async status(viewer: Viewer): Promise<GatewayStatus> {
    authorize(viewer, 'gateway.manage')
    return this.toStatus(await this.#watch.source.get())
  }

  /** A snapshot together with the settings. */
  async toStatus(snapshot: Snapshot<GatewaySnapshot | null>): Promise<GatewayStatus> {
    const config = await this.#deps.settings.resolve()
    const { adminUrl, mode, enabled } = config
    const error = enabled ? snapshot.error : null
    return {
      state: !enabled ? 'DISABLED' : error ? stateOf(error.kind) : snapshot.value ? 'RUNNING' : 'UNKNOWN',
      ...{ asOf: snapshot.at, error, adminUrl, mode },
      ...this.#deps.settings.addressesOf(config),
      snapshot: enabled ? snapshot.value : null,
      redis: (await this.#watch.redis.get()).value,
    }
  }

  /** Snapshots for `toStatus`: the current one first, then one after every change. @throws Forbidden */
  statusChanges(viewer: Viewer): AsyncIterableIterator<Snapshot<GatewaySnapshot | null>> {
    authorize(viewer, 'gateway.manage')
    return this.#watch.watch()
  }

  /** The last job since this server started; null before the first. @throws Forbidden */
  lastJob(viewer: Viewer): JobView | null {
    authorize(viewer, 'gateway.manage')
    return this.#jobs.last
  }

  /** The last job: first its current state, then every change of it. @throws Forbidden */
  jobChanges(viewer: Viewer): AsyncIterableIterator<JobView | null> {
    authorize(viewer, 'gateway.manage')
    return this.#jobs.watch()
  }

  /**
   * Starts to bring the gateway in line with the database. Existing keys stay.
   * @param overrides values that replace settings for this job
   * @throws BadRequest when it is off, Conflict while another job is running, UpstreamFailure; nothing was changed then
   */
  async applyConfig(viewer: Viewer, overrides: unknown = {}): Promise<Job> {
    const config = withOverrides(await this.#actions.requireEnabled(viewer), overrides)
    this.#jobs.assertIdle()
    const inspection = await this.#watch.inspect(config)
    const { version } = inspection.apisix
    if (inspection.desired.length > 0 && !supportsDashes(version)) throw new Conflict(needsNewer(version))
    return this.#start(viewer, 'APPLY', 'apply config', applySteps(inspection))
  }

  /**
   * Starts to delete every consumer and the route.
   * @param confirm has to be `DELETE_CONFIRMATION`
   * @throws InvalidInput, and as `applyConfig`
   */
  async deleteConfig(viewer: Viewer, confirm: string): Promise<Job> {
    const config = await this.#actions.requireEnabled(viewer)
    if (confirm !== DELETE_CONFIRMATION)
      throw new InvalidInput([{ field: 'confirm', message: `must be "${DELETE_CONFIRMATION}"` }])
    this.#jobs.assertIdle()
    return this.#start(viewer, 'DELETE', 'delete config', deleteSteps(await this.#watch.inspect(config)))
  }

  async isEnabled(): Promise<boolean> {
    return (await this.#deps.settings.resolve()).enabled
  }

  /**
   * Creates or updates the route alone.
   * @param overrides as for `applyConfig`
   * @returns its new state, and all of it as APISIX has it, without the key of the LLM server
   * @throws InvalidInput, BadRequest, UpstreamFailure
   */
  async updateRoute(
    viewer: Viewer,
    overrides: unknown = {},
  ): Promise<RouteState & { stored: Record<string, unknown> }> {
    const config = withOverrides(await this.#actions.requireEnabled(viewer), overrides)
    const apisix = this.#watch.apisix(config)
    return this.#actions.run(viewer, 'update route', ROUTE_ID, async () => {
      await apisix.put('routes', ROUTE_ID, routeBody(config))
      const route = await apisix.get('routes', ROUTE_ID)
      return { ...routeStateOf(route, config), stored: withoutAuth(route ?? {}) }
    })
  }

  /** @returns whether the route existed. @throws BadRequest, UpstreamFailure */
  async deleteRoute(viewer: Viewer): Promise<boolean> {
    const config = await this.#actions.requireEnabled(viewer)
    const apisix = this.#watch.apisix(config)
    return this.#actions.run(viewer, 'delete route', ROUTE_ID, () => apisix.delete('routes', ROUTE_ID))
  }

  /** Stops polling and a running job, and resolves when that job is in the activity log. */
  async close(): Promise<void> {
    this.#stopListening()
    this.myKeys.close()
    this.#watch.close()
    this.#jobs.close()
    await this.#logged
  }

  async #start(viewer: Viewer, kind: JobView['kind'], action: string, steps: Step[]): Promise<Job> {
    const end = await this.#deps.activity.begin(viewer, action, { kind: 'gateway', id: null, label: 'AI gateway' })
    let job: Job
    try {
      job = this.#jobs.start(kind, viewer, steps)
    } catch (error) {
      await end({ outcome: 'refused', detail: describeError(error) })
      throw error
    }
    this.#logged = job.over.then(() => {
      const { done, total, failed, message } = job.view()
      const isDone = done === total
      const detail = isDone ? `${total} steps` : `${done} of ${total} steps, ${failed} failed. ${message ?? ''}`.trim()
      return end({ outcome: isDone ? 'done' : 'failed', detail })
    })
    return job
  }
}

function stateOf(kind: string): GatewayStatus['state'] {
  if (kind === 'UNAUTHORIZED' || kind === 'FAULTY') return kind
  return 'OFFLINE'
}
