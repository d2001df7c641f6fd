import type { VolumeCreateOptions } from 'dockerode'
import { TIMEOUT_MS, type DockerClient } from './client.ts'
import { statusOf, tolerate } from './errors.ts'
import { assertVolume, volumeLabels } from './spec.ts'
import { EngineRefused } from '../engine.ts'

/** Volumes of participants, which outlive their sandboxes. */
export class DockerVolumes {
  readonly #client: DockerClient

  constructor(client: DockerClient) {
    this.#client = client
  }

  /** Creates the volume unless it exists. Throws as the port says. */
  async ensure(volume: string, owner: { group: string; username: string }): Promise<void> {
    assertVolume(volume)
    await this.#client.request(TIMEOUT_MS.command, (docker, abortSignal) =>
      docker.createVolume({ Name: volume, Labels: volumeLabels(owner), abortSignal } as VolumeCreateOptions),
    )
  }

  /** Deletes the volume; does nothing when it does not exist. @throws EngineRefused while a container uses it */
  async remove(volume: string): Promise<void> {
    assertVolume(volume)
    const remove = this.#client.request(TIMEOUT_MS.command, (docker, abortSignal) =>
      docker.getVolume(volume).remove({ abortSignal }),
    )
    try {
      await tolerate(remove, (status) => status === 404)
    } catch (error) {
      if (statusOf(error) !== 409) throw error
      throw new EngineRefused(`The workspace ${volume} is still in use${await this.#users(volume)}`, { cause: error })
    }
  }

  async #users(volume: string): Promise<string> {
    const users = await this.#client.request(TIMEOUT_MS.inspect, (docker, abortSignal) =>
      docker.listContainers({ all: true, filters: { volume: [volume] }, abortSignal }),
    )
    const names = users.map(({ Names: [name = ''] }) => name.slice(1))
    return names.length > 0 ? ` by ${names.join(', ')}. Remove that first.` : '. Try again in a moment.'
  }
}
