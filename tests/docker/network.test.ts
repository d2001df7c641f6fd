import { mkdtempSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { Events } from '../../server/core/events.ts'
import { createLog } from '../../server/core/log.ts'
import { DockerEngine } from '../../server/engine/docker/engine.ts'
import { firewallOf } from '../../server/engine/network/firewall.ts'
import { iptablesRunner } from '../../server/engine/network/firewall-keeper.ts'
import { bridgeOf, networkName, nodeMark } from '../../server/engine/network/names.ts'
import { SandboxNetwork, type SandboxNetworkDeps } from '../../server/engine/network/sandbox-network.ts'
import type { TestApp } from '../kit/app.ts'
import { docker, DockerLink, nodeOf, startDockerApp } from '../kit/docker-app.ts'
import { iptables, removeRules } from '../kit/docker-networks.ts'
import { ensureDocker, ensureTestImages, testImage } from '../kit/docker.ts'
import { dockerHarness, here, run, testPool } from '../kit/docker-harness.ts'
import { addGroup } from '../kit/groups.ts'

const LONG = { timeout: 180_000 }

beforeAll(async () => {
  await ensureDocker()
  await ensureTestImages()
}, 300_000)

/** Starts a sandbox and waits until it runs. @returns its container and address */
async function sandbox(app: TestApp, group: string, username: string): Promise<{ ref: string; ip: string }> {
  const query = 'mutation ($input: CreateInstanceInput!) { createInstance(input: $input) { id } }'
  const { createInstance } = await app.execute<{ createInstance: { id: string } }>(query, {
    input: { group, username },
  })
  const one = 'query ($id: ID!) { instance(id: $id) { state ref } }'
  const { instance } = await app.until<{ instance: { state: string; ref: string } }>(
    one,
    { id: createInstance.id },
    (data) => data.instance.state === 'RUNNING',
    60,
  )
  const { [networkName(await nodeOf(app.dir), group)]: network } = JSON.parse(
    await docker('inspect', '--format', '{{json .NetworkSettings.Networks}}', instance.ref),
  ) as Record<string, { IPAddress: string }>
  return { ref: instance.ref, ip: network?.IPAddress ?? '' }
}

/** Sends an HTTP request, in Perl, the only language of the image. Prints the body of the answer, or what went wrong. */
const ASK = String.raw`
my ($address, $port, $path) = @ARGV;
if ($address =~ /[a-z]/) {
  open(my $hosts, '<', '/etc/hosts');
  ($address) = map { /^([\d.]+)\s+\Q$address\E$/ ? $1 : () } <$hosts>;
}
$SIG{ALRM} = sub { print 'no answer'; exit };
alarm 3;
socket(my $socket, 2, 1, 0);
unless (connect($socket, pack('S n C4 x8', 2, $port, split(/\./, $address)))) { print "refused: $!"; exit }
syswrite($socket, "GET $path HTTP/1.0\r\n\r\n");
local $/;
print((split(/\r\n\r\n/, <$socket>, 2))[1]);
`

/** What a sandbox gets from an address such as `10.0.0.1:80/path`: a body, `refused`, or `no answer`. */
async function reach(from: { ref: string }, address: string): Promise<string> {
  const [, host = '', port = '80', path = '/'] = /^([^:/]+)(?::(\d+))?(\/.*)?$/.exec(address) ?? []
  return (await run(from.ref, 'perl', '-e', ASK, host, port, path)).replace(/^refused: .*/, 'refused')
}

/** A server on all addresses of this machine. @returns its port */
async function serve(text: string): Promise<number> {
  const server = createServer((_request, response) => response.end(text))
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

function lanAddress(): string {
  const [own] = Object.entries(networkInterfaces())
    .filter(([name]) => !/^(lo|docker|br-|th|veth)/.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .filter(({ family }) => family === 'IPv4')
  return own?.address ?? ''
}

function allowPeers(app: TestApp, id: string, allowed: boolean) {
  const query =
    'mutation ($id: ID!, $allowed: Boolean!) { updateGroup(input: { id: $id, peerAccess: $allowed }) { peerAccess } }'
  return app.execute(query, { id, allowed })
}

describe('sandboxes of a server', LONG, () => {
  test('reach each other only within a group with peer access', async () => {
    const app = await startDockerApp()
    const [alpha, beta] = [await addGroup(app, 'alpha', []), await addGroup(app, 'beta', [])]
    const [ann, bob, cy] = await Promise.all([
      sandbox(app, 'alpha', 'ann'),
      sandbox(app, 'alpha', 'bob'),
      sandbox(app, 'beta', 'cy'),
    ])
    const healthy = (ip: string) => `${ip}:8443/healthz`
    const refused = 'refused'
    expect(await reach(ann, healthy(bob.ip))).toBe(refused)
    await allowPeers(app, alpha.id, true)
    await allowPeers(app, beta.id, true)
    await expect.poll(() => reach(ann, healthy(bob.ip)), { timeout: 10_000 }).toMatch(/alive/)
    expect(await reach(bob, healthy(ann.ip))).toMatch(/alive/)
    expect(await reach(ann, healthy(cy.ip))).toBe(refused)
    expect(await reach(cy, healthy(bob.ip))).toBe(refused)
    await allowPeers(app, alpha.id, false)
    await expect.poll(() => reach(ann, healthy(bob.ip)), { timeout: 10_000 }).toBe(refused)
    const { activity } = await app.execute<{ activity: { items: { action: string }[] } }>(
      '{ activity { items { action } } }',
    )
    expect(activity.items.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['allow peer access', 'forbid peer access']),
    )
  })

  test('reach only the allowed ports of this machine', async () => {
    const [lemonade, other] = [await serve('lemonade'), await serve('secret')]
    const publish = async () => {
      const id = await docker(
        'run',
        '-d',
        '-p',
        '0.0.0.0::8443',
        testImage,
        'code-server',
        '--bind-addr',
        '0.0.0.0:8443',
      )
      onTestFinished(async () => {
        await docker('rm', '-f', id)
      })
      return Number((await docker('port', id, '8443/tcp')).split('\n')[0]?.split(':').at(-1))
    }
    const [gateway, admin] = [await publish(), await publish()]
    const app = await startDockerApp({
      DASHBOARD_HOST: '0.0.0.0',
      LEMONADE_PORT: String(lemonade),
    })
    const ann = await sandbox(app, 'alpha', 'ann')
    expect(await reach(ann, `host.docker.internal:${gateway}/healthz`)).toBe('refused')
    await app.services.gatewaySettings.update(organizer, { enabled: true, proxyPort: gateway })
    await expect.poll(() => reach(ann, `host.docker.internal:${gateway}/healthz`), { timeout: 10_000 }).toMatch(/alive/)
    const thon = new URL(app.url).port
    const inside = `${ann.ip.split('.').slice(0, 3).join('.')}.1`
    for (const host of ['host.docker.internal', inside, lanAddress()]) {
      expect([host, await reach(ann, `${host}:${lemonade}`)]).toEqual([host, 'lemonade'])
      expect([host, await reach(ann, `${host}:${gateway}/healthz`)]).toEqual([host, expect.stringMatching(/alive/)])
      for (const port of [other, admin, thon])
        expect([host, port, await reach(ann, `${host}:${port}`)]).toEqual([host, port, 'refused'])
    }
    const { engine } = await app.execute<{ engine: object }>('{ engine { network { enforced notices hostPorts } } }')
    expect(engine).toEqual({ network: { enforced: true, notices: [], hostPorts: [lemonade, gateway] } })
  })

  test('reach no metadata or private address, and fail at once', async () => {
    const app = await startDockerApp()
    const ann = await sandbox(app, 'alpha', 'ann')
    const addresses = ['169.254.169.254', '100.100.100.200', '192.168.1.1', '10.0.0.1', '172.31.0.1']
    for (const address of addresses) expect([address, await reach(ann, address)]).toEqual([address, 'refused'])
    // One packet for each: without a reset, TCP would try again after a second.
    const [, , reset = ''] = await iptables('-nvxL', `THON-${nodeMark(await nodeOf(app.dir))}-NO`)
    expect(reset).toMatch(/reject-with tcp-reset$/)
    expect(Number(reset.trim().split(/\s+/)[0])).toBe(addresses.length)
  })

  test('stay behind rules without THON, which sets them again when Docker returns', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'thon-rules-'))
    const link = new DockerLink(join(dir, 'docker.sock'))
    await link.mend()
    onTestFinished(() => link.cut())
    const app = await startDockerApp({ DOCKER_HOST: `unix://${link.path}` }, { dir })
    const chain = `THON-${nodeMark(await nodeOf(dir))}-FWD`
    const ruleCount = async () => (await iptables('-S', chain)).length
    const before = await ruleCount()
    expect(before).toBeGreaterThan(5)
    const engine = '{ engine { connected } }'
    await link.cut()
    await app.until<{ engine: { connected: boolean } }>(engine, {}, (data) => !data.engine.connected)
    await iptables('-F', chain)
    await link.mend()
    await expect.poll(ruleCount, { timeout: 20_000 }).toBe(before)
    const ann = await sandbox(app, 'alpha', 'ann')
    await app.close()
    expect(await ruleCount()).toBe(before)
    // Without sandboxes, nothing needs them.
    await docker('rm', '-f', ann.ref)
    const again = await startDockerApp({}, { dir })
    const node = await nodeOf(dir)
    expect(await ruleCount()).toBe(before)
    await again.close()
    expect((await iptables('-S')).filter((line) => line.includes(`THON-${nodeMark(node)}-`))).toEqual([])
    expect(await docker('network', 'ls', '-q', '--filter', `label=thon.node=${node}`)).toBe('')
  })

  test('lose their network with the last one of their group', async () => {
    const app = await startDockerApp()
    const ann = await sandbox(app, 'alpha', 'ann')
    const networks = async () => docker('network', 'ls', '-q', '--filter', `label=thon.node=${await nodeOf(app.dir)}`)
    expect(await networks()).not.toBe('')
    const { instances } = await app.execute<{ instances: { items: { id: string }[] } }>(
      '{ instances { items { id } } }',
    )
    expect(ann.ref).not.toBe('')
    await app.execute('mutation ($id: ID!) { killInstance(input: { id: $id }) { id } }', { id: instances.items[0]?.id })
    await expect.poll(networks, { timeout: 30_000 }).toBe('')
  })
})

describe('the network rules', LONG, () => {
  async function keptRules(peers: string[] = []) {
    const kit = await dockerHarness()
    onTestFinished(() => kit.dispose())
    const node = kit.node
    onTestFinished(() => removeRules(node))
    const hostNetwork = {
      node,
      run: iptablesRunner(process.env.PATH ?? ''),
      remoteReason: () => kit.engine.remoteReason(),
      removeUnusedNetworks: () => Promise.resolve(),
      hasSandboxes: () => Promise.resolve(true),
    }
    const env = {
      ports: [],
      reach: { pathPort: null },
      network: { pool: testPool, blockLan: true, blockInternet: false, allow: [], hostPorts: [13_305] },
    } as unknown as SandboxNetworkDeps['env']
    const parts = { env, events: new Events(), log: createLog('error'), hostNetwork, isConnected: () => false }
    const network = new SandboxNetwork({
      ...parts,
      peers: () => Promise.resolve(peers),
      gateway: () => Promise.resolve(null),
    })
    await network.start()
    onTestFinished(() => network.close())
    return { kit, node, network }
  }

  test('come back after a chain was flushed or its hooks were deleted', async () => {
    const { node, network } = await keptRules(['alpha'])
    expect(network.view()).toMatchObject({ enforced: true, notices: [] })
    const { names, hooks } = firewallOf({
      node,
      pool: testPool,
      blockLan: true,
      blockInternet: false,
      allow: [],
      hostPorts: [],
      peers: [],
      nameServers: [],
      localNetworks: [],
    })
    const all = async () =>
      (await iptables('-S')).filter((line) => names.some((name) => line.includes(name))).toSorted()
    const before = await all()
    expect(before.join('\n')).toContain(`-i ${bridgeOf(node, 'alpha')} -o ${bridgeOf(node, 'alpha')} -j ACCEPT`)
    for (const name of names) await iptables('-F', name)
    for (const { parent, rule } of hooks) await iptables('-D', parent, ...rule.split(' '))
    expect(await all()).toHaveLength(3)
    await network.reapply()
    expect(await all()).toEqual(before)
  })

  test('are reported as missing when Docker runs on another machine', async () => {
    const engine = new DockerEngine({
      node: 'x',
      image: testImage,
      pool: testPool,
      connection: { ...here, host: 'tcp://192.0.2.9:2375' },
    })
    onTestFinished(() => engine.close())
    expect(await engine.remoteReason()).toMatch(/runs on another machine \(tcp:\/\/192\.0\.2\.9:2375\)/)
  })
})
