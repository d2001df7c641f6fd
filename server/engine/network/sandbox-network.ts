import { Mutex } from 'async-mutex'
import { isIPv4 } from 'node:net'
import type { Env } from '../../config/env.ts'
import type { Events } from '../../core/events.ts'
import type { Log } from '../../core/log.ts'
import { firewallOf, ineffectiveExceptions, type Firewall, type FirewallPolicy } from './firewall.ts'
import { describeIptablesError, FirewallKeeper, removeChains, type RunIptables } from './firewall-keeper.ts'
import { bridgesPassRules, hasInterfaceLike, localNetworks, nameServers } from './host-network.ts'
import { bridgePrefix, nodeMark } from './names.ts'
import { EngineUnavailable } from '../engine.ts'

/** What sandboxes reach over the network, as people see it. */
export interface SandboxNetworkView {
  /** Network that groups get theirs from. */
  pool: string
  lanBlocked: boolean
  internetBlocked: boolean
  /** What sandboxes reach despite that, such as `192.168.1.20:8000`. */
  exceptions: string[]
  /** Ports of this machine that sandboxes reach. */
  hostPorts: number[]
  /** Name servers that sandboxes reach. */
  nameServers: string[]
  /** Whether all of it is in force. */
  enforced: boolean
  /** What is not in force and why, and which settings have no effect; a sentence each. */
  notices: string[]
}

/** The machine whose rules apply to an engine's sandboxes. */
export interface HostNetwork {
  /** Name of this server on the engine. */
  node: string
  run: RunIptables
  /** Why rules set on this machine would not reach the sandboxes; null when they would. */
  remoteReason: () => Promise<string | null>
  removeUnusedNetworks: () => Promise<void>
  /** Whether this server has sandboxes, running or not. */
  hasSandboxes: () => Promise<boolean>
}

/** Where the AI gateway serves participants; host null is this machine. */
interface GatewayAddress {
  host: string | null
  port: number
}

export interface SandboxNetworkDeps {
  env: Pick<Env, 'network' | 'ports' | 'reach'>
  events: Events
  log: Log
  /** Null: the engine isolates nothing. */
  hostNetwork: HostNetwork | null
  /** Names of the groups whose sandboxes may reach each other. */
  peers: () => Promise<string[]>
  /** Whether the engine answers. */
  isConnected: () => boolean
  /** Null while there is no gateway. */
  gateway: () => Promise<GatewayAddress | null>
}

const CHECK_MS = 60_000
const CLEANUP_MS = 3_600_000
/** How long after a sandbox has stopped the network of its group goes, unless the group has another one. */
const IDLE_MS = 5_000

const EMBEDDED =
  'The embedded engine isolates nothing: sandboxes reach whatever this machine reaches. Use Docker to change that.'
const CONSEQUENCES =
  'Until they are, sandboxes can reach the LAN, the ports of this machine and the metadata address, and only Docker keeps them apart, even in groups with peer access.'
const UNFILTERED =
  'Sandboxes of one group can reach each other even where the group does not allow it, because the kernel passes packets within a bridge around all rules. Run `modprobe br_netfilter` and `sysctl -w net.bridge.bridge-nf-call-iptables=1`.'

/**
 * Keeps the network rules of the sandboxes in force: sets them at start, when the engine is back, when a group changes its
 * peer access, and whenever a check finds them missing. They stay when THON stops, because sandboxes keep running.
 */
export class SandboxNetwork {
  readonly #deps: SandboxNetworkDeps
  readonly #keeper: FirewallKeeper | null
  /** THON's own ports, which sandboxes never reach. */
  readonly #ownPorts: ReadonlySet<number | null>
  #gateway: GatewayAddress | null = null
  /** Why the rules are not in force; null while they are. */
  #problem: string | null = 'They have not been set yet.'
  /** Why they cannot be set from this machine; null when they can. */
  #remoteReason: string | null = null
  #wasConnected = false
  #cleanup: NodeJS.Timeout | undefined
  /** The last published view, as JSON. */
  #published = ''
  readonly #mutex = new Mutex()
  #waiting: Promise<void> | null = null
  readonly #stops: (() => void)[] = []

  constructor(deps: SandboxNetworkDeps) {
    this.#deps = deps
    this.#keeper = deps.hostNetwork && new FirewallKeeper(deps.hostNetwork.run)
    this.#ownPorts = new Set([...deps.env.ports, deps.env.reach.pathPort])
  }

  /** Sets the rules, and keeps them in force from now on. Resolves when they are in force or cannot be; never throws. */
  async start(): Promise<void> {
    if (!this.#deps.hostNetwork) return
    const { events } = this.#deps
    this.#stops.push(
      events.on('engine', () => this.#onEngineEvent()),
      events.on('group', () => void this.#exclusively(() => this.#enforce('if changed'))),
      events.on('instance', ({ row }) => {
        if (row.activeKey === null) this.#cleanUpSoon()
      }),
      events.on('gatewaySettings', () => void this.#exclusively(() => this.#enforce('if changed'))),
    )
    const timers = [
      setInterval(() => void this.reapply(), CHECK_MS).unref(),
      setInterval(() => void this.#removeUnusedNetworks(), CLEANUP_MS).unref(),
    ]
    this.#stops.push(() => {
      timers.forEach(clearInterval)
      clearTimeout(this.#cleanup)
    })
    await this.#exclusively(() => this.#locateAndEnforce())
  }

  /** Stops the checks. The rules and networks stay as long as there are sandboxes, which keep running. Never throws. */
  async close(): Promise<void> {
    for (const stop of this.#stops) stop()
    await this.#mutex.waitForUnlock()
    const { hostNetwork, isConnected, log } = this.#deps
    if (!hostNetwork || !isConnected()) return
    try {
      if (await hostNetwork.hasSandboxes()) return
      await hostNetwork.removeUnusedNetworks()
      if (this.#remoteReason === null) await removeChains(hostNetwork.run, nodeMark(hostNetwork.node))
    } catch (error) {
      // THON may not set rules here, and has left nothing; or Docker stopped. The next stop, or thon cleanup, removes the rest.
      log.debug({ err: error }, 'networks and rules were left behind')
    }
  }

  /** Checks whether the rules are in force, and sets them when they are not. Never throws. */
  reapply(): Promise<void> {
    // Callers share a check that has not begun yet.
    this.#waiting ??= this.#exclusively(() => {
      this.#waiting = null
      return this.#enforce('always')
    })
    return this.#waiting
  }

  /** The policy, and whether it is in force. */
  view(): SandboxNetworkView {
    const { hostNetwork, env } = this.#deps
    const { pool, blockLan, blockInternet } = env.network
    const problems = hostNetwork ? this.#problems(hostNetwork.node) : [EMBEDDED]
    return {
      pool,
      lanBlocked: blockLan,
      internetBlocked: blockInternet,
      exceptions: this.#allowed.map(({ network, port }) => (port === null ? network : `${network}:${port}`)),
      hostPorts: this.#hostPorts,
      nameServers: nameServers(),
      enforced: problems.length === 0,
      notices: [...problems, ...this.#ineffectiveSettings()],
    }
  }

  /** What organizers should see on every page, while rules that should be in force are not. */
  warnings(): string[] {
    const { notices, enforced } = this.view()
    return enforced || !this.#deps.hostNetwork ? [] : notices.slice(0, 1)
  }

  #problems(node: string): string[] {
    const unfiltered = hasInterfaceLike(bridgePrefix(node)) && !bridgesPassRules()
    return [
      ...(this.#problem === null
        ? []
        : [`The network rules of the sandboxes are not in force. ${this.#problem} ${CONSEQUENCES}`]),
      ...(unfiltered ? [UNFILTERED] : []),
    ]
  }

  /** Ports of this machine that settings ask for. */
  get #requestedPorts(): number[] {
    const gateway = this.#gateway?.host === null ? [this.#gateway.port] : []
    return [...new Set([...this.#deps.env.network.hostPorts, ...gateway])]
  }

  get #hostPorts(): number[] {
    return this.#requestedPorts.filter((port) => !this.#ownPorts.has(port))
  }

  /** Other machines that sandboxes reach, a gateway on another machine included. Rules need addresses, not names. */
  get #allowed(): FirewallPolicy['allow'] {
    const { allow } = this.#deps.env.network
    const { host, port } = this.#gateway ?? { host: null, port: null }
    return host !== null && isIPv4(host) ? [...allow, { network: host, port }] : allow
  }

  #ineffectiveSettings(): string[] {
    const { host, port } = this.#gateway ?? { host: null, port: null }
    return [
      ...this.#requestedPorts
        .filter((one) => this.#ownPorts.has(one))
        .map((one) => `Sandboxes never reach port ${one}, because THON itself listens there. Choose another port.`),
      ...(host !== null && !isIPv4(host)
        ? [
            `The AI gateway is at ${host}, but the network rules need an address. Enter its IPv4 address in the gateway's settings, or add it to SANDBOX_ALLOW with port ${port}.`,
          ]
        : []),
      ...ineffectiveExceptions(this.#deps.env.network),
    ]
  }

  #onEngineEvent(): void {
    const connected = this.#deps.isConnected()
    if (connected && !this.#wasConnected) void this.#onConnected()
    this.#wasConnected = connected
  }

  /** It may be another engine than before, and Docker may have rewritten its own rules. */
  async #onConnected(): Promise<void> {
    await this.#exclusively(() => this.#locateAndEnforce())
    await this.#removeUnusedNetworks()
  }

  async #locateAndEnforce(): Promise<void> {
    this.#remoteReason = (await this.#deps.hostNetwork?.remoteReason()) ?? null
    await this.#enforce('always')
  }

  /** @param when `if changed` trusts that the rules set last are still there, and skips the check when they would be the same */
  async #enforce(when: 'always' | 'if changed'): Promise<void> {
    this.#gateway = await this.#deps.gateway()
    if (this.#remoteReason === null) {
      const firewall = firewallOf(await this.#policy())
      if (when === 'if changed' && this.#problem === null && this.#keeper?.isCurrent(firewall)) return
      this.#problem = await this.#set(firewall)
    } else this.#problem = this.#remoteReason
    const view = JSON.stringify(this.view())
    if (view !== this.#published) this.#deps.events.publish('engine', null)
    this.#published = view
  }

  /** @returns why the rules could not be set; null when they are in force */
  async #set(firewall: Firewall): Promise<string | null> {
    try {
      await this.#keeper?.enforce(firewall)
      return null
    } catch (error) {
      return describeIptablesError(error)
    }
  }

  async #policy(): Promise<FirewallPolicy> {
    const { hostNetwork, env, peers } = this.#deps
    return {
      ...env.network,
      node: hostNetwork?.node ?? '',
      allow: this.#allowed,
      hostPorts: this.#hostPorts,
      peers: await peers(),
      nameServers: nameServers(),
      localNetworks: localNetworks(),
    }
  }

  /** The last sandbox of a group may be gone. Its container is removed in a moment, and perhaps replaced. */
  #cleanUpSoon(): void {
    clearTimeout(this.#cleanup)
    this.#cleanup = setTimeout(() => void this.#removeUnusedNetworks(), IDLE_MS).unref()
  }

  async #removeUnusedNetworks(): Promise<void> {
    await this.#deps.hostNetwork?.removeUnusedNetworks().catch((error: unknown) => {
      if (!(error instanceof EngineUnavailable)) this.#deps.log.warn({ err: error }, 'removing unused networks failed')
    })
  }

  async #exclusively(work: () => Promise<void>): Promise<void> {
    try {
      await this.#mutex.runExclusive(work)
    } catch (error) {
      this.#deps.log.error({ err: error }, 'keeping the network rules of the sandboxes in force failed')
    }
  }
}
