import type { EngineStateFragment } from '#lib/graphql/generated/graphql.ts'
import type { Tone } from '#lib/ui/tone.ts'

/** What sandboxes can reach, as the engine reports it. */
export type SandboxNetwork = NonNullable<EngineStateFragment['network']>

/** What happens to connections to one kind of place. */
export interface Rule {
  place: string
  verdict: string
  tone: Tone
  /** A sentence on it. */
  text: string
  /** The variables that change it, each as you would write it. */
  variables: string[]
}

/** The network policy as one rule for each kind of place. */
export function rulesOf(network: SandboxNetwork): Rule[] {
  const { enforced, hostPorts, lanBlocked, internetBlocked, exceptions, nameServers, pool } = network
  const judge = (blocked: boolean): Pick<Rule, 'verdict' | 'tone'> => {
    if (!blocked) return { verdict: 'Allowed', tone: 'success' }
    return enforced ? { verdict: 'Blocked', tone: 'neutral' } : { verdict: 'Not blocked', tone: 'warning' }
  }
  return [
    {
      place: 'Sandboxes of the same group',
      ...(enforced ? { verdict: 'Up to the group', tone: 'neutral' } : { verdict: 'Not controlled', tone: 'warning' }),
      text: enforced
        ? 'Separate, unless the group’s menu on the Groups page connects them.'
        : 'A group’s own choice has no effect while the rules are not in force.',
      variables: [],
    },
    {
      place: 'Sandboxes of other groups',
      ...{ verdict: 'Blocked', tone: 'neutral' },
      text: `Always blocked. Each group has its own network from ${pool} (SANDBOX_NETWORK_POOL).`,
      variables: [],
    },
    {
      place: 'This machine',
      ...judge(true),
      text: portsText(hostPorts),
      variables: ['SANDBOX_HOST_PORTS=5432'],
    },
    {
      place: 'Other machines of the LAN',
      ...judge(lanBlocked),
      text: lanBlocked ? 'All private addresses and the networks of this machine.' : 'All private addresses.',
      variables: [lanBlocked ? 'SANDBOX_LAN=allow' : 'SANDBOX_LAN=block'],
    },
    {
      place: 'Internet',
      ...judge(internetBlocked),
      text: internetBlocked
        ? 'Everything that is not private.'
        : 'Everything that is not private, such as packages and Git hosts.',
      variables: [internetBlocked ? 'SANDBOX_INTERNET=allow' : 'SANDBOX_INTERNET=block'],
    },
    {
      place: 'Exceptions',
      ...(exceptions.length > 0 ? judge(false) : { verdict: 'None', tone: 'neutral' }),
      text: exceptions.length > 0 ? `${exceptions.join(', ')}.` : 'Addresses and networks that are always allowed.',
      variables: ['SANDBOX_ALLOW=192.168.1.20:8000,10.9.0.0/16'],
    },
    {
      place: 'Name servers',
      ...judge(false),
      text: nameServers.length > 0 ? `${nameServers.join(', ')}, port 53.` : 'The ones Docker uses.',
      variables: [],
    },
    {
      place: 'Metadata addresses of clouds',
      ...judge(true),
      text: '169.254.169.254 and its like, where clouds keep a machine’s secrets. No exception opens them.',
      variables: [],
    },
  ]
}

function portsText(ports: readonly number[]): string {
  if (ports.length === 0) return 'No port is open to sandboxes.'
  const last = ports.at(-1)
  const all = ports.length === 1 ? `port ${last}` : `ports ${ports.slice(0, -1).join(', ')} and ${last}`
  return `Sandboxes can reach ${all} (Lemonade, the gateway and the ports you list) at host.docker.internal.`
}
