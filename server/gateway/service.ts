import type { ActivityService } from '../activity/service.ts'
import { authorize } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import type { GatewayEnv } from '../config/ai.ts'
import { Conflict, InvalidInput } from '../core/errors.ts'
import type { Events } from '../core/events.ts'
import type { Log } from '../core/log.ts'
import type { Snapshot } from '../upstream/polled-resource.ts'
import { GatewayActions, withOnce } from './actions.ts'
import { Consumers } from './consumers.ts'
import { Keys } from './keys.ts'
import type { GatewayStatus, RouteState, GatewaySnapshot } from './model.ts'
import { MyKeys } from './my-keys.ts'
import { limitationsOf, mayTakeDashes, routeStateOf } from './reconcile/plan.ts'
import type { Job, JobView, Task } from './reconcile/job.ts'
import { Jobs } from './reconcile/jobs.ts'
import type { GatewaySetup } from './settings.ts'
import { cleanUpTasks, setUpTasks } from './reconcile/steps.ts'
import { ROUTE_ID, routeBody, withoutAuth } from './reconcile/desired.ts'
import { GatewayWatch } from './reconcile/watch.ts'

/** What has to be typed to clean up. */
const CLEAN_UP = 'clean up'

/** What the service needs of its surroundings. */
export interface GatewayDeps {
  db: Db
  events: Events
  activity: ActivityService
  env: GatewayEnv
  setup: GatewaySetup
  log: Log
}

/** The AI gateway: keys and token limits for everybody, kept in APISIX and nowhere else. */
export class GatewayService {
  /** Those at the gateway, listed and changed one by one. */
  readonly consumers: Consumers
  /** Keys as the people they belong to see them. */
  readonly myKeys: MyKeys
  readonly #parts: GatewayDeps
  readonly #acts: GatewayActions
  readonly #watch: GatewayWatch
  readonly #runs: Jobs
  readonly #stop: () => void
  /** Resolves when the activity log tells how the last run ended. */
  #noted: Promise<void> = Promise.resolve()

  constructor(parts: GatewayDeps) {
    this.#parts = parts
    const { db, setup, env, activity, log } = parts
    const keys = new Keys(db, log)
    const watch = new GatewayWatch({ db, setup, keys, metricsUrl: env.metricsUrl })
    this.#watch = watch
    this.#acts = new GatewayActions({ activity, setup, watch })
    this.consumers = new Consumers({ acts: this.#acts, setup, watch })
    this.myKeys = new MyKeys({ activity, keys, log, setup, watch })
    this.#runs = new Jobs(() => this.#watch.nudge())
    this.#stop = parts.events.on('gatewaySettings', () => {
      // What is shown says some of them itself, also while APISIX has nothing new to say.
      this.#watch.source.rebroadcast()
      this.#watch.nudge()
    })
  }

  /** Its status at present. @throws Forbidden */
  async status(viewer: Viewer): Promise<GatewayStatus> {
    authorize(viewer, 'gateway.manage')
    return this.show(await this.#watch.source.get())
  }

  /** What was seen, as people see it. */
  async show(seen: Snapshot<GatewaySnapshot | null>): Promise<GatewayStatus> {
    const setup = await this.#parts.setup.now()
    const { adminUrl, mode, enabled } = setup
    const trouble = enabled ? seen.error : null
    return {
      state: !enabled ? 'DISABLED' : trouble ? stateOf(trouble.kind) : seen.value ? 'RUNNING' : 'UNKNOWN',
      ...{ asOf: seen.at, trouble, adminUrl, mode },
      ...this.#parts.setup.addressesOf(setup),
      snapshot: enabled ? seen.value : null,
      redis: (await this.#watch.redis.get()).value,
    }
  }

  /** What is seen, from now on. @throws Forbidden */
  seen(viewer: Viewer): AsyncIterableIterator<Snapshot<GatewaySnapshot | null>> {
    authorize(viewer, 'gateway.manage')
    return this.#watch.watch()
  }

  /** The last run since this server started. @throws Forbidden */
  run(viewer: Viewer): JobView | null {
    authorize(viewer, 'gateway.manage')
    return this.#runs.last
  }

  /** How runs go on. @throws Forbidden */
  runFrames(viewer: Viewer): AsyncIterableIterator<JobView | null> {
    authorize(viewer, 'gateway.manage')
    return this.#runs.watch()
  }

  /**
   * Begins to make the gateway what the database says. Keys that are there stay.
   * @param once what counts for this once in place of the settings
   * @throws BadRequest when it is off, Conflict while another run is under way, UpstreamTrouble: then nothing was begun
   */
  async setUp(viewer: Viewer, once: unknown = {}): Promise<Job> {
    const setup = withOnce(await this.#acts.enabled(viewer), once)
    this.#runs.assertNone()
    const found = await this.#watch.find(setup)
    const { version } = found.apisix
    if (found.wanted.length > 0 && !mayTakeDashes(version))
      throw new Conflict(limitationsOf(version, setup, true)[0] as string)
    return this.#begin(viewer, 'SETUP', 'set up', setUpTasks(found))
  }

  /**
   * Begins to remove every consumer and the route.
   * @param confirm the words `clean up`
   * @throws InvalidInput, and as `setUp`
   */
  async cleanUp(viewer: Viewer, confirm: string): Promise<Job> {
    const setup = await this.#acts.enabled(viewer)
    if (confirm !== CLEAN_UP) throw new InvalidInput([{ field: 'confirm', message: `must be the words ${CLEAN_UP}` }])
    this.#runs.assertNone()
    return this.#begin(viewer, 'CLEANUP', 'clean up', cleanUpTasks(await this.#watch.find(setup)))
  }

  /** Whether it is turned on. */
  async isEnabled(): Promise<boolean> {
    return (await this.#parts.setup.now()).enabled
  }

  /**
   * Makes or updates the route alone.
   * @param once as for `setUp`
   * @returns how it is, and all of it as APISIX has it, without the key of the LLM server
   * @throws InvalidInput, BadRequest, UpstreamTrouble
   */
  async putRoute(viewer: Viewer, once: unknown = {}): Promise<RouteState & { stored: Record<string, unknown> }> {
    const setup = withOnce(await this.#acts.enabled(viewer), once)
    const apisix = this.#watch.apisix(setup)
    return this.#acts.act(viewer, 'set route', ROUTE_ID, async () => {
      await apisix.put('routes', ROUTE_ID, routeBody(setup))
      const route = await apisix.get('routes', ROUTE_ID)
      return { ...routeStateOf(route, setup), stored: withoutAuth(route ?? {}) }
    })
  }

  /** Removes the route. @returns whether there was one. @throws BadRequest, UpstreamTrouble */
  async deleteRoute(viewer: Viewer): Promise<boolean> {
    const setup = await this.#acts.enabled(viewer)
    return this.#acts.act(viewer, 'delete route', ROUTE_ID, () => this.#watch.apisix(setup).delete('routes', ROUTE_ID))
  }

  /** Ends every question, and a run that is under way, of which the activity log tells. */
  async close(): Promise<void> {
    this.#stop()
    this.myKeys.close()
    this.#watch.close()
    this.#runs.close()
    await this.#noted
  }

  async #begin(viewer: Viewer, kind: JobView['kind'], action: string, tasks: Task[]): Promise<Job> {
    const run = this.#runs.begin(kind, viewer, tasks)
    this.#noted = run.ended.then(async () => {
      const { done, total, failed, message } = run.view()
      const isDone = done === total
      const detail = isDone ? `${total} steps` : `${done} of ${total} steps, ${failed} failed. ${message ?? ''}`.trim()
      const target = { kind: 'gateway', id: null, label: 'AI gateway' } as const
      await this.#parts.activity.add({ actor: viewer, action, target, outcome: isDone ? 'done' : 'failed', detail })
    })
    return run
  }
}

function stateOf(kind: string): GatewayStatus['state'] {
  if (kind === 'UNAUTHORIZED' || kind === 'FAULTY') return kind
  return 'OFFLINE'
}
