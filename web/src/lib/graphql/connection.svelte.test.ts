import { beforeEach, expect, test, vi } from 'vitest'

// One for each tab, so each test has a module of its own.
let connection: (typeof import('./connection.svelte.ts'))['connection']

beforeEach(async () => {
  vi.useFakeTimers({ now: 0 })
  vi.resetModules()
  connection = (await import('./connection.svelte.ts')).connection
})

test('a connection that was never there is not told as lost', () => {
  connection.lost()
  expect(connection.status).toBe('never')
})

test('what is shown after a loss is as old as the last frame', () => {
  connection.connected()
  vi.setSystemTime(5_000)
  connection.heard()
  vi.setSystemTime(9_000)
  connection.lost()
  expect(connection).toMatchObject({ status: 'lost', lastSyncAt: 5_000, since: 9_000 })
})

test('several losses in a row count from the first', () => {
  connection.connected()
  vi.setSystemTime(1_000)
  connection.lost()
  vi.setSystemTime(2_000)
  connection.lost()
  expect(connection.since).toBe(1_000)
})

test('a session that ended stays ended, whatever the socket does', () => {
  connection.connected()
  connection.end()
  connection.connected()
  connection.lost()
  expect(connection.status).toBe('ended')
})

test('the end of the session is not told on the way to another page', () => {
  connection.connected()
  connection.leaving = true
  connection.end()
  expect(connection.status).toBe('connected')
})
