import type { Limits } from '../../config/env.ts'
import type { UnitOfWork } from '../../db/unit-of-work.ts'
import {
  EngineRefused,
  type Sandbox,
  type SandboxEngine,
  type SandboxEvent,
  type SandboxFile,
  type SandboxSpec,
} from '../../engine/engine.ts'
import type { Observation } from './lifecycle.ts'
import type { InstanceRow } from '../model.ts'
import type { InstanceRepository } from '../repository.ts'

/** The configuration files of a sandbox. */
export interface LaunchFiles {
  files: SandboxFile[]
  /** Which files are missing, and why, for organizers; null when all are there. */
  notice: string | null
}

/** What a launch depends on. */
export interface LauncherDeps {
  repository: InstanceRepository
  unit: UnitOfWork
  engine: SandboxEngine
  limits: Limits
  /** Never throws. */
  filesFor: (row: InstanceRow) => Promise<LaunchFiles>
  /** Gives the sandbox and its user another volume. */
  setVolume: (row: InstanceRow, volume: string) => Promise<InstanceRow>
  /** Every sandbox, as the engine last reported it. */
  seen: () => Iterable<Sandbox>
  /** Remembers what was created. */
  note: (event: SandboxEvent) => void
  report: (id: string, observation: Observation) => Promise<void>
}

/** Creates the sandbox of a Pending instance and starts it. */
export class Launcher {
  readonly #deps: LauncherDeps
  readonly #progress = new Map<string, string>()

  constructor(deps: LauncherDeps) {
    this.#deps = deps
  }

  /** What a slow start is doing, as a short text for people; null when it is not known. */
  progress(id: string): string | null {
    return this.#progress.get(id) ?? null
  }

  /** @throws EngineUnavailable, EngineRefused */
  async launch(id: string): Promise<void> {
    try {
      await this.#launch(id)
    } finally {
      this.#progress.delete(id)
    }
  }

  async #launch(id: string): Promise<void> {
    const { engine, filesFor, limits, note, repository, unit } = this.#deps
    const found = await repository.find(id)
    if (found?.state !== 'Pending') return this.#undo(id, null)
    await this.#removeStopped(found)
    const row = await this.#deps.setVolume(found, await engine.ownVolume(found.volume))
    const { files, notice } = await filesFor(row)
    const spec = { ...row, instanceId: row.id, files, limits }
    const ref = await engine.create(spec, (text) => this.#setProgress(row, text))
    note({ instanceId: id, ref, sandbox: newSandbox(spec, ref) })
    const isWanted = await unit.write(async (tx) => {
      const pending = await repository.find(id, tx)
      // Its deadline counts from here, not from when it got in line.
      return pending?.state === 'Pending' && (await repository.amend(tx, pending, { ref, notice, stateAt: new Date() }))
    })
    if (!isWanted) return this.#undo(id, ref)
    await engine.start(ref).catch(async (error: unknown) => {
      // It never ran, so no event will report its end: remove it before its row says Failed.
      if (error instanceof EngineRefused) await engine.remove(ref).catch(() => undefined)
      throw error
    })
  }

  /** Removes stopped sandboxes of the same person, which are kept when they were stopped by hand. */
  async #removeStopped(row: InstanceRow): Promise<void> {
    for (const one of this.#deps.seen()) {
      const isTheirs = one.group === row.group && one.username === row.username && one.instanceId !== row.id
      if (isTheirs && one.status === 'exited') await this.#deps.engine.remove(one.ref).catch(() => undefined)
    }
  }

  /** Killed while it was being created: nothing may be left of it, and its row has to stop. */
  async #undo(id: string, ref: string | null): Promise<void> {
    if (ref) await this.#deps.engine.remove(ref)
    // Not awaited: the observations of this row may themselves wait for this launch.
    void this.#deps.report(id, { type: 'gone' })
  }

  #setProgress(row: InstanceRow, text: string): void {
    if (this.#progress.get(row.id) === text) return
    this.#progress.set(row.id, text)
    this.#deps.repository.touch(row)
  }
}

function newSandbox(spec: SandboxSpec, ref: string): Sandbox {
  const { instanceId, group, username, image, volume, port, password } = spec
  return {
    ...{ instanceId, group, username, image, volume, port, password, ref },
    status: 'created',
    hostPort: null,
    exitCode: null,
    outOfMemory: false,
    startedAt: null,
  }
}
