import type { ActivityService } from '../activity/service.ts'
import { assertCan, assertCanOne } from '../auth/policy.ts'
import type { Viewer } from '../auth/viewer.ts'
import type { Db } from '../db.ts'
import type { GatewayEnv } from '../env-ai.ts'
import { AppError, BadRequest, Conflict, InvalidInput, messageOf, NotFound, UpstreamFailed } from '../errors.ts'
import type { Change, Channel, Events, Ready } from '../events.ts'
import { parse } from '../input.ts'
import type { Seen } from '../source.ts'
import type { Log } from '../log.ts'
import { ApisixRefusal } from './apisix.ts'
import { consumerChanges } from './changes.ts'
import { forParticipants, Keys } from './keys.ts'
import { pageOf, type ConsumerPage } from './list.ts'
import {
  consumerInput,
  listInput,
  onceInput,
  type ConsumerRow,
  type GatewayStatus,
  type Present,
  type RouteState,
  type Setup,
  type Snapshot,
} from './model.ts'
import { limitationsOf, mayTakeDashes, routeStateOf } from './plan.ts'
import type { Run, RunView, Task } from './run.ts'
import { Runs } from './runs.ts'
import type { GatewaySetup } from './setup.ts'
import { cleanUpTasks, newKey, setUpTasks } from './tasks.ts'
import { consumerBody, readConsumer, ROUTE_ID, routeBody, withoutAuth } from './wanted.ts'
import { GatewayWatch, isAway, type Found } from './watch.ts'

/** Said when it is not turned on; scripts know the words. */
const OFF = 'AI Gateway is not enabled. Set GATEWAY_ENABLED=true to enable.'
/** What has to be typed to clean up. */
const CLEAN_UP = 'clean up'
const MOST_NAMES = 2_000
/** How soon the page knows that a sandbox was given a key, in milliseconds. */
const NOTED_WITHIN = 1_000

/** A key in clear text, and where it is used. */
export interface RevealedKey {
  username: string
  key: string
  baseUrl: string
}

/** What the service needs of its surroundings. */
export interface GatewayParts {
  db: Db
  events: Events
  activity: ActivityService
  env: GatewayEnv
  setup: GatewaySetup
  log: Log
}

/** The AI gateway: keys and token limits for everybody, kept in APISIX and nowhere else. */
export class GatewayService {
  readonly #parts: GatewayParts
  readonly #keys: Keys
  readonly #watch: GatewayWatch
  readonly #runs: Runs
  readonly #stop: () => void
  #soon: NodeJS.Timeout | undefined
  /** Resolves when the activity log tells how the last run ended. */
  #noted: Promise<void> = Promise.resolve()

  constructor(parts: GatewayParts) {
    this.#parts = parts
    const { db, setup, env } = parts
    this.#keys = new Keys(db, parts.log)
    this.#watch = new GatewayWatch({ db, setup, keys: this.#keys, metricsUrl: env.metricsUrl })
    this.#runs = new Runs(() => this.#watch.nudge())
    this.#stop = parts.events.on('gatewaySettings', () => {
      // What is shown says some of them itself, also while APISIX has nothing new to say.
      this.#watch.source.tell()
      this.#watch.nudge()
    })
  }

  /** Its status at present. @throws Forbidden */
  async status(viewer: Viewer): Promise<GatewayStatus> {
    assertCan(viewer, 'gateway.manage')
    return this.show(await this.#watch.source.get())
  }

  /** What was seen, as people see it. */
  async show(seen: Seen<Snapshot | null>): Promise<GatewayStatus> {
    const setup = await this.#parts.setup.now()
    const { adminUrl, mode, enabled } = setup
    const trouble = enabled ? seen.trouble : null
    return {
      state: !enabled ? 'DISABLED' : trouble ? stateOf(trouble.kind) : seen.value ? 'RUNNING' : 'UNKNOWN',
      ...{ asOf: seen.at, trouble, adminUrl, mode },
      ...this.#parts.setup.addressesOf(setup),
      snapshot: enabled ? seen.value : null,
      redis: (await this.#watch.redis.get()).value,
    }
  }

  /** What is seen, from now on. @throws Forbidden */
  seen(viewer: Viewer): AsyncIterableIterator<Seen<Snapshot | null>> {
    assertCan(viewer, 'gateway.manage')
    return this.#watch.watch()
  }

  /** One page of consumers. @throws InvalidInput, Forbidden */
  async consumers(viewer: Viewer, raw: unknown): Promise<ConsumerPage> {
    assertCan(viewer, 'gateway.manage')
    const input = parse(listInput, raw)
    return pageOf(await this.#watch.source.get(), input)
  }

  /** Every change of a consumer from now on, whoever makes it, after one READY. @throws Forbidden */
  changes(viewer: Viewer): Channel<Change<ConsumerRow> | Ready> {
    assertCan(viewer, 'gateway.manage')
    return consumerChanges(this.#watch.source.watch())
  }

  /** The last run since this server started. @throws Forbidden */
  run(viewer: Viewer): RunView | null {
    assertCan(viewer, 'gateway.manage')
    return this.#runs.last
  }

  /** How runs go on. @throws Forbidden */
  runFrames(viewer: Viewer): AsyncIterableIterator<RunView | null> {
    assertCan(viewer, 'gateway.manage')
    return this.#runs.watch()
  }

  /**
   * Begins to make the gateway what the database says. Keys that are there stay.
   * @param once what counts for this once in place of the settings
   * @throws BadRequest when it is off, Conflict while another run is under way, UpstreamTrouble: then nothing was begun
   */
  async setUp(viewer: Viewer, once: unknown = {}): Promise<Run> {
    const setup = withOnce(await this.#enabled(viewer), once)
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
  async cleanUp(viewer: Viewer, confirm: string): Promise<Run> {
    const setup = await this.#enabled(viewer)
    if (confirm !== CLEAN_UP) throw new InvalidInput([{ field: 'confirm', message: `must be the words ${CLEAN_UP}` }])
    this.#runs.assertNone()
    return this.#begin(viewer, 'CLEANUP', 'clean up', cleanUpTasks(await this.#watch.find(setup)))
  }

  /**
   * Makes one by hand.
   * @param raw as `consumerInput`
   * @param replace whether one of that name gives way
   * @throws InvalidInput, Conflict when there is one of that name, BadRequest, UpstreamTrouble
   */
  async createConsumer(
    viewer: Viewer,
    raw: unknown,
    replace = false,
  ): Promise<RevealedKey & { row: { tokenLimit: number; timeWindow: number } }> {
    const { username, key: given, ...limits } = parse(consumerInput, raw)
    const setup = await this.#enabled(viewer)
    const apisix = this.#watch.apisix(setup)
    const row = { tokenLimit: limits.tokenLimit ?? setup.tokenLimit, timeWindow: limits.timeWindow ?? setup.timeWindow }
    const key = given || newKey()
    await this.#act(viewer, 'create', username, async () => {
      if (!replace && (await apisix.get('consumers', username)))
        throw new Conflict(`There is a consumer ${username}`, [{ field: 'username', message: 'is taken' }])
      // APISIX before 3.18 takes it, and then lets one in as the other.
      const isOthers = (one: Present | null) => one !== null && one.username !== username && one.key === key
      if (!replace && given && (await apisix.consumers()).map(readConsumer).some(isOthers))
        throw new Conflict('There is a consumer with this key', [
          { field: 'key', message: 'is that of another consumer' },
        ])
      await apisix.put('consumers', username, consumerBody({ username, ...row }, key, setup.redis, null))
    })
    return { username, key, baseUrl: this.#parts.setup.addressesOf(setup).peopleUrl, row }
  }

  /** Removes some: what became of each, in their order. @throws BadRequest, InvalidInput */
  async deleteConsumers(
    viewer: Viewer,
    usernames: readonly string[],
  ): Promise<{ username: string; error: string | null }[]> {
    const setup = await this.#enabled(viewer)
    if (usernames.length > MOST_NAMES)
      throw new InvalidInput([{ field: 'usernames', message: `must be at most ${MOST_NAMES}` }])
    const results: { username: string; error: string | null }[] = []
    // Where nobody answers, a thousand questions would take as many times as long as one.
    let away: unknown = null
    for (const username of usernames) {
      const fault =
        away ??
        (await this.#deleteOne(viewer, setup, username).then(
          () => null,
          (error: unknown) => error,
        ))
      if (isAway(fault)) away = fault
      results.push({ username, error: fault === null ? null : inWords(fault) })
    }
    return results
  }

  /** Removes one. @throws NotFound, BadRequest, UpstreamTrouble */
  async deleteConsumer(viewer: Viewer, username: string): Promise<void> {
    await this.#deleteOne(viewer, await this.#enabled(viewer), username)
  }

  /** Gives one a new key; the old one stops working. @throws NotFound, BadRequest, UpstreamTrouble */
  async rotateKey(viewer: Viewer, username: string): Promise<RevealedKey> {
    const setup = await this.#enabled(viewer)
    const apisix = this.#watch.apisix(setup)
    const key = newKey()
    await this.#act(viewer, 'rotate key', username, async () => {
      const value = await apisix.get('consumers', username)
      if (!value) throw unknown(username)
      const { create_time: _made, update_time: _changed, ...body } = value
      const plugins = (body.plugins ?? {}) as Record<string, object>
      await apisix.put('consumers', username, {
        ...body,
        plugins: { ...plugins, 'key-auth': { ...plugins['key-auth'], key: `Bearer ${key}` } },
      })
    })
    return { username, key, baseUrl: this.#parts.setup.addressesOf(setup).peopleUrl }
  }

  /** Tells a key. That it was told is in the activity log. @throws NotFound, BadRequest, UpstreamTrouble */
  async revealKey(viewer: Viewer, username: string): Promise<RevealedKey> {
    const setup = await this.#enabled(viewer)
    return this.#act(viewer, 'reveal key', username, async () => {
      const value = await this.#watch.apisix(setup).get('consumers', username)
      const key = value && readConsumer(value)?.key
      if (!value) throw unknown(username)
      if (!key) throw new NotFound(`Consumer ${username} has no key`)
      return { username, key, baseUrl: this.#parts.setup.addressesOf(setup).peopleUrl }
    })
  }

  /** Tells the key of a user, or of their group, to themselves. @throws NotFound, BadRequest, UpstreamTrouble */
  async revealUserKey(viewer: Viewer, userId: string): Promise<RevealedKey> {
    assertCanOne(viewer, 'gateway.ownKey', [userId], `User ${userId} not found`)
    const found = await this.keyOf(userId)
    if (typeof found === 'string') throw new NotFound(`No key to show: ${found}`)
    const target = { kind: 'consumer', id: found.username, label: found.username } as const
    await this.#parts.activity.add({ actor: viewer, action: 'reveal key', target, outcome: 'done' })
    return found
  }

  /** The key of a user, or of their group; else why there is none, as the end of a sentence. Never throws. */
  async keyOf(userId: string): Promise<RevealedKey | string> {
    try {
      const setup = await this.#parts.setup.now()
      if (!setup.enabled) return 'the AI gateway is off'
      const ground = { setup, apisix: this.#watch.apisix(setup), find: () => this.#watch.find(setup) }
      const found = await this.#keys.of(userId, ground)
      if (!found) return 'the AI gateway has no key for this user yet: an organiser has to set it up'
      return { ...found, baseUrl: this.#parts.setup.addressesOf(setup).peopleUrl }
    } catch (error) {
      this.#parts.log.warn({ userId, err: messageOf(error) }, 'a key could not be asked for')
      return `the AI gateway cannot be asked, since ${forParticipants(error)}`
    }
  }

  /** Remembers which key goes into the sandbox of a user; null is none. Never throws. */
  async noteGiven(userId: string, key: string | null): Promise<void> {
    await this.#keys.note(userId, key)
    // Of a thousand sandboxes that start together the page is told together.
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined
      this.#watch.source.nudge()
    }, NOTED_WITHIN).unref()
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
    const setup = withOnce(await this.#enabled(viewer), once)
    const apisix = this.#watch.apisix(setup)
    return this.#act(viewer, 'set route', ROUTE_ID, async () => {
      await apisix.put('routes', ROUTE_ID, routeBody(setup))
      const route = await apisix.get('routes', ROUTE_ID)
      return { ...routeStateOf(route, setup), stored: withoutAuth(route ?? {}) }
    })
  }

  /** Removes the route. @returns whether there was one. @throws BadRequest, UpstreamTrouble */
  async deleteRoute(viewer: Viewer): Promise<boolean> {
    const setup = await this.#enabled(viewer)
    return this.#act(viewer, 'delete route', ROUTE_ID, () => this.#watch.apisix(setup).delete('routes', ROUTE_ID))
  }

  /** Every consumer with its key, for scripts. @param once as for `setUp`. @throws BadRequest, UpstreamTrouble */
  async listWithKeys(viewer: Viewer, once: unknown = {}): Promise<Found> {
    return this.#watch.find(withOnce(await this.#enabled(viewer), once))
  }

  /** Ends every question, and a run that is under way, of which the activity log tells. */
  async close(): Promise<void> {
    this.#stop()
    clearTimeout(this.#soon)
    this.#watch.close()
    this.#runs.close()
    await this.#noted
  }

  async #enabled(viewer: Viewer): Promise<Setup> {
    assertCan(viewer, 'gateway.manage')
    const setup = await this.#parts.setup.now()
    if (!setup.enabled) throw new BadRequest(OFF)
    return setup
  }

  async #begin(viewer: Viewer, kind: RunView['kind'], action: string, tasks: Task[]): Promise<Run> {
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

  #deleteOne(viewer: Viewer, setup: Setup, username: string): Promise<void> {
    return this.#act(viewer, 'delete', username, async () => {
      if (!(await this.#watch.apisix(setup).delete('consumers', username))) throw unknown(username)
    })
  }

  async #act<T>(viewer: Viewer, action: string, username: string, act: () => Promise<T>): Promise<T> {
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
      this.#watch.source.nudge()
    }
  }
}

/** The settings with what counts in their place for once. @throws InvalidInput */
function withOnce(setup: Setup, raw: unknown): Setup {
  const given = Object.entries(parse(onceInput, raw)).filter(([, value]) => value !== null && value !== undefined)
  return { ...setup, ...Object.fromEntries(given) }
}

function stateOf(kind: string): GatewayStatus['state'] {
  if (kind === 'UNAUTHORIZED' || kind === 'FAULTY') return kind
  return 'OFFLINE'
}

function unknown(username: string): NotFound {
  return new NotFound(`There is no consumer ${username}`)
}

function inWords(error: unknown): string {
  if (error instanceof ApisixRefusal) return error.sentence
  if (error instanceof UpstreamFailed || error instanceof AppError) return error.message
  throw error
}
