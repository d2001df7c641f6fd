import type { ActivityService } from '../../activity/service.ts'
import { system } from '../../core/viewer.ts'
import type { Db } from '../../db/client.ts'
import { AppError } from '../../core/errors.ts'
import type { Log } from '../../core/log.ts'
import type { InstanceController } from './controller.ts'
import type { Observation, State } from './lifecycle.ts'
import type { InstancesService } from '../service.ts'

const EVERY_MS = 1_000
/** What is left undone is tried again this often. */
const RETRY_TURNS = 10
const PRUNE_TURNS = 600
/** How long a state may last that is only passed through, in seconds. Waiting in the queue does not count. */
const DEADLINE_SECONDS: readonly [State, number][] = [
  ['Pausing', 30],
  ['Stopping', 60],
  ['Pending', 900],
]

/** What the sweep needs of its surroundings. */
export interface ExpiryReaperDeps {
  db: Db
  log: Log
  conductor: InstanceController
  instances: InstancesService
  activity: ActivityService
  /** Since when the engine has answered; null while it is away. */
  engineSince: () => Date | null
  tell: (id: string, observation: Observation) => Promise<void>
}

/** Looks at the database every second for what time alone changes: instances that expired, states that last too long. */
export class ExpiryReaper {
  readonly #parts: ExpiryReaperDeps
  #timer: NodeJS.Timeout | undefined
  #turn = 0
  #running: Promise<void> = Promise.resolve()
  #closed = false

  constructor(parts: ExpiryReaperDeps) {
    this.#parts = parts
  }

  start(): void {
    this.#timer = setTimeout(() => {
      this.#running = this.once()
        .catch((error: unknown) => this.#parts.log.error({ err: error }, 'the sweep failed; it goes on'))
        .finally(() => !this.#closed && this.start())
    }, EVERY_MS)
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#running
  }

  /** One turn. Does nothing while the engine is away: nothing could be done, and nothing has changed. */
  async once(): Promise<void> {
    this.#turn += 1
    if (this.#turn % PRUNE_TURNS === 0) await this.#parts.activity.prune()
    const since = this.#parts.engineSince()
    if (!since) return
    await this.#expire()
    await this.#overdue(since)
    if (this.#turn % RETRY_TURNS === 0) await this.#retry()
  }

  async #expire(): Promise<void> {
    const rows = await this.#parts.db.instance.findMany({
      where: { activeKey: { not: null }, expiresAt: { lte: new Date() }, state: { not: 'Stopping' } },
    })
    for (const row of rows) {
      try {
        await this.#parts.instances.kill(system, row.id)
      } catch (error) {
        // Ended meanwhile, or it belongs to another engine: the next turn sees.
        if (!(error instanceof AppError)) throw error
      }
    }
  }

  /** @param since when the engine came: what stood still while it was away gets its whole time anew */
  async #overdue(since: Date): Promise<void> {
    const now = Date.now()
    for (const [state, seconds] of DEADLINE_SECONDS) {
      if (now - since.getTime() < seconds * 1000) continue
      const stateAt = { lte: new Date(now - seconds * 1000) }
      const rows = await this.#parts.db.instance.findMany({ where: { state, stateAt }, select: { id: true } })
      for (const { id } of rows) {
        const { queue } = this.#parts.conductor
        if (queue.place(id) !== null || queue.isRunning(id)) continue
        await this.#parts.tell(id, { type: 'overdue', message: `${state} took longer than ${seconds} seconds.` })
      }
    }
  }

  /** Commands that the engine refused once may succeed later; sandboxes of ended rows may still be there. */
  async #retry(): Promise<void> {
    const { conductor, db } = this.#parts
    const rows = await db.instance.findMany({
      where: { OR: [{ state: { in: ['Pending', 'Pausing', 'Stopping'] } }, { id: { in: conductor.seenIds() } }] },
    })
    for (const row of rows) conductor.drive(row)
  }
}
