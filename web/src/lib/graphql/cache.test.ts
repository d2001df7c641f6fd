import { readFileSync } from 'node:fs'
import { formatDocument, gql, type Client } from '@urql/core'
import { cacheExchange } from '@urql/exchange-graphcache'
import { buildSchema, TypeInfo, visit, visitWithTypeInfo, type DocumentNode } from 'graphql'
import { beforeEach, expect, test, vi } from 'vitest'
import { FakeServer, settled } from '../../testing/fake-server.ts'
import { mockAnswer, variablesOf } from '../../testing/mock-answer.ts'
import { cacheOptions } from './cache.ts'

const schema = buildSchema(readFileSync('schema.graphql', 'utf8'))
const objects = Object.values(schema.getTypeMap()).flatMap((type) =>
  'getInterfaces' in type && !/^(__|Query$|Mutation$|Subscription$)/.test(type.name) ? [type] : [],
)

/** Every operation of the dashboard. */
const operations = Object.values(
  import.meta.glob<Record<string, unknown>>('../*/{documents,mutations}.ts', { eager: true }),
)
  .flatMap((module) => Object.values(module) as DocumentNode[])
  .flatMap((document) =>
    document.definitions.flatMap((definition) =>
      definition.kind === 'OperationDefinition'
        ? [{ name: definition.name?.value ?? '', kind: definition.operation, document }]
        : [],
    ),
  )
const queries = operations.filter(({ kind }) => kind === 'query')

/** The names of the types that an operation selects fields of. */
function typesOf(document: DocumentNode): string[] {
  const info = new TypeInfo(schema)
  const names: string[] = []
  const note = () => {
    const type = info.getParentType()
    if (type) names.push(type.name)
  }
  visit(document, visitWithTypeInfo(info, { Field: note }))
  return names
}

let server: FakeServer
let client: Client

beforeEach(() => {
  server = new FakeServer()
  client = server.client([cacheExchange(cacheOptions)])
})

async function ask(query: DocumentNode, data: unknown, variables: Record<string, unknown> = {}) {
  const answer = client.query(query, variables, { requestPolicy: 'network-only' }).toPromise()
  await settled()
  await server.last.answer(data)
  return answer
}
const cached = (query: DocumentNode, variables: Record<string, unknown> = {}) =>
  (client.readQuery(query, variables, { requestPolicy: 'cache-only' })?.data ?? null) as Record<string, unknown> | null

test('every type that the dashboard reads has an id, or a rule that says how it is told apart', () => {
  const keys = cacheOptions.keys ?? {}
  const selected = new Set(operations.flatMap(({ document }) => typesOf(document)))
  const lacking = objects.filter(
    (type) => selected.has(type.name) && !('id' in type.getFields()) && !(type.name in keys),
  )
  expect(lacking.map(({ name }) => name)).toEqual([])
})

test('every rule is about a type of the schema', () => {
  const names = new Set(objects.map(({ name }) => name))
  expect(Object.keys(cacheOptions.keys ?? {}).filter((name) => !names.has(name))).toEqual([])
})

test('the documents of every feature are tried', () => {
  expect(queries.length).toBeGreaterThan(20)
  expect(operations.length).toBeGreaterThan(60)
})

test.each(queries)('the answer of $name is in the cache as it came, without a warning', async ({ document }) => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  const error = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const variables = variablesOf(schema, document)
  const { data } = await ask(document, withTypenames(document), variables)
  expect(data).toBeTruthy()
  expect(cached(document, variables)).toEqual(data)
  expect([...warn.mock.calls, ...error.mock.calls]).toEqual([])
})

/** The client asks for the name of each type, so an answer has them. */
function withTypenames(document: DocumentNode): Record<string, unknown> {
  return mockAnswer(schema, formatDocument(document))
}

test('a row that comes by another query changes every list that shows it', async () => {
  const list = gql`
    query List {
      instances {
        items {
          id
          state
        }
      }
    }
  `
  const one = gql`
    query One {
      instance(id: "1") {
        id
        state
      }
    }
  `
  const row = (state: string) => ({ __typename: 'Instance', id: '1', state })
  await ask(list, { instances: { __typename: 'InstancePage', items: [row('Pending')] } })
  await ask(one, { instance: row('Running') })
  expect(cached(list)).toMatchObject({ instances: { items: [{ state: 'Running' }] } })
})

test('there is one engine: whatever answers it updates all who show it', async () => {
  const banner = gql`
    query Banner {
      engine {
        connected
      }
    }
  `
  const settings = gql`
    query Settings {
      engine {
        connected
        version
      }
    }
  `
  await ask(banner, { engine: { __typename: 'Engine', connected: true } })
  await ask(settings, { engine: { __typename: 'Engine', connected: false, version: '29' } })
  expect(cached(banner)).toMatchObject({ engine: { connected: false } })
})

test('settings are told apart by their key, and consumers by their name', () => {
  const { Setting, Consumer } = cacheOptions.keys ?? {}
  expect(Setting?.({ __typename: 'Setting', key: 'domain' })).toBe('domain')
  expect(Consumer?.({ __typename: 'Consumer', username: 'thon-alpha-ann' })).toBe('thon-alpha-ann')
})
