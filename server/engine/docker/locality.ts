import { TIMEOUT_MS, type Abortable, type DockerClient } from './client.ts'
import type { DockerConnection } from '../../config/env.ts'
import { findDocker } from './connection.ts'
import { EngineUnavailable } from '../engine.ts'
import { hasInterface } from '../network/host-network.ts'

/**
 * Why network rules set by this process would not reach the sandboxes, and what to do; null when they would. While Docker
 * is unavailable, a local address is enough.
 */
export async function remoteReason(client: DockerClient, connection: DockerConnection): Promise<string | null> {
  try {
    return otherMachine(connection) ?? (await rootless(client)) ?? (await outOfSight(client))
  } catch (error) {
    if (error instanceof EngineUnavailable) return null
    throw error
  }
}

function otherMachine(connection: DockerConnection): string | null {
  const { socketPath, hostname, url } = findDocker(connection)
  if (socketPath || /^(localhost|127\..*|::1)$/.test(hostname)) return null
  return `Docker runs on another machine (${url}). Run THON on that machine, or set the rules there by hand.`
}

async function rootless(client: DockerClient): Promise<string | null> {
  const { SecurityOptions: options } = await client.request(TIMEOUT_MS.inspect, (docker, abortSignal) =>
    (docker.info as Abortable<{ SecurityOptions?: string[] | null }>).call(docker, { abortSignal }),
  )
  return options?.some((option) => option.startsWith('name=rootless'))
    ? 'Docker runs rootless, in a network of its own where THON cannot set rules. Use a Docker that root runs.'
    : null
}

/** With Docker in a virtual machine or THON in a container, Docker's bridges are not visible from here. */
async function outOfSight(client: DockerClient): Promise<string | null> {
  const networks = await client.request(TIMEOUT_MS.inspect, (docker, abortSignal) =>
    docker.listNetworks({ filters: { driver: ['bridge'] }, abortSignal }),
  )
  const bridges = networks.flatMap(({ Options }) => Options?.['com.docker.network.bridge.name'] ?? [])
  if (bridges.length === 0 || bridges.some(hasInterface)) return null
  return "Docker's networks are not visible from here, because THON runs in a container or Docker in a virtual machine. Run THON on the machine itself, or its container with --network host and --cap-add NET_ADMIN."
}
