import { Mutex } from 'async-mutex'
import type { NetworkInspectInfo } from 'dockerode'
import { TIMEOUT_MS, type DockerClient } from './client.ts'
import { dockerMessage, statusOf, tolerate } from './errors.ts'
import { LABEL, type ContainerNetwork } from './spec.ts'
import { EngineRefused } from '../engine.ts'
import { routedSubnets } from '../network/host-network.ts'
import { bridgeOf, networkName } from '../network/names.ts'
import { formatSubnet, freeSubnets, gatewayOf, groupCapacity, parseSubnet, type Subnet } from '../network/subnets.ts'

export interface DockerNetworksOptions {
  /** Name of this server. */
  node: string
  /** Network that groups get theirs from, as CIDR. */
  pool: string
}

/**
 * A bridge network for each group, created when it is first needed. Sandboxes in it do not reach each other unless the
 * rules of `firewall.ts` allow it. Networks without sandboxes are removed from time to time, and when the pool is used up.
 */
export class DockerNetworks {
  readonly #client: DockerClient
  readonly #options: DockerNetworksOptions
  readonly #pool: Subnet
  /** Networks that containers are being created in, and how many. */
  readonly #inUse = new Map<string, number>()
  /** Keeps two networks from getting the same addresses, and one from being removed while it is handed out. */
  readonly #mutex = new Mutex()

  constructor(client: DockerClient, options: DockerNetworksOptions) {
    const pool = parseSubnet(options.pool)
    if (!pool) throw new Error(`${options.pool} is not an IPv4 network`)
    this.#client = client
    this.#options = options
    this.#pool = pool
  }

  /** Passes the group's network to `use`, and keeps it until that is done. Throws as the port says, and what `use` throws. */
  async withNetwork<T>(group: string, use: (network: ContainerNetwork) => Promise<T>): Promise<T> {
    const name = networkName(this.#options.node, group)
    this.#inUse.set(name, (this.#inUse.get(name) ?? 0) + 1)
    try {
      return await use(
        await this.#mutex.runExclusive(async () => (await this.#find(name)) ?? this.#create(name, group)),
      )
    } finally {
      const left = (this.#inUse.get(name) ?? 1) - 1
      if (left > 0) this.#inUse.set(name, left)
      else this.#inUse.delete(name)
    }
  }

  /** Removes this server's networks that no sandbox belongs to, not even a stopped one. Throws as the port says. */
  removeUnused(): Promise<void> {
    return this.#mutex.runExclusive(() => this.#removeUnused())
  }

  async #find(name: string): Promise<ContainerNetwork | null> {
    const inspect = this.#client.request(TIMEOUT_MS.inspect, async (docker) => {
      const info: NetworkInspectInfo = await docker.getNetwork(name).inspect()
      return info
    })
    const { value } = await tolerate(inspect, (status) => status === 404)
    return value && { name, gateway: value.IPAM?.Config?.[0]?.Gateway ?? null }
  }

  async #create(name: string, group: string): Promise<ContainerNetwork> {
    const created = await this.#createInFreeSubnet(name, group)
    if (created) return created
    await this.#removeUnused()
    const retried = await this.#createInFreeSubnet(name, group)
    if (retried) return retried
    throw new EngineRefused(
      `No network is left for group ${group}: all ${groupCapacity(this.#pool)} of ${this.#options.pool} are in use. Set SANDBOX_NETWORK_POOL to a larger network that nothing else on this machine uses.`,
    )
  }

  /** Tries the free subnets in turn, because another program may take one at the same moment. Null: none is left. */
  async #createInFreeSubnet(name: string, group: string): Promise<ContainerNetwork | null> {
    for (const subnet of freeSubnets(this.#pool, await this.#usedSubnets())) {
      try {
        await this.#requestCreation(name, group, subnet)
        return { name, gateway: gatewayOf(subnet) }
      } catch (error) {
        if (statusOf(error) === null) throw error
        const existing = /already exists/i.test(dockerMessage(error)) ? await this.#find(name) : null
        if (existing) return existing
        if (!/overlap/i.test(dockerMessage(error))) throw error
      }
    }
    return null
  }

  async #requestCreation(name: string, group: string, subnet: Subnet): Promise<void> {
    const { node } = this.#options
    const body = {
      Name: name,
      CheckDuplicate: true,
      Driver: 'bridge',
      EnableIPv6: false,
      IPAM: { Driver: 'default', Config: [{ Subnet: formatSubnet(subnet), Gateway: gatewayOf(subnet) }] },
      Options: {
        'com.docker.network.bridge.name': bridgeOf(node, group),
        'com.docker.network.bridge.enable_icc': 'false',
      },
      Labels: { [LABEL.node]: node, [LABEL.group]: group },
    }
    // Given as `_body`, because dockerode would otherwise write it into the URL too.
    await this.#client.request(TIMEOUT_MS.create, (docker, abortSignal) =>
      docker.createNetwork({ _query: {}, _body: body, abortSignal } as unknown as typeof body),
    )
  }

  async #usedSubnets(): Promise<Subnet[]> {
    const networks = await this.#client.request(TIMEOUT_MS.inspect, (docker, abortSignal) =>
      docker.listNetworks({ abortSignal }),
    )
    const used = networks.flatMap(({ IPAM }) => IPAM?.Config ?? []).map(({ Subnet = '' }) => parseSubnet(Subnet))
    return [...used.filter((subnet) => subnet !== null), ...routedSubnets()]
  }

  async #removeUnused(): Promise<void> {
    const label = [`${LABEL.node}=${this.#options.node}`]
    const networks = await this.#client.request(TIMEOUT_MS.inspect, (docker, abortSignal) =>
      docker.listNetworks({ filters: { label }, abortSignal }),
    )
    const containers = await this.#client.request(TIMEOUT_MS.inspect, (docker, abortSignal) =>
      docker.listContainers({ all: true, filters: { label }, abortSignal }),
    )
    const used = new Set(containers.flatMap(({ NetworkSettings }) => Object.keys(NetworkSettings.Networks)))
    for (const { Name, Id } of networks) if (!used.has(Name) && !this.#inUse.has(Name)) await this.#remove(Id)
  }

  /** Docker refuses to remove a network that holds a container of another program; that network stays. */
  async #remove(id: string): Promise<void> {
    const remove = this.#client.request(TIMEOUT_MS.command, (docker, abortSignal) =>
      docker.getNetwork(id).remove({ abortSignal }),
    )
    await tolerate(remove, (status) => status === 403 || status === 404 || status === 409)
  }
}
