import { expect, test } from 'vitest'
import { counted, sentence, withFullStop } from './words.ts'

test('nouns follow their number', () => {
  expect([counted(0, 'slot'), counted(1, 'slot'), counted(1_000, 'slot')]).toEqual(['0 slots', '1 slot', '1,000 slots'])
  expect([counted(1, 'person', 'people'), counted(2, 'person', 'people')]).toEqual(['1 person', '2 people'])
})

test('a rule becomes a sentence, and a sentence stays as it is', () => {
  expect(sentence('must be 1 to 64 letters')).toBe('Must be 1 to 64 letters.')
  expect(sentence('Is that right?')).toBe('Is that right?')
  expect(withFullStop('localhost does not answer')).toBe('localhost does not answer.')
})
