import type { ContainerInfo, VolumeCreateOptions, VolumeInspectInfo } from 'dockerode'
import { TIMEOUT_MS, type DockerClient } from './client.ts'
import { statusOf, tolerate } from './errors.ts'
import { assertVolume, isOurs, LABEL, volumeLabels } from './spec.ts'
import { EngineRefused } from '../engine.ts'
import { ownVolumeName } from '../identity.ts'

/** How long a container that was created counts as about to start, in seconds. */
const STARTING_SECONDS = 60

/** Volumes of participants, which outlive their sandboxes. */
export class DockerVolumes {
  readonly #client: DockerClient
  readonly #node: string

  constructor(client: DockerClient, node: string) {
    this.#client = client
    this.#node = node
  }

  /** See the port. Versions before 0.2.0 did not label volumes: a container of another server tells whose those are. */
  async own(volume: string): Promise<string> {
    assertVolume(volume)
    const found = await this.#named(volume)
    const own = ownVolumeName(volume, this.#node)
    if (found.has(own)) return own
    return found.has(volume) && (await this.#isForeign(volume, found.get(volume))) ? own : volume
  }

  /** Creates the volume unless it exists. Throws as the port says. */
  async ensure(volume: string, owner: { group: string; username: string }): Promise<void> {
    assertVolume(volume)
    await this.#client.request(TIMEOUT_MS.command, (docker, abortSignal) =>
      docker.createVolume({
        Name: volume,
        Labels: volumeLabels(owner, this.#node),
        abortSignal,
      } as VolumeCreateOptions),
    )
  }

  /**
   * Two programs that write to the same files would destroy them.
   * @param isLast the sandbox was created: another one that was created at the same moment counts as well
   * @throws EngineRefused while a container runs on the volume, no matter who created it, other than that of the instance
   */
  async assertUnused(volume: string, instanceId: string, isLast = false): Promise<void> {
    assertVolume(volume)
    // The folder of the volume may be mounted without its name.
    const folder = (await this.#named(volume)).get(volume)?.Mountpoint
    const users = await this.#users(
      [volume, folder ?? volume],
      ['running', 'paused', 'restarting', ...(isLast ? ['created'] : [])],
    )
    const earliest = Date.now() / 1000 - STARTING_SECONDS
    const other = users.find(
      ({ Labels, State, Created }) =>
        Labels[LABEL.instance] !== instanceId && (State !== 'created' || Created > earliest),
    )
    if (!other) return
    throw new EngineRefused(`The workspace ${volume} is in use by ${this.#describe(other)}. Stop that first.`)
  }

  /** Deletes the volume; does nothing when it does not exist. @throws EngineRefused while a container uses it */
  async remove(volume: string): Promise<void> {
    assertVolume(volume)
    if (await this.#isForeign(volume, (await this.#named(volume)).get(volume))) return
    const remove = this.#client.request(TIMEOUT_MS.command, (docker, abortSignal) =>
      docker.getVolume(volume).remove({ abortSignal }),
    )
    try {
      await tolerate(remove, (status) => status === 404)
    } catch (error) {
      if (statusOf(error) !== 409) throw error
      const names = (await this.#users([volume])).map(({ Names: [name = ''] }) => name.slice(1))
      const rest = names.length > 0 ? ` by ${names.join(', ')}. Remove that first.` : '. Try again in a moment.'
      throw new EngineRefused(`The workspace ${volume} is still in use${rest}`, { cause: error })
    }
  }

  /** Volumes by name, among them the one that is called so, if it exists. */
  async #named(volume: string): Promise<Map<string, VolumeInspectInfo>> {
    const { Volumes: volumes } = await this.#client.request(TIMEOUT_MS.inspect, (docker, abortSignal) =>
      docker.listVolumes({ filters: { name: [volume] }, abortSignal }),
    )
    // Docker sends null for an empty list or map, although dockerode's types do not say so.
    return new Map(((volumes as typeof volumes | null) ?? []).map((one) => [one.Name, one]))
  }

  async #isForeign(volume: string, info: VolumeInspectInfo | undefined): Promise<boolean> {
    const node = (info?.Labels as Record<string, string> | null | undefined)?.[LABEL.node]
    if (info === undefined || node !== undefined) return node !== undefined && node !== this.#node
    return (await this.#users([volume])).some(
      ({ Labels }) => Labels[LABEL.node] !== undefined && !isOurs(Labels, this.#node),
    )
  }

  /** Containers that mount one of the volumes or folders. @param status only in one of these states */
  #users(volume: string[], status?: string[]): Promise<ContainerInfo[]> {
    const filters = { volume, ...(status && { status }) }
    return this.#client.request(TIMEOUT_MS.inspect, (docker, abortSignal) =>
      docker.listContainers({ all: true, filters, abortSignal }),
    )
  }

  #describe({ Labels, Names: [name = ''] }: ContainerInfo): string {
    if (!Labels[LABEL.instance]) return `the container ${name.slice(1)}, which THON did not create`
    const whose = isOurs(Labels, this.#node) ? '' : ` of another THON (${Labels[LABEL.node] ?? ''})`
    return `the sandbox ${Labels[LABEL.group] ?? ''}/${Labels[LABEL.username] ?? ''}${whose}, container ${name.slice(1)}`
  }
}
