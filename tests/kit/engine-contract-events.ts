import { expect, onTestFinished, test } from 'vitest'
import type { ContractKit } from './engine-contract-kit.ts'

/** The stream of changes. */
export function eventTests(kit: () => ContractKit): void {
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
    expect(watch.statuses(ref)).toEqual(['created', 'running', 'paused', 'running', 'exited', null])
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
    expect(first.statuses(ref)).toEqual(['created'])
  })
}
