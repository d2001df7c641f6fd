import { authorize } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Events } from '../core/events.ts'
import type { Capability, EngineKind, SandboxEngine } from './engine.ts'
import type { NetworkView } from './network/sandbox-network.ts'
import type { EngineStatus } from './watcher.ts'

/** The sandbox engine as people see it. */
export interface EngineView extends EngineStatus {
  kind: EngineKind
  cannot: readonly Capability[]
  /** Image of new sandboxes. */
  image: string
  /** Things an organizer should know, such as a missing image, a sentence each. */
  notices: string[]
  /** Starts that wait for their turn. */
  waiting: number
  /** Starts under way. */
  starting: number
  /** Starts under way at most. */
  startLimit: number
  network: NetworkView
}

/** What the service needs of its surroundings. */
export interface EngineServiceDeps {
  engine: SandboxEngine
  events: Events
  image: string
  startLimit: number
  /** What else an organizer should know now. */
  notices: () => string[]
  status: () => EngineStatus
  queue: () => { waiting: number; running: number }
  network: () => NetworkView
}

/** What the sandbox engine is, and how it does. */
export class EngineService {
  readonly #parts: EngineServiceDeps

  constructor(parts: EngineServiceDeps) {
    this.#parts = parts
  }

  view(viewer: Viewer): EngineView {
    authorize(viewer, 'engine.see')
    const { engine, image, startLimit } = this.#parts
    const notices = this.#parts.notices()
    const status = this.#parts.status()
    const queue = this.#parts.queue()
    const missing = status.info?.imagePresent === false
    return {
      ...status,
      kind: engine.kind,
      cannot: engine.cannot,
      image,
      notices: missing ? [...notices, missingImage(image)] : notices,
      waiting: queue.waiting,
      starting: queue.running,
      startLimit,
      network: this.#parts.network(),
    }
  }

  /** The present view, then one after each change of it, until the consumer returns. */
  views(viewer: Viewer): AsyncIterableIterator<EngineView> {
    authorize(viewer, 'engine.see')
    const stream = this.#parts.events.stream('engine')
    stream.push(null)
    return {
      next: async () => {
        const { done } = await stream.next()
        return done ? { done: true, value: undefined } : { done: false, value: this.view(viewer) }
      },
      return: async () => {
        await stream.return()
        return { done: true, value: undefined }
      },
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }
}

function missingImage(image: string): string {
  return `Image ${image} is not on this machine; the first start will try to pull it. To be ready before the event, run: docker pull ${image}`
}
