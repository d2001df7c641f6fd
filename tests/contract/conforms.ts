import type { TestApp } from '../kit/app.ts'
import { replay, type Replay } from '../kit/conformance/replay.ts'
import { loadScenario } from '../kit/conformance/scenario.ts'
import { differences } from './differences.ts'

/** An engine that is away from the start: nobody listens there. */
export const NOBODY = { THON_ENGINE: 'docker', DOCKER_HOST: 'unix:///nonexistent/docker.sock' }

/** What happens around the server, and what else is looked at. */
type Around = Pick<Replay, 'before' | 'after'>

/** Replays a recording on a fresh server. @throws unless each step is answered as recorded, or as listed */
export async function conforms(app: TestApp, name: string, around: Around = {}): Promise<void> {
  await replay(loadScenario(name), { base: app.url, differences: differences[name] ?? {}, ...around })
}
