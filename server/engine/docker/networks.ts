import type { NetworkInspectInfo } from 'dockerode'
import { WITHIN, type DockerClient } from './client.ts'
import { dockerWords, statusOf, unless } from './errors.ts'
import { LABEL, type Place } from './spec.ts'
import { EngineRefused } from '../engine.ts'
import { routedSubnets } from '../network/host-network.ts'
import { bridgeOf, networkName } from '../network/names.ts'
import { freeSubnets, gatewayOf, parseSubnet, roomIn, showSubnet, type Subnet } from '../network/subnets.ts'

/** What the networks are made of. */
export interface NetworksOptions {
  /** Name of this server. */
  node: string
  /** Network that groups get theirs from. */
  pool: string
}

/**
 * A bridge network for each group, made when it is first needed, in which sandboxes do not reach each other unless the rules
 * of `firewall.ts` let them. One without sandboxes is taken away, now and then, and when the pool is used up.
 */
export class DockerNetworks {
  readonly #client: DockerClient
  readonly #options: NetworksOptions
  readonly #pool: Subnet
  /** Networks that a container is being made in, and how many. */
  readonly #held = new Map<string, number>()
  /** One after the other, so that no two get the same addresses, and none is taken away while it is handed out. */
  #line: Promise<unknown> = Promise.resolve()

  constructor(client: DockerClient, options: NetworksOptions) {
    const pool = parseSubnet(options.pool)
    if (!pool) throw new Error(`${options.pool} is no network`)
    this.#client = client
    this.#options = options
    this.#pool = pool
  }

  /** Hands the group's network to `use`, and keeps it until that is done. Throws as the port says, and what `use` throws. */
  async within<T>(group: string, use: (network: Place) => Promise<T>): Promise<T> {
    const name = networkName(this.#options.node, group)
    this.#held.set(name, (this.#held.get(name) ?? 0) + 1)
    try {
      return await use(await this.#inTurn(async () => (await this.#find(name)) ?? this.#make(name, group)))
    } finally {
      const left = (this.#held.get(name) ?? 1) - 1
      if (left > 0) this.#held.set(name, left)
      else this.#held.delete(name)
    }
  }

  /** Takes away networks of this server that no sandbox has, not even one that has ended. Throws as the port says. */
  tidy(): Promise<void> {
    return this.#inTurn(() => this.#tidy())
  }

  async #find(name: string): Promise<Place | null> {
    const look = this.#client.ask(
      WITHIN.look,
      (docker) => docker.getNetwork(name).inspect() as Promise<NetworkInspectInfo>,
    )
    const { value } = await unless(look, (status) => status === 404)
    return value && { name, gateway: value.IPAM?.Config?.[0]?.Gateway ?? null }
  }

  async #make(name: string, group: string): Promise<Place> {
    const made = await this.#takeFree(name, group)
    if (made) return made
    await this.#tidy()
    const again = await this.#takeFree(name, group)
    if (again) return again
    throw new EngineRefused(
      `No network is left for group ${group}: all ${roomIn(this.#pool)} of ${this.#options.pool} are in use. Set SANDBOX_NETWORK_POOL to a larger one that nothing else on this machine uses.`,
    )
  }

  /** Tries the free subnets in turn: what is free may be taken by another program in the same moment. Null: none is left. */
  async #takeFree(name: string, group: string): Promise<Place | null> {
    for (const subnet of freeSubnets(this.#pool, await this.#used())) {
      try {
        await this.#post(name, group, subnet)
        return { name, gateway: gatewayOf(subnet) }
      } catch (error) {
        if (statusOf(error) === null) throw error
        const there = /already exists/i.test(dockerWords(error)) ? await this.#find(name) : null
        if (there) return there
        if (!/overlap/i.test(dockerWords(error))) throw error
      }
    }
    return null
  }

  async #post(name: string, group: string, subnet: Subnet): Promise<void> {
    const { node } = this.#options
    const body = {
      Name: name,
      CheckDuplicate: true,
      Driver: 'bridge',
      EnableIPv6: false,
      IPAM: { Driver: 'default', Config: [{ Subnet: showSubnet(subnet), Gateway: gatewayOf(subnet) }] },
      Options: {
        'com.docker.network.bridge.name': bridgeOf(node, group),
        'com.docker.network.bridge.enable_icc': 'false',
      },
      Labels: { [LABEL.node]: node, [LABEL.group]: group },
    }
    // Given apart, since dockerode would otherwise write the body into the URL too.
    await this.#client.ask(WITHIN.make, (docker, abortSignal) =>
      docker.createNetwork({ _query: {}, _body: body, abortSignal } as unknown as typeof body),
    )
  }

  async #used(): Promise<Subnet[]> {
    const networks = await this.#client.ask(WITHIN.look, (docker, abortSignal) => docker.listNetworks({ abortSignal }))
    const taken = networks.flatMap(({ IPAM }) => IPAM?.Config ?? []).map(({ Subnet = '' }) => parseSubnet(Subnet))
    return [...taken.filter((subnet) => subnet !== null), ...routedSubnets()]
  }

  async #tidy(): Promise<void> {
    const label = [`${LABEL.node}=${this.#options.node}`]
    const networks = await this.#client.ask(WITHIN.look, (docker, abortSignal) =>
      docker.listNetworks({ filters: { label }, abortSignal }),
    )
    const containers = await this.#client.ask(WITHIN.look, (docker, abortSignal) =>
      docker.listContainers({ all: true, filters: { label }, abortSignal }),
    )
    const used = new Set(containers.flatMap(({ NetworkSettings }) => Object.keys(NetworkSettings.Networks)))
    for (const { Name, Id } of networks) if (!used.has(Name) && !this.#held.has(Name)) await this.#remove(Id)
  }

  /** Lets those be that hold a container of somebody else's, whom Docker then names in its refusal. */
  async #remove(id: string): Promise<void> {
    const remove = this.#client.ask(WITHIN.act, (docker, abortSignal) => docker.getNetwork(id).remove({ abortSignal }))
    await unless(remove, (status) => status === 403 || status === 404 || status === 409)
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#line.then(work)
    this.#line = turn.catch(() => undefined)
    return turn
  }
}
