import { CombinedError } from '@urql/core'
import { expect, test } from 'vitest'
import { isSignedOut, problemOf } from './errors.ts'

const refusal = (code: unknown, message = 'ann already has a running sandbox.', fields?: unknown) =>
  new CombinedError({ graphQLErrors: [{ message, extensions: { code, fields } }] })

test.each([
  ['INVALID_INPUT', 'Please check what you entered'],
  ['NOT_FOUND', 'Not found'],
  ['CONFLICT', 'Not possible right now'],
  ['UNAVAILABLE', 'Not available right now'],
])('a refusal with %s is titled "%s"', (code, title) => {
  expect(problemOf(refusal(code))).toMatchObject({ code, title })
})

test('the message of a refusal is shown as the server wrote it', () => {
  expect(problemOf(refusal('CONFLICT')).message).toBe('ann already has a running sandbox.')
})

test('an error without a code that is known does not show its message', () => {
  const { code, title, message } = problemOf(refusal('P2002', 'Unique constraint failed on the fields'))
  expect({ code, title }).toEqual({ code: 'UNKNOWN', title: 'Something went wrong' })
  expect(message).not.toContain('constraint')
})

test('a lost connection is named as such, without the words of the browser', () => {
  const error = new CombinedError({ networkError: new Error('NetworkError when attempting to fetch resource') })
  const { code, title, message } = problemOf(error)
  expect({ code, title }).toEqual({ code: 'NETWORK', title: 'Can’t reach the server' })
  expect(message).not.toContain('fetch')
})

test('rules are sentences by field, without the name of their argument', () => {
  const fields = [
    { field: 'input.username', message: 'Enter a name.' },
    { field: 'email', message: 'must be an e-mail address' },
  ]
  expect(problemOf(refusal('INVALID_INPUT', 'No.', fields)).fields).toEqual({
    username: 'Enter a name.',
    email: 'Must be an e-mail address.',
  })
})

test('fields that are not a list are left out', () => {
  expect(problemOf(refusal('INVALID_INPUT', 'No.', 'username')).fields).toEqual({})
})

test('only an error with UNAUTHENTICATED ends the session', () => {
  expect(isSignedOut(refusal('UNAUTHENTICATED'))).toBe(true)
  expect(isSignedOut(refusal('FORBIDDEN'))).toBe(false)
  expect(isSignedOut(new CombinedError({ networkError: new Error('offline') }))).toBe(false)
})

test('an answer with neither data nor an error is a problem too', () => {
  expect(problemOf(undefined)).toMatchObject({ code: 'UNKNOWN', title: 'Something went wrong' })
})
