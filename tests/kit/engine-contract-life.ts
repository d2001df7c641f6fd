import { expect, onTestFinished, test } from 'vitest'
import { EngineRefused } from '../../server/engine/engine.ts'
import { healthz, UNKNOWN, type ContractKit } from './engine-contract-kit.ts'

/** A life from creation to removal. */
export function lifeTests(kit: () => ContractKit): void {
  test('info describes the engine', async () => {
    const { engine } = kit()
    const info = await engine.info()
    expect(info.version).not.toBe('')
    expect([true, false, null]).toContain(info.imagePresent)
    expect(['docker', 'process']).toContain(engine.kind)
  })

  test('a created sandbox is listed with its spec, and is not running yet', async () => {
    const spec = kit().harness.spec()
    const ref = await kit().engine.create(spec, () => {})
    onTestFinished(() => kit().engine.remove(ref))
    const { instanceId, group, username, image, volume, port, password } = spec
    expect(await kit().find(ref)).toMatchObject({
      ...{ ref, instanceId, group, username, image, volume, port, password },
      ...{ status: 'created', hostPort: null, exitCode: null, outOfMemory: false, startedAt: null },
    })
  })

  test('a started sandbox runs and has a host port', async () => {
    const ref = await kit().running()
    const found = await kit().find(ref)
    expect(found).toMatchObject({ status: 'running', exitCode: null })
    expect(found?.hostPort).toBeGreaterThan(0)
    expect(Math.abs(Date.now() - (found?.startedAt?.getTime() ?? 0))).toBeLessThan(60_000)
  })

  test('code-server answers on 127.0.0.1 at the host port', async ({ skip }) => {
    if (kit().harness.serves === false) return skip()
    const ref = await kit().running()
    const hostPort = (await kit().find(ref))?.hostPort
    await expect.poll(() => healthz(hostPort), { timeout: 20_000 }).toBe(200)
  })

  test('a paused sandbox is paused, and runs again when resumed', async () => {
    const ref = await kit().running()
    await kit().engine.pause(ref)
    expect(await kit().status(ref)).toBe('paused')
    await kit().engine.resume(ref)
    expect(await kit().find(ref)).toMatchObject({ status: 'running', hostPort: expect.any(Number) as number })
  })

  test('a killed sandbox is kept with its exit code', async () => {
    const ref = await kit().running()
    await kit().engine.kill(ref)
    await expect.poll(() => kit().status(ref)).toBe('exited')
    expect(await kit().find(ref)).toMatchObject({
      exitCode: expect.any(Number) as number,
      hostPort: null,
      outOfMemory: false,
    })
  })

  test('a paused sandbox can be killed', async () => {
    const ref = await kit().running()
    await kit().engine.pause(ref)
    await kit().engine.kill(ref)
    await expect.poll(() => kit().status(ref)).toBe('exited')
  })

  test('a restarted sandbox keeps its ref and has a new start time', async () => {
    const ref = await kit().running()
    const before = await kit().find(ref)
    await kit().engine.restart(ref)
    await expect.poll(() => kit().status(ref)).toBe('running')
    const after = await kit().find(ref)
    expect(after?.startedAt?.getTime()).toBeGreaterThan(before?.startedAt?.getTime() ?? Infinity)
    expect(after?.hostPort).toBeGreaterThan(0)
  })

  test('a paused or stopped sandbox can be restarted', async () => {
    const ref = await kit().running()
    await kit().engine.pause(ref)
    await kit().engine.restart(ref)
    await expect.poll(() => kit().status(ref)).toBe('running')
    await kit().engine.kill(ref)
    await kit().engine.restart(ref)
    await expect.poll(() => kit().status(ref)).toBe('running')
  })

  test.for(['created', 'running', 'paused', 'exited'])('a sandbox that is %s can be removed', async (status) => {
    const ref = await kit().create()
    if (status !== 'created') await kit().engine.start(ref)
    if (status === 'paused') await kit().engine.pause(ref)
    if (status === 'exited') await kit().engine.kill(ref)
    await kit().engine.remove(ref)
    expect(await kit().find(ref)).toBeUndefined()
  })

  test('several sandboxes run at the same time', async () => {
    const refs = await Promise.all([kit().running(), kit().running(), kit().running()])
    const ports = (await kit().engine.list()).filter(({ ref }) => refs.includes(ref)).map(({ hostPort }) => hostPort)
    expect(new Set(ports).size).toBe(3)
  })
}

/** Commands that come twice or too late, or for a sandbox that does not exist. */
export function commandTests(kit: () => ContractKit): void {
  test('a command whose work is done already resolves', async () => {
    const { engine } = kit()
    const ref = await kit().running()
    await engine.start(ref)
    await engine.resume(ref)
    await engine.pause(ref)
    await engine.pause(ref)
    await engine.resume(ref)
    await engine.kill(ref)
    await engine.kill(ref)
    await engine.remove(ref)
    await engine.remove(ref)
  })

  test('killing or removing a sandbox that never existed resolves', async () => {
    await kit().engine.kill(UNKNOWN)
    await kit().engine.remove(UNKNOWN)
  })

  test.for(['start', 'pause', 'resume', 'restart'] as const)(
    '%s refuses a sandbox that never existed',
    async (command) => {
      await expect(kit().engine[command](UNKNOWN)).rejects.toThrow(EngineRefused)
    },
  )

  test.for(['pause', 'resume'] as const)('%s refuses a stopped sandbox', async (command) => {
    const ref = await kit().running()
    await kit().engine.kill(ref)
    await expect.poll(() => kit().status(ref)).toBe('exited')
    await expect(kit().engine[command](ref)).rejects.toThrow(EngineRefused)
  })

  test('a sandbox that was never started can be killed', async () => {
    const ref = await kit().create()
    await kit().engine.kill(ref)
    expect(['created', 'exited']).toContain(await kit().status(ref))
  })

  test('simultaneous kills and removals of one sandbox resolve', async () => {
    const ref = await kit().running()
    await Promise.all([kit().engine.kill(ref), kit().engine.kill(ref)])
    await expect.poll(() => kit().status(ref)).toBe('exited')
    await Promise.all([kit().engine.remove(ref), kit().engine.remove(ref)])
    expect(await kit().find(ref)).toBeUndefined()
  })
}
