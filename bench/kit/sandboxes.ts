import Docker, { type ContainerCreateOptions } from 'dockerode'
import { testImage } from '../../tests/kit/docker.ts'

/** Docker itself, on this machine's socket. */
export const docker = new Docker({ socketPath: '/var/run/docker.sock' })

/** Makes THON run its sandboxes from the tests' small image. */
export const dockerEnv = { THON_ENGINE: 'docker', DOCKER_HOST: 'unix:///var/run/docker.sock', SANDBOX_IMAGE: testImage }

/** Options for one more container like THON's: same command, limits and rights. */
export type Recipe = (volume: string) => ContainerCreateOptions

/** Reads the options of a container that THON created, so that the peer's containers always match. */
export async function recipeOf(ref: string): Promise<Recipe> {
  const { Config: config, HostConfig: host } = await docker.getContainer(ref).inspect()
  const { Image, Entrypoint, Cmd, Env, ExposedPorts } = config
  const [mount] = host.Mounts ?? []
  const NetworkMode = await networkLike(host.NetworkMode as string)
  if (!mount) throw new Error('the sandbox has no mount')
  return (volume) => ({
    ...{ Image, Entrypoint, Cmd, Env, ExposedPorts },
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

/** Creates a network for the peer, because THON removes its own with the sandboxes. @returns its name */
async function networkLike(name: string): Promise<string> {
  const { Options } = (await docker.getNetwork(name).inspect()) as { Options: Record<string, string> }
  const existing = await docker.listNetworks({ filters: { name: [PEER] } })
  const own = { ...Options, 'com.docker.network.bridge.name': 'thbenchpeer' }
  if (existing.length === 0)
    await docker.createNetwork({ Name: PEER, Driver: 'bridge', Options: own, Labels: { 'thon.bench': 'peer' } })
  return PEER
}

/** Removes the peer's network, after its sandboxes. */
export async function removePeerNetwork(): Promise<void> {
  await docker
    .getNetwork(PEER)
    .remove()
    .catch(() => undefined)
}

/** Removes every container with the first label, every volume with the second, and their networks in THON. */
export async function removeAll(containerLabel: string, volumeLabel: string): Promise<void> {
  const containers = await docker.listContainers({ all: true, filters: { label: [containerLabel] } })
  await forEach(containers, ({ Id }) => docker.getContainer(Id).remove({ force: true, v: true }))
  const { Volumes: volumes } = await docker.listVolumes({ filters: { label: [volumeLabel] } })
  await forEach(volumes, ({ Name }) => docker.getVolume(Name).remove())
  const networks = await docker.listNetworks({ filters: { label: [volumeLabel] } })
  // The next round needs the peer's network, too.
  const ofThon = networks.filter(({ Name }) => Name !== PEER)
  await forEach(ofThon, ({ Id }) => docker.getNetwork(Id).remove())
}

/** Removes a few at a time. Items that are gone, or that THON is removing, are skipped. */
async function forEach<T>(items: T[], remove: (item: T) => Promise<unknown>): Promise<void> {
  const rest = items.values()
  const work = async () => {
    for (const item of rest)
      await remove(item).catch((error: unknown) => {
        if (![404, 409].includes((error as { statusCode: number }).statusCode)) throw error
      })
  }
  await Promise.all(Array.from({ length: 6 }, work))
}
