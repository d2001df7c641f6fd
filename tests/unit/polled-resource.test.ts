import { expect, onTestFinished, test, vi } from 'vitest'
import { PolledResource, UpstreamFailure, type Snapshot } from '../../server/upstream/polled-resource.ts'

/** A resource whose requests the test answers. */
function polled<T>(interval = 10) {
  const requests: PromiseWithResolvers<T>[] = []
  const resource = new PolledResource<T>({
    interval,
    ask: () => {
      const request = Promise.withResolvers<T>()
      requests.push(request)
      return request.promise
    },
  })
  onTestFinished(() => resource.close())
  return { resource, requests, request: (at: number) => vi.waitUntil(() => requests[at]) }
}

async function next<T>(frames: AsyncIterableIterator<Snapshot<T>>): Promise<Snapshot<T>> {
  const { value } = (await frames.next()) as { value: Snapshot<T> }
  return value
}

test('polls only while someone watches', async () => {
  const { resource, requests, request } = polled<number>()
  expect(requests).toHaveLength(0)
  const frames = resource.watch()
  ;(await request(0)).resolve(1)
  expect(await next(frames)).toMatchObject({ value: 1, error: null })
  ;(await request(1)).resolve(2)
  expect((await next(frames)).value).toBe(2)
  await frames.return?.()
  expect(resource.watchers).toBe(0)
  // One request was due as the watcher left. Its answer schedules no other one.
  requests[2]?.resolve(3)
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  await vi.advanceTimersByTimeAsync(1_000)
  expect(requests.length).toBeLessThanOrEqual(3)
})

test('sends one request at a time for all watchers', async () => {
  const { resource, requests, request } = polled<string>()
  const all = Array.from({ length: 50 }, () => resource.watch())
  const first = await request(0)
  expect(requests).toHaveLength(1)
  first.resolve('a')
  expect((await Promise.all(all.map(next))).map(({ value }) => value)).toEqual(all.map(() => 'a'))
  const late = resource.watch()
  expect((await next(late)).value, 'a later watcher gets what is known').toBe('a')
})

test('sends watchers changes only', async () => {
  const { resource, request } = polled<{ n: number }>()
  const frames = resource.watch()
  for (const [at, n] of [1, 1, 1, 2].entries()) (await request(at)).resolve({ n })
  expect((await next(frames)).value).toEqual({ n: 1 })
  expect((await next(frames)).value).toEqual({ n: 2 })
})

test('keeps the last value and the start of the error while requests fail', async () => {
  const { resource, request } = polled<string>()
  const frames = resource.watch()
  ;(await request(0)).resolve('good')
  const { at } = await next(frames)
  ;(await request(1)).reject(new UpstreamFailure('OFFLINE', 'gone'))
  const failed = await next(frames)
  expect(failed).toMatchObject({ value: 'good', at, error: { kind: 'OFFLINE', message: 'gone.' } })
  ;(await request(2)).reject(new UpstreamFailure('SLOW', 'slow'))
  expect((await next(frames)).error).toEqual({ kind: 'SLOW', message: 'slow.', since: failed.error?.since })
  ;(await request(3)).resolve('good')
  expect(await next(frames)).toMatchObject({ value: 'good', error: null })
})

test('an unexpected exception is an error too', async () => {
  const { resource, request } = polled<string>()
  const answer = resource.get()
  ;(await request(0)).reject(new TypeError('x is undefined'))
  expect((await answer).error).toMatchObject({ kind: 'FAULTY', message: 'The request failed: x is undefined.' })
})

test('returns a recent answer, and shares one request for a newer one', async () => {
  const { resource, requests, request } = polled<number>(60_000)
  const [one, two] = [resource.get(), resource.get()]
  ;(await request(0)).resolve(1)
  expect([await one, await two].map(({ value }) => value)).toEqual([1, 1])
  expect((await resource.get()).value).toBe(1)
  expect(requests).toHaveLength(1)
})

test('peek returns what was known after a second, and the request goes on', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { resource, requests } = polled<number>(60_000)
  const peeked = resource.peek()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(await peeked).toEqual({ value: null, at: null, error: null })
  const again = resource.peek()
  expect(requests).toHaveLength(1)
  requests[0]?.resolve(1)
  expect(await again).toMatchObject({ value: 1, error: null })
})

test('refresh sends a new request after the one that is open', async () => {
  const { resource, request } = polled<string>(60_000)
  const frames = resource.watch()
  const before = await request(0)
  const refreshed = resource.refresh()
  before.resolve('old')
  ;(await request(1)).resolve('new')
  expect((await refreshed).value).toBe('new')
  expect((await next(frames)).value).toBe('old')
  expect((await next(frames)).value).toBe('new')
})

test('invalidate without watchers sends nothing, and the next get asks', async () => {
  const { resource, requests, request } = polled<number>(60_000)
  const first = resource.get()
  ;(await request(0)).resolve(1)
  await first
  resource.invalidate()
  expect(requests).toHaveLength(1)
  const second = resource.get()
  ;(await request(1)).resolve(2)
  expect((await second).value).toBe(2)
})

test('close ends all watchers', async () => {
  const { resource, request } = polled<number>()
  const frames = resource.watch()
  ;(await request(0)).resolve(1)
  await next(frames)
  resource.close()
  expect((await frames.next()).done).toBe(true)
})
