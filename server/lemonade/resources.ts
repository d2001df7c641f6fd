import { PolledResource } from '../upstream/polled-resource.ts'
import { LemonadeRefusal, type LemonadeClient } from './client.ts'
import type { Health, Model, Pull, Sample, Slot, Stats, System } from './model.ts'
import { PullTracker } from './pulls.ts'
import { readHealth, readModels, readSlots, readStats, readSystem } from './responses.ts'

/** How long samples are kept, in milliseconds. */
const SAMPLES_KEPT = 10 * 60_000

/** What is polled of Lemonade: each at its own interval, and only while someone watches it. */
export class LemonadeResources {
  readonly health: PolledResource<Health>
  readonly stats: PolledResource<Stats & { samples: Sample[] }>
  readonly slots: PolledResource<Slot[]>
  readonly system: PolledResource<System>
  readonly models: PolledResource<Model[]>
  readonly pulls: PolledResource<Pull[]>
  readonly #client: LemonadeClient
  readonly #pulls = new PullTracker()
  /** Ids of downloads known to be complete. */
  #done = new Set<string>()
  #samples: Sample[] = []

  /** @param onHealth called with each answer, before watchers get it */
  constructor(client: LemonadeClient, onHealth: (health: Health) => void) {
    this.#client = client
    const ask = client.get.bind(client)
    this.health = new PolledResource({
      interval: 2_000,
      ask: async (signal) => {
        const health = readHealth(await ask('/v1/health', { timeoutMs: 3_000, signal }))
        onHealth(health)
        return health
      },
    })
    this.stats = new PolledResource({ interval: 2_000, ask: (signal) => this.#askStats(signal) })
    this.slots = new PolledResource({ interval: 1_000, ask: () => this.#askSlots() })
    this.system = new PolledResource({
      interval: 15_000,
      ask: async (signal) => readSystem(await ask('/v1/system-info', { timeoutMs: 5_000, signal })),
    })
    this.models = new PolledResource({
      interval: 10_000,
      ask: async (signal) => readModels(await ask('/v1/models?show_all=true', { timeoutMs: 3_000, signal })),
    })
    this.pulls = new PolledResource({
      interval: 1_000,
      ask: async (signal) => {
        const pulls = this.#pulls.read(await ask('/v1/downloads', { timeoutMs: 3_000, signal }), Date.now())
        const done = pulls.filter(({ state }) => state === 'COMPLETED').map(({ id }) => id)
        // A completed download is a new model.
        if (done.some((id) => !this.#done.has(id))) this.models.invalidate()
        this.#done = new Set(done)
        return pulls
      },
    })
  }

  /** After a command: asks again for what is watched. */
  invalidate(...names: ('health' | 'slots' | 'models' | 'pulls' | 'stats')[]): void {
    for (const name of names) this[name].invalidate()
  }

  /** Stops polling. */
  close(): void {
    for (const one of [this.health, this.stats, this.slots, this.system, this.models, this.pulls]) one.close()
  }

  async #askStats(signal: AbortSignal): Promise<Stats & { samples: Sample[] }> {
    const [stats, machine] = await Promise.all([
      this.#client.get('/v1/stats', { timeoutMs: 3_000, signal }),
      // Older versions do not have this. The figures of requests are still good.
      this.#client.get('/v1/system-stats', { timeoutMs: 3_000, signal }).catch((error: unknown) => {
        if (error instanceof LemonadeRefusal && error.status === 404) return {}
        throw error
      }),
    ])
    const now = readStats(stats, machine)
    const { timeToFirstToken, tokensPerSecond, inputTokens, outputTokens, cpuPercent, memoryGib } = now
    const sample = { timeToFirstToken, tokensPerSecond, inputTokens, outputTokens, cpuPercent, memoryGib }
    const at = new Date()
    this.#samples = [
      ...this.#samples.filter((one) => at.getTime() - one.at.getTime() < SAMPLES_KEPT),
      { at, ...sample, requests: now.requestsTotal },
    ]
    return { ...now, samples: this.#samples }
  }

  async #askSlots(): Promise<Slot[]> {
    try {
      return readSlots(await this.#client.slots())
    } catch (error) {
      // No model is loaded, or none that has slots. That is not an error.
      if (error instanceof LemonadeRefusal && error.status === 400) return []
      throw error
    }
  }
}
