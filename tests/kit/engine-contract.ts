import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { EngineRefused, type Sandbox, type SandboxEngine, type SandboxSpec } from '../../server/sandbox/engine.ts'
import { EngineWatch } from './engine-watch.ts'

/** An engine to hold to the contract, and what a test can do around it. Hooks that are missing skip their tests. */
export interface EngineHarness {
  engine: SandboxEngine
  /** A spec that nothing else uses: new instance, new person, new volume. */
  spec(overrides?: Partial<SandboxSpec>): SandboxSpec
  /** Ends a sandbox hard, as from outside: the engine object is not asked. */
  engineSideKill?(ref: string): Promise<void>
  /** Writes a file into the workspace of a running sandbox, by a path relative to it. */
  writeFile?(ref: string, path: string, content: string): Promise<void>
  /** Reads such a file of a running sandbox; throws when there is none. */
  readFile?(ref: string, path: string): Promise<string>
  /** False when nothing listens behind `hostPort`, as with a fake. */
  serves?: boolean
  dispose(): Promise<void>
}

const LONG = 60_000
/** Looks like the id of every engine, and is none of its own. */
const UNKNOWN = '0123456789ab0123456789ab0123456789ab0123456789ab0123456789ab0123'

/** The tests of everything that `server/sandbox/engine.ts` promises, for one engine. `setup` runs once. */
export function engineContract(name: string, setup: () => Promise<EngineHarness>): void {
  describe(`${name} as a SandboxEngine`, { timeout: LONG }, () => {
    let kit: Kit
    beforeAll(async () => {
      kit = new Kit(await setup())
    }, LONG)
    afterAll(async () => kit?.harness.dispose(), LONG)

    lifeTests(() => kit)
    commandTests(() => kit)
    eventTests(() => kit)
    factTests(() => kit)
    volumeTests(() => kit)
  })
}

/** Short ways to what most tests do. */
class Kit {
  readonly harness: EngineHarness
  readonly engine: SandboxEngine

  constructor(harness: EngineHarness) {
    this.harness = harness
    this.engine = harness.engine
  }

  async watch(): Promise<EngineWatch> {
    const watch = await EngineWatch.open(this.engine)
    onTestFinished(async () => void (await watch.stop()))
    return watch
  }

  async create(overrides?: Partial<SandboxSpec>): Promise<string> {
    const ref = await this.engine.create(this.harness.spec(overrides), () => {})
    onTestFinished(() => this.engine.remove(ref))
    return ref
  }

  async running(overrides?: Partial<SandboxSpec>): Promise<string> {
    const ref = await this.create(overrides)
    await this.engine.start(ref)
    return ref
  }

  async find(ref: string): Promise<Sandbox | undefined> {
    return (await this.engine.list()).find((sandbox) => sandbox.ref === ref)
  }

  async status(ref: string): Promise<string | undefined> {
    return (await this.find(ref))?.status
  }
}

function lifeTests(kit: () => Kit): void {
  test('it says what it is', async () => {
    const { engine } = kit()
    const info = await engine.info()
    expect(info.version).not.toBe('')
    expect([true, false, null]).toContain(info.imagePresent)
    expect(['docker', 'process']).toContain(engine.kind)
  })

  test('a created sandbox is listed with all that was asked for, and does not run yet', async () => {
    const spec = kit().harness.spec()
    const ref = await kit().engine.create(spec, () => {})
    onTestFinished(() => kit().engine.remove(ref))
    const { instanceId, group, username, image, volume, port, password } = spec
    expect(await kit().find(ref)).toMatchObject({
      ...{ ref, instanceId, group, username, image, volume, port, password },
      ...{ status: 'created', hostPort: null, exitCode: null, outOfMemory: false, startedAt: null },
    })
  })

  test('a started sandbox runs and has a port of the host', async () => {
    const ref = await kit().running()
    const found = await kit().find(ref)
    expect(found).toMatchObject({ status: 'running', exitCode: null })
    expect(found?.hostPort).toBeGreaterThan(0)
    expect(Math.abs(Date.now() - (found?.startedAt?.getTime() ?? 0))).toBeLessThan(LONG)
  })

  test('code-server answers on 127.0.0.1 at the port of the host', async ({ skip }) => {
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
    expect(await kit().find(ref)).toMatchObject({ status: 'running', hostPort: expect.any(Number) })
  })

  test('a killed sandbox is kept with its exit code', async () => {
    const ref = await kit().running()
    await kit().engine.kill(ref)
    await expect.poll(() => kit().status(ref)).toBe('exited')
    expect(await kit().find(ref)).toMatchObject({ exitCode: expect.any(Number), hostPort: null, outOfMemory: false })
  })

  test('a paused sandbox can be killed', async () => {
    const ref = await kit().running()
    await kit().engine.pause(ref)
    await kit().engine.kill(ref)
    await expect.poll(() => kit().status(ref)).toBe('exited')
  })

  test('a restarted sandbox keeps its ref, and was started again', async () => {
    const ref = await kit().running()
    const before = await kit().find(ref)
    await kit().engine.restart(ref)
    await expect.poll(() => kit().status(ref)).toBe('running')
    const after = await kit().find(ref)
    expect(after?.startedAt?.getTime()).toBeGreaterThan(before?.startedAt?.getTime() ?? Infinity)
    expect(after?.hostPort).toBeGreaterThan(0)
  })

  test('a paused sandbox and one that ended can be restarted', async () => {
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

  test('several sandboxes live side by side', async () => {
    const refs = await Promise.all([kit().running(), kit().running(), kit().running()])
    const ports = (await kit().engine.list()).filter(({ ref }) => refs.includes(ref)).map(({ hostPort }) => hostPort)
    expect(new Set(ports).size).toBe(3)
  })
}

function commandTests(kit: () => Kit): void {
  test('a command that finds its work done resolves', async () => {
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

  test('killing or removing what was never there resolves', async () => {
    await kit().engine.kill(UNKNOWN)
    await kit().engine.remove(UNKNOWN)
  })

  test.for(['start', 'pause', 'resume', 'restart'] as const)('%s refuses what was never there', async (command) => {
    await expect(kit().engine[command](UNKNOWN)).rejects.toThrow(EngineRefused)
  })

  test.for(['pause', 'resume'] as const)('%s refuses a sandbox that ended', async (command) => {
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

  test('commands at the same time for one sandbox leave it ended', async () => {
    const ref = await kit().running()
    await Promise.all([kit().engine.kill(ref), kit().engine.kill(ref)])
    await expect.poll(() => kit().status(ref)).toBe('exited')
    await Promise.all([kit().engine.remove(ref), kit().engine.remove(ref)])
    expect(await kit().find(ref)).toBeUndefined()
  })
}

function eventTests(kit: () => Kit): void {
  test('events tell every step of a life, in order', async () => {
    const watch = await kit().watch()
    const { engine } = kit()
    const ref = await kit().create()
    await watch.until(ref, 'created')
    await engine.start(ref)
    await watch.until(ref, 'running')
    await engine.pause(ref)
    await watch.until(ref, 'paused')
    const resumed = watch.events.length
    await engine.resume(ref)
    await watch.until(ref, 'running', resumed)
    await engine.kill(ref)
    await watch.until(ref, 'exited')
    await engine.remove(ref)
    await watch.until(ref, null)
    expect(watch.told(ref)).toEqual(['created', 'running', 'paused', 'running', 'exited', null])
  })

  test('an event carries the sandbox as list tells it', async () => {
    const watch = await kit().watch()
    const spec = kit().harness.spec({ password: 'geheim' })
    const ref = await kit().engine.create(spec, () => {})
    onTestFinished(() => kit().engine.remove(ref))
    await kit().engine.start(ref)
    expect(await watch.until(ref, 'running')).toEqual(await kit().find(ref))
    expect(watch.events.every((event) => event.ref !== ref || event.instanceId === spec.instanceId)).toBe(true)
  })

  test('what happens between opening the stream and listing is told', async () => {
    const ref = await kit().running()
    const watch = await kit().watch()
    await Promise.all([kit().engine.pause(ref), kit().engine.list()])
    await watch.until(ref, 'paused')
  })

  test('an ended sandbox is told with its exit code, also when something else ended it', async ({ skip }) => {
    const { engineSideKill } = kit().harness
    if (!engineSideKill) return skip()
    const watch = await kit().watch()
    const ref = await kit().running()
    await engineSideKill(ref)
    const ended = await watch.until(ref, 'exited')
    expect(ended?.exitCode).not.toBe(0)
    expect(ended?.exitCode).not.toBeNull()
    expect(ended?.hostPort).toBeNull()
  })

  test('a restart is told as running, with its new start', async () => {
    const ref = await kit().running()
    const before = await kit().find(ref)
    const watch = await kit().watch()
    await kit().engine.restart(ref)
    const after = await watch.until(ref, 'running')
    expect(after?.startedAt?.getTime()).toBeGreaterThan(before?.startedAt?.getTime() ?? Infinity)
  })

  test('the stream ends without an error when its signal aborts', async () => {
    const watch = await kit().watch()
    expect(await watch.stop()).toBeNull()
  })

  test('a stream whose signal had aborted before tells nothing', async () => {
    const told: unknown[] = []
    const read = async () => {
      for await (const event of await kit().engine.events(AbortSignal.abort())) told.push(event)
    }
    // Ending at once and refusing to open are both the end.
    await read().catch(() => {})
    expect(told).toEqual([])
  })

  test('two streams tell the same, and one goes on when the other ends', async () => {
    const [first, second] = [await kit().watch(), await kit().watch()]
    const ref = await kit().create()
    await Promise.all([first.until(ref, 'created'), second.until(ref, 'created')])
    await first.stop()
    await kit().engine.start(ref)
    await second.until(ref, 'running')
    expect(first.told(ref)).toEqual(['created'])
  })
}

function factTests(kit: () => Kit): void {
  test('logs are what it printed, and stay after its end', async () => {
    const ref = await kit().running()
    await expect.poll(() => kit().engine.logs(ref, 100), { timeout: 20_000 }).not.toBe('')
    await kit().engine.kill(ref)
    expect(await kit().engine.logs(ref, 100)).not.toBe('')
  })

  test('no more lines of the log come than were asked for', async () => {
    const ref = await kit().running()
    await expect.poll(() => kit().engine.logs(ref, 1), { timeout: 20_000 }).not.toBe('')
    expect((await kit().engine.logs(ref, 1)).trimEnd().split('\n')).toHaveLength(1)
    expect(await kit().engine.logs(ref, 0)).toBe('')
  })

  test('there are no logs of what was never there', async () => {
    expect(await kit().engine.logs(UNKNOWN, 10)).toBe('')
  })

  test('a running sandbox is measured', async () => {
    const ref = await kit().running()
    for (let times = 0; times < 2; times++) {
      const stats = await kit().engine.stats(ref)
      expect(stats?.memoryBytes).toBeGreaterThan(0)
      expect(stats?.cpuPercent).toBeGreaterThanOrEqual(0)
    }
  })

  test('what does not run is not measured', async () => {
    const ref = await kit().create()
    expect(await kit().engine.stats(ref)).toBeNull()
    await kit().engine.start(ref)
    await kit().engine.kill(ref)
    await expect.poll(() => kit().engine.stats(ref)).toBeNull()
    expect(await kit().engine.stats(UNKNOWN)).toBeNull()
  })

  test('the password is known to the engine, and is asked for', async ({ skip }) => {
    const ref = await kit().running({ password: 'a b&ü"$x' })
    const found = await kit().find(ref)
    expect(found?.password).toBe('a b&ü"$x')
    if (kit().harness.serves === false) return skip()
    await expect.poll(() => healthz(found?.hostPort), { timeout: 20_000 }).toBe(200)
    const answer = await fetch(`http://127.0.0.1:${found?.hostPort}/`, { redirect: 'manual' })
    expect(answer.status).not.toBe(200)
  })
}

function volumeTests(kit: () => Kit): void {
  const owner = { group: 'volumes', username: 'somebody' }

  test('a volume outlives its sandbox, and the next one finds its files', async ({ skip }) => {
    const { writeFile, readFile } = kit().harness
    if (!writeFile || !readFile) return skip()
    const first = await kit().running()
    const volume = (await kit().find(first))?.volume
    await writeFile(first, 'kept.txt', 'still here')
    await kit().engine.remove(first)
    const second = await kit().running({ volume })
    expect(await readFile(second, 'kept.txt')).toBe('still here')
  })

  test('a deleted volume comes back empty', async ({ skip }) => {
    const { writeFile, readFile } = kit().harness
    if (!writeFile || !readFile) return skip()
    const first = await kit().running()
    const volume = (await kit().find(first))?.volume ?? ''
    await writeFile(first, 'gone.txt', 'not for long')
    await kit().engine.remove(first)
    await kit().engine.removeVolume(volume)
    const second = await kit().running({ volume })
    await expect(readFile(second, 'gone.txt')).rejects.toThrow()
  })

  test('a volume that a sandbox uses is not deleted', async () => {
    const ref = await kit().running()
    const volume = (await kit().find(ref))?.volume ?? ''
    await expect(kit().engine.removeVolume(volume)).rejects.toThrow(EngineRefused)
    await kit().engine.remove(ref)
    await kit().engine.removeVolume(volume)
  })

  test('making a volume twice and deleting it twice is the same as once', async () => {
    const { volume } = kit().harness.spec()
    await kit().engine.ensureVolume(volume, owner)
    await kit().engine.ensureVolume(volume, owner)
    await kit().engine.removeVolume(volume)
    await kit().engine.removeVolume(volume)
  })
}

/** The status of /healthz, or 0 while nobody answers. */
async function healthz(hostPort: number | null | undefined): Promise<number> {
  try {
    return (await fetch(`http://127.0.0.1:${hostPort}/healthz`)).status
  } catch {
    return 0
  }
}
