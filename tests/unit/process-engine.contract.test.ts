import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ProcessEngine } from '../../server/engine/process/engine.ts'
import { engineContract, type EngineHarness } from '../kit/engine-contract.ts'

engineContract('ProcessEngine', setup)

async function setup(): Promise<EngineHarness> {
  const dir = await mkdtemp(join(tmpdir(), 'thon-contract-'))
  const engine = new ProcessEngine({ node: 'contract', workspaceDir: dir, path: '/usr/bin:/bin' })
  const find = async (ref: string) => (await engine.list()).find((sandbox) => sandbox.ref === ref)
  // The engine's own link leads to the volume's directory.
  const inWorkspace = async (ref: string, path: string) => join(dir, '.volumes', (await find(ref))?.volume ?? '', path)
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
    async killExternally(ref) {
      const path = join(dir, '.sandboxes', `${(await find(ref))?.instanceId}.json`)
      const { pid } = JSON.parse(await readFile(path, 'utf8')) as { pid: number }
      process.kill(pid, 'SIGKILL')
    },
    writeFile: async (ref, path, content) => writeFile(await inWorkspace(ref, path), content),
    readFile: async (ref, path) => readFile(await inWorkspace(ref, path), 'utf8'),
    async dispose() {
      await engine.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
