import { authorize } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import { AppError, Conflict, InvalidInput, NotFound } from '../core/errors.ts'
import type { Change, Channel, Ready } from '../core/events.ts'
import { parse } from '../core/input.ts'
import { withOverrides, type GatewayActions } from './actions.ts'
import { consumerChanges, pageOf, type ConsumerPage } from './consumer-list.ts'
import { newKey } from './keys.ts'
import {
  consumerListInput,
  createConsumerInput,
  type ConsumerRow,
  type ExistingConsumer,
  type GatewayConfig,
  type RevealedKey,
} from './model.ts'
import { consumerBody, readConsumer } from './reconcile/desired.ts'
import { isUnavailable, type GatewayWatch, type Inspection } from './reconcile/watch.ts'
import type { GatewaySettingsService } from './settings.ts'

/** Names in one call of `deleteMany`. */
const MAX_NAMES = 2_000

export interface ConsumersDeps {
  actions: GatewayActions
  settings: GatewaySettingsService
  watch: GatewayWatch
}

/** What became of one of several consumers; `error` is null when it was deleted. */
export interface ConsumerResult {
  username: string
  error: AppError | null
}

/** The consumers of the gateway: listed, and changed one by one. */
export class ConsumersService {
  readonly #actions: GatewayActions
  readonly #settings: GatewaySettingsService
  readonly #watch: GatewayWatch

  constructor({ actions, settings, watch }: ConsumersDeps) {
    this.#actions = actions
    this.#settings = settings
    this.#watch = watch
  }

  /** One page of consumers, as last seen. @throws InvalidInput, Forbidden */
  async page(viewer: Viewer, raw: unknown): Promise<ConsumerPage> {
    authorize(viewer, 'gateway.manage')
    const input = parse(consumerListInput, raw)
    return pageOf(await this.#watch.source.get(), input)
  }

  /** Every change of a consumer from now on, also one made outside THON, after one READY. @throws Forbidden */
  changes(viewer: Viewer): Channel<Change<ConsumerRow> | Ready> {
    authorize(viewer, 'gateway.manage')
    return consumerChanges(this.#watch.source.watch())
  }

  /**
   * Creates a consumer outside the groups.
   * @param raw as `createConsumerInput`
   * @param replace whether an existing consumer of that name is replaced
   * @throws InvalidInput, Conflict when the name or the key is in use, BadRequest, UpstreamFailure
   */
  async create(
    viewer: Viewer,
    raw: unknown,
    replace = false,
  ): Promise<RevealedKey & { limits: { tokenLimit: number; timeWindow: number } }> {
    const { username, key: givenKey, tokenLimit, timeWindow } = parse(createConsumerInput, raw)
    const config = await this.#actions.requireEnabled(viewer)
    const apisix = this.#watch.apisix(config)
    const limits = { tokenLimit: tokenLimit ?? config.tokenLimit, timeWindow: timeWindow ?? config.timeWindow }
    const key = givenKey || newKey()
    await this.#actions.run(viewer, 'create', username, async () => {
      if (!replace && (await apisix.get('consumers', username)))
        throw new Conflict(`Consumer ${username} already exists. Choose another name.`, [
          { field: 'username', message: 'is taken' },
        ])
      // APISIX before 3.18 accepts a key twice, and then takes one consumer for the other.
      const isOthers = (one: ExistingConsumer | null) => one !== null && one.username !== username && one.key === key
      if (!replace && givenKey && (await apisix.consumers()).map(readConsumer).some(isOthers))
        throw new Conflict('Another consumer has this key. Choose another key.', [
          { field: 'key', message: 'belongs to another consumer' },
        ])
      await apisix.put('consumers', username, consumerBody({ username, ...limits }, key, config.redis, null))
    })
    return { username, key, baseUrl: this.#baseUrl(config), limits }
  }

  /** Deletes consumers one by one. @returns one result each, in their order. @throws BadRequest, InvalidInput */
  async deleteMany(viewer: Viewer, usernames: readonly string[]): Promise<ConsumerResult[]> {
    const config = await this.#actions.requireEnabled(viewer)
    if (usernames.length > MAX_NAMES)
      throw new InvalidInput([{ field: 'usernames', message: `must be at most ${MAX_NAMES}` }])
    const results: ConsumerResult[] = []
    // Once the gateway is unavailable the rest fails too: a thousand requests would take a thousand timeouts.
    let unavailable: AppError | null = null
    for (const username of usernames) {
      const error: AppError | null = unavailable ?? (await this.#tryDelete(viewer, config, username))
      if (isUnavailable(error)) unavailable = error
      results.push({ username, error })
    }
    return results
  }

  /** @throws NotFound, BadRequest, UpstreamFailure */
  async delete(viewer: Viewer, username: string): Promise<void> {
    await this.#delete(viewer, await this.#actions.requireEnabled(viewer), username)
  }

  /** Gives a consumer a new key; the old one stops working. @throws NotFound, BadRequest, UpstreamFailure */
  async rotateKey(viewer: Viewer, username: string): Promise<RevealedKey> {
    const config = await this.#actions.requireEnabled(viewer)
    const apisix = this.#watch.apisix(config)
    const key = newKey()
    await this.#actions.run(viewer, 'rotate key', username, async () => {
      const value = await apisix.get('consumers', username)
      if (!value) throw unknown(username)
      // APISIX rejects a body with the times that it returned.
      const { create_time: _created, update_time: _updated, ...body } = value
      const plugins = (body.plugins ?? {}) as Record<string, object>
      await apisix.put('consumers', username, {
        ...body,
        plugins: { ...plugins, 'key-auth': { ...plugins['key-auth'], key: `Bearer ${key}` } },
      })
    })
    return { username, key, baseUrl: this.#baseUrl(config) }
  }

  /** The key of a consumer. Revealing it is written to the activity log. @throws NotFound, BadRequest, UpstreamFailure */
  async reveal(viewer: Viewer, username: string): Promise<RevealedKey> {
    const config = await this.#actions.requireEnabled(viewer)
    return this.#actions.run(viewer, 'reveal key', username, async () => {
      const value = await this.#watch.apisix(config).get('consumers', username)
      if (!value) throw unknown(username)
      const key = readConsumer(value)?.key
      if (!key) throw new NotFound(`Consumer ${username} does not have a key. Give it a new one.`)
      return { username, key, baseUrl: this.#baseUrl(config) }
    })
  }

  /** Every consumer with its key, for scripts. @param overrides as for `applyConfig`. @throws BadRequest, UpstreamFailure */
  async listWithKeys(viewer: Viewer, overrides: unknown = {}): Promise<Inspection> {
    return this.#watch.inspect(withOverrides(await this.#actions.requireEnabled(viewer), overrides))
  }

  #delete(viewer: Viewer, config: GatewayConfig, username: string): Promise<void> {
    return this.#actions.run(viewer, 'delete', username, async () => {
      if (!(await this.#watch.apisix(config).delete('consumers', username))) throw unknown(username)
    })
  }

  /** @returns why it was refused; null when it is deleted */
  async #tryDelete(viewer: Viewer, config: GatewayConfig, username: string): Promise<AppError | null> {
    try {
      await this.#delete(viewer, config, username)
      return null
    } catch (error) {
      if (error instanceof AppError) return error
      throw error
    }
  }

  #baseUrl(config: GatewayConfig): string {
    return this.#settings.addressesOf(config).peopleUrl
  }
}

function unknown(username: string): NotFound {
  return new NotFound(`There is no consumer ${username}. It may have been deleted.`)
}
