import Docker, { type ContainerCreateOptions } from 'dockerode'
import { testImage } from '../../tests/kit/docker.ts'

/** Docker itself, on this machine's socket. */
export const docker = new Docker({ socketPath: '/var/run/docker.sock' })

/** What THON needs to run its sandboxes from the tests' small image. */
export const dockerEnv = { THON_ENGINE: 'docker', DOCKER_HOST: 'unix:///var/run/docker.sock', SANDBOX_IMAGE: testImage }

/** Makes what a container of THON's is made of, for the next person: same command, limits and rights. */
export type Recipe = (volume: string) => ContainerCreateOptions

/** Reads the recipe off a container that THON made, so that the peer's are like it whatever THON does. */
export async function recipeOf(ref: string): Promise<Recipe> {
  const { Config: config, HostConfig: host } = await docker.getContainer(ref).inspect()
  const { Image, Entrypoint, Cmd, Env, ExposedPorts } = config
  const [mount] = host.Mounts ?? []
  const NetworkMode = await networkLike(host.NetworkMode as string)
  if (!mount) throw new Error('a sandbox of THON has no mount')
  return (volume) => ({
    ...{ Image, Entrypoint: Entrypoint as string[], Cmd, Env, ExposedPorts },
    Labels: { 'thon.bench': 'peer' },
    HostConfig: {
      ...host,
      NetworkMode,
      Mounts: [
        { ...mount, Source: volume, VolumeOptions: { ...mount.VolumeOptions!, Labels: { 'thon.bench': 'peer' } } },
      ],
    },
  })
}

const PEER = 'thon-bench-peer'

/** A network of the peer's own, since THON's goes with its sandboxes. @returns its name */
async function networkLike(name: string): Promise<string> {
  const { Options } = (await docker.getNetwork(name).inspect()) as { Options: Record<string, string> }
  const there = await docker.listNetworks({ filters: { name: [PEER] } })
  const own = { ...Options, 'com.docker.network.bridge.name': 'thbenchpeer' }
  if (there.length === 0)
    await docker.createNetwork({ Name: PEER, Driver: 'bridge', Options: own, Labels: { 'thon.bench': 'peer' } })
  return PEER
}

/** Removes the network of the peer's own, once its sandboxes are gone. */
export async function removePeerNetwork(): Promise<void> {
  await docker
    .getNetwork(PEER)
    .remove()
    .catch(() => undefined)
}

/** Removes every container with the one label, every volume with the other, and THON's networks of theirs. */
export async function removeAll(containerLabel: string, volumeLabel: string): Promise<void> {
  const containers = await docker.listContainers({ all: true, filters: { label: [containerLabel] } })
  await forEach(containers, ({ Id }) => docker.getContainer(Id).remove({ force: true, v: true }))
  const { Volumes: volumes } = await docker.listVolumes({ filters: { label: [volumeLabel] } })
  await forEach(volumes, ({ Name }) => docker.getVolume(Name).remove())
  const networks = await docker.listNetworks({ filters: { label: [volumeLabel] } })
  // The peer's is for the next round, too.
  const thons = networks.filter(({ Name }) => Name !== PEER)
  await forEach(thons, ({ Id }) => docker.getNetwork(Id).remove())
}

/** A few at a time; what is gone already, or being removed by THON itself, does not matter. */
async function forEach<T>(items: T[], remove: (item: T) => Promise<unknown>): Promise<void> {
  const rest = items.values()
  const work = async () => {
    for (const item of rest)
      await remove(item).catch((error: { statusCode?: number }) => {
        if (error.statusCode !== 404 && error.statusCode !== 409) throw error
      })
  }
  await Promise.all(Array.from({ length: 6 }, work))
}
