import type { IncomingMessage, ServerResponse } from 'node:http'
import { can } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import { AppError } from '../core/errors.ts'
import type { Events } from '../core/events.ts'
import type { Hosted, SandboxDirectory } from './directory.ts'
import { sendPage, sendText } from './html.ts'
import { statusViewOf, type StatusView } from './status-view.ts'

/** What the desk needs to know and do of sandboxes. */
export interface StatusPagesDeps {
  events: Events
  directory: SandboxDirectory
  engineConnected: () => boolean
  queuePlace: (instanceId: string) => number | null
  progress: (instanceId: string) => string | null
  /** Whether somebody may start the sandbox of this user. */
  mayStart: (viewer: Viewer, userId: string | null) => boolean
  /** Starts it, or starts it again. @throws AppError */
  start: (viewer: Viewer, sandbox: Hosted) => Promise<unknown>
  /** Lets a paused one go on. @throws AppError */
  resume: (viewer: Viewer, instanceId: string) => Promise<unknown>
}

/** Where a desk is found by its page. */
export interface StatusPagePaths {
  /** Before `/state`, `/start` and `/resume`. */
  base: string
  /** After those, such as `?sandbox=alpha-ann`. */
  query: string
  /** Where the sandbox is, or will be, when a command was given. */
  home: string
}

/** How often a stream of states says that it is still there, in milliseconds. */
const HEARTBEAT = 25_000
/** After how long a page has to ask anew, and to be let in anew, in milliseconds. */
const STREAM = 300_000

/** Stands in for a sandbox that cannot be shown: pages that say how it is, live, and what can be done about it. */
export class StatusPages {
  readonly #parts: StatusPagesDeps
  readonly #streams = new Set<ServerResponse>()

  constructor(parts: StatusPagesDeps) {
    this.#parts = parts
  }

  /** A page in place of the sandbox. */
  show(response: ServerResponse, viewer: Viewer, sandbox: Hosted, paths: StatusPagePaths): void {
    sendPage(response, 503, this.view(viewer, sandbox), {
      who: `${sandbox.username} of ${sandbox.group}`,
      desk: {
        state: `${paths.base}/state${paths.query}`,
        command: (command) => `${paths.base}/${command}${paths.query}`,
      },
    })
  }

  /** What somebody is shown of a sandbox as it is now. */
  view(viewer: Viewer, { instance, userId }: Hosted): StatusView {
    const { engineConnected, queuePlace, progress, mayStart } = this.#parts
    return statusViewOf({
      instance,
      engineConnected: engineConnected(),
      queuePlace: instance && queuePlace(instance.id),
      progress: instance && progress(instance.id),
      mayResume: can(viewer, 'instances.operate', [userId]),
      mayStart: mayStart(viewer, userId),
    })
  }

  /** Answers what a page asks for. @param what the end of its path, such as `state` */
  answer(
    request: IncomingMessage,
    response: ServerResponse,
    what: string,
    on: { viewer: Viewer; sandbox: Hosted; paths: StatusPagePaths },
  ): void {
    const isRead = request.method === 'GET'
    if (what === 'state' && isRead) return this.#follow(response, on.viewer, on.sandbox.label)
    if ((what !== 'start' && what !== 'resume') || request.method !== 'POST')
      return sendText(response, 404, 'There is no such page.')
    request.resume()
    this.#command(what, on.viewer, on.sandbox).then(
      () => response.writeHead(303, { Location: on.paths.home, 'Cache-Control': 'no-store' }).end(),
      (error: unknown) => this.#refused(response, on.viewer, on.sandbox, on.paths, error),
    )
  }

  /** Ends every stream. */
  close(): void {
    for (const stream of this.#streams) stream.end()
  }

  async #command(command: 'start' | 'resume', viewer: Viewer, sandbox: Hosted): Promise<unknown> {
    const { instance } = sandbox
    return command === 'resume' && instance
      ? this.#parts.resume(viewer, instance.id)
      : this.#parts.start(viewer, sandbox)
  }

  #refused(response: ServerResponse, viewer: Viewer, sandbox: Hosted, paths: StatusPagePaths, error: unknown): void {
    if (!(error instanceof AppError)) return sendText(response, 500, 'This could not be done.')
    // Somebody else was faster, on another page: what is true now is shown.
    if (error.code === 'CONFLICT') return void response.writeHead(303, { Location: paths.home }).end()
    const view: StatusView = { ...this.view(viewer, sandbox), detail: error.message, tone: 'trouble', ready: false }
    sendPage(response, error.code === 'FORBIDDEN' ? 403 : 503, view, { who: null, desk: null })
  }

  /** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): a whole view with each change. */
  #follow(response: ServerResponse, viewer: Viewer, label: string): void {
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    })
    let last = ''
    const tell = () => {
      const sandbox = this.#parts.directory.find(label)
      const view = sandbox && JSON.stringify(this.view(viewer, sandbox))
      if (!view || view === last) return
      last = view
      response.write(`data: ${view}\n\n`)
    }
    const { events, directory } = this.#parts
    const stops = [
      events.on('instance', ({ id }) => directory.labelOf(id) === label && tell()),
      events.on('engine', tell),
    ]
    const heartbeat = setInterval(() => response.write(':\n\n'), HEARTBEAT)
    const end = setTimeout(() => response.end(), STREAM)
    this.#streams.add(response)
    response.on('close', () => {
      for (const stop of stops) stop()
      clearInterval(heartbeat)
      clearTimeout(end)
      this.#streams.delete(response)
    })
    tell()
  }
}
