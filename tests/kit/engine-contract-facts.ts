import { expect, test } from 'vitest'
import { EngineRefused } from '../../server/engine/engine.ts'
import { healthz, UNKNOWN, type ContractKit } from './engine-contract-kit.ts'

/** Logs, measurements and the password. */
export function factTests(kit: () => ContractKit): void {
  test('logs are what the sandbox printed, and stay after it stops', async () => {
    const ref = await kit().running()
    await expect.poll(() => kit().engine.logs(ref, 100), { timeout: 20_000 }).not.toBe('')
    await kit().engine.kill(ref)
    expect(await kit().engine.logs(ref, 100)).not.toBe('')
  })

  test('logs have at most the requested number of lines', async () => {
    const ref = await kit().running()
    await expect.poll(() => kit().engine.logs(ref, 1), { timeout: 20_000 }).not.toBe('')
    expect((await kit().engine.logs(ref, 1)).trimEnd().split('\n')).toHaveLength(1)
    expect(await kit().engine.logs(ref, 0)).toBe('')
  })

  test('a sandbox that never existed has no logs', async () => {
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

  test('a sandbox that is not running is not measured', async () => {
    const ref = await kit().create()
    expect(await kit().engine.stats(ref)).toBeNull()
    await kit().engine.start(ref)
    await kit().engine.kill(ref)
    await expect.poll(() => kit().engine.stats(ref)).toBeNull()
    expect(await kit().engine.stats(UNKNOWN)).toBeNull()
  })

  test('the engine knows the password, and code-server asks for it', async ({ skip }) => {
    const ref = await kit().running({ password: 'a b&ü"$x' })
    const found = await kit().find(ref)
    expect(found?.password).toBe('a b&ü"$x')
    if (kit().harness.serves === false) return skip()
    await expect.poll(() => healthz(found?.hostPort), { timeout: 20_000 }).toBe(200)
    const answer = await fetch(`http://127.0.0.1:${found?.hostPort}/`, { redirect: 'manual' })
    expect(answer.status).not.toBe(200)
  })
}

/** Volumes, which outlive sandboxes. */
export function volumeTests(kit: () => ContractKit): void {
  const owner = { group: 'volumes', username: 'somebody' }

  test('a volume outlives its sandbox, and the next sandbox finds its files', async ({ skip }) => {
    const { writeFile, readFile } = kit().harness
    if (!writeFile || !readFile) return skip()
    const first = await kit().running()
    const volume = (await kit().find(first))?.volume
    await writeFile(first, 'kept.txt', 'still here')
    await kit().engine.remove(first)
    const second = await kit().running({ volume })
    expect(await readFile(second, 'kept.txt')).toBe('still here')
  })

  test('update writes files into a running sandbox and backs up replaced ones', async ({ skip }) => {
    const { writeFile, readFile } = kit().harness
    if (!writeFile || !readFile) return skip()
    const [same, mine, fresh] = ['same.json', 'mine.json', 'deep/er/new.json']
    const ref = await kit().running({ files: [{ path: `/workspace/${same}`, content: '1' }] })
    await writeFile(ref, mine, 'changed by hand')
    const files = [same, mine, fresh].map((name) => ({ path: `/workspace/${name}`, content: '1' }))
    expect(await kit().engine.update(ref, files)).toEqual([`/workspace/${mine}`, `/workspace/${fresh}`])
    for (const name of [same, mine, fresh]) expect(await readFile(ref, name)).toBe('1')
    expect(await readFile(ref, `${mine}.bak`)).toBe('changed by hand')
    await expect(readFile(ref, `${same}.bak`)).rejects.toThrow()
    await writeFile(ref, mine, 'changed again')
    expect(await kit().engine.update(ref, files)).toEqual([`/workspace/${mine}`])
    expect(await readFile(ref, `${mine}.bak`)).toBe('changed by hand')
    await expect(kit().engine.update(UNKNOWN, files)).rejects.toThrow(EngineRefused)
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

  test('a sandbox is not created on the volume of a running or paused one', async () => {
    const ref = await kit().running()
    const volume = (await kit().find(ref))?.volume ?? ''
    const second = () => kit().engine.create(kit().harness.spec({ volume }), () => {})
    await expect(second()).rejects.toThrow(`The workspace ${volume} is in use by the sandbox`)
    await kit().engine.pause(ref)
    await expect(second()).rejects.toThrow(EngineRefused)
    await kit().engine.kill(ref)
    const other = await second()
    await kit().engine.remove(other)
  })

  test('a volume without a server, and one of this server, keep their names', async () => {
    const { volume } = kit().harness.spec()
    expect(await kit().engine.ownVolume(volume)).toBe(volume)
    await kit().engine.ensureVolume(volume, owner)
    expect(await kit().engine.ownVolume(volume)).toBe(volume)
    await kit().engine.removeVolume(volume)
  })

  test('creating and deleting a volume are idempotent', async () => {
    const { volume } = kit().harness.spec()
    await kit().engine.ensureVolume(volume, owner)
    await kit().engine.ensureVolume(volume, owner)
    await kit().engine.removeVolume(volume)
    await kit().engine.removeVolume(volume)
  })
}
