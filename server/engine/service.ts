import { authorize } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Events } from '../core/events.ts'
import type { Capability, EngineKind, SandboxEngine } from './engine.ts'
import type { SandboxNetworkView } from './network/sandbox-network.ts'
import type { EngineStatus } from './watcher.ts'

/** The sandbox engine as people see it. */
export interface EngineView extends EngineStatus {
  kind: EngineKind
  cannot: readonly Capability[]
  /** Image of new sandboxes; null for participants. */
  image: string | null
  /** What organizers should know, such as a missing image; a sentence each. */
  notices: string[]
  /** Starts that wait in line. */
  waiting: number
  /** Starts in progress. */
  starting: number
  /** Most starts in progress at the same time. */
  startLimit: number
  /** Null for participants. */
  network: SandboxNetworkView | null
}

export interface EngineServiceDeps {
  engine: SandboxEngine
  events: Events
  image: string
  startLimit: number
  /** Further notices for organizers; a sentence each. */
  notices: () => string[]
  status: () => EngineStatus
  queue: () => { waiting: number; running: number }
  network: () => SandboxNetworkView
}

/** The sandbox engine and its health, as one view. */
export class EngineService {
  readonly #deps: EngineServiceDeps

  constructor(deps: EngineServiceDeps) {
    this.#deps = deps
  }

  /** The current view. @throws Unauthenticated, Forbidden for a person who is not approved yet */
  view(viewer: Viewer): EngineView {
    authorize(viewer, 'engine.see')
    const { engine, image, startLimit } = this.#deps
    const status = this.#deps.status()
    const queue = this.#deps.queue()
    const counts = { waiting: queue.waiting, starting: queue.running, startLimit }
    // Whether it answers and how long the line is. What it is made of helps nobody but an attacker.
    if (viewer.role !== 'organizer') return { ...status, ...counts, ...HIDDEN, kind: engine.kind }
    const notices = this.#deps.notices()
    const missing = status.info?.imagePresent === false
    return {
      ...status,
      kind: engine.kind,
      cannot: engine.cannot,
      image,
      notices: missing ? [...notices, missingImage(image)] : notices,
      ...counts,
      network: this.#deps.network(),
    }
  }

  /** The current view, then one after each change, until the consumer returns. */
  views(viewer: Viewer): AsyncIterableIterator<EngineView> {
    authorize(viewer, 'engine.see')
    const stream = this.#deps.events.stream('engine')
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

const HIDDEN = { message: null, info: null, cannot: [], image: null, notices: [], network: null }

function missingImage(image: string): string {
  return `Image ${image} is not on this machine; the first start pulls it. To have it ready before the event, run: docker pull ${image}`
}
