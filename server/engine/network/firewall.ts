import { bridgeOf, bridgePrefix, nodeMark } from './names.ts'
import type { LocalNetwork } from './host-network.ts'
import { covers, formatSubnet, parseSubnet } from './subnets.ts'

/** What sandboxes may reach, with everything that the rules depend on. */
export interface FirewallPolicy {
  /** Name of this server. Its rules apply to its own sandboxes only. */
  node: string
  /** Network that groups get theirs from. */
  pool: string
  blockLan: boolean
  blockInternet: boolean
  /** Addresses and networks that are allowed despite the above, at one port or at every port (null). */
  allow: readonly { readonly network: string; readonly port: number | null }[]
  /** TCP ports of this machine that sandboxes may reach. */
  hostPorts: readonly number[]
  /** Groups whose sandboxes may reach each other. */
  peers: readonly string[]
  /** Name servers that sandboxes ask. */
  nameServers: readonly string[]
  /** Networks that this machine is connected to. */
  localNetworks: readonly LocalNetwork[]
}

/** A jump into one of THON's chains, from a chain that the kernel or Docker passes packets through. */
export interface Hook {
  parent: string
  rule: string
}

/** A policy as rules of iptables. */
export interface Firewall {
  /** THON's chains with their rules, in the form of iptables-save. They replace chains of the same name. */
  chains: string
  /** Names of THON's chains. */
  names: string[]
  hooks: Hook[]
}

/** Where clouds give machines their secrets: AWS, Azure, Google and most others; then Alibaba, Oracle, and Azure's second. */
export const METADATA = ['169.254.0.0/16', '100.100.100.200', '192.0.0.192', '168.63.129.16']

/** Everything that is not the internet, by RFC 6890, and multicast. */
const PRIVATE = [
  ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '127.0.0.0/8', '0.0.0.0/8'],
  ...['192.0.0.0/24', '198.18.0.0/15', '224.0.0.0/4', '240.0.0.0/4'],
]

/** Programs fail at once instead of waiting. TCP takes any answer but a reset for a temporary error, and retries. */
const REFUSAL = ['-p tcp -j REJECT --reject-with tcp-reset', '-j REJECT']
const ESTABLISHED = '-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN'

/** The rules that enforce a policy. The same policy gives the same text. */
export function firewallOf(policy: FirewallPolicy): Firewall {
  const mark = nodeMark(policy.node)
  const [forward, input, refuse] = [`THON-${mark}-FWD`, `THON-${mark}-IN`, `THON-${mark}-NO`]
  const ours = `${bridgePrefix(policy.node)}+`
  const lines = (chain: string, rules: string[]) => rules.map((rule) => `-A ${chain} ${rule}`)
  return {
    chains: [
      ...[forward, input, refuse].map((chain) => `:${chain} - [0:0]`),
      ...lines(forward, forwardRules(policy, ours, `-j ${refuse}`)),
      ...lines(input, inputRules(policy, `-j ${refuse}`)),
      ...lines(refuse, REFUSAL),
    ].join('\n'),
    names: [forward, input, refuse],
    hooks: [
      // Docker keeps this chain before its own rules, and never touches what others put into it.
      { parent: 'DOCKER-USER', rule: `-i ${ours} -j ${forward}` },
      { parent: 'INPUT', rule: `-i ${ours} -j ${input}` },
    ],
  }
}

/** From a sandbox to anywhere but this machine. RETURN passes the packet on to the rules of Docker and of the organizer. */
function forwardRules(policy: FirewallPolicy, ours: string, refuse: string): string[] {
  const { node, pool, blockLan, blockInternet, allow, hostPorts, peers, nameServers } = policy
  return [
    // ACCEPT, because Docker's own rules would drop these packets.
    ...peers.map((group) => bridgeOf(node, group)).map((bridge) => `-i ${bridge} -o ${bridge} -j ACCEPT`),
    // Other sandboxes, whatever pool their networks come from. Before the exceptions, which may be wide, and before
    // established connections, so that those break when a group turns peer access off.
    `-o ${ours} ${refuse}`,
    `-d ${pool} ${refuse}`,
    ESTABLISHED,
    // Docker forwards name lookups from inside the sandbox. In clouds, the name server may be a metadata address.
    ...nameServers.flatMap((address) => dns(address, 'RETURN')),
    ...METADATA.map((network) => `-d ${network} ${refuse}`),
    // A published port may lead into a container: the packet has been redirected there, and names its original port.
    ...hostPorts.map((port) => `-p tcp -m conntrack --ctstate DNAT --ctorigdstport ${port} -j RETURN`),
    ...allow.flatMap(({ network, port }) =>
      port === null
        ? [`-d ${network} -j RETURN`]
        : ['tcp', 'udp'].map((protocol) => `-d ${network} -p ${protocol} --dport ${port} -j RETURN`),
    ),
    ...(blockLan || blockInternet ? lanOf(policy) : []).map(
      (network) => `-d ${network} ${blockLan ? refuse : '-j RETURN'}`,
    ),
    ...(blockInternet ? [refuse] : []),
  ]
}

/**
 * From a sandbox to this machine, at any of its addresses. Allowed ports are accepted rather than left to later rules,
 * because a machine that refuses by default would refuse Lemonade too.
 */
function inputRules({ hostPorts, nameServers, localNetworks }: FirewallPolicy, refuse: string): string[] {
  const ownServers = nameServers.filter((address) => localNetworks.some((one) => one.address === address))
  return [
    ...hostPorts.map((port) => `-p tcp --dport ${port} -j ACCEPT`),
    ESTABLISHED,
    '-p icmp --icmp-type echo-request -j RETURN',
    ...ownServers.flatMap((address) => dns(address, 'ACCEPT')),
    refuse,
  ]
}

/** Networks that are not the internet. At a university, the LAN's own addresses may look like internet addresses. */
function lanOf({ pool, localNetworks }: FirewallPolicy): string[] {
  const known = [...PRIVATE, pool].map((text) => parseSubnet(text)).filter((subnet) => subnet !== null)
  const others = localNetworks.map(({ subnet }) => subnet).filter((subnet) => !known.some((one) => covers(one, subnet)))
  return [...PRIVATE, ...new Set(others.map(formatSubnet).toSorted())]
}

function dns(address: string, verdict: 'RETURN' | 'ACCEPT'): string[] {
  return ['udp', 'tcp'].map((protocol) => `-d ${address} -p ${protocol} --dport 53 -j ${verdict}`)
}

/** Exceptions without effect, because sandboxes never reach what they name; a sentence each. */
export function ineffectiveExceptions({ pool, allow }: Pick<FirewallPolicy, 'pool' | 'allow'>): string[] {
  const never = [pool, ...METADATA].map((text) => parseSubnet(text)).filter((subnet) => subnet !== null)
  return allow
    .filter(({ network }) => never.some((one) => covers(one, parseSubnet(network) ?? one)))
    .map(
      ({ network }) =>
        `SANDBOX_ALLOW names ${network}, which sandboxes never reach: it is a metadata address, or belongs to other groups. Remove it from SANDBOX_ALLOW.`,
    )
}
