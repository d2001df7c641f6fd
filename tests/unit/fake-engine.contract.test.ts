import { randomUUID } from 'node:crypto'
import { engineContract } from '../kit/engine-contract.ts'
import { FakeEngine } from '../kit/fake-engine.ts'

engineContract('FakeEngine', async () => {
  const engine = new FakeEngine()
  return {
    engine,
    spec(overrides) {
      const id = randomUUID()
      return {
        ...{ instanceId: id, group: 'contract', username: id, image: 'none', volume: `thon-workspace-${id}` },
        ...{ port: 8443, password: null, files: [], limits: { memoryBytes: null, cpus: null, pids: null } },
        ...overrides,
      }
    },
    killExternally: (ref) => engine.exit(ref, 137),
    writeFile: async (ref, path, content) => engine.writeFile(ref, path, content),
    readFile: async (ref, path) => engine.readFile(ref, path),
    dispose: () => engine.dispose(),
  }
})
