import type { VolumeInspectInfo } from 'dockerode'
import { DockerClient, TIMEOUT_MS } from './client.ts'
import { listClaims, livingClaims } from './claims.ts'
import { tolerate } from './errors.ts'
import { LABEL } from './spec.ts'
import type { DockerConnection } from '../../config/env.ts'
import type { DatabaseFile } from '../identity.ts'

/** What one THON has on a Docker engine, running or not. */
export interface NodeRemains {
  node: string
  /** Whether that THON runs now. Versions before 0.2.0 leave no sign of it. */
  isLiving: boolean
  /** Its database, as it recorded it; null for versions before 0.2.0, and when it left nothing but rules. */
  database: DatabaseFile | null
  containers: { id: string; name: string; isRunning: boolean }[]
  /** Volumes with the files of participants. */
  volumes: string[]
  networks: { id: string; name: string }[]
  /** Volumes that only say whose the rest is. */
  claims: string[]
}

/** What THONs have left on a Docker engine. Every method throws as the port says. Close it after use. */
export class DockerRemains {
  readonly #client: DockerClient

  constructor(connection: DockerConnection) {
    this.#client = new DockerClient(connection)
  }

  /** Everything that carries the id of a THON, by id. Volumes of versions before 0.2.0 carry none, and are not listed. */
  async list(): Promise<NodeRemains[]> {
    const found = new Map<string, NodeRemains>()
    const of = (node: string) => {
      const known = found.get(node) ?? newRemains(node)
      found.set(node, known)
      return known
    }
    const claims = await listClaims(this.#client)
    const living = new Set((await livingClaims(this.#client, claims)).map(({ node }) => node))
    for (const { node, volume, database } of claims) {
      of(node).claims.push(volume)
      Object.assign(of(node), { database, isLiving: living.has(node) })
    }
    for (const { Id, Names, State, Labels } of await this.#containers())
      of(Labels[LABEL.node] ?? '').containers.push({
        id: Id,
        name: Names[0]?.slice(1) ?? Id,
        isRunning: State === 'running' || State === 'paused',
      })
    for (const { Name, Labels } of await this.#volumes()) of(Labels[LABEL.node] ?? '').volumes.push(Name)
    for (const { Id, Name, Labels } of await this.#networks())
      of(Labels?.[LABEL.node] ?? '').networks.push({ id: Id, name: Name })
    return [...found.values()].toSorted((a, b) => (a.node < b.node ? -1 : 1))
  }

  /**
   * Stops and removes its containers, then its networks.
   * @param withVolumes also the files of its participants, and what says whose they were
   */
  async remove({ containers, networks, volumes, claims }: NodeRemains, withVolumes: boolean): Promise<void> {
    for (const { id } of containers)
      await this.#ignoringMissing((docker, abortSignal) =>
        docker.getContainer(id).remove({ force: true, v: true, abortSignal }),
      )
    for (const { id } of networks)
      await this.#ignoringMissing((docker, abortSignal) => docker.getNetwork(id).remove({ abortSignal }))
    if (!withVolumes && volumes.length > 0) return
    for (const name of [...volumes, ...claims])
      await this.#ignoringMissing((docker, abortSignal) => docker.getVolume(name).remove({ abortSignal }))
  }

  close(): void {
    this.#client.close()
  }

  #containers() {
    const filters = { label: [LABEL.instance, LABEL.node] }
    return this.#client.request(TIMEOUT_MS.inspect, (docker, abortSignal) =>
      docker.listContainers({ all: true, filters, abortSignal }),
    )
  }

  async #volumes(): Promise<VolumeInspectInfo[]> {
    const filters = { label: [LABEL.volume, LABEL.node] }
    const { Volumes: volumes } = await this.#client.request(TIMEOUT_MS.inspect, (docker, abortSignal) =>
      docker.listVolumes({ filters, abortSignal }),
    )
    // Docker sends null for an empty list, although dockerode's types do not say so.
    const found = volumes as VolumeInspectInfo[] | null
    return found ?? []
  }

  #networks() {
    const filters = { label: [LABEL.node] }
    return this.#client.request(TIMEOUT_MS.inspect, (docker, abortSignal) =>
      docker.listNetworks({ filters, abortSignal }),
    )
  }

  async #ignoringMissing(send: Parameters<DockerClient['request']>[1]): Promise<void> {
    await tolerate(this.#client.request(TIMEOUT_MS.command, send), (status) => status === 404)
  }
}

function newRemains(node: string): NodeRemains {
  return { node, isLiving: false, database: null, containers: [], volumes: [], networks: [], claims: [] }
}
