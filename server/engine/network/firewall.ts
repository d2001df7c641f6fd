import { bridgeOf, bridgePrefix, nodeMark } from './names.ts'
import { covers, parseSubnet, showSubnet, type Subnet } from './subnets.ts'

/** What sandboxes may reach, with everything that it depends on. */
export interface FirewallPolicy {
  /** Name of this server: its rules are for its sandboxes alone. */
  node: string
  /** Network that groups get theirs from. */
  pool: string
  blockLan: boolean
  blockInternet: boolean
  /** Addresses and networks within reach all the same, at one port or at all (null). */
  allow: readonly { readonly network: string; readonly port: number | null }[]
  /** TCP ports of this machine within reach. */
  hostPorts: readonly number[]
  /** Groups whose sandboxes may reach each other. */
  peers: readonly string[]
  /** Name servers that sandboxes ask. */
  nameServers: readonly string[]
  /** Networks this machine is plugged into, and its addresses there. */
  own: readonly { subnet: Subnet; address: string }[]
}

/** A jump into one of our chains, from one that the kernel or Docker passes packets through. */
export interface Hook {
  parent: string
  rule: string
}

/** The policy as iptables knows it. */
export interface Firewall {
  /** Our chains with their rules, in the form of iptables-save: what is there goes as what is here comes. */
  chains: string
  /** Names of our chains. */
  names: string[]
  hooks: Hook[]
}

/** Where clouds tell machines their secrets: AWS, Azure, Google and most others; then Alibaba, Oracle, and Azure's second. */
export const METADATA = ['169.254.0.0/16', '100.100.100.200', '192.0.0.192', '168.63.129.16']

/** Everything that is not the internet, by RFC 6890, and multicast. */
const PRIVATE = [
  ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '127.0.0.0/8', '0.0.0.0/8'],
  ...['192.0.0.0/24', '198.18.0.0/15', '224.0.0.0/4', '240.0.0.0/4'],
]

/** An answer, so that programs fail at once instead of waiting; TCP may take any other for a passing fault, and try again. */
const REFUSAL = ['-p tcp -j REJECT --reject-with tcp-reset', '-j REJECT']
const KNOWN = '-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN'

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

/** From a sandbox to anywhere but this machine. RETURN leaves the packet to the rules of Docker and of the organizer. */
function forwardRules(policy: FirewallPolicy, ours: string, refuse: string): string[] {
  const { node, pool, blockLan, blockInternet, allow, hostPorts, peers, nameServers } = policy
  return [
    // Docker would drop these afterwards, so leaving them to Docker would not do.
    ...peers.map((group) => bridgeOf(node, group)).map((bridge) => `-i ${bridge} -o ${bridge} -j ACCEPT`),
    // Other sandboxes, whatever pool their networks are from. Before the exceptions, which may be wide, and before what is
    // known already, so that connections end when a group's switch is turned off.
    `-o ${ours} ${refuse}`,
    `-d ${pool} ${refuse}`,
    KNOWN,
    // Docker passes on what sandboxes look up from within the sandbox. In clouds the name server may be a metadata address.
    ...nameServers.flatMap((address) => dns(address, 'RETURN')),
    ...METADATA.map((network) => `-d ${network} ${refuse}`),
    // What this machine publishes may run in a container: the packet was turned there already, and asked for the port before.
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
 * From a sandbox to this machine, at any of its addresses. Ports within reach are accepted rather than left to the rules that
 * follow, since a machine that refuses by default would refuse Lemonade too, and they were named to be reached.
 */
function inputRules({ hostPorts, nameServers, own }: FirewallPolicy, refuse: string): string[] {
  const here = nameServers.filter((address) => own.some((one) => one.address === address))
  return [
    ...hostPorts.map((port) => `-p tcp --dport ${port} -j ACCEPT`),
    KNOWN,
    '-p icmp --icmp-type echo-request -j RETURN',
    ...here.flatMap((address) => dns(address, 'ACCEPT')),
    refuse,
  ]
}

/** Networks that are not the internet. At a university those of the own LAN may look as if they were. */
function lanOf({ pool, own }: FirewallPolicy): string[] {
  const known = [...PRIVATE, pool].map((text) => parseSubnet(text)).filter((subnet) => subnet !== null)
  const others = own.map(({ subnet }) => subnet).filter((subnet) => !known.some((one) => covers(one, subnet)))
  return [...PRIVATE, ...new Set(others.map(showSubnet).toSorted())]
}

function dns(address: string, verdict: 'RETURN' | 'ACCEPT'): string[] {
  return ['udp', 'tcp'].map((protocol) => `-d ${address} -p ${protocol} --dport 53 -j ${verdict}`)
}

/** Exceptions that mean nothing, since what they name is out of reach whatever is allowed; a sentence each. */
export function futile({ pool, allow }: Pick<FirewallPolicy, 'pool' | 'allow'>): string[] {
  const never = [pool, ...METADATA].map((text) => parseSubnet(text)).filter((subnet) => subnet !== null)
  return allow
    .filter(({ network }) => never.some((one) => covers(one, parseSubnet(network) ?? one)))
    .map(
      ({ network }) =>
        `SANDBOX_ALLOW names ${network}, which stays out of reach: it is a metadata address, or a sandbox of another group.`,
    )
}
