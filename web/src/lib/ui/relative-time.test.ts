import { expect, test } from 'vitest'
import { relative, span } from './relative-time.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

test.each([
  [0, '0 s'],
  [44.6 * SECOND, '45 s'],
  [89 * SECOND, '89 s'],
  [90 * SECOND, '2 min'],
  [5.4 * MINUTE, '5 min'],
  [59.4 * MINUTE, '59 min'],
  [59.6 * MINUTE, '1 h'],
  [3 * HOUR + 20 * MINUTE, '3 h 20 min'],
  [2 * HOUR - 10 * SECOND, '2 h'],
  [5 * HOUR + 59.8 * MINUTE, '6 h'],
  [22.7 * HOUR, '23 h'],
  [DAY - SECOND, '24 h'],
  [35 * HOUR, '35 h'],
  [1.6 * DAY, '2 d'],
  [30 * DAY - SECOND, '30 d'],
])('%d ms are shown as %s', (milliseconds, text) => {
  expect(span(milliseconds)).toBe(text)
})

test('a future time gets "in", a past time gets "ago"', () => {
  expect(relative(10 * MINUTE, 5 * MINUTE)).toBe('in 5 min')
  expect(relative(5 * MINUTE, 10 * MINUTE)).toBe('5 min ago')
})

test('a moment less than two seconds off is now, since clocks of two machines differ', () => {
  expect(relative(1_900, 0)).toBe('just now')
  expect(relative(0, 1_900)).toBe('just now')
  expect(relative(2_000, 0)).toBe('in 2 s')
})

test('a link of one day ends in 24 h right after its creation, and a token of 30 days in 30 d', () => {
  const createdAt = Date.now()
  expect(relative(createdAt + DAY, createdAt + 300)).toBe('in 24 h')
  expect(relative(createdAt + 30 * DAY, createdAt + 300)).toBe('in 30 d')
})
