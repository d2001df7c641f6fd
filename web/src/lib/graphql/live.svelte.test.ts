import { gql, type Client, type TypedDocumentNode } from '@urql/core'
import { cacheExchange } from '@urql/exchange-graphcache'
import { flushSync } from 'svelte'
import { beforeEach, expect, test, vi } from 'vitest'
import { FakeServer, settled } from '../../testing/fake-server.ts'
import { inComponent } from '../../testing/in-component.ts'
import { freshness } from './freshness.ts'
import { liveQuery, overtake, touch, type LiveOptions } from './live.svelte.ts'

type Things = { things: { __typename: 'Thing'; id: string; name: string }[] }
type Variables = { of: string }

const ThingsQuery: TypedDocumentNode<Things, Variables> = gql`
  query Things($of: String!) {
    things(of: $of) {
      id
      name
    }
  }
`
const RenameThing: TypedDocumentNode<unknown, { id: string }> = gql`
  mutation RenameThing($id: ID!) {
    rename(id: $id) {
      id
      name
    }
  }
`
const thing = (id: string, name: string) => ({ __typename: 'Thing' as const, id, name })
const ann = { things: [thing('1', 'ann')] }
const annAndBen = { things: [thing('1', 'ann'), thing('2', 'ben')] }

let server: FakeServer
let client: Client

beforeEach(() => {
  vi.useFakeTimers()
  server = new FakeServer()
  client = server.client([cacheExchange({}), freshness.exchange])
})

/** A live query in a mounted component. */
function live(of: string, options: Partial<LiveOptions<Things, Variables>> = {}) {
  const variables = () => ({ of })
  const { made, destroy } = inComponent(
    () => liveQuery({ query: ThingsQuery, variables, on: ['instances'], ...options }),
    client,
  )
  flushSync()
  return { query: made, destroy }
}

/** Lets the time pass in which a changed topic is asked about. */
async function later(milliseconds = 1_000) {
  await vi.advanceTimersByTimeAsync(milliseconds)
  await settled()
  flushSync()
}

test('it is fetching until the first answer, and then has its data', async () => {
  const { query } = live('first')
  expect(query).toMatchObject({ fetching: true, data: undefined })
  await settled()
  await server.last.answer(ann)
  expect(query.fetching).toBe(false)
  expect(query.data?.things.map(({ name }) => name)).toEqual(['ann'])
})

test('data that a load has put into the cache is there at once', async () => {
  const load = client.query(ThingsQuery, { of: 'primed' }).toPromise()
  await settled()
  await server.last.answer(ann)
  await load
  const { query } = live('primed')
  expect(query).toMatchObject({ fetching: false })
  expect(query.data?.things).toHaveLength(1)
  await later()
  expect(server.asked).toHaveLength(1)
})

test('a touched topic asks again, and the data stays until the answer', async () => {
  const { query } = live('touched')
  await settled()
  await server.last.answer(ann)
  touch('instances')
  await later()
  expect(server.asked).toHaveLength(2)
  expect(query.data?.things).toHaveLength(1)
  await server.last.answer(annAndBen)
  expect(query.data?.things).toHaveLength(2)
})

test('a topic that it does not depend on asks nothing', async () => {
  live('other topic')
  await settled()
  await server.last.answer(ann)
  touch('groups')
  await later()
  expect(server.asked).toHaveLength(1)
})

test('a frame that overtakes an answer on its way has it asked for again', async () => {
  live('overtaken')
  await settled()
  overtake('instances')
  await server.last.answer(ann)
  await later()
  expect(server.asked).toHaveLength(2)
})

test('a frame without an answer on its way asks nothing: the cache has the row', async () => {
  live('not overtaken')
  await settled()
  await server.last.answer(ann)
  await later()
  overtake('instances')
  await later()
  expect(server.asked).toHaveLength(1)
})

test('a row in the answer of a mutation changes the lists that show it', async () => {
  const { query } = live('mutated')
  await settled()
  await server.last.answer(ann)
  const mutation = client.mutation(RenameThing, { id: '1' }).toPromise()
  await settled()
  await server.last.answer({ rename: thing('1', 'anna') })
  await mutation
  expect(query.data?.things[0]?.name).toBe('anna')
  expect(server.asked).toHaveLength(2)
})

test('a refused query shows its error, and earlier data stays', async () => {
  const { query } = live('refused')
  await settled()
  await server.last.answer(ann)
  query.refetch()
  await settled()
  await server.last.refuse('UNAVAILABLE')
  expect(query.error?.graphQLErrors[0]?.extensions.code).toBe('UNAVAILABLE')
  expect(query.data?.things).toHaveLength(1)
})

test('new variables ask again, and the old rows stay until the answer', async () => {
  let of = $state('page 1')
  const { query } = live('', { variables: () => ({ of }) })
  await settled()
  await server.last.answer(annAndBen)
  flushSync(() => (of = 'page 2'))
  await settled()
  expect(server.last.variables).toEqual({ of: 'page 2' })
  expect(query).toMatchObject({ stale: true })
  expect(query.data?.things).toHaveLength(2)
  await server.last.answer(ann)
  expect(query).toMatchObject({ stale: false })
  expect(query.data?.things).toHaveLength(1)
})

test('the details of one thing never show those of the one before', async () => {
  let of = $state('details 1')
  const { query } = live('', { variables: () => ({ of }), keep: false })
  await settled()
  await server.last.answer(ann)
  flushSync(() => (of = 'details 2'))
  expect(query).toMatchObject({ data: undefined, fetching: true })
})

test('null variables ask nothing and show nothing', async () => {
  let of = $state<string | null>('some')
  const { query } = live('', { variables: () => (of === null ? null : { of }) })
  await settled()
  await server.last.answer(ann)
  flushSync(() => (of = null))
  expect(query).toMatchObject({ data: undefined, fetching: false })
  await later()
  expect(server.asked).toHaveLength(1)
})

test('once its component is gone, a touched topic asks nothing', async () => {
  const { destroy } = live('destroyed')
  await settled()
  await server.last.answer(ann)
  destroy()
  touch('instances')
  await later()
  expect(server.asked).toHaveLength(1)
})

test('a page that was left before its answer asks again when it is opened again', async () => {
  const first = live('left early')
  await settled()
  await server.last.answer(ann)
  touch('instances')
  await later()
  expect(server.asked).toHaveLength(2)
  first.destroy()
  live('left early')
  await later()
  expect(server.asked).toHaveLength(3)
})
