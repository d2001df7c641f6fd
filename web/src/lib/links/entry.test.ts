import { afterEach, expect, test, vi } from 'vitest'
import { enter, inspect } from './entry.ts'

afterEach(() => vi.unstubAllGlobals())

/** What the server answers from now on; null breaks the connection. */
function answer(status: number | null, body: unknown = {}, headers: Record<string, string> = {}) {
  const fetch = vi.fn(() =>
    status === null
      ? Promise.reject(new TypeError('Failed to fetch'))
      : Promise.resolve(new Response(JSON.stringify(body), { status, headers })),
  )
  vi.stubGlobal('fetch', fetch)
  return fetch
}

test('a join link has its names, and says whether new ones are welcome', async () => {
  answer(200, { kind: 'group', group: 'alpha', title: 'A', names: ['ann'], takes_new_names: true, expires_at: null })
  expect(await inspect('secret')).toEqual({
    ...{ kind: 'group', group: 'alpha', title: 'A' },
    ...{ names: ['ann'], allowNewUsers: true },
  })
})

test('a secret travels in the body alone', async () => {
  const fetch = answer(200)
  expect(await enter('secret', 'ann')).toBeNull()
  expect(fetch).toHaveBeenCalledWith(
    '/api/auth/link',
    expect.objectContaining({ body: '{"secret":"secret","username":"ann"}' }),
  )
})

test.each([
  [
    404,
    'This link no longer works. Ask an organizer for a new one.',
    'link',
    'This link no longer works',
    'Ask an organizer for a new one.',
  ],
  [
    403,
    'You were suspended. Ask an organizer.',
    'suspended',
    'You can’t sign in right now',
    'You were suspended. Ask an organizer.',
  ],
  [409, 'Someone already joined as ann.', 'name', 'Please check your name', 'Someone already joined as ann.'],
  [500, null, 'later', 'Something went wrong', 'The server couldn’t sign you in. Try again in a moment.'],
])('status %i is shown as what happened and what to do', async (status, detail, reason, title, message) => {
  answer(status, { detail })
  expect(await enter('secret')).toEqual({ reason, title, message })
})

test('the rule of a name is a sentence about your name', async () => {
  answer(422, { detail: [{ loc: ['body', 'username'], msg: 'Value error, must be 1 to 64 letters' }] })
  expect(await enter('secret', '?')).toMatchObject({ reason: 'name', message: 'Your name must be 1 to 64 letters.' })
})

test('a secret that cannot be one is an incomplete link', async () => {
  answer(422, { detail: [{ loc: ['body', 'secret'], msg: 'Value error, must be at most 200 characters' }] })
  expect(await inspect('x')).toMatchObject({ reason: 'link', title: 'This link is incomplete' })
})

test('too many attempts say when to try again', async () => {
  answer(
    429,
    { detail: 'Too many people are joining by this link. Try again in a few minutes.' },
    { 'retry-after': '120' },
  )
  expect(await enter('secret')).toMatchObject({
    reason: 'later',
    message: 'Too many people are joining by this link. Try again in 2 min.',
  })
})

test('without a connection it says so', async () => {
  answer(null)
  expect(await inspect('secret')).toMatchObject({ reason: 'later', title: 'Something went wrong' })
})
