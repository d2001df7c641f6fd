import { WITHIN, type Abortable, type DockerClient } from './client.ts'
import type { DockerConnection } from '../../config/env.ts'
import { findDocker } from './connection.ts'
import { EngineAway } from '../engine.ts'
import { hasInterface } from '../network/host-network.ts'

/**
 * Why network rules set by this process would not reach the sandboxes, and what to do; null when they would, as far as can be
 * told: while Docker is away, that it is named as one of this machine is enough.
 */
export async function remoteReason(client: DockerClient, connection: DockerConnection): Promise<string | null> {
  try {
    return remote(connection) ?? (await rootless(client)) ?? (await outOfSight(client))
  } catch (error) {
    if (error instanceof EngineAway) return null
    throw error
  }
}

function remote(connection: DockerConnection): string | null {
  const { socketPath, hostname, url } = findDocker(connection)
  if (socketPath || /^(localhost|127\..*|::1)$/.test(hostname)) return null
  return `Docker runs on another machine (${url}): run THON on that one, or set the rules there by hand.`
}

async function rootless(client: DockerClient): Promise<string | null> {
  const { SecurityOptions = [] } = await client
    .ask(WITHIN.look, (docker, abortSignal) =>
      (docker.info as Abortable<{ SecurityOptions?: string[] | null }>).call(docker, { abortSignal }),
    )
    .then((info) => ({ SecurityOptions: info.SecurityOptions ?? [] }))
  return SecurityOptions.some((option) => option.startsWith('name=rootless'))
    ? 'Docker runs rootless, in a network of its own that THON cannot set rules in: use a Docker that root runs.'
    : null
}

/** A Docker in a virtual machine, or a THON in a container: none of Docker's bridges is seen from here. */
async function outOfSight(client: DockerClient): Promise<string | null> {
  const networks = await client.ask(WITHIN.look, (docker, abortSignal) =>
    docker.listNetworks({ filters: { driver: ['bridge'] }, abortSignal }),
  )
  const bridges = networks.flatMap(({ Options }) => Options?.['com.docker.network.bridge.name'] ?? [])
  if (bridges.length === 0 || bridges.some(hasInterface)) return null
  return "Docker's networks cannot be seen from here, since THON runs in a container or Docker in a virtual machine: run THON on the machine itself, or its container with --network host and --cap-add NET_ADMIN."
}
