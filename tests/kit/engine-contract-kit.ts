import { onTestFinished } from 'vitest'
import type { Sandbox, SandboxEngine, SandboxSpec } from '../../server/engine/engine.ts'
import { EngineWatch } from './engine-watch.ts'

/** An engine to test, and what tests can do around it. Tests that need a missing hook are skipped. */
export interface EngineHarness {
  engine: SandboxEngine
  /** A spec that nothing else uses: new instance, new user, new volume. */
  spec: (overrides?: Partial<SandboxSpec>) => SandboxSpec
  /** Kills a sandbox without the engine object. */
  killExternally?: (ref: string) => Promise<void>
  /** Writes a file of a running sandbox. @param path relative to its workspace */
  writeFile?: (ref: string, path: string, content: string) => Promise<void>
  /** Reads a file of a running sandbox. @throws when it does not exist */
  readFile?: (ref: string, path: string) => Promise<string>
  /** False when nothing listens at `hostPort`, as with a fake. */
  serves?: boolean
  dispose(): Promise<void>
}

/** A ref in the format of every engine that never existed. */
export const UNKNOWN = '0123456789ab0123456789ab0123456789ab0123456789ab0123456789ab0123'

/** Shortcuts for what most tests do. */
export class ContractKit {
  readonly harness: EngineHarness
  readonly engine: SandboxEngine

  constructor(harness: EngineHarness) {
    this.harness = harness
    this.engine = harness.engine
  }

  async watch(): Promise<EngineWatch> {
    const watch = await EngineWatch.open(this.engine)
    onTestFinished(async () => {
      await watch.stop()
    })
    return watch
  }

  async create(overrides?: Partial<SandboxSpec>): Promise<string> {
    const ref = await this.engine.create(this.harness.spec(overrides), () => {})
    onTestFinished(() => this.engine.remove(ref))
    return ref
  }

  async running(overrides?: Partial<SandboxSpec>): Promise<string> {
    const ref = await this.create(overrides)
    await this.engine.start(ref)
    return ref
  }

  async find(ref: string): Promise<Sandbox | undefined> {
    return (await this.engine.list()).find((sandbox) => sandbox.ref === ref)
  }

  async status(ref: string): Promise<string | undefined> {
    return (await this.find(ref))?.status
  }
}

/** The status of /healthz, or 0 without an answer. */
export async function healthz(hostPort: number | null | undefined): Promise<number> {
  try {
    return (await fetch(`http://127.0.0.1:${hostPort}/healthz`)).status
  } catch {
    return 0
  }
}
