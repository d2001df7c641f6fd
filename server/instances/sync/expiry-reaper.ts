import type { ActivityService } from '../../activity/service.ts'
import { system } from '../../core/viewer.ts'
import type { Db } from '../../db/client.ts'
import { AppError } from '../../core/errors.ts'
import type { Log } from '../../core/log.ts'
import type { InstanceController } from './controller.ts'
import type { Observation, State } from './lifecycle.ts'
import type { InstancesService } from '../service.ts'

const EVERY_MS = 1_000
/** Commands that failed are tried again every tenth turn. */
const RETRY_TURNS = 10
const PRUNE_TURNS = 600
/** How long a transitional state may last, in seconds. Waiting in the start queue does not count. */
const DEADLINES: readonly { state: State; what: string; seconds: number }[] = [
  { state: 'Pausing', what: 'Pausing', seconds: 30 },
  { state: 'Stopping', what: 'Stopping', seconds: 60 },
  { state: 'Pending', what: 'Starting', seconds: 900 },
]

/** What the reaper depends on. */
export interface ExpiryReaperDeps {
  db: Db
  log: Log
  controller: InstanceController
  instances: InstancesService
  activity: ActivityService
  /** Since when the engine has answered; null while it is unavailable. */
  engineSince: () => Date | null
  report: (id: string, observation: Observation) => Promise<void>
}

/** Checks every second what time alone changes: instances whose time is up, and states that last too long. */
export class ExpiryReaper {
  readonly #deps: ExpiryReaperDeps
  #timer: NodeJS.Timeout | undefined
  #turn = 0
  #running: Promise<void> = Promise.resolve()
  #closed = false

  constructor(deps: ExpiryReaperDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#timer = setTimeout(() => {
      this.#running = this.once()
        .catch((error: unknown) => this.#deps.log.error({ err: error }, 'the expiry reaper failed; it tries again'))
        .finally(() => !this.#closed && this.start())
    }, EVERY_MS)
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#running
  }

  /** One turn. While the engine is unavailable it only prunes the activity log. */
  async once(): Promise<void> {
    this.#turn += 1
    if (this.#turn % PRUNE_TURNS === 0) await this.#deps.activity.prune()
    const since = this.#deps.engineSince()
    if (!since) return
    await this.#expire()
    await this.#overdue(since)
    if (this.#turn % RETRY_TURNS === 0) await this.#retry()
  }

  async #expire(): Promise<void> {
    const rows = await this.#deps.db.instance.findMany({
      where: { activeKey: { not: null }, expiresAt: { lte: new Date() }, state: { not: 'Stopping' } },
    })
    for (const row of rows) {
      try {
        await this.#deps.instances.kill(system, row.id)
      } catch (error) {
        // It stopped meanwhile, or it belongs to another engine: the next turn checks again.
        if (!(error instanceof AppError)) throw error
      }
    }
  }

  /** @param since when the engine came back: every deadline counts from there at the earliest */
  async #overdue(since: Date): Promise<void> {
    const now = Date.now()
    const { controller, db, report } = this.#deps
    for (const { state, what, seconds } of DEADLINES) {
      if (now - since.getTime() < seconds * 1000) continue
      const stateAt = { lte: new Date(now - seconds * 1000) }
      const rows = await db.instance.findMany({ where: { state, stateAt }, select: { id: true } })
      for (const { id } of rows) {
        if (controller.queue.place(id) !== null || controller.queue.isRunning(id)) continue
        await report(id, { type: 'overdue', message: `${what} took longer than ${seconds} seconds.` })
      }
    }
  }

  /** A command that the engine refused may succeed later, and a stopped instance may still have a sandbox. */
  async #retry(): Promise<void> {
    const { controller, db } = this.#deps
    const rows = await db.instance.findMany({
      where: { OR: [{ state: { in: ['Pending', 'Pausing', 'Stopping'] } }, { id: { in: controller.seenIds() } }] },
    })
    for (const row of rows) controller.drive(row)
  }
}
