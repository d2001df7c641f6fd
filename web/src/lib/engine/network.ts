import type { EngineStateFragment } from '#lib/graphql/generated/graphql.ts'
import type { Tone } from '#lib/ui/tone.ts'

/** What sandboxes reach, as the engine tells it. */
export type SandboxNetwork = EngineStateFragment['network']

/** What becomes of packets to one kind of place. */
export interface Rule {
  place: string
  verdict: string
  tone: Tone
  /** In plain words. */
  text: string
  /** How to change it: the variables, each as it would be written. */
  variables: string[]
}

/** The policy, a rule for each kind of place that people think of. */
export function rulesOf(network: SandboxNetwork): Rule[] {
  const { enforced, hostPorts, lanBlocked, internetBlocked, exceptions, nameServers, pool } = network
  const judge = (blocked: boolean): Pick<Rule, 'verdict' | 'tone'> => {
    if (!blocked) return { verdict: 'Allowed', tone: 'success' }
    return enforced ? { verdict: 'Blocked', tone: 'neutral' } : { verdict: 'Not blocked', tone: 'warning' }
  }
  return [
    {
      place: 'Sandboxes of the same group',
      ...(enforced ? { verdict: 'Up to the group', tone: 'neutral' } : { verdict: 'No switch', tone: 'warning' }),
      text: enforced
        ? 'Apart, unless the menu of the group on the Groups page lets them reach each other.'
        : 'While the rules are not in force, the choice of a group has no effect.',
      variables: [],
    },
    {
      place: 'Sandboxes of other groups',
      ...{ verdict: 'Blocked', tone: 'neutral' },
      text: `Always. Each group has a network of its own, out of ${pool} (SANDBOX_NETWORK_POOL).`,
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
      text: lanBlocked
        ? 'All private addresses, and the networks this machine is plugged into.'
        : 'All private addresses.',
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
      text:
        exceptions.length > 0
          ? `${exceptions.join(', ')}.`
          : 'Addresses and networks that are allowed whatever else is blocked.',
      variables: ['SANDBOX_ALLOW=192.168.1.20:8000,10.9.0.0/16'],
    },
    {
      place: 'Name servers',
      ...judge(false),
      text: nameServers.length > 0 ? `${nameServers.join(', ')}, at port 53.` : 'As Docker asks them.',
      variables: [],
    },
    {
      place: 'Metadata addresses of clouds',
      ...judge(true),
      text: '169.254.169.254 and its like, where clouds tell a machine its secrets. No exception opens them.',
      variables: [],
    },
  ]
}

function portsText(ports: readonly number[]): string {
  if (ports.length === 0) return 'No port is meant to be reached.'
  const last = ports.at(-1)
  const all = ports.length === 1 ? `port ${last}` : `ports ${ports.slice(0, -1).join(', ')} and ${last}`
  return `Meant to be reached are ${all}, of Lemonade, the gateway and what you name. Sandboxes find it as host.docker.internal.`
}
