import { randomBytes } from 'node:crypto'
import { system, type Viewer } from '../core/viewer.ts'
import { Unavailable } from '../core/errors.ts'
import type { Events } from '../core/events.ts'
import type { SandboxEngine } from '../engine/engine.ts'
import type { EngineStatus } from '../engine/watcher.ts'
import { engineUnavailable, instanceNotFound, wrongState } from './errors.ts'
import { labelOf, type InstanceRow, type SandboxOwner, type StartOptions } from './model.ts'
import type { InstanceRepository } from './repository.ts'
import type { InstanceController } from './sync/controller.ts'
import { canDo, intentOf, isActive, isSettled, type Command, type Verdict } from './sync/lifecycle.ts'

/** How long `stop` waits for a sandbox to stop, in seconds. */
const STOP_SECONDS = 30

/** What the intents depend on. */
export interface InstanceIntentsDeps {
  events: Events
  repository: InstanceRepository
  controller: InstanceController
  engine: SandboxEngine
  engineStatus: () => EngineStatus
  image: string
  ttlMinutes: number | null
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

  /** Adds an instance and queues its start. @param password a known one to keep. @throws Conflict (the person has one) */
  async add(
    owner: SandboxOwner,
    input: StartOptions & { port: number; secure: boolean },
    password: string | null = null,
  ): Promise<InstanceRow> {
    const { repository, controller, engine, image, ttlMinutes } = this.#deps
    const { group, username, userId, volume } = owner
    const ttl = input.timeoutMinutes ?? ttlMinutes
    const row = await repository.add({
      ...{ group, username, userId, volume, image: input.image ?? image },
      port: input.port,
      secure: input.secure,
      password: input.secure ? (password ?? randomBytes(24).toString('base64url')) : null,
      engine: engine.kind,
      expiresAt: ttl ? minutesFromNow(ttl) : null,
      ...(input.files?.length && { files: { create: input.files } }),
    })
    controller.drive(row)
    return row
  }

  /** Writes the intent of a command. @throws Conflict, Unavailable */
  async command(
    viewer: Viewer,
    row: InstanceRow,
    command: 'pause' | 'resume' | 'restart' | 'kill',
  ): Promise<InstanceRow> {
    const { repository, controller, engine } = this.#deps
    const isForeign = isActive(row.state) && row.engine !== engine.kind
    if (!(isForeign && command === 'kill')) this.assertLegal(viewer, row, command)
    const verdict = isForeign
      ? givenUp(row)
      : row.state === 'Failed'
        ? { state: 'Terminated' as const, reason: row.reason }
        : { state: intentOf(command), reason: null }
    const write = () => repository.move(row, verdict)
    const moved = await (command === 'restart' ? controller.restart(row.id, write) : write())
    // Another write came first: decide again, on the row as it is now.
    if (!moved) return this.command(viewer, await this.#find(row.id), command)
    if (command !== 'restart') controller.drive(moved)
    return moved
  }

  async #find(id: string): Promise<InstanceRow> {
    const row = await this.#deps.repository.find(id)
    if (!row) throw instanceNotFound(id)
    return row
  }

  /** Stops an instance and waits for it. @throws Unavailable when it does not stop */
  async stop(row: InstanceRow): Promise<void> {
    try {
      if (isActive(row.state)) await this.command(system, row, 'kill')
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
}

/** When a time to live ends. */
export function minutesFromNow(minutes: number): Date {
  return new Date(Date.now() + minutes * 60_000)
}

/** Its engine is not in use and cannot stop it, but its user has to be able to start another. If the engine returns, so does it. */
function givenUp(row: InstanceRow): Verdict {
  return { state: 'Terminated', reason: `Given up while its engine (${row.engine}) was not in use.` }
}
