import { Mutex } from 'async-mutex'
import { system } from '../../core/viewer.ts'
import type { ActivityEntry } from '../../activity/model.ts'
import type { ActivityService } from '../../activity/service.ts'
import type { UnitOfWork } from '../../db/unit-of-work.ts'
import type { Log } from '../../core/log.ts'
import { isName } from '../../core/names.ts'
import type { Sandbox, SandboxEngine, SandboxEvent } from '../../engine/engine.ts'
import type { EngineStatus, SandboxObserver } from '../../engine/watcher.ts'
import type { InstanceController } from './controller.ts'
import { isActive, next, observationOf, type Observation, type Verdict } from './lifecycle.ts'
import { targetOf, type InstanceRow } from '../model.ts'
import { FOUND_STOPPED } from '../reason.ts'
import { differs, type InstanceRepository, type SandboxFacts } from '../repository.ts'

const LOG_LINES = 50

/** What the reconciler depends on. */
export interface ReconcilerDeps {
  repository: InstanceRepository
  unit: UnitOfWork
  engine: SandboxEngine
  activity: ActivityService
  controller: InstanceController
  log: Log
  /** Memory limit of a sandbox; null is unlimited. */
  memoryBytes: number | null
  /** An observation could not be written, usually because the disk is full. Everything has to be listed again. */
  onLost: () => void
}

/**
 * Turns observations of the engine into rows: one at a time for each instance, all instances in parallel. It is the only
 * writer of facts, and after each of them has the controller do what is left to do.
 */
export class Reconciler implements SandboxObserver {
  readonly #deps: ReconcilerDeps
  /** Instances with observations to write. */
  readonly #mutexes = new Map<string, Mutex>()

  constructor(deps: ReconcilerDeps) {
    this.#deps = deps
  }

  /** A full list: checks every live row and every sandbox, and goes on with what a crash interrupted. */
  async reconcile(sandboxes: Sandbox[]): Promise<void> {
    const { repository, engine, controller } = this.#deps
    controller.replaceSeen(sandboxes)
    const rows = new Map((await repository.live(sandboxes.map((one) => one.instanceId))).map((row) => [row.id, row]))
    const ids = new Set([...rows.keys(), ...sandboxes.map((one) => one.instanceId)])
    await Promise.all(
      [...ids].map(async (id) => {
        const row = rows.get(id)
        // Sandboxes of another engine are neither in this list nor gone.
        if (row && row.engine !== engine.kind) return
        const sandbox = controller.seen(id)
        if (sandbox) await this.#inLine(id, () => this.#see(id, sandbox))
        else if (row) await this.#inLine(id, () => this.#absent(row))
      }),
    )
  }

  /** One event of the engine. */
  observe(event: SandboxEvent): void {
    const { controller } = this.#deps
    controller.note(event)
    void this.#inLine(event.instanceId, async () => {
      // Events of a sandbox that another one replaced no longer count.
      const seen = controller.seen(event.instanceId)
      if (seen && seen.ref !== event.ref) return
      if (event.sandbox) await this.#see(event.instanceId, event.sandbox)
      else await this.#apply(event.instanceId, { type: 'gone' }, { ref: null })
    })
  }

  /** The engine became available or unavailable. */
  connectionChanged({ connected, message }: EngineStatus): void {
    const { activity, engine, log } = this.#deps
    const target = { kind: 'engine', id: null, label: engine.kind } as const
    const act = connected
      ? { action: 'reconnect', outcome: 'done' as const }
      : { action: 'disconnect', outcome: 'failed' as const }
    activity
      .add({ actor: system, target, ...act, detail: message })
      .catch((error: unknown) => log.error({ err: error }, 'the activity log could not be written'))
  }

  /** Something that THON found out itself: code-server answers, a refusal, a missed deadline. */
  report(id: string, observation: Observation): Promise<void> {
    return this.#inLine(id, async () => {
      // It answered before the restart. The probe after the restart counts.
      if (observation.type === 'ready' && this.#deps.controller.isRestarting(id)) return
      await this.#apply(id, observation)
    })
  }

  /** Resolves when every observation so far is written. */
  async idle(): Promise<void> {
    await Promise.all([...this.#mutexes.values()].map((mutex) => mutex.waitForUnlock()))
  }

  /** Never rejects. */
  async #inLine(id: string, work: () => Promise<void>): Promise<void> {
    const mutex = this.#mutexes.get(id) ?? new Mutex()
    this.#mutexes.set(id, mutex)
    await mutex.runExclusive(work).catch((error: unknown) => {
      this.#deps.log.error({ err: error, instance: id }, 'an observation could not be written')
      this.#deps.onLost()
    })
    if (!mutex.isLocked() && this.#mutexes.get(id) === mutex) this.#mutexes.delete(id)
  }

  async #see(id: string, sandbox: Sandbox): Promise<void> {
    const observation = observationOf(sandbox, this.#deps.memoryBytes)
    // A restart stops it on the way; only what comes after counts.
    if (observation.type === 'exited' && this.#deps.controller.isExitOfRestart(id, sandbox)) return
    const running = sandbox.status === 'running' || sandbox.status === 'paused'
    await this.#apply(id, observation, { ref: sandbox.ref, ...(running && { hostPort: sandbox.hostPort }) }, sandbox)
  }

  /** A live row without a sandbox. If it never had one, it still has to be launched. */
  async #absent(row: InstanceRow): Promise<void> {
    if (this.#deps.controller.isStarting(row.id)) return
    if (row.state === 'Pending' && row.ref === null) this.#deps.controller.drive(row)
    else if (isActive(row.state)) await this.#apply(row.id, { type: 'gone' }, { ref: null })
  }

  async #apply(id: string, observation: Observation, facts: SandboxFacts = {}, sandbox?: Sandbox): Promise<void> {
    const { controller, repository } = this.#deps
    const row = (await repository.find(id)) ?? (sandbox && isNamed(sandbox) && (await this.#adopt(sandbox)))
    if (!row) return
    // A launch removes by itself what it could not start, and then reports why.
    if (observation.type === 'gone' && row.state === 'Pending' && controller.isStarting(id)) return
    const verdict = next(row.state, observation)
    const moved = await this.#write(row, verdict, facts)
    // Null: a command changed the state meanwhile. Apply the observation to the row as it is now.
    if (!moved) return this.#apply(id, observation, facts, sandbox)
    if (moved.state === 'Failed' && row.state !== 'Failed') await this.#keepLogs(row, moved)
    // The reaper tries a refused command again after a while; at once would be an endless loop.
    if (verdict || observation.type !== 'refused') controller.drive(moved)
  }

  /** The row with the verdict, or with facts alone, and its entry in the activity log. @returns null when the row has changed */
  async #write(row: InstanceRow, verdict: Verdict | null, facts: SandboxFacts): Promise<InstanceRow | null> {
    const { activity, repository, unit } = this.#deps
    const known = isActive((verdict ?? row).state) ? facts : {}
    if (!verdict && !differs(row, known)) return row
    return unit.write(async (tx) => {
      if (!verdict) return repository.amend(tx, row, known)
      const moved = await repository.move(tx, row, verdict, { ...known, ...this.#start(row, verdict) })
      const entry = moved && moved.state !== row.state ? transition(row, moved) : null
      if (entry) await activity.record(tx, entry)
      return moved
    })
  }

  /** What people look up later: the last lines that a failed sandbox printed. */
  async #keepLogs(before: InstanceRow, after: InstanceRow): Promise<void> {
    const { engine, repository, unit } = this.#deps
    const logTail = before.ref ? await engine.logs(before.ref, LOG_LINES).catch(() => '') : ''
    if (logTail) await unit.write((tx) => repository.amend(tx, after, { logTail }))
  }

  /** When it started, if it has just done so. A resume is not a start: the engine knows of none since the last one. */
  #start(row: InstanceRow, { state }: Verdict): SandboxFacts {
    if (state !== 'Running') return {}
    const began = this.#deps.controller.seen(row.id)?.startedAt ?? null
    const isResume = row.startedAt !== null && began !== null && began <= row.startedAt
    return isResume ? {} : { startedAt: new Date() }
  }

  /** A sandbox of THON without a row, after its database was lost or restored: show it rather than throw it away. */
  async #adopt(sandbox: Sandbox): Promise<InstanceRow> {
    const stopped = sandbox.status === 'exited'
    const { group, username } = sandbox
    const { activity, engine, repository } = this.#deps
    const target = targetOf({ id: sandbox.instanceId, group, username })
    return activity.act(system, 'adopt', target, (tx) =>
      repository.adopt(tx, {
        id: sandbox.instanceId,
        group,
        username,
        state: stopped ? 'Terminated' : sandbox.status === 'paused' ? 'Paused' : 'Pending',
        reason: stopped ? FOUND_STOPPED : null,
        port: sandbox.port,
        secure: sandbox.password !== null,
        password: sandbox.password,
        image: sandbox.image,
        volume: sandbox.volume,
        engine: engine.kind,
        ref: sandbox.ref,
      }),
    )
  }
}

/** The entry for a change of state that no command caused; null for those that nobody looks up. */
function transition(before: InstanceRow, after: InstanceRow): ActivityEntry | null {
  const common = { actor: system, target: targetOf(after), detail: after.reason }
  switch (after.state) {
    case 'Failed':
      return { ...common, action: 'fail', outcome: 'failed' }
    case 'Terminated':
      return after.reason ? { ...common, action: 'stop', outcome: 'done' } : null
    case 'Running':
      return { ...common, action: 'ready', outcome: 'done', detail: null }
    case 'Pending':
      return after.reason ? { ...common, action: 'pause', outcome: 'failed' } : null
    case 'Paused':
      return before.state === 'Pausing'
        ? null
        : { ...common, action: 'pause outside THON', outcome: 'done', detail: null }
    case 'Pausing':
    case 'Stopping':
      return null
  }
}

/** False for labels that THON did not write: the container of someone else, which is left alone. */
function isNamed({ group, username }: Sandbox): boolean {
  return isName(group) && isName(username)
}
