import { describe, expect, test } from 'vitest'
import { Events } from '../../server/core/events.ts'
import { firewallOf, type FirewallPolicy } from '../../server/engine/network/firewall.ts'
import { FirewallKeeper, describeIptablesError, type RunIptables } from '../../server/engine/network/firewall-keeper.ts'
import { bridgeOf } from '../../server/engine/network/names.ts'
import { SandboxNetwork, type SandboxNetworkDeps } from '../../server/engine/network/sandbox-network.ts'
import { createLog } from '../../server/core/log.ts'
import { parseSubnet, type Subnet } from '../../server/engine/network/subnets.ts'

const policy: FirewallPolicy = {
  node: 'n',
  pool: '10.208.0.0/12',
  blockLan: true,
  blockInternet: false,
  allow: [],
  hostPorts: [13_305],
  peers: [],
  nameServers: [],
  localNetworks: [],
}

const net = (text: string) => parseSubnet(text) as Subnet
/** The rules of one of the two chains, in order. */
function rules(chain: 'FWD' | 'IN', changes: Partial<FirewallPolicy> = {}): string[] {
  const chains = firewallOf({ ...policy, ...changes }).chains.replace(/-j THON-\w{6}-NO$/gm, '-j REJECT')
  return chains.split('\n').flatMap((line) => new RegExp(`^-A THON-\\w{6}-${chain} (.*)$`).exec(line)?.[1] ?? [])
}
/** The index of the first rule that matches; fails the test when no rule does. */
function place(list: string[], pattern: RegExp): number {
  const index = list.findIndex((rule) => pattern.test(rule))
  expect(index, `${pattern} in\n${list.join('\n')}`).toBeGreaterThanOrEqual(0)
  return index
}

describe('rules from a sandbox to other machines', () => {
  test('refuse private networks and metadata addresses, and leave the internet alone', () => {
    const list = rules('FWD')
    for (const network of [
      '10.0.0.0/8',
      '172.16.0.0/12',
      '192.168.0.0/16',
      '100.64.0.0/10',
      '169.254.0.0/16',
      '224.0.0.0/4',
    ])
      place(list, new RegExp(`^-d ${network} -j REJECT$`))
    expect(list).not.toContain('-j REJECT')
  })

  test('refuse a blocked internet, and still allow the LAN', () => {
    expect(rules('FWD', { blockInternet: true }).at(-1)).toBe('-j REJECT')
    const list = rules('FWD', { blockLan: false, blockInternet: true })
    expect(place(list, /^-d 192\.168\.0\.0\/16 -j RETURN$/)).toBeLessThan(list.length - 1)
    expect(rules('FWD', { blockLan: false }).join()).not.toContain('192.168')
  })

  test('refuse metadata addresses and other groups despite wide exceptions', () => {
    const list = rules('FWD', { blockLan: false, allow: [{ network: '0.0.0.0/0', port: null }] })
    const exception = place(list, /^-d 0\.0\.0\.0\/0 -j RETURN$/)
    expect(place(list, /^-d 169\.254\.0\.0\/16 -j REJECT$/)).toBeLessThan(exception)
    expect(place(list, /^-d 10\.208\.0\.0\/12 -j REJECT$/)).toBeLessThan(exception)
    expect(place(list, /^-o th\w{6}-\+ -j REJECT$/)).toBeLessThan(exception)
  })

  test('allow exceptions before the LAN is refused, at their port if they have one', () => {
    const list = rules('FWD', {
      allow: [
        { network: '192.168.1.20', port: 8000 },
        { network: '10.9.0.0/16', port: null },
      ],
    })
    const lan = place(list, /^-d 10\.0\.0\.0\/8 -j REJECT$/)
    expect(place(list, /^-d 192\.168\.1\.20 -p tcp --dport 8000 -j RETURN$/)).toBeLessThan(lan)
    expect(place(list, /^-d 192\.168\.1\.20 -p udp --dport 8000 -j RETURN$/)).toBeLessThan(lan)
    expect(place(list, /^-d 10\.9\.0\.0\/16 -j RETURN$/)).toBeLessThan(lan)
  })

  test('allow peers of a group before anything is refused', () => {
    const bridge = bridgeOf('n', 'alpha')
    expect(rules('FWD', { peers: ['alpha'] })[0]).toBe(`-i ${bridge} -o ${bridge} -j ACCEPT`)
    expect(rules('FWD').join()).not.toContain('ACCEPT')
  })

  test('allow name lookups at a metadata address, and nothing else there', () => {
    const list = rules('FWD', { nameServers: ['169.254.169.254'] })
    const refused = place(list, /^-d 169\.254\.0\.0\/16 -j REJECT$/)
    expect(place(list, /^-d 169\.254\.169\.254 -p udp --dport 53 -j RETURN$/)).toBeLessThan(refused)
  })

  test('refuse the LAN even when its addresses look like internet addresses', () => {
    const localNetworks = [{ subnet: net('203.0.113.0/24'), address: '203.0.113.7' }]
    place(rules('FWD', { localNetworks }), /^-d 203\.0\.113\.0\/24 -j REJECT$/)
    expect(rules('FWD', { localNetworks, blockLan: false }).join()).not.toContain('203.0.113')
    // Networks inside known ones add nothing, so that rules stay the same when bridges come and go.
    expect(rules('FWD', { localNetworks: [{ subnet: net('172.17.0.0/16'), address: '172.17.0.1' }] })).toEqual(
      rules('FWD'),
    )
  })
})

describe('rules from a sandbox to this machine', () => {
  test('accept allowed ports, and refuse everything else last', () => {
    const list = rules('IN', { hostPorts: [13_305, 9080] })
    expect(list.slice(0, 2)).toEqual(['-p tcp --dport 13305 -j ACCEPT', '-p tcp --dport 9080 -j ACCEPT'])
    expect(list.at(-1)).toBe('-j REJECT')
    expect(list.filter((rule) => rule.endsWith('ACCEPT'))).toHaveLength(2)
  })

  test('allow name lookups when this machine is the name server', () => {
    const localNetworks = [{ subnet: net('192.168.1.0/24'), address: '192.168.1.5' }]
    place(
      rules('IN', { localNetworks, nameServers: ['192.168.1.5'] }),
      /^-d 192\.168\.1\.5 -p udp --dport 53 -j ACCEPT$/,
    )
    expect(rules('IN', { nameServers: ['192.168.1.5'] }).join()).not.toContain('53 -j ACCEPT')
  })
})

/** The part of iptables that the keeper needs. */
class Tables {
  lines = [
    '-P INPUT ACCEPT',
    '-P FORWARD DROP',
    '-N DOCKER-USER',
    '-A FORWARD -j DOCKER-USER',
    '-A DOCKER-USER -j RETURN',
  ]
  restored: string[] = []

  readonly run: RunIptables = (program, args, input = '') => {
    if (program === 'iptables-restore') this.#restore(input)
    else if (args.includes('-N')) this.lines.push(`-N ${args.at(-1)}`)
    else if (args.includes('-I'))
      this.lines.unshift(`-A ${args.slice(args.indexOf('-I')).slice(1).join(' ').replace(' 1 ', ' ')}`)
    return Promise.resolve(this.lines.join('\n'))
  }

  #restore(input: string) {
    this.restored.push(input)
    for (const line of input.split('\n')) {
      const chain = /^:(\S+)/.exec(line)?.[1]
      if (chain) this.lines = [...this.lines.filter((one) => !one.startsWith(`-A ${chain} `)), `-N ${chain}`]
      if (line.startsWith('-D ')) this.lines = this.lines.filter((one) => one !== line.replace('-D', '-A'))
      if (line.startsWith('-I ')) this.lines.unshift(line.replace('-I', '-A').replace(' 1 ', ' '))
      if (line.startsWith('-A ')) this.lines.push(line)
    }
  }
}

describe('the firewall keeper', () => {
  test('sets rules once, in one transaction, and then touches nothing', async () => {
    const tables = new Tables()
    const keeper = new FirewallKeeper(tables.run)
    const firewall = firewallOf(policy)
    expect(await keeper.enforce(firewall)).toBe(true)
    expect(await keeper.enforce(firewall)).toBe(false)
    expect(tables.restored).toHaveLength(1)
    expect(tables.restored[0]).toMatch(
      /^\*filter\n:THON-\w{6}-FWD - [^]*\n-I DOCKER-USER 1 -i th\w{6}-\+ -j THON-[^]*\nCOMMIT\n$/,
    )
  })

  test('sets rules again when a chain, a hook or the policy changes', async () => {
    const tables = new Tables()
    const keeper = new FirewallKeeper(tables.run)
    const firewall = firewallOf(policy)
    await keeper.enforce(firewall)
    tables.lines = tables.lines.filter((line) => !line.startsWith(`-A ${firewall.names[0]} `))
    expect(await keeper.enforce(firewall)).toBe(true)
    tables.lines = tables.lines.filter((line) => !line.startsWith('-A INPUT '))
    expect(await keeper.enforce(firewall)).toBe(true)
    expect(await keeper.enforce(firewallOf({ ...policy, blockInternet: true }))).toBe(true)
    expect(tables.lines.filter((line) => line.startsWith('-A INPUT '))).toHaveLength(1)
  })

  test('moves a hook to the front when other rules come before it', async () => {
    const tables = new Tables()
    const keeper = new FirewallKeeper(tables.run)
    await keeper.enforce(firewallOf(policy))
    tables.lines.unshift('-A INPUT -j ACCEPT')
    expect(await keeper.enforce(firewallOf(policy))).toBe(true)
    expect(tables.lines[0]).toMatch(/^-A INPUT -i th/)
    expect(tables.lines.filter((line) => line.startsWith('-A INPUT -i'))).toHaveLength(1)
  })

  test("creates Docker's chain when Docker has not started yet", async () => {
    const tables = new Tables()
    tables.lines = ['-P INPUT ACCEPT', '-P FORWARD ACCEPT']
    await new FirewallKeeper(tables.run).enforce(firewallOf(policy))
    expect(tables.lines).toContain('-A FORWARD -j DOCKER-USER')
    expect(tables.lines).toContain('-N DOCKER-USER')
  })
})

/** What iptables prints without root's permissions. */
const DENIED = Object.assign(new Error('Command failed: iptables -w 10 -S'), {
  code: 4,
  stderr: 'iptables v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)\n',
})

function network(run: RunIptables, more: Partial<SandboxNetworkDeps> & { remoteReason?: string } = {}) {
  const events = new Events()
  const published: null[] = []
  events.on('engine', () => published.push(null))
  const hostNetwork = {
    node: 'n',
    run,
    remoteReason: () => Promise.resolve(more.remoteReason ?? null),
    removeUnusedNetworks: () => Promise.resolve(),
    hasSandboxes: () => Promise.resolve(true),
  }
  const env = {
    ports: [8100],
    reach: { pathPort: null },
    network: { pool: policy.pool, blockLan: true, blockInternet: false, allow: [], hostPorts: [8100, 13_305] },
  } as unknown as SandboxNetworkDeps['env']
  const parts = {
    env,
    events,
    log: createLog('silent'),
    hostNetwork,
    peers: () => Promise.resolve([]),
    isConnected: () => true,
  }
  return { network: new SandboxNetwork({ ...parts, gateway: () => Promise.resolve(null), ...more }), published, events }
}

describe('the sandbox network', () => {
  test('reports why rules are not in force, until they are', async () => {
    const tables = new Tables()
    let denied = true
    const { network: one, published } = network((...args) => (denied ? Promise.reject(DENIED) : tables.run(...args)))
    await one.start()
    expect(one.view().enforced).toBe(false)
    expect(one.warnings().join()).toMatch(/not in force\. THON may not set them\. Run it as root/)
    expect(published).toHaveLength(1)
    await one.reapply()
    expect(published).toHaveLength(1)
    denied = false
    await one.reapply()
    expect(one.view().enforced).toBe(true)
    expect(one.warnings()).toEqual([])
    expect(published).toHaveLength(2)
    await one.close()
  })

  test('explains that iptables is missing or refuses', () => {
    expect(describeIptablesError(Object.assign(new Error('spawn iptables ENOENT'), { code: 'ENOENT' }))).toMatch(
      /not on this machine/,
    )
    expect(describeIptablesError(Object.assign(new Error('x'), { code: 2, stderr: 'line 3 failed\nmore' }))).toBe(
      'iptables refused: line 3 failed',
    )
  })

  test('sets no rules that would not reach the sandboxes', async () => {
    const tables = new Tables()
    const { network: one } = network(tables.run, { remoteReason: 'Docker runs elsewhere.' })
    await one.start()
    expect(tables.restored).toEqual([])
    expect(one.view().notices[0]).toMatch(/Docker runs elsewhere\./)
    await one.close()
  })

  test("never allows THON's own ports, and reports it", async () => {
    const tables = new Tables()
    const { network: one } = network(tables.run)
    await one.start()
    expect(one.view()).toMatchObject({ hostPorts: [13_305], enforced: true })
    expect(one.view().notices).toEqual([expect.stringMatching(/never reach port 8100/)])
    expect(tables.lines.join('\n')).not.toContain('8100')
    await one.close()
  })

  test('allows the AI gateway as soon as its settings change', async () => {
    const tables = new Tables()
    let place: { host: string | null; port: number } | null = null
    const { network: one, events } = network(tables.run, { gateway: () => Promise.resolve(place) })
    const move = async (to: typeof place) => {
      place = to
      events.publish('gatewaySettings', null)
      await one.reapply()
      return one.view()
    }
    await one.start()
    expect(one.view().hostPorts).toEqual([13_305])
    expect(await move({ host: null, port: 9_081 })).toMatchObject({ hostPorts: [13_305, 9_081], exceptions: [] })
    expect(tables.lines.join('\n')).toContain('--dport 9081 -j ACCEPT')
    expect(await move({ host: '10.0.0.7', port: 9_080 })).toMatchObject({
      hostPorts: [13_305],
      exceptions: ['10.0.0.7:9080'],
    })
    expect(tables.lines.join('\n')).not.toContain('9081')
    const { notices } = await move({ host: 'gateway.example', port: 9_080 })
    expect(notices.join()).toMatch(/at gateway\.example, but the network rules need an address/)
    expect((await move({ host: null, port: 8_100 })).notices.join()).toMatch(/never reach port 8100/)
    expect((await move(null)).hostPorts).toEqual([13_305])
    await one.close()
  })

  test('enforces nothing for the embedded engine, and reports it', async () => {
    const { network: one } = network(() => Promise.reject(DENIED), { hostNetwork: null })
    await one.start()
    expect(one.view()).toMatchObject({
      enforced: false,
      notices: [expect.stringMatching(/isolates nothing/), expect.anything()],
    })
    expect(one.warnings()).toEqual([])
    await one.close()
  })
})
