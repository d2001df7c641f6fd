import { onTestFinished } from 'vitest'
import type { Sandbox, SandboxEngine, SandboxSpec } from '../../server/engine/engine.ts'
import { EngineWatch } from './engine-watch.ts'

/** An engine to hold to the contract, and what a test can do around it. Hooks that are missing skip their tests. */
export interface EngineHarness {
  engine: SandboxEngine
  /** A spec that nothing else uses: new instance, new person, new volume. */
  spec(overrides?: Partial<SandboxSpec>): SandboxSpec
  /** Ends a sandbox hard, as from outside: the engine object is not asked. */
  killExternally?(ref: string): Promise<void>
  /** Writes a file into the workspace of a running sandbox, by a path relative to it. */
  writeFile?(ref: string, path: string, content: string): Promise<void>
  /** Reads such a file of a running sandbox; throws when there is none. */
  readFile?(ref: string, path: string): Promise<string>
  /** False when nothing listens behind `hostPort`, as with a fake. */
  serves?: boolean
  dispose(): Promise<void>
}

/** Looks like the id of every engine, and is none of its own. */
export const UNKNOWN = '0123456789ab0123456789ab0123456789ab0123456789ab0123456789ab0123'

/** Short ways to what most tests do. */
export class ContractKit {
  readonly harness: EngineHarness
  readonly engine: SandboxEngine

  constructor(harness: EngineHarness) {
    this.harness = harness
    this.engine = harness.engine
  }

  async watch(): Promise<EngineWatch> {
    const watch = await EngineWatch.open(this.engine)
    onTestFinished(async () => void (await watch.stop()))
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

/** The status of /healthz, or 0 while nobody answers. */
export async function healthz(hostPort: number | null | undefined): Promise<number> {
  try {
    return (await fetch(`http://127.0.0.1:${hostPort}/healthz`)).status
  } catch {
    return 0
  }
}
