import type { DockerClient } from './client.ts'
import { dockerMessage, toEngineError } from './errors.ts'
import { jsonLines } from './json-lines.ts'
import { EngineUnavailable, EngineRefused, type Progress } from '../engine.ts'

/** A pull without any progress for this long is given up, in milliseconds. */
const STALL_TIMEOUT_MS = 5 * 60_000

/** One line of Docker's report on a pull. */
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

/** Pulls images. Callers who need the same image at the same time share one pull. */
export class DockerPulls {
  readonly #client: DockerClient
  readonly #pulls = new Map<string, Pull>()

  constructor(client: DockerClient) {
    this.#client = client
  }

  /** Resolves when the image is on Docker's machine. @throws EngineRefused, saying what to do, when it cannot be pulled */
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
      const error = toEngineError(thrown, this.#client.url)
      if (error instanceof EngineUnavailable) throw error
      const reason = dockerMessage(error).replace(/[.\s]+$/, '')
      throw new EngineRefused(
        `Image ${image} is not on this machine and could not be pulled (${reason}). ` +
          'Pull or build it, or set SANDBOX_IMAGE to an image that is on this machine.',
        { cause: error },
      )
    }
  }

  async #read(image: string, pull: Pull): Promise<void> {
    const query = splitImage(image)
    const stream = await this.#client.stream(STALL_TIMEOUT_MS, (docker, abortSignal) =>
      docker.createImage({ ...query, abortSignal }),
    )
    const stalled = setTimeout(() => stream.destroy(new Error('the registry stopped sending')), STALL_TIMEOUT_MS)
    const layers = new PullProgress()
    try {
      for await (const value of jsonLines(stream)) {
        const line = value as PullLine
        stalled.refresh()
        // Docker has answered 200 by now, so errors come as lines.
        if (line.error) throw new Error(line.error)
        reportProgress(pull, layers.add(line))
      }
    } finally {
      clearTimeout(stalled)
      stream.destroy()
    }
  }
}

function reportProgress(pull: Pull, percent: number): void {
  if (percent <= pull.percent) return
  pull.percent = percent
  for (const listener of pull.listeners) listener(`Pulling image ${percent} %`)
}

/** Progress over all layers, weighted by bytes: downloading counts for most of the work, extracting for the rest. */
class PullProgress {
  readonly #layers = new Map<string, { total: number; share: number }>()

  /** Takes one line of Docker's report. @returns the percentage now, 0 to 100 */
  add(line: PullLine): number {
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

/** Name and tag as Docker's API wants them. Without a tag it would pull every tag. */
function splitImage(image: string): { fromImage: string; tag: string } {
  const at = image.indexOf('@')
  if (at > 0) return { fromImage: image.slice(0, at), tag: image.slice(at + 1) }
  const colon = image.lastIndexOf(':')
  // A colon before a slash belongs to the registry's port.
  if (colon > image.lastIndexOf('/')) return { fromImage: image.slice(0, colon), tag: image.slice(colon + 1) }
  return { fromImage: image, tag: 'latest' }
}
