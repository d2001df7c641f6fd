import type { Viewer } from '../../core/viewer.ts'
import { Conflict, describeError } from '../../core/errors.ts'
import { Channel } from '../../core/events.ts'
import { ApisixError } from '../client/apisix.ts'
import { Job, type JobView, type Step, type StepFailure } from './job.ts'
import { isUnavailable } from './watch.ts'

/** Milliseconds between two frames of a job, which changes hundreds of times a second. */
const FRAME_INTERVAL_MS = 200

/** The jobs of this server, one at a time. */
export class Jobs {
  readonly #onOver: () => void
  readonly #listeners = new Set<() => void>()
  #job: Job | null = null

  /** @param onOver called after each job */
  constructor(onOver: () => void) {
    this.#onOver = onOver
  }

  /** The last job since this server started; null before the first. */
  get last(): JobView | null {
    return this.#job?.view() ?? null
  }

  /** @throws Conflict while a job is running */
  assertIdle(): void {
    if (this.#job && !this.#job.isOver)
      throw new Conflict('The gateway is already being changed. Wait until that is done, then try again.')
  }

  /** Starts a job, and returns at once. @throws Conflict while another one is running */
  start(kind: JobView['kind'], viewer: Viewer, steps: readonly Step[]): Job {
    this.assertIdle()
    const job = new Job(kind, viewer, steps, () => this.#notify(), failureOf)
    this.#job = job
    void job.run().then(this.#onOver)
    this.#notify()
    return job
  }

  /** The last job: first its current state, then every change of it. Null before the first job. */
  watch(): AsyncIterableIterator<JobView | null> {
    let timer: NodeJS.Timeout | undefined
    const sendFrame = () => {
      timer = undefined
      channel.push(this.last)
    }
    const listener = () => void (timer ??= setTimeout(sendFrame, FRAME_INTERVAL_MS))
    const channel = new Channel<JobView | null>(() => {
      clearTimeout(timer)
      this.#listeners.delete(listener)
    })
    this.#listeners.add(listener)
    sendFrame()
    return channel
  }

  /** Stops the job that is running, if there is one. */
  close(): void {
    this.#job?.stop('THON was stopped.')
  }

  #notify(): void {
    for (const listener of this.#listeners) listener()
  }
}

function failureOf(error: unknown): StepFailure {
  // 503 means that APISIX has lost its own database, so nothing else can be written either.
  const stopsJob = isUnavailable(error) || (error instanceof ApisixError && error.status === 503)
  return { message: error instanceof ApisixError ? error.reason : describeError(error), stopsJob }
}
