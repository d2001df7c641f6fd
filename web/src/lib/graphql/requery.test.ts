import { beforeEach, expect, test, vi } from 'vitest'
import { Requery } from './requery.ts'

const state = vi.hoisted(() => ({ fresh: false, inFlight: false }))
vi.mock('./freshness.ts', () => ({
  freshness: { isFresh: () => state.fresh, inFlight: () => state.inFlight },
}))

const ask = vi.fn()
let requery: Requery

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 })
  Object.assign(state, { fresh: false, inFlight: false })
  requery = new Requery(['instances'], ask)
})

test('a burst of changes asks once', () => {
  for (let frame = 0; frame < 50; frame += 1) requery.soon()
  vi.advanceTimersByTime(5_000)
  expect(ask).toHaveBeenCalledTimes(1)
})

test('changes that keep coming ask at most every 400 ms', () => {
  for (let time = 0; time < 2_000; time += 50) {
    requery.soon()
    vi.advanceTimersByTime(50)
  }
  expect(ask.mock.calls.length).toBeGreaterThanOrEqual(4)
  expect(ask.mock.calls.length).toBeLessThanOrEqual(6)
})

test('nothing is asked while an answer is on its way, and then once more', () => {
  state.inFlight = true
  requery.soon()
  vi.advanceTimersByTime(1_000)
  expect(ask).not.toHaveBeenCalled()
  state.inFlight = false
  vi.advanceTimersByTime(100)
  expect(ask).toHaveBeenCalledTimes(1)
})

test('nothing is asked when an answer has become fresh meanwhile', () => {
  requery.soon()
  state.fresh = true
  vi.advanceTimersByTime(1_000)
  expect(ask).not.toHaveBeenCalled()
})

test('nothing is asked once it was stopped, and it can start again', () => {
  requery.soon()
  requery.stop()
  vi.advanceTimersByTime(1_000)
  expect(ask).not.toHaveBeenCalled()
  requery.soon()
  vi.advanceTimersByTime(1_000)
  expect(ask).toHaveBeenCalledTimes(1)
})
