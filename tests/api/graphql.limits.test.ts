import { once } from 'node:events'
import { getIntrospectionQuery, Kind, print, type DocumentNode } from 'graphql'
import { expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import * as generated from '../../web/src/lib/graphql/generated/graphql.ts'
import { startApp, type Answer, type TestApp } from '../kit/app.ts'

type Send = (app: TestApp, query: string, operationName?: string) => Promise<Answer<unknown>>

const overHttp: Send = async (app, query, operationName) => {
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ query, operationName }),
  })
  return (await response.json()) as Answer<unknown>
}

const overSocket: Send = (app, query, operationName) =>
  new Promise((resolve, reject) => {
    app.socket().subscribe(
      { query, operationName },
      {
        next: (answer) => resolve(answer as Answer<unknown>),
        error: (errors) =>
          Array.isArray(errors) ? resolve({ errors }) : reject(new Error('the socket failed', { cause: errors })),
        complete: () => undefined,
      },
    )
  })

const TRANSPORTS = [
  ['HTTP', overHttp],
  ['the socket', overSocket],
] as const

function codes({ errors = [] }: Answer<unknown>) {
  return errors.map(({ extensions }) => extensions?.code)
}

function times(count: number, one: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => one(index)).join(' ')
}

/** A chain of fragments, each of which spreads the next one more than once. */
function chain(fragment: (next: string) => string): string {
  return `{ groups { items { ...F0 } } } ${times(30, (index) => `fragment F${index} on Group { ${fragment(`...F${index + 1}`)} }`)} fragment F30 on Group { id }`
}

const states = (count: number) => `{ instances(filter: { states: [${'RUNNING '.repeat(count)}] }) { total } }`
const aliases = (count: number) => `{ ${times(count, (index) => `a${index}: __typename`)} }`
const spread = (count: number) =>
  `{ groups { items { ...Some event { groups { ...Some } } } } } fragment Some on Group { ${times(count, (index) => `a${index}: id`)} }`
const nested = (last: string) => `{ groups { items { users { group { users { instance { user { ${last} } } } } } } } }`
const lists = (fields: string) =>
  `{ groups { items { users { group { users { id username email volume workspacePath createdAt __typename ${fields} } } } } } }`

test.for(TRANSPORTS)('every document of the dashboard passes over %s', async ([, send]) => {
  const app = await startApp()
  const documents = Object.entries(generated).filter(
    (entry): entry is [string, DocumentNode & (typeof entry)[1]] =>
      typeof entry[1] === 'object' &&
      'kind' in entry[1] &&
      entry[1].definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION),
  )
  expect(documents.length).toBeGreaterThan(30)
  for (const [name, document] of documents) {
    // Limits and validation cover all operations in the document, but only the named one is executed.
    const answer = await send(app, `${print(document)} query Nothing { __typename }`, 'Nothing')
    expect([name, answer]).toEqual([name, { data: { __typename: 'Query' } }])
  }
})

test.for(TRANSPORTS)('the longest introspection query passes over %s', async ([, send]) => {
  const query = getIntrospectionQuery({
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    schemaDescription: true,
    inputValueDeprecation: true,
    oneOf: true,
  })
  expect(await send(await startApp(), query)).toMatchObject({ data: { __schema: { queryType: { name: 'Query' } } } })
})

test.for(
  TRANSPORTS.flatMap(([over, send]) => [
    { over, send, limit: '1000 tokens', passes: states(984), fails: states(985) },
    { over, send, limit: 'deeper than 8', passes: nested('id'), fails: nested('group { id }') },
    { over, send, limit: '30 aliases', passes: aliases(30), fails: aliases(31) },
    { over, send, limit: '30 aliases', passes: spread(15), fails: spread(16) },
    { over, send, limit: '10000 fields', passes: lists('group { id }'), fails: lists('group { id name }') },
  ]),
)(
  'over $over a query at the limit passes, and one above it is refused: $limit',
  async ({ send, limit, passes, fails }) => {
    const app = await startApp()
    expect(await send(app, passes)).toEqual({ data: expect.anything() as object })
    const answer = await send(app, fails)
    expect(codes(answer)).toEqual(['QUERY_TOO_COMPLEX'])
    expect(answer.errors?.[0]?.message).toContain(limit)
  },
)

test.for(TRANSPORTS)('a query that is too complex is refused before anything is read, over %s', async ([, send]) => {
  const app = await startApp()
  const read = vi.spyOn(app.services.groups, 'list')
  await send(app, '{ groups { items { id } } }')
  expect(read).toHaveBeenCalledTimes(1)
  const hostile = [
    nested('instance { id }'),
    `{ ${times(1000, (index) => `a${index}: groups { items { id } }`)} }`,
    `{ ${times(31, (index) => `a${index}: groups { items { id } }`)} }`,
    '{ groups { items { users { group { users { group { users { id } } } } } } } }',
    '{ groups { items { event { groups { event { groups { users { id } } } } } } } }',
  ]
  for (const query of hostile) expect(codes(await send(app, query))).toContain('QUERY_TOO_COMPLEX')
  expect(read).toHaveBeenCalledTimes(1)
})

test.for(
  TRANSPORTS.flatMap(([over, send]) => [
    { over, send, what: 'spread the next twice', query: chain((next) => `${next} ${next}`) },
    {
      over,
      send,
      what: 'spread it in two fields',
      query: chain((n) => `users { group { ${n} } } event { groups { ${n} } }`),
    },
    {
      over,
      send,
      what: 'spread it in two aliases',
      query: chain((n) => `a: event { groups { ${n} } } b: event { groups { ${n} } }`),
    },
  ]),
)(
  'over $over fragments that $what, thirty levels deep, are refused without expanding them',
  async ({ send, query }) => {
    const app = await startApp()
    await send(app, '{ __typename }')
    // Expanding them would take longer than the test may.
    expect(new Set(codes(await send(app, query)))).toEqual(new Set(['QUERY_TOO_COMPLEX']))
  },
)

test.for(TRANSPORTS)('fragments that spread themselves are refused over %s', async ([, send]) => {
  const app = await startApp()
  for (const circle of [
    '...A',
    'users { group { ...A ...B } }',
    'a: event { groups { ...B } } b: event { groups { ...A } }',
  ]) {
    const answer = await send(
      app,
      `{ groups { items { ...A } } } fragment A on Group { ...B } fragment B on Group { ${circle} }`,
    )
    expect(answer.errors?.[0]?.message).toContain('Cannot spread fragment')
    expect(answer.data).toBeUndefined()
  }
})

test.for(TRANSPORTS)(
  'a query nested thousands of levels deep is refused over %s without an internal error',
  async ([, send]) => {
    const app = await startApp()
    for (const query of [
      '{a'.repeat(5_000),
      `{ groups(search: ${'['.repeat(5_000)}`,
      `{ groups(search: ${'{a:'.repeat(5_000)}`,
    ])
      expect(codes(await send(app, query))).toEqual(['QUERY_TOO_COMPLEX'])
  },
)

test('batches of operations are refused over HTTP and over the socket', async () => {
  const app = await startApp()
  const batch = JSON.stringify([{ query: '{ __typename }' }, { query: '{ __typename }' }])
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: batch,
  })
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ errors: [{ message: 'Batching is not supported.' }] })

  const socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'connection_init' }))
  await once(socket, 'message')
  socket.send(JSON.stringify([{ id: '1', type: 'subscribe', payload: { query: '{ __typename }' } }]))
  expect((await once(socket, 'close'))[0]).toBe(4400)
})

test('one socket may have 200 operations at the same time', async () => {
  const app = await startApp()
  const client = app.socket()
  const refusal = Promise.withResolvers<unknown>()
  for (let count = 0; count <= 201; count++)
    client.subscribe(
      { query: `subscription { instanceChanged { kind } } # ${count}` },
      { next: () => undefined, error: refusal.resolve, complete: () => undefined },
    )
  expect(JSON.stringify(await refusal.promise)).toContain('A socket may have at most 200 operations at a time.')
})
