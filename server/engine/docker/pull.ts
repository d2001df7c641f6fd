import type { DockerClient } from './client.ts'
import { dockerWords, engineError } from './errors.ts'
import { jsonLines } from './json-lines.ts'
import { EngineAway, EngineRefused, type Progress } from '../engine.ts'

/** A pull that says nothing for so long (milliseconds) is given up. */
const STALLED = 5 * 60_000

/** One line of what Docker says while it pulls. */
interface PullLine {
  id?: string
  status?: string
  progressDetail?: { current?: number; total?: number }
  error?: string
}

interface Pull {
  done: Promise<void>
  listeners: Set<Progress>
  percent: number
}

/** Fetches images, each once at a time however many ask for it. */
export class DockerPulls {
  readonly #client: DockerClient
  readonly #pulls = new Map<string, Pull>()

  constructor(client: DockerClient) {
    this.#client = client
  }

  /** Resolves when the image is on the engine's machine; throws EngineRefused, saying what to do, when it cannot be had. */
  async pull(image: string, progress: Progress): Promise<void> {
    let pull = this.#pulls.get(image)
    if (!pull) {
      pull = { done: Promise.resolve(), listeners: new Set(), percent: 0 }
      this.#pulls.set(image, pull)
      pull.done = this.#run(image, pull).finally(() => this.#pulls.delete(image))
    }
    pull.listeners.add(progress)
    progress(`Pulling image ${pull.percent} %`)
    await pull.done
  }

  async #run(image: string, pull: Pull): Promise<void> {
    try {
      await this.#read(image, pull)
    } catch (thrown) {
      const error = engineError(thrown, this.#client.url)
      if (error instanceof EngineAway) throw error
      const reason = dockerWords(error).replace(/[.\s]+$/, '')
      throw new EngineRefused(
        `Image ${image} is not on this machine and could not be pulled (${reason}). ` +
          'Pull or build it, or set SANDBOX_IMAGE to one that is here.',
        { cause: error },
      )
    }
  }

  async #read(image: string, pull: Pull): Promise<void> {
    const query = splitImage(image)
    const stream = await this.#client.stream(STALLED, (docker, abortSignal) =>
      docker.createImage({ ...query, abortSignal }),
    )
    const stalled = setTimeout(() => stream.destroy(new Error('the registry stopped sending')), STALLED)
    const layers = new PullProgress()
    try {
      for await (const value of jsonLines(stream)) {
        const line = value as PullLine
        stalled.refresh()
        // Docker has answered 200 by now, whatever comes.
        if (line.error) throw new Error(line.error)
        tell(pull, layers.take(line))
      }
    } finally {
      clearTimeout(stalled)
      stream.destroy()
    }
  }
}

function tell(pull: Pull, percent: number): void {
  if (percent <= pull.percent) return
  pull.percent = percent
  for (const listener of pull.listeners) listener(`Pulling image ${percent} %`)
}

/** How much of all layers is there, counted by bytes; downloading is most of the work, unpacking the rest. */
class PullProgress {
  readonly #layers = new Map<string, { total: number; share: number }>()

  /** Takes one line of Docker's and returns the percentage now, 0 to 100. */
  take(line: PullLine): number {
    if (line.id) this.#update(line.id, line)
    const layers = [...this.#layers.values()]
    const total = layers.reduce((sum, layer) => sum + layer.total, 0)
    const done = layers.reduce((sum, layer) => sum + layer.total * layer.share, 0)
    return total ? Math.floor((100 * done) / total) : 0
  }

  #update(id: string, { status, progressDetail }: PullLine): void {
    const layer = this.#layers.get(id) ?? { total: 0, share: 0 }
    const total = progressDetail?.total ?? 0
    const part = total > 0 ? Math.min((progressDetail?.current ?? 0) / total, 1) : 0
    if (status === 'Downloading') {
      layer.total = Math.max(layer.total, total)
      layer.share = 0.7 * part
    }
    if (status === 'Download complete') layer.share = 0.7
    if (status === 'Extracting') layer.share = 0.7 + 0.3 * part
    if (status === 'Pull complete') layer.share = 1
    this.#layers.set(id, layer)
  }
}

/** Name and tag as Docker's API wants them. Without a tag it would pull every tag there is. */
function splitImage(image: string): { fromImage: string; tag: string } {
  const at = image.indexOf('@')
  if (at > 0) return { fromImage: image.slice(0, at), tag: image.slice(at + 1) }
  const colon = image.lastIndexOf(':')
  // A colon before a slash belongs to the registry's port.
  if (colon > image.lastIndexOf('/')) return { fromImage: image.slice(0, colon), tag: image.slice(colon + 1) }
  return { fromImage: image, tag: 'latest' }
}
