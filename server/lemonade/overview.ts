import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { LemonadeEnv } from '../config/ai.ts'
import type { LemonadeClient } from './client.ts'
import { readConfigDir, type ConfigDirModel } from './config-dir.ts'
import { readHealth, readModels } from './responses.ts'

/** What Lemonade's program is called, in its different versions. */
const PROGRAMS = ['lemonade-server', 'lemonade', 'lemond']

/** What REST reports about Lemonade whether it is online or not. */
export class LemonadeOverview {
  readonly #client: LemonadeClient
  readonly #env: LemonadeEnv
  readonly #path: string

  /** @param path the PATH in which to look for Lemonade's program */
  constructor(client: LemonadeClient, env: LemonadeEnv, path: string) {
    this.#client = client
    this.#env = env
    this.#path = path
  }

  /** Model, context and slots: from Lemonade's files if they can be read, otherwise from the server. Never throws. */
  async summary() {
    const { url, apiKey, configDir } = this.#env
    const running = await this.#client.isUp()
    const now = running ? ((await this.#fromFiles(configDir)) ?? (await this.#fromServer())) : null
    return {
      ...{ running, endpoint: url, model: now?.model ?? '', api_key_configured: apiKey !== null },
      ...{ ctx_size: now?.contextSize ?? 0, num_users: now?.slots ?? 0 },
    }
  }

  /** The models: from Lemonade's files if they can be read, otherwise those it has downloaded. Never throws. */
  async models(): Promise<ConfigDirModel[]> {
    const files = await readConfigDir(this.#env.configDir)
    if (files) return files.models
    try {
      const models = readModels(await this.#client.get('/v1/models', { timeoutMs: 3_000 }))
      return models.map(({ name, checkpoint, recipe, labels }) => ({ name, checkpoint, recipe, labels }))
    } catch {
      return []
    }
  }

  /** Addresses and keys, and whether Lemonade's program is on this machine. */
  async apiInfo() {
    const { url, apiKey, adminApiKey } = this.#env
    return {
      ...{ endpoint: url, openai_compatible: `${url}/v1`, has_api_key: apiKey !== null },
      ...{ has_admin_key: adminApiKey !== null, installed: await this.#isInstalled() },
    }
  }

  async #fromFiles(dir: string | null) {
    const files = await readConfigDir(dir)
    return files && { model: files.models[0]?.name ?? '', contextSize: files.contextSize, slots: files.slots }
  }

  async #fromServer() {
    try {
      const { model, loaded } = readHealth(await this.#client.get('/v1/health', { timeoutMs: 3_000 }))
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
