import { afterAll, beforeAll, describe } from 'vitest'
import { eventTests } from './engine-contract-events.ts'
import { factTests, volumeTests } from './engine-contract-facts.ts'
import { ContractKit, type EngineHarness } from './engine-contract-kit.ts'
import { commandTests, lifeTests } from './engine-contract-life.ts'

export type { EngineHarness } from './engine-contract-kit.ts'

const LONG = 60_000

/** Tests everything that `server/engine/engine.ts` promises, for one engine. `setup` runs once. */
export function engineContract(name: string, setup: () => Promise<EngineHarness>): void {
  describe(`${name} as a SandboxEngine`, { timeout: LONG }, () => {
    let kit: ContractKit
    beforeAll(async () => {
      kit = new ContractKit(await setup())
    }, LONG)
    afterAll(async () => kit.harness.dispose(), LONG)

    lifeTests(() => kit)
    commandTests(() => kit)
    eventTests(() => kit)
    factTests(() => kit)
    volumeTests(() => kit)
  })
}
