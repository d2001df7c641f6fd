import type { TestApp } from '../kit/app.ts'
import { replay, type Replay } from '../kit/conformance/replay.ts'
import { loadScenario } from '../kit/conformance/scenario.ts'
import { differences } from './differences.ts'

/** An engine that is unavailable from the start: nothing listens there. */
export const NOBODY = { THON_ENGINE: 'docker', DOCKER_HOST: 'unix:///nonexistent/docker.sock' }

/** What happens before a step, and what is checked after it. */
type Around = Pick<Replay, 'before' | 'after'>

/** Administration of the host, which the contract leaves out. */
const LEFT_OUT = /^\/api\/(nginx\/|lemonade\/rescale$)/

/** Replays a recording on a fresh server. @throws unless each step is answered as recorded, or as listed */
export async function conforms(app: TestApp, name: string, around: Around = {}): Promise<void> {
  const { steps, ...scenario } = loadScenario(name)
  const ours = { ...scenario, steps: steps.filter(({ request }) => !LEFT_OUT.test(request.path)) }
  await replay(ours, { base: app.url, differences: differences[name] ?? {}, ...around })
}
