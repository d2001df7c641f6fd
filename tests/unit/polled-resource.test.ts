import { expect, onTestFinished, test, vi } from 'vitest'
import { PolledResource, UpstreamTrouble, type Snapshot } from '../../server/upstream/polled-resource.ts'

/** A source whose answers the test gives, one for each question. */
function asked<T>(interval = 10) {
  const questions: PromiseWithResolvers<T>[] = []
  const source = new PolledResource<T>({
    interval,
    ask: () => {
      const question = Promise.withResolvers<T>()
      questions.push(question)
      return question.promise
    },
  })
  onTestFinished(() => source.close())
  return { source, questions, question: (at: number) => vi.waitUntil(() => questions[at]) }
}

async function next<T>(frames: AsyncIterableIterator<Snapshot<T>>): Promise<Snapshot<T>> {
  const { value } = (await frames.next()) as { value: Snapshot<T> }
  return value
}

test('asks nothing while nobody watches, and again as soon as somebody does', async () => {
  const { source, questions, question } = asked<number>()
  expect(questions).toHaveLength(0)
  const frames = source.watch()
  ;(await question(0)).resolve(1)
  expect(await next(frames)).toMatchObject({ value: 1, trouble: null })
  ;(await question(1)).resolve(2)
  expect((await next(frames)).value).toBe(2)
  await frames.return?.()
  const before = questions.length
  for (let n = 0; n < 5; n++) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(questions.length - before, 'one may have been due at the moment of leaving').toBeLessThanOrEqual(1)
  expect(source.watchers).toBe(0)
})

test('asks one question at a time, however many watch, and tells all of them', async () => {
  const { source, questions, question } = asked<string>()
  const all = Array.from({ length: 50 }, () => source.watch())
  const first = await question(0)
  expect(questions).toHaveLength(1)
  first.resolve('a')
  expect((await Promise.all(all.map(next))).map(({ value }) => value)).toEqual(all.map(() => 'a'))
  const late = source.watch()
  expect((await next(late)).value, 'who comes later is told what is known').toBe('a')
})

test('tells changes only', async () => {
  const { source, question } = asked<{ n: number }>()
  const frames = source.watch()
  for (const [at, n] of [1, 1, 1, 2].entries()) (await question(at)).resolve({ n })
  expect((await next(frames)).value).toEqual({ n: 1 })
  expect((await next(frames)).value).toEqual({ n: 2 })
})

test('keeps what it last knew while it is in trouble, and since when it is', async () => {
  const { source, question } = asked<string>()
  const frames = source.watch()
  ;(await question(0)).resolve('good')
  const { at } = await next(frames)
  ;(await question(1)).reject(new UpstreamTrouble('OFFLINE', 'gone'))
  const fallen = await next(frames)
  expect(fallen).toMatchObject({ value: 'good', at, trouble: { kind: 'OFFLINE', message: 'gone' } })
  ;(await question(2)).reject(new UpstreamTrouble('SLOW', 'slow'))
  expect((await next(frames)).error).toEqual({ kind: 'SLOW', message: 'slow', since: fallen.error?.since })
  ;(await question(3)).resolve('good')
  expect(await next(frames)).toMatchObject({ value: 'good', trouble: null })
})

test('an unforeseen fault is trouble, too', async () => {
  const { source, question } = asked<string>()
  const answer = source.get()
  ;(await question(0)).reject(new TypeError('x is undefined'))
  expect((await answer).error).toMatchObject({ kind: 'FAULTY', message: 'It could not be asked: x is undefined' })
})

test('gives an answer that is new enough, and asks once for all who want a newer one', async () => {
  const { source, questions, question } = asked<number>(60_000)
  const [one, two] = [source.get(), source.get()]
  ;(await question(0)).resolve(1)
  expect([await one, await two].map(({ value }) => value)).toEqual([1, 1])
  expect((await source.get()).value).toBe(1)
  expect(questions).toHaveLength(1)
})

test('who looks is told after a second what was known, and the question goes on', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { source, questions } = asked<number>(60_000)
  const looked = source.peek()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(await looked).toEqual({ value: null, at: null, trouble: null })
  const again = source.peek()
  expect(questions).toHaveLength(1)
  questions[0]?.resolve(1)
  expect(await again).toMatchObject({ value: 1, trouble: null })
})

test('asks anew after a command, also when a question from before it is under way', async () => {
  const { source, question } = asked<string>(60_000)
  const frames = source.watch()
  const before = await question(0)
  const refreshed = source.refresh()
  before.resolve('old')
  ;(await question(1)).resolve('new')
  expect((await refreshed).value).toBe('new')
  expect((await next(frames)).value).toBe('old')
  expect((await next(frames)).value).toBe('new')
})

test('a command that nobody watches costs no question, and the next look asks', async () => {
  const { source, questions, question } = asked<number>(60_000)
  const first = source.get()
  ;(await question(0)).resolve(1)
  await first
  source.invalidate()
  expect(questions).toHaveLength(1)
  const second = source.get()
  ;(await question(1)).resolve(2)
  expect((await second).value).toBe(2)
})

test('its end ends those who watch', async () => {
  const { source, question } = asked<number>()
  const frames = source.watch()
  ;(await question(0)).resolve(1)
  await next(frames)
  source.close()
  expect((await frames.next()).done).toBe(true)
})
