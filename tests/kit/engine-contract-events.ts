import { expect, onTestFinished, test } from 'vitest'
import type { ContractKit } from './engine-contract-kit.ts'

/** The stream of changes. */
export function eventTests(kit: () => ContractKit): void {
  test('events report every step of a life, in order', async () => {
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

  test('an event carries the same sandbox as list', async () => {
    const watch = await kit().watch()
    const spec = kit().harness.spec({ password: 'geheim' })
    const ref = await kit().engine.create(spec, () => {})
    onTestFinished(() => kit().engine.remove(ref))
    await kit().engine.start(ref)
    expect(await watch.until(ref, 'running')).toEqual(await kit().find(ref))
    expect(watch.events.every((event) => event.ref !== ref || event.instanceId === spec.instanceId)).toBe(true)
  })

  test('a change between opening the stream and listing is reported', async () => {
    const ref = await kit().running()
    const watch = await kit().watch()
    await Promise.all([kit().engine.pause(ref), kit().engine.list()])
    await watch.until(ref, 'paused')
  })

  test('a sandbox killed from outside is reported with its exit code', async ({ skip }) => {
    const { killExternally } = kit().harness
    if (!killExternally) return skip()
    const watch = await kit().watch()
    const ref = await kit().running()
    await killExternally(ref)
    const exited = await watch.until(ref, 'exited')
    expect(exited?.exitCode).not.toBe(0)
    expect(exited?.exitCode).not.toBeNull()
    expect(exited?.hostPort).toBeNull()
  })

  test('a restart is reported as running, with the new start time', async () => {
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

  test('a stream whose signal is already aborted has no events', async () => {
    const events: unknown[] = []
    const read = async () => {
      for await (const event of await kit().engine.events(AbortSignal.abort())) events.push(event)
    }
    // It may end at once, or refuse to open.
    await read().catch(() => {})
    expect(events).toEqual([])
  })

  test('two streams have the same events, and one survives the end of the other', async () => {
    const [first, second] = [await kit().watch(), await kit().watch()]
    const ref = await kit().create()
    await Promise.all([first.until(ref, 'created'), second.until(ref, 'created')])
    await first.stop()
    await kit().engine.start(ref)
    await second.until(ref, 'running')
    expect(first.statuses(ref)).toEqual(['created'])
  })
}
