import { authorize } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import { Conflict, InvalidInput, NotFound } from '../core/errors.ts'
import type { Change, Channel, Ready } from '../core/events.ts'
import { parse } from '../core/input.ts'
import { inWords, withOnce, type GatewayActions } from './actions.ts'
import { consumerChanges } from './changes.ts'
import { pageOf, type ConsumerPage } from './list.ts'
import { consumerInput, listInput, type ConsumerRow, type Present, type RevealedKey, type Setup } from './model.ts'
import type { GatewaySetup } from './settings.ts'
import { newKey } from './reconcile/steps.ts'
import { consumerBody, readConsumer } from './reconcile/desired.ts'
import { isAway, type Found, type GatewayWatch } from './reconcile/watch.ts'

const MOST_NAMES = 2_000

/** What they need of their surroundings. */
export interface ConsumersDeps {
  acts: GatewayActions
  setup: GatewaySetup
  watch: GatewayWatch
}

/** The consumers at the gateway: listed, and changed one by one. */
export class Consumers {
  readonly #acts: GatewayActions
  readonly #setup: GatewaySetup
  readonly #watch: GatewayWatch

  constructor({ acts, setup, watch }: ConsumersDeps) {
    this.#acts = acts
    this.#setup = setup
    this.#watch = watch
  }

  /** One page of consumers. @throws InvalidInput, Forbidden */
  async page(viewer: Viewer, raw: unknown): Promise<ConsumerPage> {
    authorize(viewer, 'gateway.manage')
    const input = parse(listInput, raw)
    return pageOf(await this.#watch.source.get(), input)
  }

  /** Every change of a consumer from now on, whoever makes it, after one READY. @throws Forbidden */
  changes(viewer: Viewer): Channel<Change<ConsumerRow> | Ready> {
    authorize(viewer, 'gateway.manage')
    return consumerChanges(this.#watch.source.watch())
  }

  /**
   * Makes one by hand.
   * @param raw as `consumerInput`
   * @param replace whether one of that name gives way
   * @throws InvalidInput, Conflict when there is one of that name, BadRequest, UpstreamTrouble
   */
  async create(
    viewer: Viewer,
    raw: unknown,
    replace = false,
  ): Promise<RevealedKey & { row: { tokenLimit: number; timeWindow: number } }> {
    const { username, key: given, ...limits } = parse(consumerInput, raw)
    const setup = await this.#acts.enabled(viewer)
    const apisix = this.#watch.apisix(setup)
    const row = { tokenLimit: limits.tokenLimit ?? setup.tokenLimit, timeWindow: limits.timeWindow ?? setup.timeWindow }
    const key = given || newKey()
    await this.#acts.act(viewer, 'create', username, async () => {
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
    return { username, key, baseUrl: this.#baseUrl(setup), row }
  }

  /** Removes some: what became of each, in their order. @throws BadRequest, InvalidInput */
  async deleteMany(
    viewer: Viewer,
    usernames: readonly string[],
  ): Promise<{ username: string; error: string | null }[]> {
    const setup = await this.#acts.enabled(viewer)
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
  async delete(viewer: Viewer, username: string): Promise<void> {
    await this.#deleteOne(viewer, await this.#acts.enabled(viewer), username)
  }

  /** Gives one a new key; the old one stops working. @throws NotFound, BadRequest, UpstreamTrouble */
  async rotateKey(viewer: Viewer, username: string): Promise<RevealedKey> {
    const setup = await this.#acts.enabled(viewer)
    const apisix = this.#watch.apisix(setup)
    const key = newKey()
    await this.#acts.act(viewer, 'rotate key', username, async () => {
      const value = await apisix.get('consumers', username)
      if (!value) throw unknown(username)
      const { create_time: _made, update_time: _changed, ...body } = value
      const plugins = (body.plugins ?? {}) as Record<string, object>
      await apisix.put('consumers', username, {
        ...body,
        plugins: { ...plugins, 'key-auth': { ...plugins['key-auth'], key: `Bearer ${key}` } },
      })
    })
    return { username, key, baseUrl: this.#baseUrl(setup) }
  }

  /** Tells a key. That it was told is in the activity log. @throws NotFound, BadRequest, UpstreamTrouble */
  async reveal(viewer: Viewer, username: string): Promise<RevealedKey> {
    const setup = await this.#acts.enabled(viewer)
    return this.#acts.act(viewer, 'reveal key', username, async () => {
      const value = await this.#watch.apisix(setup).get('consumers', username)
      const key = value && readConsumer(value)?.key
      if (!value) throw unknown(username)
      if (!key) throw new NotFound(`Consumer ${username} has no key`)
      return { username, key, baseUrl: this.#baseUrl(setup) }
    })
  }

  /** Every consumer with its key, for scripts. @param once as for `setUp`. @throws BadRequest, UpstreamTrouble */
  async listWithKeys(viewer: Viewer, once: unknown = {}): Promise<Found> {
    return this.#watch.find(withOnce(await this.#acts.enabled(viewer), once))
  }

  #deleteOne(viewer: Viewer, setup: Setup, username: string): Promise<void> {
    return this.#acts.act(viewer, 'delete', username, async () => {
      if (!(await this.#watch.apisix(setup).delete('consumers', username))) throw unknown(username)
    })
  }

  #baseUrl(setup: Setup): string {
    return this.#setup.addressesOf(setup).peopleUrl
  }
}

function unknown(username: string): NotFound {
  return new NotFound(`There is no consumer ${username}`)
}
