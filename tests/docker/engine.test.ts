import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { DockerEngine } from '../../server/engine/docker/engine.ts'
import { EngineRefused, type SandboxSpec } from '../../server/engine/engine.ts'
import { testImage } from '../kit/docker.ts'
import { anySpec, docker, dockerHarness, here, run, testPool } from '../kit/docker-harness.ts'
import { engineContract } from '../kit/engine-contract.ts'
import { EngineWatch } from '../kit/engine-watch.ts'

engineContract('DockerEngine', dockerHarness)

describe('a sandbox of the DockerEngine', { timeout: 60_000 }, () => {
  let kit: Awaited<ReturnType<typeof dockerHarness>>
  beforeAll(async () => {
    kit = await dockerHarness()
  }, 180_000)
  afterAll(() => kit.dispose(), 60_000)

  async function create(overrides?: Partial<SandboxSpec>): Promise<string> {
    const ref = await kit.engine.create(kit.spec(overrides), () => {})
    onTestFinished(() => kit.engine.remove(ref))
    return ref
  }

  async function running(overrides?: Partial<SandboxSpec>): Promise<string> {
    const ref = await create(overrides)
    await kit.engine.start(ref)
    return ref
  }

  test('has its limits', async () => {
    const ref = await create({ limits: { memoryBytes: 100 * 1024 * 1024, cpus: 0.5, pids: 50 } })
    const { HostConfig: host } = await docker.getContainer(ref).inspect()
    expect(host).toMatchObject({ Memory: 104857600, MemorySwap: 104857600, NanoCpus: 500_000_000, PidsLimit: 50 })
  })

  test('may ask for more cores than the machine has', async () => {
    const ref = await create({ limits: { memoryBytes: null, cpus: 1000, pids: null } })
    const { HostConfig: host } = await docker.getContainer(ref).inspect()
    const { NCPU } = (await docker.info()) as { NCPU: number }
    expect(host.NanoCpus).toBe(NCPU * 1e9)
    expect(host.Memory).toBe(0)
  })

  test('has no capabilities it does not need, and cannot gain any', async () => {
    const ref = await running()
    const { HostConfig: host } = await docker.getContainer(ref).inspect()
    expect(host).toMatchObject({ CapDrop: ['ALL'], Privileged: false, Binds: null })
    expect(host.SecurityOpt).toContain('no-new-privileges')
    const status = await run(ref, 'cat', '/proc/self/status')
    expect(status).toMatch(/NoNewPrivs:\s+1/)
    // CHOWN 0, DAC_OVERRIDE 1, FOWNER 3, KILL 5, SETGID 6, SETUID 7, NET_BIND_SERVICE 10
    expect(status).toMatch(/CapBnd:\s+00000000000004eb/)
  })

  test('cannot open AF_VSOCK sockets, use io_uring or create namespaces, and other sockets work', async () => {
    const ref = await running()
    // A family that the machine lacks would fail with another error, EAFNOSUPPORT.
    const attempt = async (perl: string) => (await run(ref, 'perl', '-e', `${perl}; print $! + 0`)).trim()
    const EPERM = '1'
    expect(await attempt('socket(my $s, 40, 1, 0) and die "opened"')).toBe(EPERM)
    expect(await attempt('socket(my $s, 2, 1, 0) or die $!; $! = 0')).toBe('0')
    for (const number of [425, 426, 427]) expect(await attempt(`syscall(${number}, 0, 0, 0, 0, 0, 0)`)).toBe(EPERM)
    const unshare = process.arch === 'arm64' ? 97 : 272
    expect(await attempt(`syscall(${unshare}, 0x10000000)`)).toBe(EPERM)
    expect(await attempt('syscall(435, 0, 0)')).toBe('38')
    expect(await run(ref, 'cat', '/proc/self/status')).toMatch(/Seccomp:\s+2/)
  })

  test.skipIf(process.arch !== 'x64')('has no 32-bit system calls, which could open any socket unseen', async () => {
    const ref = await running()
    // A program of a few bytes that exits with 42 by the old gate: mov eax, 1; mov ebx, 42; int 0x80.
    const header = '7f454c4602010100000000000000000002003e0001000000780040000000000040000000000000000000000000000000'
    const segment = '0000000040003800010000000000000001000000050000000000000000000000'
    const place = '00004000000000000000400000000000840000000000000084000000000000000010000000000000'
    const program = `${header}${segment}${place}b801000000bb2a000000cd80`
    const script = `perl -e 'print pack("H*", "${program}")' > /tmp/old; busybox chmod +x /tmp/old; /tmp/old; echo $?`
    const status = (await run(ref, 'sh', '-c', script)).trim()
    // Killed for the call; or for the gate, on a kernel that has none.
    expect(['159', '139']).toContain(status)
  })

  test("runs THON's command, with the password in the environment only", async () => {
    const ref = await create({ password: 'geheim', port: 9000 })
    const { Path, Args, Config } = await docker.getContainer(ref).inspect()
    const args = ['--bind-addr', '0.0.0.0:9000', '--auth', 'password', '--disable-telemetry', '/workspace']
    expect([Path, ...Args]).toEqual(['code-server', ...args])
    expect(Config.Env).toContain('PASSWORD=geheim')
    expect(JSON.stringify(Config.Labels)).not.toContain('geheim')
  })

  test('is paused also while it is busy starting programs', async () => {
    const ref = await running()
    const programs =
      'while :; do for i in 1 2 3 4 5 6 7 8; do (dd if=/dev/zero of=/tmp/$i bs=1M count=8 conv=fsync; id) & done; wait; done'
    await run(ref, 'sh', '-c', `(${programs}) >/dev/null 2>&1 &`)
    for (let round = 0; round < 10; round++) {
      await kit.engine.pause(ref)
      await kit.engine.resume(ref)
    }
  })

  test('is published on 127.0.0.1 only', async () => {
    const ref = await running()
    const { NetworkSettings } = await docker.getContainer(ref).inspect()
    const { hostPort } = (await kit.engine.list()).find((sandbox) => sandbox.ref === ref) ?? {}
    expect(NetworkSettings.Ports).toEqual({ '8443/tcp': [{ HostIp: '127.0.0.1', HostPort: String(hostPort) }] })
  })

  test('has a volume that is labeled with its owner and writable for its user', async () => {
    const spec = kit.spec()
    const ref = await running(spec)
    const { Labels } = await docker.getVolume(spec.volume).inspect()
    expect(Labels).toEqual({
      'thon.volume': '1',
      'thon.node': kit.node,
      'thon.group': spec.group,
      'thon.username': spec.username,
    })
    await run(ref, 'touch', '/workspace/mine')
    expect((await run(ref, 'stat', '-c', '%u:%g', '/workspace/mine')).trim()).toBe('1000:1000')
  })

  test('keeps an existing volume without labels unchanged', async () => {
    const spec = kit.spec()
    await docker.createVolume({ Name: spec.volume })
    await create(spec)
    expect((await docker.getVolume(spec.volume).inspect()).Labels).toBeNull()
  })

  test('starts with its files, owned by its user, in unchanged folders', async () => {
    const files = [
      { path: '/home/coder/.local/share/code-server/User/settings.json', content: '{"ü":1}' },
      { path: '/workspace/.vscode/extensions.json', content: '{}' },
      { path: '/etc/thon/empty', content: '' },
    ]
    const ref = await running({ files })
    expect(await run(ref, 'cat', files[0]?.path ?? '')).toBe('{"ü":1}')
    const owner = async (path: string) => (await run(ref, 'stat', '-c', '%u:%g:%a', path)).trim()
    for (const { path } of files) expect(await owner(path)).toBe('1000:1000:600')
    expect(await owner('/home/coder/.local/share')).toBe('1000:1000:755')
    expect(await owner('/workspace/.vscode')).toBe('1000:1000:755')
    expect(await owner('/etc')).toBe('0:0:755')
    expect(await owner('/home')).toBe('0:0:755')
  })

  test('is removed again when its files cannot be written', async () => {
    const spec = kit.spec({ files: [{ path: '/bin/sh/impossible', content: '' }] })
    await expect(kit.engine.create(spec, () => {})).rejects.toThrow(EngineRefused)
    expect((await kit.engine.list()).filter(({ instanceId }) => instanceId === spec.instanceId)).toEqual([])
  })

  test('that a crashed server left behind is adopted by its instance', async () => {
    const spec = kit.spec()
    const ref = await create(spec)
    expect(await kit.engine.create(spec, () => {})).toBe(ref)
  })

  test('of another instance with the same name is not adopted', async () => {
    const spec = kit.spec()
    await create(spec)
    const other = { ...spec, instanceId: `${spec.instanceId.slice(0, 8)}-other` }
    await expect(kit.engine.create(other, () => {})).rejects.toThrow(/already in use/)
  })

  test('is refused when its volume is a path', async () => {
    await expect(kit.engine.create({ ...anySpec(), volume: '/etc' }, () => {})).rejects.toThrow(EngineRefused)
    await expect(kit.engine.removeVolume('../containers/x')).rejects.toThrow(EngineRefused)
  })

  test('that crashes at once reports its exit code and last log line', async () => {
    const watch = await EngineWatch.open(kit.engine)
    onTestFinished(async () => {
      await watch.stop()
    })
    const ref = await running({ image: `${testImage}-crash` })
    expect(await watch.until(ref, 'exited')).toMatchObject({ exitCode: 3, outOfMemory: false })
    expect(await kit.engine.logs(ref, 1)).toBe('Error: this is its last line\n')
  })

  test('that runs out of memory reports it', async () => {
    const watch = await EngineWatch.open(kit.engine)
    onTestFinished(async () => {
      await watch.stop()
    })
    const ref = await running({ image: `${testImage}-oom`, limits: { memoryBytes: 32 << 20, cpus: null, pids: null } })
    expect(await watch.until(ref, 'exited')).toMatchObject({ exitCode: 137, outOfMemory: true })
  })

  test('without code-server reports that at its start or in its log', async () => {
    const ref = await create({ image: `${testImage}-nocmd` })
    // With docker-init, which itself starts, it exits like this.
    const { Init } = (await docker.getContainer(ref).inspect()).HostConfig
    if (!Init) return expect(kit.engine.start(ref)).rejects.toThrow(/no code-server in it/)
    await kit.engine.start(ref)
    await expect.poll(() => kit.engine.logs(ref, 10)).toMatch(/exec code-server failed: No such file/)
    expect((await kit.engine.list()).find((sandbox) => sandbox.ref === ref)).toMatchObject({ exitCode: 127 })
  })

  test('that cannot be executed is refused with advice', async () => {
    const Labels = { 'thon.instance': 'nocmd', 'thon.node': kit.node, 'thon.port': '8443' }
    const container = await docker.createContainer({ Image: testImage, Entrypoint: ['code-server-not'], Labels })
    onTestFinished(() => container.remove({ force: true }))
    await expect(kit.engine.start(container.id)).rejects.toThrow(/no code-server in it.*SANDBOX_IMAGE/)
  })

  test('with a missing image is refused with advice after one shared pull', async () => {
    // A registry that hangs up once everyone has asked.
    const allAsked = Promise.withResolvers<void>()
    const registry = createServer((socket) => {
      socket.on('error', () => undefined)
      void allAsked.promise.then(() => socket.destroy())
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void registry.close())
    await once(registry, 'listening')
    const image = `localhost:${(registry.address() as AddressInfo).port}/nobody/nothing:1`
    const progress: string[] = []
    const create = () => kit.engine.create(kit.spec({ image }), (text) => progress.push(text))
    const settled = Promise.allSettled([create(), create(), create()])
    await expect.poll(() => progress, { timeout: 10_000 }).toHaveLength(3)
    allAsked.resolve()
    const answers = await settled
    const reasons = answers.map((answer) => (answer.status === 'rejected' ? (answer.reason as unknown) : null))
    expect(reasons[0]).toBeInstanceOf(EngineRefused)
    expect(String(reasons[0])).toMatch(/is not on this machine and could not be pulled \(.+\)\. Pull or build it/)
    expect(new Set(reasons).size).toBe(1)
    expect(new Set(progress)).toEqual(new Set(['Pulling image 0 %']))
  })

  test('belongs to one node, or to every node when it has none', async () => {
    const other = new DockerEngine({ node: 'another', image: testImage, pool: testPool, connection: here })
    onTestFinished(() => other.close())
    const watch = await EngineWatch.open(other)
    const ref = await create()
    const Labels = { 'thon.instance': 'orphan', 'thon.port': '8443' }
    const orphan = await docker.createContainer({ Image: testImage, Cmd: ['sh'], Labels })
    // Another THON on this Docker sees it too, and may remove it first.
    onTestFinished(() => kit.engine.remove(orphan.id))
    await watch.until(orphan.id, 'created')
    await watch.stop()
    expect(watch.statuses(ref)).toEqual([])
    const refs = (await other.list()).map((sandbox) => sandbox.ref)
    expect(refs).not.toContain(ref)
    expect(refs).toContain(orphan.id)
  })

  test('is not confused with other containers', async () => {
    const watch = await EngineWatch.open(kit.engine)
    onTestFinished(async () => {
      await watch.stop()
    })
    const foreign = await docker.createContainer({ Image: testImage, Cmd: ['sleep', '60'] })
    onTestFinished(() => foreign.remove({ force: true }))
    await foreign.start()
    const ref = await create()
    await watch.until(ref, 'created')
    expect(watch.statuses(foreign.id)).toEqual([])
    expect((await kit.engine.list()).map((sandbox) => sandbox.ref)).not.toContain(foreign.id)
    expect((await foreign.inspect()).State.Running).toBe(true)
  })

  test('returns at most 64 KiB of its log, from the start of a line', async () => {
    const script = 'i=0; while [ $i -lt 3000 ]; do echo "line $i of many more than fit into the log"; i=$((i+1)); done'
    const Labels = { 'thon.instance': 'logs', 'thon.node': kit.node, 'thon.port': '8443' }
    const container = await docker.createContainer({ Image: testImage, Cmd: ['sh', '-c', script], Labels })
    onTestFinished(() => container.remove({ force: true }))
    await container.start()
    await container.wait()
    const log = await kit.engine.logs(container.id, 10_000)
    expect(Buffer.byteLength(log)).toBeLessThanOrEqual(65_536)
    expect(log).toMatch(/^line \d+ of/)
    expect(log).toMatch(/line 2999 of many more than fit into the log\n$/)
  })

  test('is measured against its memory limit', async () => {
    const ref = await running()
    expect(await kit.engine.stats(ref)).toMatchObject({ memoryLimitBytes: 128 * 1024 * 1024 })
  })
})
