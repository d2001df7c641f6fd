import { createRequest, gql, type Client } from '@urql/core'
import { beforeEach, expect, test } from 'vitest'
import { FakeServer, settled } from '../../testing/fake-server.ts'
import { freshness } from './freshness.ts'

const query = gql`
  query Things($test: Int) {
    things(test: $test) {
      id
    }
  }
`
let server: FakeServer
let client: Client
let key: number
let tests = 0

beforeEach(() => {
  server = new FakeServer()
  client = server.client([freshness.exchange])
  // The tab has one freshness, so each test asks a question of its own.
  tests += 1
  key = createRequest(query, { test: tests }).key
})

const ask = () => client.query(query, { test: tests }, { requestPolicy: 'network-only' }).toPromise()

test('a query that was never asked is not fresh', () => {
  expect(freshness.isFresh(key, [])).toBe(false)
})

test('an answer is fresh until one of its topics changes', async () => {
  const answer = ask()
  await settled()
  await server.last.answer({ things: [] })
  await answer
  expect(freshness.isFresh(key, ['instances', 'groups'])).toBe(true)
  freshness.touch('groups')
  expect(freshness.isFresh(key, ['instances'])).toBe(true)
  expect(freshness.isFresh(key, ['instances', 'groups'])).toBe(false)
})

test('an answer that was asked for before the change is not fresh, though it comes after it', async () => {
  const answer = ask()
  await settled()
  freshness.touch('instances')
  await server.last.answer({ things: [] })
  await answer
  expect(freshness.isFresh(key, ['instances'])).toBe(false)
})

test('a query is in flight from its request to its answer', async () => {
  expect(freshness.inFlight(key)).toBe(false)
  const answer = ask()
  await settled()
  expect(freshness.inFlight(key)).toBe(true)
  await server.last.answer({ things: [] })
  await answer
  expect(freshness.inFlight(key)).toBe(false)
})

test('a failed request is neither in flight nor fresh', async () => {
  const answer = ask()
  await settled()
  await server.last.breakOff()
  await answer
  expect(freshness.inFlight(key)).toBe(false)
  expect(freshness.isFresh(key, [])).toBe(false)
})

test('a query whose reader left before the answer is not in flight', async () => {
  const { unsubscribe } = client.query(query, { test: tests }, { requestPolicy: 'network-only' }).subscribe(() => {})
  await settled()
  expect(freshness.inFlight(key)).toBe(true)
  unsubscribe()
  await settled()
  expect(freshness.inFlight(key)).toBe(false)
})
