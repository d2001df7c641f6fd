import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { LemonadeEnv } from '../config/ai.ts'
import type { LemonadeClient } from './client.ts'
import { readConfigDir, type WrittenModel } from './config-dir.ts'
import { readHealth, readModels } from './responses.ts'

/** Its programs, by the names of its versions. */
const PROGRAMS = ['lemonade-server', 'lemonade', 'lemond']

/** What scripts ask first of Lemonade, whether it is there or not. */
export class LemonadeOverview {
  readonly #client: LemonadeClient
  readonly #env: LemonadeEnv
  readonly #path: string

  /** @param path where programs of this machine are looked for */
  constructor(client: LemonadeClient, env: LemonadeEnv, path: string) {
    this.#client = client
    this.#env = env
    this.#path = path
  }

  /** Model, context and slots, from its files where they can be read, else as it says. Never throws. */
  async summary() {
    const { url, apiKey, configDir } = this.#env
    const running = await this.#client.isUp()
    const now = running ? ((await this.#written(configDir)) ?? (await this.#served())) : null
    return {
      ...{ running, endpoint: url, model: now?.model ?? '', api_key_configured: apiKey !== null },
      ...{ ctx_size: now?.contextSize ?? 0, num_users: now?.slots ?? 0 },
    }
  }

  /** The models, from its files where they can be read, else those it has downloaded. Never throws. */
  async models(): Promise<WrittenModel[]> {
    const written = await readConfigDir(this.#env.configDir)
    if (written) return written.models
    try {
      const models = readModels(await this.#client.get('/v1/models', { within: 3_000 }))
      return models.map(({ name, checkpoint, recipe, labels }) => ({ name, checkpoint, recipe, labels }))
    } catch {
      return []
    }
  }

  /** Where it is, and whether its program is on this machine. */
  async apiInfo() {
    const { url, apiKey, adminApiKey } = this.#env
    return {
      ...{ endpoint: url, openai_compatible: `${url}/v1`, has_api_key: apiKey !== null },
      ...{ has_admin_key: adminApiKey !== null, installed: await this.#isInstalled() },
    }
  }

  async #written(dir: string | null) {
    const written = await readConfigDir(dir)
    return written && { model: written.models[0]?.name ?? '', contextSize: written.contextSize, slots: written.slots }
  }

  async #served() {
    try {
      const { model, loaded } = readHealth(await this.#client.get('/v1/health', { within: 3_000 }))
      const current = loaded.find(({ name }) => name === model) ?? loaded[0]
      return { model: model ?? '', contextSize: current?.contextSize ?? 0, slots: current?.slots ?? 0 }
    } catch {
      return null
    }
  }

  async #isInstalled(): Promise<boolean> {
    const places = this.#path.split(delimiter).flatMap((dir) => PROGRAMS.map((name) => join(dir, name)))
    const found = await Promise.allSettled(places.map((place) => access(place, constants.X_OK)))
    return found.some(({ status }) => status === 'fulfilled')
  }
}
