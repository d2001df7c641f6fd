import { expect, test } from 'vitest'
import { formatBytes } from './bytes.ts'

test.each([
  [0, '0 B'],
  [37, '37 B'],
  [1_024, '1 KiB'],
  [512 * 1024 ** 2, '512 MiB'],
  [5.94 * 1024 ** 3, '5.9 GiB'],
  [2 * 1024 ** 4, '2 TiB'],
])('%d bytes are shown as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

test('a size that would round to 1,024 has the next unit', () => {
  expect(formatBytes(1024 ** 3 - 1)).toBe('1 GiB')
})

test('more than the largest unit stays in it', () => {
  expect(formatBytes(3_000 * 1024 ** 4)).toBe('3,000 TiB')
})
