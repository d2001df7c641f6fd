import { buildSchema } from 'graphql'
import { expect, test } from 'vitest'
import { cacheByText, Documents } from '../../server/graphql/documents.ts'

const schema = buildSchema('type Query { a: Int b: Int }')

test('the same text is parsed once', () => {
  const documents = new Documents(schema)
  const first = documents.get('{ a }')
  expect(first.document).toBeDefined()
  expect(documents.get('{ a }')).toBe(first)
  expect(documents.get('{ b }')).not.toBe(first)
})

test('a text that does not parse or does not fit the schema is refused with the reason', () => {
  const documents = new Documents(schema)
  expect(documents.get('{').errors?.[0]?.message).toContain('Syntax Error')
  expect(documents.get('{ c }').errors?.[0]?.message).toContain('Cannot query field "c"')
})

test('the least recently used document is dropped when there are too many', () => {
  const documents = new Documents(schema)
  const first = documents.get('{ a }')
  for (let index = 0; index < 500; index++) documents.get(`{ x${index}: a }`)
  expect(documents.get('{ a }')).not.toBe(first)
})

test('a text of very many tokens is refused', () => {
  expect(new Documents(schema).get(`{ ${'a '.repeat(5_000)} }`).errors?.[0]?.message).toContain('token')
})

test('a very long text is answered but not cached', () => {
  const documents = new Documents(schema)
  const long = `{ a } #${'x'.repeat(100_000)}`
  const first = documents.get(long)
  expect(first.document).toBeDefined()
  expect(documents.get(long)).not.toBe(first)
})

test('a refused text is not cached', () => {
  const documents = new Documents(schema)
  for (const text of ['{', '{ c }']) expect(documents.get(text)).not.toBe(documents.get(text))
})

test('a text that is used again stays cached however many others come', () => {
  const documents = new Documents(schema)
  const first = documents.get('{ a }')
  for (let index = 0; index < 2_000; index++) {
    documents.get(`{ x${index}: a }`)
    if (index % 400 === 0) documents.get('{ a }')
  }
  expect(documents.get('{ a }')).toBe(first)
})

test('the cache is bounded by characters, not only by entries', () => {
  const cache = cacheByText<{ index: number }>()
  const text = (index: number) => String(index).padEnd(5_000)
  for (let round = 0; round < 2; round++) for (let index = 0; index < 100; index++) cache.set(text(index), { index })
  const left = Array.from({ length: 100 }, (_, index) => cache.get(text(index))?.index).filter(
    (index) => index !== undefined,
  )
  expect(left).toEqual(Array.from({ length: 30 }, (_, index) => 70 + index))
  cache.set('short', { index: -1 })
  expect(cache.get('short')?.index).toBe(-1)
  expect(cache.get(text(99))?.index).toBe(99)
})
