import { buildSchema } from 'graphql'
import { expect, test } from 'vitest'
import { Documents } from '../../server/graphql/documents.ts'

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
