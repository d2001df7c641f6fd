import { expect, test } from 'vitest'
import { adviceOn } from './errors.ts'
import { bytes, count, duration, figure, inAndOut } from './figures.ts'

test('unknown figures are dashes', () => {
  expect([count(null), figure(undefined, '%'), duration(null), bytes(null)]).toEqual(['–', '–', '–', '–'])
})

test('durations below a second are in milliseconds', () => {
  expect([duration(0.0034), duration(0.0821), duration(1.25)]).toEqual(['3.4 ms', '82 ms', '1.3 s'])
})

test('tokens from the cache are mentioned only when there are some', () => {
  expect(inAndOut(1_234, 5)).toBe('1,234 in, 5 out')
  expect(inAndOut(1, 5, 0)).toBe('1 in, 5 out')
  expect(inAndOut(1, 5, 30)).toBe('1 in, 30 more from the cache, 5 out')
})

test('an error of the server says what to do', () => {
  const message = 'Cannot reach Lemonade.'
  expect(adviceOn({ kind: 'OFFLINE', message })).toMatch(/^Cannot reach Lemonade\. Start it, or set LEMONADE_HOST/)
  expect(adviceOn({ kind: 'SLOW', message })).toMatch(/^Cannot reach Lemonade\. It may be busy/)
  expect(adviceOn({ kind: 'UNAUTHORIZED', message })).toContain('LEMONADE_API_KEY')
  expect(adviceOn({ kind: 'FAULTY', message })).toBe(message)
})
