import type { IncomingMessage, ServerResponse } from 'node:http'
import { can } from '../core/permissions.ts'
import type { Principal, Viewer } from '../core/viewer.ts'
import { AppError, Forbidden, TooMany } from '../core/errors.ts'
import type { Events } from '../core/events.ts'
import type { Instance } from '../../prisma/generated/client/client.ts'
import { redirect } from '../http/respond.ts'
import type { HostedSandbox, SandboxDirectory } from './directory.ts'
import { sendPage, sendText } from './html.ts'
import { statusViewOf, type StatusView } from './status-view.ts'

/** What status pages need to know of sandboxes, and the commands they give. */
export interface StatusPagesDeps {
  events: Events
  directory: SandboxDirectory
  /** Counts a stream that opens. @returns to be called when it closes. @throws TooMany */
  countStream: (viewer: Principal, request: IncomingMessage) => () => void
  engineConnected: () => boolean
  queuePlace: (instanceId: string) => number | null
  progress: (instanceId: string) => string | null
  /** Why it stopped, in words for the viewer. */
  reasonFor: (viewer: Viewer, instance: Instance) => string | null
  /** Whether somebody may start the sandbox of this user. */
  mayStart: (viewer: Viewer, userId: string | null) => boolean
  /** Starts it, or starts it again. @throws AppError */
  start: (viewer: Viewer, sandbox: HostedSandbox) => Promise<unknown>
  /** Resumes a paused one. @throws AppError */
  resume: (viewer: Viewer, instanceId: string) => Promise<unknown>
}

/** Addresses that a status page uses. */
export interface StatusPagePaths {
  /** Comes before `/state`, `/start` and `/resume`. */
  base: string
  /** Comes after them, such as `?sandbox=alpha-ann`. */
  query: string
  /** Where the sandbox is, or will be after a command. */
  home: string
  /** Whether people may start and resume the sandbox there. */
  mayCommand: boolean
}

/** Who asks about which sandbox. */
export interface StatusPageContext {
  viewer: Principal
  sandbox: HostedSandbox
  paths: StatusPagePaths
}

/** How often a stream without news sends a sign of life, in milliseconds. */
const HEARTBEAT_MS = 25_000
/** How long a stream lasts, in milliseconds. The page then asks again, and its reader's rights are checked again. */
const STREAM_MS = 300_000

/** Stands in for a sandbox that cannot be shown: pages that say how it is, live, and offer what can be done about it. */
export class StatusPages {
  readonly #deps: StatusPagesDeps
  readonly #streams = new Map<ServerResponse, StatusPageContext>()

  constructor(deps: StatusPagesDeps) {
    this.#deps = deps
  }

  /** Sends a page in place of the sandbox. */
  show(response: ServerResponse, viewer: Viewer, sandbox: HostedSandbox, paths: StatusPagePaths): void {
    sendPage(response, 503, this.view(viewer, sandbox, paths.mayCommand), {
      owner: `${sandbox.group}/${sandbox.username}`,
      live: {
        state: `${paths.base}/state${paths.query}`,
        command: (command) => `${paths.base}/${command}${paths.query}`,
      },
    })
  }

  /** What a viewer sees of a sandbox in its present state. @param mayCommand false shows no buttons */
  view(viewer: Viewer, { instance, userId }: HostedSandbox, mayCommand = true): StatusView {
    const { engineConnected, queuePlace, progress, reasonFor, mayStart } = this.#deps
    return statusViewOf({
      instance,
      engineConnected: engineConnected(),
      queuePlace: instance && queuePlace(instance.id),
      progress: instance && progress(instance.id),
      mayResume: mayCommand && can(viewer, 'instances.operate', [userId]),
      mayStart: mayCommand && mayStart(viewer, userId),
      reason: instance && reasonFor(viewer, instance),
    })
  }

  /** Answers what a page asks for. @param name the end of its path, such as `state` */
  async answer(
    request: IncomingMessage,
    response: ServerResponse,
    name: string,
    context: StatusPageContext,
  ): Promise<void> {
    if (name === 'state' && request.method === 'GET') this.#stream(request, response, context)
    else if ((name === 'start' || name === 'resume') && request.method === 'POST') {
      request.resume()
      const failure = await this.#command(name, context).then(
        () => null,
        (error: unknown) => ({ error }),
      )
      if (failure) this.#commandFailed(response, context, failure.error)
      else redirect(response, context.paths.home)
    } else sendText(response, 404, 'Not found.')
  }

  /** Ends the streams of people who may no longer open the sandbox. */
  recheck(): void {
    for (const [stream, { viewer, sandbox }] of this.#streams) {
      const now = this.#deps.directory.find(sandbox.label)
      if (!now || !can(viewer, 'instances.open', [now.userId])) stream.destroy()
    }
  }

  /** Ends every stream. */
  close(): void {
    for (const stream of this.#streams.keys()) stream.end()
  }

  async #command(command: 'start' | 'resume', { viewer, sandbox, paths }: StatusPageContext): Promise<unknown> {
    const { instance } = sandbox
    if (!paths.mayCommand) throw new Forbidden("Start and resume other people's sandboxes on the dashboard.")
    return command === 'resume' && instance ? this.#deps.resume(viewer, instance.id) : this.#deps.start(viewer, sandbox)
  }

  #commandFailed(response: ServerResponse, { viewer, sandbox, paths }: StatusPageContext, error: unknown): void {
    if (!(error instanceof AppError)) throw error
    // The same was done on another page just before: the sandbox's own address shows how it is now.
    if (error.code === 'CONFLICT') redirect(response, paths.home)
    else {
      const isForbidden = error.code === 'FORBIDDEN'
      const isPlain = viewer.role === 'organizer' || isForbidden
      const detail = isPlain ? error.message : "Sandboxes can't be started or stopped right now."
      const view: StatusView = {
        ...this.view(viewer, sandbox, paths.mayCommand),
        detail,
        tone: 'trouble',
        ready: false,
      }
      sendPage(response, isForbidden ? 403 : 503, view)
    }
  }

  /** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): a whole view with each change. */
  #stream(request: IncomingMessage, response: ServerResponse, context: StatusPageContext): void {
    const { viewer } = context
    const { label } = context.sandbox
    try {
      response.once('close', this.#deps.countStream(viewer, request))
    } catch (error) {
      if (!(error instanceof TooMany)) throw error
      sendText(response, 429, error.message)
      return
    }
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    })
    const { events, directory } = this.#deps
    let last = ''
    const update = () => {
      const sandbox = directory.find(label)
      const view = sandbox && JSON.stringify(this.view(viewer, sandbox, context.paths.mayCommand))
      if (!view || view === last || response.writableEnded) return
      last = view
      response.write(`data: ${view}\n\n`)
    }
    const stops = [
      events.on('instance', ({ id }) => directory.labelOf(id) === label && update()),
      events.on('engine', update),
    ]
    const heartbeat = setInterval(() => response.writableEnded || response.write(':\n\n'), HEARTBEAT_MS)
    const end = setTimeout(() => response.end(), STREAM_MS)
    this.#streams.set(response, context)
    const { socket } = request
    const stopAll = () => {
      for (const stop of stops) stop()
      clearInterval(heartbeat)
      clearTimeout(end)
      this.#streams.delete(response)
      socket.removeListener('close', stopAll)
    }
    response.once('close', stopAll)
    // A response that waits behind another one on its connection is not told that the connection is gone.
    socket.once('close', stopAll)
    update()
  }
}
