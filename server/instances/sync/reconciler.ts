import { system } from '../../core/viewer.ts'
import type { ActivityService } from '../../activity/service.ts'
import type { Log } from '../../core/log.ts'
import { isName } from '../../core/names.ts'
import type { Sandbox, SandboxEngine, SandboxEvent } from '../../engine/engine.ts'
import type { EngineStatus, SandboxObserver } from '../../engine/watcher.ts'
import type { InstanceController } from './controller.ts'
import { isActive, next, type Observation } from './lifecycle.ts'
import { activeKey, labelOf, type InstanceRow } from '../model.ts'
import type { Facts, InstanceRepository } from '../repository.ts'

const LOG_LINES = 50

/** What the reconciler needs of its surroundings. */
export interface ReconcilerDeps {
  store: InstanceRepository
  engine: SandboxEngine
  activity: ActivityService
  conductor: InstanceController
  log: Log
  /** An observation could not be written (a full disk, mostly): everything has to be listed again. */
  onLost: () => void
}

/**
 * Turns what the engine tells into rows: one observation at a time for each instance, all instances side by side. The
 * only writer of facts; after each it asks the conductor for whatever is still to be done.
 */
export class Reconciler implements SandboxObserver {
  readonly #parts: ReconcilerDeps
  /** The tail of each instance's line of observations. */
  readonly #lines = new Map<string, Promise<void>>()

  constructor(parts: ReconcilerDeps) {
    this.#parts = parts
  }

  /** A full list: every live row and every sandbox is looked at, and whatever a crash left half done goes on. */
  async reconcile(sandboxes: Sandbox[]): Promise<void> {
    const { store, engine, conductor } = this.#parts
    conductor.replaceSeen(sandboxes)
    const rows = new Map((await store.live(sandboxes.map((one) => one.instanceId))).map((row) => [row.id, row]))
    const ids = new Set([...rows.keys(), ...sandboxes.map((one) => one.instanceId)])
    await Promise.all(
      [...ids].map((id) => {
        const row = rows.get(id)
        // Another engine's sandboxes are neither here nor gone.
        if (row && row.engine !== engine.kind) return
        const sandbox = conductor.seen(id)
        if (sandbox) return this.#inLine(id, () => this.#see(id, sandbox))
        return row && this.#inLine(id, () => this.#absent(row))
      }),
    )
  }

  observe(event: SandboxEvent): void {
    const { conductor } = this.#parts
    conductor.note(event)
    void this.#inLine(event.instanceId, async () => {
      // A sandbox that was replaced by another of the same instance tells nothing any more.
      const seen = conductor.seen(event.instanceId)
      if (seen && seen.ref !== event.ref) return
      if (event.sandbox) await this.#see(event.instanceId, event.sandbox)
      else await this.#apply(event.instanceId, { type: 'gone' }, { ref: null })
    })
  }

  connectionChanged({ connected, message }: EngineStatus): void {
    const { activity, engine, log } = this.#parts
    const target = { kind: 'engine', id: null, label: engine.kind } as const
    const act = connected
      ? { action: 'come back', outcome: 'done' as const }
      : { action: 'go away', outcome: 'failed' as const }
    activity
      .add({ actor: system, target, ...act, detail: message })
      .catch((error: unknown) => log.error({ err: error }, 'the activity log could not be written'))
  }

  /** Something that THON itself found out: code-server answers, a refusal, a deadline passed. */
  tell(id: string, observation: Observation): Promise<void> {
    return this.#inLine(id, async () => {
      // It answered before the restart; whether it does after it will be asked then.
      if (observation.type === 'ready' && this.#parts.conductor.isRestarting(id)) return
      await this.#apply(id, observation)
    })
  }

  /** Resolves when every observation so far has been written down. */
  async idle(): Promise<void> {
    await Promise.all(this.#lines.values())
  }

  #inLine(id: string, work: () => Promise<void>): Promise<void> {
    const line = (this.#lines.get(id) ?? Promise.resolve()).then(work).catch((error: unknown) => {
      this.#parts.log.error({ err: error, instance: id }, 'an observation could not be written')
      this.#parts.onLost()
    })
    this.#lines.set(id, line)
    return line.finally(() => {
      if (this.#lines.get(id) === line) this.#lines.delete(id)
    })
  }

  async #see(id: string, sandbox: Sandbox): Promise<void> {
    const observation = observationOf(sandbox)
    // A restart ends it on the way; what counts is what comes after.
    if (observation.type === 'exited' && this.#parts.conductor.isEndOfRestart(id, sandbox)) return
    const running = sandbox.status === 'running' || sandbox.status === 'paused'
    await this.#apply(id, observation, { ref: sandbox.ref, ...(running && { hostPort: sandbox.hostPort }) }, sandbox)
  }

  /** A live row without a sandbox. One that never had any is simply still to be launched. */
  async #absent(row: InstanceRow): Promise<void> {
    if (this.#parts.conductor.isStarting(row.id)) return
    if (row.state === 'Pending' && row.ref === null) return this.#parts.conductor.drive(row)
    if (isActive(row.state)) await this.#apply(row.id, { type: 'gone' }, { ref: null })
  }

  async #apply(id: string, observation: Observation, facts: Facts = {}, sandbox?: Sandbox): Promise<void> {
    const { store, conductor } = this.#parts
    const row = (await store.find(id)) ?? (sandbox && isNamed(sandbox) && (await this.#adopt(sandbox)))
    if (!row) return
    // A launch takes away itself what it could not start, and then tells why.
    if (observation.type === 'gone' && row.state === 'Pending' && conductor.isStarting(id)) return
    const verdict = next(row.state, observation)
    const moved = verdict
      ? await store.move(row, verdict, isActive(verdict.state) ? facts : {})
      : await store.amend(row, isActive(row.state) ? facts : {})
    // Null: a command changed the state meanwhile. Its intent and this fact are put together anew.
    if (!moved) return this.#apply(id, observation, facts, sandbox)
    if (verdict && moved.state !== row.state) await this.#recount(row, moved)
    // A refusal that changes nothing is tried again by the sweep, not at once and for ever.
    if (verdict || observation.type !== 'refused') conductor.drive(moved)
  }

  /** A sandbox of ours without a row, from a lost or restored database: shown, not thrown away. */
  async #adopt(sandbox: Sandbox): Promise<InstanceRow> {
    const ended = sandbox.status === 'exited'
    const { group, username } = sandbox
    const row = await this.#parts.store.adopt({
      id: sandbox.instanceId,
      group,
      username,
      search: '',
      state: ended ? 'Terminated' : sandbox.status === 'paused' ? 'Paused' : 'Pending',
      activeKey: ended ? null : activeKey(group, username),
      reason: ended ? 'It had ended when THON found it.' : null,
      port: sandbox.port,
      secure: sandbox.password !== null,
      password: sandbox.password,
      image: sandbox.image,
      volume: sandbox.volume,
      engine: this.#parts.engine.kind,
      ref: sandbox.ref,
    })
    await this.#parts.activity.add({
      actor: system,
      action: 'adopt',
      target: { kind: 'instance', id: row.id, label: labelOf(row) },
      outcome: 'done',
    })
    return row
  }

  /** What people look up later: the last words of what failed, and a line in the activity log for what nobody asked for. */
  async #recount(before: InstanceRow, after: InstanceRow): Promise<void> {
    const { activity, engine, store } = this.#parts
    const target = { kind: 'instance', id: after.id, label: labelOf(after) } as const
    if (after.state === 'Failed') {
      const logTail = before.ref ? await engine.logs(before.ref, LOG_LINES).catch(() => '') : ''
      if (logTail) await store.amend(after, { logTail })
      await activity.add({ actor: system, action: 'fail', target, outcome: 'failed', detail: after.reason })
    } else if (after.state === 'Terminated' && after.reason) {
      await activity.add({ actor: system, action: 'end', target, outcome: 'done', detail: after.reason })
    } else if (after.state === 'Running') {
      await activity.add({ actor: system, action: 'ready', target, outcome: 'done' })
    } else if (after.state === 'Pending' && after.reason) {
      await activity.add({ actor: system, action: 'pause', target, outcome: 'failed', detail: after.reason })
    } else if (after.state === 'Paused' && before.state !== 'Pausing') {
      await activity.add({ actor: system, action: 'pause from outside', target, outcome: 'done' })
    }
  }
}

/** Labels that no THON wrote: somebody else's container, which is left alone. */
function isNamed({ group, username }: Sandbox): boolean {
  return isName(group) && isName(username)
}

function observationOf(sandbox: Sandbox): Observation {
  return sandbox.status === 'exited'
    ? { type: 'exited', exitCode: sandbox.exitCode, outOfMemory: sandbox.outOfMemory }
    : { type: sandbox.status }
}
