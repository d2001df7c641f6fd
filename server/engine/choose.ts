import { messageOf } from '../core/errors.ts'
import type { Env } from '../config/env.ts'
import { DockerEngine } from './docker/engine.ts'
import type { SandboxEngine } from './engine.ts'
import { runner } from './network/firewall-keeper.ts'
import type { HostNetwork } from './network/sandbox-network.ts'
import { ProcessEngine } from './process/engine.ts'

/** The engine, and what the organizer should know about how it was chosen. */
export interface EngineChoice {
  engine: SandboxEngine
  notices: string[]
  /** What network rules are set with; null where there are none to set. */
  ground: HostNetwork | null
}

/**
 * Takes the engine that the environment names; with `auto`, Docker when it answers, else the embedded one. Instances that
 * live in Docker keep a server with Docker, away or not: they must not be left behind for the day it comes back.
 * @param node tells this server's sandboxes from those of others on the same engine
 * @param hasDockerInstances whether the database has active instances of the Docker engine
 */
export async function chooseEngine(env: Env, node: string, hasDockerInstances: boolean): Promise<EngineChoice> {
  const docker = () => new DockerEngine({ node, image: env.image, pool: env.network.pool, connection: env.docker })
  if (env.engine === 'docker' || (env.engine === 'auto' && hasDockerInstances)) return withGround(env, node, docker())
  if (env.engine === 'process') return { engine: embedded(env, node), notices: [EMBEDDED], ground: null }
  const candidate = docker()
  try {
    await candidate.info()
    return withGround(env, node, candidate)
  } catch (error) {
    await candidate.close()
    return {
      engine: embedded(env, node),
      notices: [`${EMBEDDED} Docker was not used: ${messageOf(error)} To use it, start it and then THON again.`],
      ground: null,
    }
  }
}

const EMBEDDED =
  'The embedded engine runs sandboxes as plain processes of this machine: they are not isolated from it or from each other, and have no limits. Good for trying THON out, not for an event.'

function withGround(env: Env, node: string, engine: DockerEngine): EngineChoice {
  const ground = {
    node,
    run: runner(env.path),
    whyElsewhere: () => engine.whyElsewhere(),
    tidy: () => engine.tidyNetworks(),
  }
  return { engine, notices: [], ground }
}

function embedded(env: Env, node: string): SandboxEngine {
  return new ProcessEngine({ node, workspaceDir: env.workspaceDir, path: env.path })
}
