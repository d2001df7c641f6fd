import type { Viewer } from '../../core/viewer.ts'
import { Conflict, messageOf } from '../../core/errors.ts'
import { Channel } from '../../core/events.ts'
import { ApisixRefusal } from '../client/apisix.ts'
import { Job, type Fault, type JobView, type Task } from './job.ts'
import { isAway } from './watch.ts'

/** Between two frames of a run, in milliseconds: it changes hundreds of times a second. */
const PACE = 200

/** The runs of this server, one at a time. */
export class Jobs {
  readonly #onEnd: () => void
  readonly #listeners = new Set<() => void>()
  #run: Job | null = null

  /** @param onEnd called after each run */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd
  }

  /** The last one since this server started; null before the first. */
  get last(): JobView | null {
    return this.#run?.view() ?? null
  }

  /** @throws Conflict while one is under way */
  assertNone(): void {
    if (this.#run && !this.#run.isOver)
      throw new Conflict('The gateway is being set up or cleaned up at the moment. Wait until that is done.')
  }

  /** Begins one. @throws Conflict while another is under way */
  begin(kind: JobView['kind'], viewer: Viewer, tasks: readonly Task[]): Job {
    this.assertNone()
    const run = new Job(kind, viewer, tasks, () => this.#tell(), faultOf)
    this.#run = run
    void run.start().then(this.#onEnd)
    this.#tell()
    return run
  }

  /** How the last run stands: first as it is, then after changes. Null before the first run. */
  watch(): AsyncIterableIterator<JobView | null> {
    let timer: NodeJS.Timeout | undefined
    const frame = () => {
      timer = undefined
      channel.push(this.last)
    }
    const listener = () => void (timer ??= setTimeout(frame, PACE))
    const channel = new Channel<JobView | null>(() => {
      clearTimeout(timer)
      this.#listeners.delete(listener)
    })
    this.#listeners.add(listener)
    frame()
    return channel
  }

  /** Ends the one under way, if there is one. */
  close(): void {
    this.#run?.stop('THON was stopped')
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

function faultOf(error: unknown): Fault {
  // Without its own database the gateway can do nothing.
  const stops = isAway(error) || (error instanceof ApisixRefusal && error.status === 503)
  return { message: error instanceof ApisixRefusal ? error.sentence : messageOf(error), stops }
}
