import { randomBytes } from 'node:crypto'
import { system, type Viewer } from '../core/viewer.ts'
import { Conflict, Unavailable, type AppError } from '../core/errors.ts'
import type { Events } from '../core/events.ts'
import type { Tx, UnitOfWork } from '../db/unit-of-work.ts'
import type { SandboxEngine } from '../engine/engine.ts'
import type { EngineStatus } from '../engine/watcher.ts'
import { engineUnavailable, instanceNotFound, wrongState } from './errors.ts'
import { labelOf, type InstanceRow, type SandboxOwner, type StartOptions } from './model.ts'
import type { InstanceRepository, NewInstance } from './repository.ts'
import type { InstanceController } from './sync/controller.ts'
import { canDo, intentOf, isActive, isSettled, type Command, type Verdict } from './sync/lifecycle.ts'

/** How long `stop` waits for a sandbox to stop, in seconds. */
const STOP_SECONDS = 30

/** What the intents depend on. */
export interface InstanceIntentsDeps {
  events: Events
  unit: UnitOfWork
  repository: InstanceRepository
  controller: InstanceController
  engine: SandboxEngine
  engineStatus: () => EngineStatus
  image: string
  ttlMinutes: number | null
}

/** A command that the engine carries out. */
export type EngineCommand = 'pause' | 'resume' | 'restart' | 'kill'

/** Runs a transaction. */
type Write = (work: (tx: Tx) => Promise<InstanceRow>) => Promise<InstanceRow>

/** An instance to add. */
interface Wanted {
  owner: SandboxOwner
  input: StartOptions & { port: number; secure: boolean }
  /** A known one to keep. */
  password?: string | null
}

/** Writes what an instance should become, and has the controller carry it out. Rights are checked by its callers. */
export class InstanceIntents {
  readonly #deps: InstanceIntentsDeps

  constructor(deps: InstanceIntentsDeps) {
    this.#deps = deps
  }

  /** @param kind the engine that is needed; any by default. @throws Unavailable, in words for the viewer */
  assertEngine(viewer: Viewer = system, kind?: string): void {
    const { engine, engineStatus } = this.#deps
    const { connected, message } = engineStatus()
    if (!connected) throw engineUnavailable(viewer, message)
    if (kind !== undefined && kind !== engine.kind)
      throw engineUnavailable(viewer, `This sandbox belongs to the ${kind} engine; THON now runs with ${engine.kind}.`)
  }

  /** @throws Conflict (the state does not allow it), Unavailable (no engine for it) */
  assertLegal(viewer: Viewer, row: InstanceRow, command: Command): void {
    this.assertEngine(viewer, isActive(row.state) ? row.engine : undefined)
    if (!canDo(row.state, command)) throw wrongState(row, command)
  }

  /** Adds instances in a transaction; after the commit `carryOut` queues their starts. @returns a row or a Conflict for each */
  addMany(tx: Tx, wanted: Wanted[]): Promise<(InstanceRow | AppError)[]> {
    return this.#deps.repository.addMany(
      tx,
      wanted.map((one) => this.#newInstance(one)),
    )
  }

  /** As `addMany`, for one. @throws Conflict (the person has one) */
  add(tx: Tx, wanted: Wanted): Promise<InstanceRow> {
    return this.#deps.repository.add(tx, this.#newInstance(wanted))
  }

  /** Has the engine do what a committed row says. */
  carryOut(row: InstanceRow): void {
    this.#deps.controller.drive(row)
  }

  /**
   * Writes the intent of a command and has it carried out.
   * @param write runs the transaction, and writes to the activity log what it should
   * @throws NotFound, Conflict, Unavailable
   */
  async command(viewer: Viewer, id: string, command: EngineCommand, write: Write): Promise<InstanceRow> {
    const { controller } = this.#deps
    const intend = () => write((tx) => this.intend(tx, viewer, id, command))
    if (command === 'restart') return controller.restart(id, intend)
    const row = await intend()
    controller.drive(row)
    return row
  }

  /** Writes the intent of a command, decided on the row as it is in this transaction. @throws NotFound, Conflict, Unavailable */
  async intend(tx: Tx, viewer: Viewer, id: string, command: EngineCommand): Promise<InstanceRow> {
    const { repository, engine } = this.#deps
    const row = await this.now(tx, viewer, id)
    const isForeign = isActive(row.state) && row.engine !== engine.kind
    if (!(isForeign && command === 'kill')) this.assertLegal(viewer, row, command)
    const verdict = isForeign
      ? givenUp(row)
      : row.state === 'Failed'
        ? { state: 'Terminated' as const, reason: row.reason }
        : { state: intentOf(command), reason: null }
    return written(await repository.move(tx, row, verdict))
  }

  /** The row as it is in a transaction. @throws NotFound; Unavailable while the engine may have one that THON does not know */
  async now(tx: Tx, viewer: Viewer, id: string): Promise<InstanceRow> {
    const row = await this.#deps.repository.find(id, tx)
    if (row) return row
    this.assertEngine(viewer)
    throw instanceNotFound(id)
  }

  /** Stops an instance and waits for it. @param write as `command` has it. @throws Unavailable when it does not stop */
  async stop(row: InstanceRow, write: Write = (work) => this.#deps.unit.write(work)): Promise<void> {
    try {
      if (isActive(row.state)) await this.command(system, row.id, 'kill', write)
    } catch (error) {
      // It may have stopped by itself a moment ago, which is just as good.
      const now = await this.#deps.repository.find(row.id)
      if (now && isActive(now.state)) throw error
    }
    const stopped = await this.settled(row.id, STOP_SECONDS)
    if (stopped && isActive(stopped.state)) throw new Unavailable(`The sandbox of ${labelOf(row)} did not stop.`)
  }

  /** Resolves with the row once no change of state is under way, or as it is when the time is up; null when there is no row. */
  async settled(id: string, seconds: number): Promise<InstanceRow | null> {
    const { events, repository } = this.#deps
    const done = Promise.withResolvers<undefined>()
    const stop = events.on('instance', (change) => {
      if (change.id === id && isSettled(change.row.state)) done.resolve(undefined)
    })
    const timer = setTimeout(() => done.resolve(undefined), seconds * 1000)
    const now = await repository.find(id)
    if (now && !isSettled(now.state)) await done.promise
    clearTimeout(timer)
    stop()
    return repository.find(id)
  }

  #newInstance({ owner, input, password = null }: Wanted): NewInstance {
    const { engine, image, ttlMinutes } = this.#deps
    const { group, username, userId, volume } = owner
    const ttl = input.timeoutMinutes ?? ttlMinutes
    return {
      ...{ group, username, userId, volume, image: input.image ?? image },
      port: input.port,
      secure: input.secure,
      password: input.secure ? (password ?? randomBytes(24).toString('base64url')) : null,
      engine: engine.kind,
      expiresAt: ttl ? minutesFromNow(ttl) : null,
      files: input.files ?? [],
    }
  }
}

/** The row of a guarded write. @throws Conflict for null, instead of an answer that says done */
export function written(row: InstanceRow | null): InstanceRow {
  if (!row) throw new Conflict('This sandbox changed at the same time. Try again.')
  return row
}

/** When a time to live ends. */
export function minutesFromNow(minutes: number): Date {
  return new Date(Date.now() + minutes * 60_000)
}

/** Its engine is not in use and cannot stop it, but its user has to be able to start another. If the engine returns, so does it. */
function givenUp(row: InstanceRow): Verdict {
  return { state: 'Terminated', reason: `Given up while its engine (${row.engine}) was not in use.` }
}
