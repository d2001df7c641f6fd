import { expect, test } from 'vitest'
import { unwhole, unwholeIn } from './whole.ts'

test('whole numbers that GraphQL can carry pass, and so does an empty field', () => {
  for (const number of [null, 0, -5, 2 ** 31 - 1]) expect(unwhole(number)).toBeUndefined()
})

test.each([1.5, 2 ** 31, Number.NaN])('%d does not pass', (number) => {
  expect(unwhole(number)).toMatch(/whole number/)
})

test('a form gets a rule for each wrong number, and null when all are right', () => {
  expect(unwholeIn({ port: 8443, minutes: null })).toBeNull()
  expect(Object.keys(unwholeIn({ port: 1.5, minutes: 10, limit: 2 ** 40 })?.fields ?? {})).toEqual(['port', 'limit'])
})
