import { buildSchema } from 'graphql'
import { expect, test } from 'vitest'
import { Documents, KeptByText } from '../../server/graphql/documents.ts'

const schema = buildSchema('type Query { a: Int b: Int }')

test('the same text is parsed once', () => {
  const documents = new Documents(schema)
  const first = documents.get('{ a }')
  expect(first.document).toBeDefined()
  expect(documents.get('{ a }')).toBe(first)
  expect(documents.get('{ b }')).not.toBe(first)
})

test('what does not parse and what does not fit the schema is told', () => {
  const documents = new Documents(schema)
  expect(documents.get('{').errors?.[0]?.message).toContain('Syntax Error')
  expect(documents.get('{ c }').errors?.[0]?.message).toContain('Cannot query field "c"')
})

test('the oldest is forgotten when there are too many', () => {
  const documents = new Documents(schema)
  const first = documents.get('{ a }')
  for (let index = 0; index < 500; index++) documents.get(`{ x${index}: a }`)
  expect(documents.get('{ a }')).not.toBe(first)
})

test('a text of very many tokens is refused', () => {
  expect(new Documents(schema).get(`{ ${'a '.repeat(5_000)} }`).errors?.[0]?.message).toContain('token')
})

test('a very long text is answered, but not kept', () => {
  const documents = new Documents(schema)
  const long = `{ a } #${'x'.repeat(100_000)}`
  const first = documents.get(long)
  expect(first.document).toBeDefined()
  expect(documents.get(long)).not.toBe(first)
})

test('what is refused is not kept', () => {
  const documents = new Documents(schema)
  for (const text of ['{', '{ c }']) expect(documents.get(text)).not.toBe(documents.get(text))
})

test('what is asked for again stays, however many others come', () => {
  const documents = new Documents(schema)
  const first = documents.get('{ a }')
  for (let index = 0; index < 2_000; index++) {
    documents.get(`{ x${index}: a }`)
    if (index % 400 === 0) documents.get('{ a }')
  }
  expect(documents.get('{ a }')).toBe(first)
})

test('a few long texts take no more room than many short ones', () => {
  const kept = new KeptByText<number>()
  const text = (index: number) => String(index).padEnd(5_000)
  for (let round = 0; round < 2; round++) for (let index = 0; index < 100; index++) kept.set(text(index), index)
  const left = Array.from({ length: 100 }, (_, index) => kept.get(text(index))).filter((value) => value !== undefined)
  expect(left).toEqual(Array.from({ length: 30 }, (_, index) => 70 + index))
  kept.set('short', -1)
  expect(kept.get('short')).toBe(-1)
  expect(kept.get(text(99))).toBe(99)
})
