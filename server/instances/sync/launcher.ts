import type { Limits } from '../../config/env.ts'
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

/** Files for a new sandbox. */
export interface FilesFor {
  files: SandboxFile[]
  /** Which ones are missing, and why, in sentences for people; null when none is. */
  notice: string | null
}

/** What launching needs of its surroundings. */
export interface LauncherDeps {
  store: InstanceRepository
  engine: SandboxEngine
  limits: Limits
  /** What goes into a new sandbox; never throws. */
  files: (row: InstanceRow) => Promise<FilesFor>
  /** Every sandbox as the engine last said. */
  seen: () => Iterable<Sandbox>
  /** Tells what was made. */
  note: (event: SandboxEvent) => void
  tell: (id: string, observation: Observation) => Promise<void>
}

/** Makes the sandbox of a pending instance and starts it. */
export class Launcher {
  readonly #parts: LauncherDeps
  readonly #progress = new Map<string, string>()

  constructor(parts: LauncherDeps) {
    this.#parts = parts
  }

  /** What a slow start is at, in words; null when there is nothing to say. */
  progress(id: string): string | null {
    return this.#progress.get(id) ?? null
  }

  /** @throws EngineAway, EngineRefused */
  async launch(id: string): Promise<void> {
    try {
      await this.#launch(id)
    } finally {
      this.#progress.delete(id)
    }
  }

  async #launch(id: string): Promise<void> {
    const { engine, store } = this.#parts
    const row = await store.find(id)
    if (row?.state !== 'Pending') return this.#end(id, null)
    await this.#clearAway(row)
    const { files, notice } = await this.#parts.files(row)
    const spec = { ...row, instanceId: row.id, files, limits: this.#parts.limits }
    const ref = await engine.create(spec, (text) => this.#say(row, text))
    this.#parts.note({ instanceId: id, ref, sandbox: justMade(spec, ref) })
    const pending = await store.find(id)
    // Its deadline counts from here, not from the wait for its turn.
    const claimed = pending?.state === 'Pending' && (await store.amend(pending, { ref, notice, stateAt: new Date() }))
    if (!claimed) return this.#end(id, ref)
    await engine.start(ref).catch(async (error: unknown) => {
      // It never ran, so no event will tell of it: away with it before its row says Failed.
      if (error instanceof EngineRefused) await engine.remove(ref).catch(() => undefined)
      throw error
    })
  }

  /** Ended sandboxes of the same person, kept because somebody stopped them by hand, give way to the new one. */
  async #clearAway(row: InstanceRow): Promise<void> {
    for (const one of this.#parts.seen()) {
      const theirs = one.group === row.group && one.username === row.username && one.instanceId !== row.id
      if (theirs && one.status === 'exited') await this.#parts.engine.remove(one.ref).catch(() => undefined)
    }
  }

  /** Killed while it was being made: nothing may be left of it, and its row has to end. */
  async #end(id: string, ref: string | null): Promise<void> {
    if (ref) await this.#parts.engine.remove(ref)
    // Not awaited: the row's line of observations may itself be waiting for this launch.
    void this.#parts.tell(id, { type: 'gone' })
  }

  #say(row: InstanceRow, text: string): void {
    if (this.#progress.get(row.id) === text) return
    this.#progress.set(row.id, text)
    this.#parts.store.touch(row)
  }
}

function justMade(spec: SandboxSpec, ref: string): Sandbox {
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
