import { waitUntilReady } from '../../server/instances/sync/readiness.ts'
import { now } from '../kit/measure.ts'
import { docker, removeAll, type Recipe } from '../kit/sandboxes.ts'

/** The peer: a loop over dockerode with nothing around it. Docker makes each volume on the way, as it does for THON. */
export class PlainHall {
  readonly #recipe: Recipe
  #runs = 0

  constructor(recipe: Recipe) {
    this.#recipe = recipe
  }

  /** @returns seconds until all answer; everything created is removed afterwards */
  async start(people: number, concurrency: number): Promise<number> {
    const run = ++this.#runs
    const waiting = Array.from({ length: people }, (_, index) => `thon-bench-${process.pid}-${run}-${index}`)
    const began = now()
    const work = async () => {
      for (let volume = waiting.pop(); volume; volume = waiting.pop()) await this.#startOne(volume)
    }
    await Promise.all(Array.from({ length: concurrency }, work))
    const seconds = (now() - began) / 1000
    await removeAll('thon.bench', 'thon.bench')
    return seconds
  }

  async #startOne(volume: string): Promise<void> {
    const container = await docker.createContainer(this.#recipe(volume))
    await container.start()
    const { NetworkSettings: network } = await container.inspect()
    const [published] = Object.values(network.Ports).flat()
    const answers = await waitUntilReady(Number(published?.HostPort), 60, new AbortController().signal)
    if (!answers) throw new Error(`${volume} does not answer`)
  }
}
