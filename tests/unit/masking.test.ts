import { GraphQLError } from 'graphql'
import { expect, test } from 'vitest'
import { Conflict, Forbidden, InvalidInput, NotFound, Unavailable } from '../../server/core/errors.ts'
import { maskError } from '../../server/graphql/errors.ts'
import type { Log } from '../../server/core/log.ts'

function mask(error: unknown) {
  const logged: unknown[] = []
  const log = { error: (what: { err: unknown }) => logged.push(what.err) } as unknown as Log
  return { masked: maskError(error, log), logged }
}

function located(original: Error) {
  return new GraphQLError(original.message, { originalError: original, path: ['group', 0, 'name'] })
}

test.for([
  [new NotFound('no such thing'), 'NOT_FOUND'],
  [new Conflict('taken'), 'CONFLICT'],
  [new Forbidden('not you'), 'FORBIDDEN'],
  [new Unavailable('offline'), 'UNAVAILABLE'],
] as const)('an expected error keeps its message, code and path: %s', ([error, code]) => {
  const { masked, logged } = mask(located(error))
  expect(masked.toJSON()).toEqual({ message: error.message, path: ['group', 0, 'name'], extensions: { code } })
  expect(logged).toEqual([])
})

test('bad input names its fields', () => {
  const { masked } = mask(located(new InvalidInput([{ field: 'port', message: 'must be 1 to 65535' }])))
  expect(masked.extensions).toEqual({
    code: 'INVALID_INPUT',
    fields: [{ field: 'port', message: 'must be 1 to 65535' }],
  })
})

test('an error in the query itself is not masked', () => {
  const error = new GraphQLError('Cannot query field "x".')
  expect(mask(error).masked).toBe(error)
})

test.for([
  ['thrown in a resolver', located(new Error('SELECT secret'))],
  ['thrown outside of resolvers', new Error('SELECT secret')],
  ['that is not an Error', 'SELECT secret'],
] as const)('anything else %s is masked, and logged unchanged', ([, thrown]) => {
  const { masked, logged } = mask(thrown)
  expect(masked.message).toBe('Internal Server Error')
  expect(masked.extensions).toEqual({ code: 'INTERNAL_ERROR' })
  expect(JSON.stringify(masked)).not.toContain('secret')
  expect(String(logged[0])).toContain('SELECT secret')
})
