import { describeError } from '../core/errors.ts'
import type { Env } from '../config/env.ts'
import { DockerEngine } from './docker/engine.ts'
import type { SandboxEngine } from './engine.ts'
import type { EngineIdentity } from './identity.ts'
import { iptablesRunner } from './network/firewall-keeper.ts'
import type { HostNetwork } from './network/sandbox-network.ts'
import { ProcessEngine } from './process/engine.ts'

/** The engine, and what organizers should know about how it was chosen. */
export interface EngineChoice {
  engine: SandboxEngine
  notices: string[]
  /** The machine to set network rules on; null for an engine without any. */
  hostNetwork: HostNetwork | null
}

/**
 * Chooses the engine that the environment names; with `auto`, Docker when it answers, else the embedded engine. A server
 * with instances in Docker stays with Docker even while Docker is unavailable, so that it finds them again later.
 * @param identity tells this server's sandboxes from those of other servers on the same engine
 * @param hasDockerInstances whether the database has active instances of the Docker engine
 */
export async function chooseEngine(
  env: Env,
  identity: EngineIdentity,
  hasDockerInstances: boolean,
): Promise<EngineChoice> {
  const docker = () =>
    new DockerEngine({ ...identity, image: env.image, pool: env.network.pool, connection: env.docker })
  if (env.engine === 'docker' || (env.engine === 'auto' && hasDockerInstances))
    return dockerChoice(env, identity, docker())
  if (env.engine === 'process') return embeddedChoice(env, identity, EMBEDDED)
  const candidate = docker()
  try {
    await candidate.version()
    return dockerChoice(env, identity, candidate)
  } catch (error) {
    await candidate.close()
    return embeddedChoice(
      env,
      identity,
      `${EMBEDDED} Docker was not used: ${describeError(error)} To use Docker, start it, then restart THON.`,
    )
  }
}

const EMBEDDED =
  'The embedded engine runs sandboxes as plain processes of this machine. They are not isolated from it or from each other, and have no limits. Use it to try THON out, not for an event.'

function dockerChoice(env: Env, { node }: EngineIdentity, engine: DockerEngine): EngineChoice {
  const hostNetwork = {
    node,
    run: iptablesRunner(env.path),
    remoteReason: () => engine.remoteReason(),
    removeUnusedNetworks: () => engine.removeUnusedNetworks(),
    hasSandboxes: () => engine.hasContainers(),
  }
  return {
    engine,
    get notices() {
      return engine.notices
    },
    hostNetwork,
  }
}

function embeddedChoice(env: Env, identity: EngineIdentity, notice: string): EngineChoice {
  const engine = new ProcessEngine({ ...identity, workspaceDir: env.workspaceDir, path: env.path })
  return { engine, notices: [notice], hostNetwork: null }
}
