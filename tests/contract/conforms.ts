import type { TestApp } from '../kit/app.ts'
import { replay, type Replay } from '../kit/conformance/replay.ts'
import { loadScenario } from '../kit/conformance/scenario.ts'
import { differences } from './differences.ts'

/** An engine that is away from the start: nobody listens there. */
export const NOBODY = { THON_ENGINE: 'docker', DOCKER_HOST: 'unix:///nonexistent/docker.sock' }

/** What happens around the server, and what else is looked at. */
type Around = Pick<Replay, 'before' | 'after'>

/** Host administration, which the contract leaves out. */
const LEFT_OUT = /^\/api\/(nginx\/|lemonade\/rescale$)/

/** Replays a recording on a fresh server. @throws unless each step is answered as recorded, or as listed */
export async function conforms(app: TestApp, name: string, around: Around = {}): Promise<void> {
  const { steps, ...scenario } = loadScenario(name)
  const ours = { ...scenario, steps: steps.filter(({ request }) => !LEFT_OUT.test(request.path)) }
  await replay(ours, { base: app.url, differences: differences[name] ?? {}, ...around })
}
