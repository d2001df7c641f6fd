import { randomUUID } from 'node:crypto'
import PQueue from 'p-queue'
import type { Viewer } from '../../core/viewer.ts'

/** Requests to APISIX at the same time. */
const CONCURRENCY = 8

/** One write of a job. */
export interface Step {
  /** Name of the consumer, or id of the route. */
  username: string
  /** Whose it is, for people. */
  label: string
  action: 'ROUTE' | 'CREATE' | 'UPDATE' | 'KEEP' | 'DELETE'
  /** Null when there is nothing to do. */
  work: (() => Promise<unknown>) | null
}

/** A step as people see it. */
export interface StepView extends Omit<Step, 'work'> {
  state: 'WAITING' | 'DONE' | 'FAILED'
  message: string | null
}

/** A job as people see it. */
export interface JobView {
  id: string
  kind: 'APPLY' | 'DELETE'
  /** Name of the person who started it. */
  by: string
  startedAt: Date
  endedAt: Date | null
  total: number
  done: number
  failed: number
  /** Why it stopped early. */
  message: string | null
  steps: StepView[]
}

/** Why a step failed, and whether the steps after it would fail too. */
export interface StepFailure {
  message: string
  stopsJob: boolean
}

/** Many small writes to the gateway, each with its own outcome. */
export class Job {
  readonly id = randomUUID()
  readonly #kind: JobView['kind']
  readonly #by: string
  readonly #steps: { step: Step; view: StepView }[]
  readonly #startedAt = new Date()
  readonly #onChange: () => void
  readonly #failureOf: (error: unknown) => StepFailure
  readonly #over = Promise.withResolvers<void>()
  #endedAt: Date | null = null
  #message: string | null = null

  /**
   * @param onChange called after each change
   * @param failureOf explains what a step threw
   */
  constructor(
    kind: JobView['kind'],
    viewer: Viewer,
    steps: readonly Step[],
    onChange: () => void,
    failureOf: (error: unknown) => StepFailure,
  ) {
    this.#kind = kind
    this.#by = viewer.name
    this.#steps = steps.map((step) => {
      const { work, ...rest } = step
      return { step, view: { ...rest, state: work ? 'WAITING' : 'DONE', message: null } }
    })
    this.#onChange = onChange
    this.#failureOf = failureOf
  }

  get isOver(): boolean {
    return this.#endedAt !== null
  }

  /** Resolves when the job is over. */
  get over(): Promise<void> {
    return this.#over.promise
  }

  view(): JobView {
    const steps = this.#steps.map(({ view }) => view)
    const count = (state: StepView['state']) => steps.filter((one) => one.state === state).length
    return {
      ...{ id: this.id, kind: this.#kind, by: this.#by, startedAt: this.#startedAt, endedAt: this.#endedAt },
      ...{ total: steps.length, done: count('DONE'), failed: count('FAILED'), message: this.#message },
      steps,
    }
  }

  /** Does all steps, in order and several at a time; stops early after a failure that stops the job. */
  async run(): Promise<void> {
    const queue = new PQueue({ concurrency: CONCURRENCY })
    await queue.addAll(
      this.#steps.map(
        ({ step, view }) =>
          () =>
            this.#do(step, view),
      ),
    )
    this.#end()
  }

  /** Ends the job now; requests that were sent already may still take effect. @param why becomes the message of the job */
  stop(why: string): void {
    this.#message ??= why
    this.#end()
  }

  #end(): void {
    if (this.isOver) return
    this.#endedAt = new Date()
    this.#onChange()
    this.#over.resolve()
  }

  async #do({ work }: Step, view: StepView): Promise<void> {
    if (!work || this.#message !== null) return
    try {
      await work()
      view.state = 'DONE'
    } catch (error) {
      const { message, stopsJob } = this.#failureOf(error)
      view.state = 'FAILED'
      view.message = message
      if (stopsJob) this.#message ??= message
    }
    this.#onChange()
  }
}
