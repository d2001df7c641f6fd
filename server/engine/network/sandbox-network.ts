import { isIPv4 } from 'node:net'
import type { Env } from '../../config/env.ts'
import type { Events } from '../../core/events.ts'
import type { Log } from '../../core/log.ts'
import { firewallOf, futile, type FirewallPolicy } from './firewall.ts'
import { FirewallKeeper, whyNot, type Run } from './firewall-keeper.ts'
import { bridgesPassRules, hasInterfaceLike, nameServers, ownNetworks } from './host-network.ts'
import { bridgePrefix } from './names.ts'
import { EngineAway } from '../engine.ts'

/** What sandboxes reach over the network, as people see it. */
export interface NetworkView {
  /** Network that groups get theirs from. */
  pool: string
  lanBlocked: boolean
  internetBlocked: boolean
  /** What is within reach all the same, such as `192.168.1.20:8000`. */
  exceptions: string[]
  /** Ports of this machine within reach. */
  hostPorts: number[]
  /** Name servers within reach. */
  nameServers: string[]
  /** Whether all of it is in force. */
  enforced: boolean
  /** What is not in force and why, and what is not as it was asked for; a sentence each. */
  notices: string[]
}

/** What an engine lends, whose sandboxes rules of this machine can be set for. */
export interface HostNetwork {
  /** Name of this server on the engine. */
  node: string
  run: Run
  /** Why rules set here would not reach the sandboxes; null when they would. */
  whyElsewhere: () => Promise<string | null>
  /** Takes away networks that nobody needs. */
  tidy: () => Promise<void>
}

/** What the service needs of its surroundings. */
export interface NetworkDeps {
  env: Pick<Env, 'network' | 'ports' | 'reach'>
  events: Events
  log: Log
  /** Null: the engine isolates nothing. */
  ground: HostNetwork | null
  /** Names of the groups whose sandboxes may reach each other. */
  peers: () => Promise<string[]>
  /** Whether the engine answers. */
  isConnected: () => boolean
  /** Where the AI gateway serves people; host null is this machine, null is nowhere. */
  gateway: () => Promise<{ host: string | null; port: number } | null>
}

const CHECK_MS = 60_000
const TIDY_MS = 3_600_000

const EMBEDDED =
  'The embedded engine isolates nothing: sandboxes reach whatever this machine reaches. Use Docker to change that.'
const WITHOUT =
  'Docker alone keeps sandboxes apart from each other, also where a group allows otherwise; other machines of the LAN, ports of this machine and the metadata address are within their reach.'
const UNFILTERED =
  'Sandboxes of one group may reach each other whatever the group allows, since the kernel passes packets of one bridge around all rules: run `modprobe br_netfilter` and `sysctl -w net.bridge.bridge-nf-call-iptables=1`.'

/**
 * Keeps the rules of the sandboxes' network in force: sets them at start, when the engine is back, when a group changes its
 * switch, and whenever it finds them gone. They stay when THON ends, since sandboxes go on without it.
 */
export class SandboxNetwork {
  readonly #parts: NetworkDeps
  readonly #keeper: FirewallKeeper | null
  /** THON's own ports, which stay out of reach. */
  readonly #own: ReadonlySet<number | null>
  #gateway: { host: string | null; port: number } | null = null
  /** Why the rules cannot be set from here, or could not be set last; null while they are in force. */
  #fault: string | null = 'They have not been set yet.'
  #elsewhere: string | null = null
  #wasConnected = false
  #shown = ''
  #line: Promise<void> = Promise.resolve()
  #waiting: Promise<void> | null = null
  readonly #stops: (() => void)[] = []

  constructor(parts: NetworkDeps) {
    this.#parts = parts
    this.#keeper = parts.ground && new FirewallKeeper(parts.ground.run)
    this.#own = new Set([...parts.env.ports, parts.env.reach.pathPort])
  }

  /** Sets the rules, and keeps them from now on. Resolves when they are in force, or cannot be; throws never. */
  async start(): Promise<void> {
    if (!this.#parts.ground) return
    const { events } = this.#parts
    this.#stops.push(
      events.on('engine', () => this.#turned()),
      events.on('group', () => void this.#inTurn(() => this.#keep('if changed'))),
      events.on('gatewaySettings', () => void this.#inTurn(() => this.#keep('if changed'))),
    )
    const timers = [
      setInterval(() => void this.reapply(), CHECK_MS).unref(),
      setInterval(() => void this.#tidy(), TIDY_MS).unref(),
    ]
    this.#stops.push(() => timers.forEach(clearInterval))
    await this.#inTurn(() => this.#look())
  }

  /** Lets go of timers; the rules stay. */
  async close(): Promise<void> {
    for (const stop of this.#stops) stop()
    await this.#line
  }

  /** Looks whether the rules are in force, and sets them when they are not. Throws never. */
  reapply(): Promise<void> {
    // Whoever asks while another waits for its turn is served by that one.
    this.#waiting ??= this.#inTurn(() => {
      this.#waiting = null
      return this.#keep('always')
    })
    return this.#waiting
  }

  /** The policy, and whether it is in force. */
  view(): NetworkView {
    const { ground, env } = this.#parts
    const { pool, blockLan, blockInternet } = env.network
    const faults = ground ? this.#faults(ground.node) : [EMBEDDED]
    return {
      pool,
      lanBlocked: blockLan,
      internetBlocked: blockInternet,
      exceptions: this.#allowed.map(({ network, port }) => (port === null ? network : `${network}:${port}`)),
      hostPorts: this.#hostPorts,
      nameServers: nameServers(),
      enforced: faults.length === 0,
      notices: [...faults, ...this.#remarks()],
    }
  }

  /** What an organizer should be told wherever they are, if rules that there should be are not in force. */
  warnings(): string[] {
    const { notices, enforced } = this.view()
    return enforced || !this.#parts.ground ? [] : notices.slice(0, 1)
  }

  #faults(node: string): string[] {
    const unfiltered = hasInterfaceLike(bridgePrefix(node)) && !bridgesPassRules()
    return [
      ...(this.#fault === null
        ? []
        : [`The network rules of the sandboxes are not in force. ${this.#fault} ${WITHOUT}`]),
      ...(unfiltered ? [UNFILTERED] : []),
    ]
  }

  /** Ports of this machine that there is a wish for. */
  get #wantedPorts(): number[] {
    const gateway = this.#gateway?.host === null ? [this.#gateway.port] : []
    return [...new Set([...this.#parts.env.network.hostPorts, ...gateway])]
  }

  get #hostPorts(): number[] {
    return this.#wantedPorts.filter((port) => !this.#own.has(port))
  }

  /** Other machines within reach. A gateway elsewhere is one, where it has an address: rules know no names. */
  get #allowed(): FirewallPolicy['allow'] {
    const { host, port } = this.#gateway ?? { host: null, port: null }
    const { allow } = this.#parts.env.network
    return host !== null && isIPv4(host) ? [...allow, { network: host, port }] : allow
  }

  #remarks(): string[] {
    const { network } = this.#parts.env
    const { host, port } = this.#gateway ?? { host: null, port: null }
    return [
      ...this.#wantedPorts
        .filter((one) => this.#own.has(one))
        .map((one) => `Port ${one} stays out of reach, whatever the settings say: THON itself is there.`),
      ...(host !== null && !isIPv4(host)
        ? [
            `The AI gateway is at ${host}, and rules take no names: give its address in the settings of the gateway, or SANDBOX_ALLOW its IPv4 address with port ${port}.`,
          ]
        : []),
      ...futile(network),
    ]
  }

  #turned(): void {
    const connected = this.#parts.isConnected()
    if (connected && !this.#wasConnected) void this.#arrive()
    this.#wasConnected = connected
  }

  /** The engine is there, maybe another than before, and maybe it has set its own rules anew. */
  async #arrive(): Promise<void> {
    await this.#inTurn(() => this.#look())
    await this.#tidy()
  }

  async #look(): Promise<void> {
    this.#elsewhere = (await this.#parts.ground?.whyElsewhere()) ?? null
    await this.#keep('always')
  }

  /** @param when `if changed`: not when the rules are those that were set last, without looking whether they still are */
  async #keep(when: 'always' | 'if changed'): Promise<void> {
    this.#gateway = await this.#parts.gateway()
    if (this.#elsewhere === null) {
      const firewall = firewallOf(await this.#policy())
      if (when === 'if changed' && this.#fault === null && this.#keeper?.has(firewall)) return
      this.#fault = await this.#set(firewall)
    } else this.#fault = this.#elsewhere
    const shown = JSON.stringify(this.view())
    if (shown !== this.#shown) this.#parts.events.publish('engine', null)
    this.#shown = shown
  }

  /** @returns why they could not be set; null when they are */
  async #set(firewall: ReturnType<typeof firewallOf>): Promise<string | null> {
    try {
      await this.#keeper?.keep(firewall)
      return null
    } catch (error) {
      return whyNot(error)
    }
  }

  async #policy(): Promise<FirewallPolicy> {
    const { ground, env, peers } = this.#parts
    const machine = { nameServers: nameServers(), own: ownNetworks() }
    const reach = { hostPorts: this.#hostPorts, allow: this.#allowed }
    return { ...env.network, ...machine, ...reach, node: ground?.node ?? '', peers: await peers() }
  }

  async #tidy(): Promise<void> {
    await this.#parts.ground?.tidy().catch((error: unknown) => {
      if (!(error instanceof EngineAway)) this.#parts.log.warn({ err: error }, 'unused networks were not taken away')
    })
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#line = this.#line.then(work).catch((error: unknown) => {
      this.#parts.log.error({ err: error }, 'the network rules of the sandboxes could not be looked after')
    })
    return this.#line
  }
}
