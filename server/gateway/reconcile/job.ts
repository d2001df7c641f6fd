import { randomUUID } from 'node:crypto'
import type { Viewer } from '../../core/viewer.ts'

/** Consumers that are written at the same time. */
const AT_ONCE = 8

/** One thing that a run does. */
export interface Step {
  /** Name of the consumer, or id of the route. */
  username: string
  /** Who it is for, for people. */
  label: string
  action: 'ROUTE' | 'CREATE' | 'UPDATE' | 'KEEP' | 'DELETE'
  state: 'WAITING' | 'DONE' | 'FAILED'
  message: string | null
}

/** Something to do, and how. */
export interface Task extends Pick<Step, 'username' | 'label' | 'action'> {
  /** Null: there is nothing to do. */
  work: (() => Promise<unknown>) | null
}

/** A run as it is now. */
export interface JobView {
  id: string
  kind: 'SETUP' | 'CLEANUP'
  by: string
  startedAt: Date
  endedAt: Date | null
  total: number
  done: number
  failed: number
  /** Why it stopped before its end. */
  message: string | null
  steps: Step[]
}

/** What a failed step says, and whether there is any use in going on. */
export interface Fault {
  message: string
  stops: boolean
}

/** Set-up, clean-up or removal under way: many small writes, each with its own outcome. */
export class Job {
  readonly id = randomUUID()
  readonly #kind: JobView['kind']
  readonly #by: string
  readonly #tasks: readonly Task[]
  readonly #steps: Step[]
  readonly #startedAt = new Date()
  readonly #changed: () => void
  readonly #faultOf: (error: unknown) => Fault
  readonly #ended = Promise.withResolvers<void>()
  #endedAt: Date | null = null
  #message: string | null = null

  /**
   * @param changed called after each change
   * @param faultOf what a failed step says
   */
  constructor(
    kind: JobView['kind'],
    viewer: Viewer,
    tasks: readonly Task[],
    changed: () => void,
    faultOf: (error: unknown) => Fault,
  ) {
    this.#kind = kind
    this.#by = viewer.name
    this.#tasks = tasks
    this.#steps = tasks.map(({ work, ...task }) => ({ ...task, state: work ? 'WAITING' : 'DONE', message: null }))
    this.#changed = changed
    this.#faultOf = faultOf
  }

  get isOver(): boolean {
    return this.#endedAt !== null
  }

  /** Resolves when it is over. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  /** How it stands. */
  view(): JobView {
    const count = (state: Step['state']) => this.#steps.filter((one) => one.state === state).length
    return {
      ...{ id: this.id, kind: this.#kind, by: this.#by, startedAt: this.#startedAt, endedAt: this.#endedAt },
      ...{ total: this.#steps.length, done: count('DONE'), failed: count('FAILED'), message: this.#message },
      steps: this.#steps,
    }
  }

  /** Does it all, some at a time; ends early when nothing can be done any more. */
  async start(): Promise<void> {
    const next = this.#steps.entries()
    const worker = async () => {
      for (const [at, step] of next) {
        if (this.#message !== null) return
        await this.#take(step, this.#tasks[at] as Task)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    this.#end()
  }

  /** Ends it now; what was sent already is not called back. @param why as the message of the run */
  stop(why: string): void {
    this.#message ??= why
    this.#end()
  }

  #end(): void {
    if (this.isOver) return
    this.#endedAt = new Date()
    this.#changed()
    this.#ended.resolve()
  }

  async #take(step: Step, { work }: Task): Promise<void> {
    if (!work) return
    try {
      await work()
      step.state = 'DONE'
    } catch (error) {
      const { message, stops } = this.#faultOf(error)
      step.state = 'FAILED'
      step.message = message
      if (stops) this.#message ??= message
    }
    this.#changed()
  }
}
