import { expect, test } from 'vitest'
import { StartQueue } from '../../server/instances/sync/start-queue.ts'

/** A queue whose jobs end when the test says so. */
function setup(limit: number) {
  let moves = 0
  const queue = new StartQueue(limit, () => (moves += 1))
  const started: string[] = []
  const ends = new Map<string, () => void>()
  const add = (id: string) =>
    queue.add(id, () => {
      started.push(id)
      const gate = Promise.withResolvers<void>()
      ends.set(id, gate.resolve)
      return gate.promise
    })
  const end = async (id: string) => {
    ends.get(id)?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { queue, started, add, end, moves: () => moves }
}

test('no more than the limit run at once, in the order they came', async () => {
  const { queue, started, add, end } = setup(2)
  for (const id of ['a', 'b', 'c', 'd']) add(id)
  expect(started).toEqual(['a', 'b'])
  expect([queue.running, queue.waiting]).toEqual([2, 2])
  await end('b')
  expect(started).toEqual(['a', 'b', 'c'])
  await end('a')
  await end('c')
  await end('d')
  expect(started).toEqual(['a', 'b', 'c', 'd'])
  expect([queue.running, queue.waiting]).toEqual([0, 0])
})

test('places count from 1 and move up', async () => {
  const { queue, add, end } = setup(1)
  for (const id of ['a', 'b', 'c']) add(id)
  expect(['a', 'b', 'c'].map((id) => queue.place(id))).toEqual([null, 1, 2])
  await end('a')
  expect(['a', 'b', 'c'].map((id) => queue.place(id))).toEqual([null, null, 1])
})

test('an id that waits or runs is not added again', async () => {
  const { queue, started, add, end } = setup(1)
  for (const id of ['a', 'a', 'b', 'b']) add(id)
  expect([queue.running, queue.waiting]).toEqual([1, 1])
  await end('a')
  await end('b')
  expect(started).toEqual(['a', 'b'])
})

test('an id that has run can be added again', async () => {
  const { started, add, end } = setup(1)
  add('a')
  await end('a')
  add('a')
  expect(started).toEqual(['a', 'a'])
})

test('a dropped job never runs, and those behind it move up', async () => {
  const { queue, started, add, end } = setup(1)
  for (const id of ['a', 'b', 'c']) add(id)
  expect(queue.drop('b')).toBe(true)
  expect(queue.place('c')).toBe(1)
  await end('a')
  expect(started).toEqual(['a', 'c'])
})

test('only waiting jobs can be dropped', () => {
  const { queue, add } = setup(1)
  add('a')
  expect(queue.drop('a')).toBe(false)
  expect(queue.drop('nobody')).toBe(false)
  expect(queue.isRunning('a')).toBe(true)
})

test('every addition, start and drop is reported', async () => {
  const { queue, add, end, moves } = setup(1)
  add('a')
  add('b')
  const before = moves()
  await end('a')
  expect(moves()).toBeGreaterThan(before)
  add('c')
  const then = moves()
  queue.drop('c')
  expect(moves()).toBe(then + 1)
})

test('the end of the last job is reported', async () => {
  const { queue, add, end, moves } = setup(1)
  add('a')
  const before = moves()
  await end('a')
  expect(queue.running).toBe(0)
  expect(moves()).toBe(before + 1)
})
