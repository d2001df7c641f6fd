import { mkdtempSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test } from 'vitest'
import { DockerClient } from '../../server/engine/docker/client.ts'
import { DockerNetworks } from '../../server/engine/docker/networks.ts'
import { DockerEngine } from '../../server/engine/docker/engine.ts'
import { docker } from '../kit/docker-app.ts'
import { testImage } from '../kit/docker.ts'
import { dockerHarness, here } from '../kit/docker-harness.ts'

const LONG = { timeout: 180_000 }

describe('networks of groups', LONG, () => {
  async function subnets(node: string): Promise<string[]> {
    const ids = (await docker('network', 'ls', '-q', '--filter', `label=thon.node=${node}`)).split('\n').filter(Boolean)
    const lines = await Promise.all(
      ids.map((id) => docker('network', 'inspect', '--format', '{{(index .IPAM.Config 0).Subnet}}', id)),
    )
    return lines.toSorted()
  }

  test('are separate even when two servers create many at once, and removable', async () => {
    const kits = [await dockerHarness(), await dockerHarness()]
    for (const kit of kits) onTestFinished(() => kit.dispose(), 120_000)
    await Promise.all(
      kits.flatMap(({ engine, spec }) =>
        Array.from({ length: 20 }, (_, index) => engine.create(spec({ group: `Group ${index}` }), () => {})),
      ),
    )
    const created = (await Promise.all(kits.map(({ node }) => subnets(node)))).flat()
    expect(created).toHaveLength(40)
    expect(new Set(created).size).toBe(40)
    for (const subnet of created) expect(subnet).toMatch(/^10\.2\d\d\.\d+\.0\/23$/)
    const [{ engine, node } = kits[0]!] = kits
    await engine.removeUnusedNetworks()
    expect(await subnets(node)).toHaveLength(20)
    const [first] = await engine.list()
    await engine.remove(first!.ref)
    await engine.removeUnusedNetworks()
    expect(await subnets(node)).toHaveLength(19)
  })

  test('are created once per group, even for simultaneous starts', async () => {
    const kit = await dockerHarness()
    onTestFinished(() => kit.dispose())
    await Promise.all(Array.from({ length: 5 }, () => kit.engine.create(kit.spec({ group: 'one' }), () => {})))
    expect(await subnets(kit.node)).toHaveLength(1)
  })

  test('are refused with advice when the pool is used up and all are needed', async () => {
    const kit = await dockerHarness()
    onTestFinished(() => kit.dispose())
    const engine = new DockerEngine({ node: kit.node, image: testImage, pool: '10.249.0.0/22', connection: here })
    onTestFinished(() => engine.close())
    const create = (group: string) => engine.create(kit.spec({ group }), () => {})
    const first = await create('a')
    await create('b')
    await expect(create('c')).rejects.toThrow(
      /No network is left for group c: all 2 of 10\.249\.0\.0\/22 are in use.*SANDBOX_NETWORK_POOL/,
    )
    await engine.remove(first)
    await create('c')
    expect(await subnets(kit.node)).toEqual(['10.249.0.0/23', '10.249.2.0/23'])
  })

  test('skip addresses of other Docker networks', async () => {
    const name = `thon-test-taken-${process.pid}`
    await docker('network', 'create', '--subnet', '10.250.0.0/24', name)
    onTestFinished(async () => {
      await docker('network', 'rm', name)
    })
    const kit = await dockerHarness()
    onTestFinished(() => kit.dispose())
    const engine = new DockerEngine({ node: kit.node, image: testImage, pool: '10.250.0.0/22', connection: here })
    onTestFinished(() => engine.close())
    await engine.create(kit.spec(), () => {})
    expect(await subnets(kit.node)).toEqual(['10.250.2.0/23'])
  })

  test('move to the next addresses only when Docker says that these overlap', async () => {
    const asked: string[] = []
    const refusals = ['Pool overlaps with other one on this address space', 'networks have overlapping IPv4']
    const answer = async (request: IncomingMessage, response: ServerResponse) => {
      asked.push((JSON.parse(await text(request)) as { IPAM: { Config: { Subnet: string }[] } }).IPAM.Config[0]!.Subnet)
      const message = refusals.shift()
      response.writeHead(message ? 403 : 201).end(JSON.stringify(message ? { message } : { Id: 'x' }))
    }
    const server = createServer((request, response) => {
      if (request.method === 'GET') response.writeHead(request.url?.startsWith('/networks/') ? 404 : 200).end('[]')
      else void answer(request, response)
    })
    const path = join(mkdtempSync(join(tmpdir(), 'thon-net-')), 'docker.sock')
    await new Promise<void>((resolve) => server.listen(path, resolve))
    onTestFinished(() => void server.close())
    const client = new DockerClient({ ...here, host: `unix://${path}` })
    onTestFinished(() => client.close())
    const networks = new DockerNetworks(client, { node: 'n', pool: '10.251.0.0/20' })
    const gateway = await networks.withNetwork('g', ({ gateway }) => Promise.resolve(gateway))
    expect(gateway).toBe('10.251.4.1')
    expect(asked).toEqual(['10.251.0.0/23', '10.251.2.0/23', '10.251.4.0/23'])
    refusals.push('the disk is full')
    await expect(networks.withNetwork('h', () => Promise.resolve())).rejects.toThrow(/the disk is full/)
    expect(asked).toHaveLength(4)
  })
})
