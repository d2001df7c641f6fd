import { expect, test } from 'vitest'
import { isTooDeep, isTooDeepValue } from '../../server/core/json-depth.ts'

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)

test('32 levels are read, and 33 are not', () => {
  expect([isTooDeep(nested(32)), isTooDeepValue(JSON.parse(nested(32)))]).toEqual([false, false])
  expect([isTooDeep(nested(33)), isTooDeepValue(JSON.parse(nested(33)))]).toEqual([true, true])
  expect(isTooDeep(nested(33).replaceAll('[', '{"a":').replaceAll(']', '}'))).toBe(true)
})

test('brackets in texts do not count', () => {
  for (const text of ['['.repeat(100), `\\"${'['.repeat(100)}`, '\\\\', `"${'{'.repeat(100)}`, '\\'.repeat(99)])
    expect(isTooDeep(JSON.stringify({ text })), text).toBe(false)
  expect(isTooDeep(`{"a":"\\\\","b":${nested(40)}}`), 'after an escaped backslash').toBe(true)
})

test('a text other than JSON does no harm', () => {
  for (const text of ['', '"', '"\\', ']]]]', '[[[["', `"${'\\'.repeat(100_001)}`]) expect(isTooDeep(text)).toBe(false)
  expect(isTooDeep('['.repeat(3_000_000))).toBe(true)
})

test('a value is measured whatever its size', () => {
  expect(isTooDeepValue(Array.from({ length: 200_000 }, () => [1]))).toBe(false)
  expect([undefined, null, 1, 'x'].map(isTooDeepValue)).toEqual([false, false, false, false])
})
