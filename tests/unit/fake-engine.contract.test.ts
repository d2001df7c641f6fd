import { randomUUID } from 'node:crypto'
import { engineContract } from '../kit/engine-contract.ts'
import { FakeEngine } from '../kit/fake-engine.ts'

engineContract('FakeEngine', () => {
  const engine = new FakeEngine()
  return Promise.resolve({
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
    writeFile: (ref, path, content) => {
      engine.writeFile(ref, path, content)
      return Promise.resolve()
    },
    readFile: (ref, path) => new Promise((resolve) => resolve(engine.readFile(ref, path))),
    dispose: () => engine.dispose(),
  })
})
